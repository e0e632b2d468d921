"""The door of the device room: what a device can do and what it says, named after UnifiedPOS.

A driver imports this module, the slip beside it, its settings, and nothing else of ours outside its room. It opens,
does its one verb, closes, and translates its library's errors into the `DeviceFault` tree below; it knows no
station, no clock of the shop, no database and no web page. All times are seconds (float) unless a name says otherwise.

    DeviceFault
    |-- DeviceAbsent      nothing there: unplugged, refused, no route
    |   |-- LaneAbsent      the program or machine that runs it does not answer
    |   |-- DeviceDenied    it is there, and this program's user may not open it
    |   `-- DeviceClaimed   it is there, and another program has it
    |-- DeviceOffline     there, but not ready (button, error waiting for a person)
    |-- OutOfPaper        printer: no paper
    |-- CoverOpen         printer: cover open
    |-- Unconfirmed       bytes left us, the device never said that the work was done
    |   `-- SentOnly      all bytes left us, and this device has no way to say more
    |-- TooSlow           the line is too slow for this work; nothing was sent
    |-- Unweighed         scale: there is no weight that may be sold by
    |   |-- Moving          it has not come to rest
    |   |-- Overweight      more than it can weigh
    |   `-- Underweight     below zero
    `-- BadSource         the source can never work: wrong file, unknown format
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol, runtime_checkable

import msgspec

from devices.slip import Slip


class Symbology(Enum):
    """What kind of code was read (names of UnifiedPOS ScanDataType, value stored and sent)."""

    UNKNOWN = "unknown"
    QR = "qr"
    EAN13 = "ean13"
    EAN8 = "ean8"
    UPCA = "upca"
    UPCE = "upce"
    CODE128 = "code128"
    CODE39 = "code39"
    GS1_128 = "gs1_128"
    ITF = "itf"
    DATABAR = "databar"
    DATAMATRIX = "datamatrix"
    PDF417 = "pdf417"
    MICRO_QR = "micro_qr"
    AZTEC = "aztec"
    TYPED = "typed"


class Reading(msgspec.Struct, frozen=True):
    """One code as a driver read it: the raw payload and its text (undecodable bytes replaced).

    `aim` is the AIM symbology identifier (ISO/IEC 15424) where the reader gives it: "]Q3" is a QR code with
    GS1 content, whose separators (FNC1) stand as 0x1D in text and payload.
    """

    text: str
    raw: bytes
    symbology: Symbology = Symbology.UNKNOWN
    aim: str = ""


class Delivered(Reading, frozen=True, kw_only=True):
    """A reading that its scanner keeps until it hears of it: its number in the scanner's own book, and how old it is.

    `seq` is dense within `stream`; the two and the device's name tell one reading from all others, for ever.
    """

    stream: str
    seq: int
    age_s: float


class Scan(msgspec.Struct, frozen=True):
    """A reading with its origin: which device, which station, the device's dense count, when (UTC).

    `stream` is what the count belongs to; the same device, stream and count again are the same scan. Empty: unnumbered.
    """

    device: str
    station: str
    seq: int
    at: datetime
    reading: Reading
    stream: str = ""


class Corner(msgspec.Struct, frozen=True):
    """A corner of a code in an image, in pixels from the upper left."""

    x: int
    y: int


class Barcode(msgspec.Struct, frozen=True):
    """A code found in an image: what it says and where it stands."""

    reading: Reading
    corners: tuple[Corner, ...]


class PrinterState(Enum):
    """What a printer says of itself (UnifiedPOS: PS_ONLINE, SUE_COVER_OPEN, SUE_REC_EMPTY ...)."""

    ONLINE = "online"
    NEAR_END = "near_end"
    OUT_OF_PAPER = "out_of_paper"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class PowerState(Enum):
    """Whether a device has power and answers (UnifiedPOS PS_*); OFF_OFFLINE: one of the two is missing."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    OFF = "off"
    OFFLINE = "offline"
    OFF_OFFLINE = "off_offline"


class State(Enum):
    """What a device does just now (UnifiedPOS S_*); BUSY: works; ERROR: waits for a person."""

    CLOSED = "closed"
    IDLE = "idle"
    BUSY = "busy"
    ERROR = "error"


class Status(Enum):
    """What may change about a device (UnifiedPOS StatusUpdateEvent; value stored and sent)."""

    POWER_ONLINE = "power_online"
    POWER_OFFLINE = "power_offline"
    POWER_OFF_OFFLINE = "power_off_offline"
    COVER_OPEN = "cover_open"
    COVER_OK = "cover_ok"
    PAPER_EMPTY = "paper_empty"
    PAPER_NEAR_EMPTY = "paper_near_empty"
    PAPER_OK = "paper_ok"
    DRAWER_OPEN = "drawer_open"
    DRAWER_CLOSED = "drawer_closed"
    IDENTITY_CHANGED = "identity_changed"


class StatusUpdate(msgspec.Struct, frozen=True):
    """A change of a device's status; when, trusted UTC."""

    device: str
    status: Status
    at: datetime


class DeviceFault(Exception):
    """Something about a device is broken; retried, and shown to store IT."""

    code = "DEVICE_FAULT"
    power = PowerState.UNKNOWN

    def __init__(self, device: str, detail: str = "") -> None:
        super().__init__(device, detail)
        self.device = device
        self.detail = detail

    def __str__(self) -> str:
        words = (self.__doc__ or self.code).strip().rstrip(".")
        return f"{self.device}: {words}" + (f" ({self.detail})" if self.detail else "")


class DeviceAbsent(DeviceFault):
    """The device does not answer: unplugged, switched off, or not on the network."""

    code = "DEVICE_ABSENT"
    power = PowerState.OFF_OFFLINE


class LaneAbsent(DeviceAbsent):
    """The lane that runs the device does not answer."""

    code = "LANE_ABSENT"
    power = PowerState.UNKNOWN


class DeviceDenied(DeviceAbsent):
    """The device is there, but this program's user may not open it."""

    code = "DEVICE_DENIED"
    power = PowerState.ONLINE


class DeviceClaimed(DeviceAbsent):
    """The device is there, but another program has it (UnifiedPOS E_CLAIMED)."""

    code = "DEVICE_CLAIMED"
    power = PowerState.ONLINE


class DeviceOffline(DeviceFault):
    """The device is there but not ready."""

    code = "DEVICE_OFFLINE"
    power = PowerState.OFFLINE


class OutOfPaper(DeviceFault):
    """The printer is out of paper."""

    code = "OUT_OF_PAPER"


class CoverOpen(DeviceFault):
    """The printer's cover is open."""

    code = "COVER_OPEN"


class Unconfirmed(DeviceFault):
    """The printer took the bytes but never said that it printed them."""

    code = "UNCONFIRMED"


class SentOnly(Unconfirmed):
    """The printer took everything and has no way to say that it printed it."""

    code = "SENT_ONLY"


class TooSlow(DeviceFault):
    """The slip would take too long on this line."""

    code = "TOO_SLOW"


class Unweighed(DeviceFault):
    """The scale gives no weight that may be sold by."""

    code = "UNWEIGHED"
    power = PowerState.ONLINE


class Moving(Unweighed):
    """The scale has not come to rest."""

    code = "SCALE_MOVING"


class Overweight(Unweighed):
    """The scale carries more than it can weigh."""

    code = "SCALE_OVERWEIGHT"


class Underweight(Unweighed):
    """The scale shows less than zero: clear it and zero it."""

    code = "SCALE_UNDERWEIGHT"


class BadSource(DeviceFault):
    """This source cannot be read at all."""

    code = "BAD_SOURCE"


class Scanner(Protocol):
    """Reads codes. `read` waits at most `wait_s` and returns what arrived, oldest first."""

    def open(self) -> None:
        """Takes hold of the device; raises DeviceAbsent or BadSource."""

    def read(self, wait_s: float) -> Sequence[Reading]:
        """Returns complete readings only; raises DeviceAbsent when the device went away."""

    def close(self) -> None:
        """Lets go; never raises."""


@runtime_checkable
class Answering(Protocol):
    """A scanner that can be told what became of a code; for the person who holds it."""

    def answer(self, *, good: bool) -> None:
        """Sounds or shows that the code was taken, or was not; never raises."""


@runtime_checkable
class Keeping(Protocol):
    """A scanner that keeps what it read until it hears what became of it, and else delivers it again."""

    def kept(self, reading: Reading, *, good: bool) -> None:
        """The store dealt with it: kept (`good`) or refused for good; forgotten by the scanner; never raises."""


@runtime_checkable
class Counting(Protocol):
    """A scanner that counts what it could not take."""

    @property
    def dropped(self) -> int:
        """Codes not taken since the start: too long, half, or more than anybody asked for."""


class Sight(Enum):
    """What hinders a camera from reading, if anything; the value is stored and sent."""

    FINE = "fine"
    DARK = "too_dark"
    BRIGHT = "too_bright"
    BLURRED = "blurred"


class Preview(msgspec.Struct, frozen=True):
    """What a camera sees just now: a small JPEG with the region and the found codes drawn in; kept nowhere."""

    jpeg: bytes
    sight: Sight
    codes: int = 0


@runtime_checkable
class Aiming(Protocol):
    """A scanner that can show what it sees, for whoever aims it. It goes on scanning meanwhile."""

    def preview(self, wait_s: float) -> Preview | None:
        """Waits at most `wait_s` for a picture; None: there is none now; never raises. Any thread may ask."""


class POSPrinter(Protocol):
    """Prints slips. `print` returns only when the printer itself said that the paper is out."""

    def print(self, slip: Slip, sent: Callable[[], None] = lambda: None) -> None:
        """Prints and cuts; before any byte of the slip is sent raises DeviceAbsent, DeviceOffline,
        OutOfPaper, CoverOpen, TooSlow or BadSource (a picture that is none); after it, only Unconfirmed.
        Calls `sent` when all bytes left us and only the printer's word is missing."""

    def state(self) -> PrinterState:
        """Asks the printer how it is; never raises."""


class Fate(Enum):
    """What became of an attempt to print."""

    DONE = "done"
    SENT = "sent"
    NEVER = "never"
    UNKNOWN = "unknown"


@runtime_checkable
class Attempting(Protocol):
    """A printer that remembers attempts: one that is repeated under its name prints nothing a second time."""

    def attempt(self, name: str, slip: Slip, sent: Callable[[], None]) -> None:
        """As `print`; an attempt that is known to have ended gives its outcome again."""

    def fate(self, name: str) -> Fate | None:
        """What became of an attempt, NEVER: nothing of it was sent, or ever will be; None: not to be learned
        now; never raises."""


@runtime_checkable
class TellsState(Protocol):
    """A printer that says by itself when its paper, its cover or its line changes."""

    def listen(self, told: Callable[[PrinterState], None]) -> None:
        """`told` is called in a thread of the driver; a hint, for `state` is still there to be asked."""


class CashDrawer(Protocol):
    """Opens a drawer. One call is at most one pulse: no driver repeats it, and no print job holds one."""

    def pulse(self) -> None:
        """Raises DeviceAbsent, DeviceOffline, OutOfPaper or CoverOpen before the pulse was sent, else Unconfirmed."""

    def level(self) -> bool | None:
        """The sensor's raw level, whose meaning differs from drawer to drawer; None: unknown; never raises."""


@runtime_checkable
class TellsLevel(Protocol):
    """A drawer whose sensor is heard of by itself, without being asked."""

    def listen_level(self, told: Callable[[bool], None]) -> None:
        """`told` hears the sensor's raw level in a thread of the driver, also when it did not change."""


@runtime_checkable
class DrawerSocket(Protocol):
    """A printer with a socket for cash drawers: two wires that open one each, and one sensor for both."""

    def pulse(self, pin: int = 2, pulse_ms: int = 100) -> None:
        """One pulse on that wire, never repeated; errors as `CashDrawer` says."""

    def level(self) -> bool | None:
        """The level of the sensor's wire; None: unknown; never raises."""

    def listen_level(self, told: Callable[[bool], None]) -> None:
        """As `TellsLevel`; several may listen."""


class Identity(msgspec.Struct, frozen=True):
    """Who a device says it is; empty where it does not say. `key` tells one piece of hardware from another."""

    key: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""


@runtime_checkable
class Identified(Protocol):
    """A device that can say who it is."""

    def identity(self) -> Identity | None:
        """Asks the device; None: it did not say; never raises."""


class Weight(msgspec.Struct, frozen=True):
    """A weight at rest, so one that may be sold by; whole grams, `net` of a tare set at the scale."""

    grams: int
    net: bool = False


class Scale(Protocol):
    """Weighs. A weight that may not be sold by is no `Weight`: it is raised, not returned."""

    def open(self) -> None:
        """Takes hold of the scale; raises DeviceAbsent."""

    def read(self, wait_s: float) -> Weight:
        """Waits at most `wait_s` for a weight at rest; raises Moving, Overweight, Underweight, Unweighed when
        none came, DeviceAbsent when the scale went away or is silent."""

    def close(self) -> None:
        """Lets go; never raises."""


class Lamp(Enum):
    """Which of its lamps a customer display lights beside a figure."""

    NONE = "none"
    PRICE = "price"
    TOTAL = "total"
    PAID = "paid"
    CHANGE = "change"


class Showing(msgspec.Struct, frozen=True):
    """What a customer sees: two lines of text, and the figure in fen that a display of digits alone shows."""

    upper: str = ""
    lower: str = ""
    amount: int | None = None
    lamp: Lamp = Lamp.NONE


class LineDisplay(Protocol):
    """Two short lines towards the customer. It is told what to show and forgets it when it loses power."""

    def open(self) -> None:
        """Takes hold of the display; raises DeviceAbsent."""

    def show(self, showing: Showing) -> None:
        """Replaces what stands there; too long lines are cut, what it cannot show is written around; raises
        DeviceAbsent."""

    def close(self) -> None:
        """Lets go; never raises."""


class Light(Enum):
    """What a signal lamp or a torch shows (UnifiedPOS Lights: colour and blinking)."""

    OFF = "off"
    WHITE = "white"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    RED_BLINKING = "red_blinking"


class Lights(Protocol):
    """A signal lamp over a station, a torch beside a camera."""

    def open(self) -> None:
        """Takes hold of the lamp; raises DeviceAbsent."""

    def light(self, light: Light) -> None:
        """Shows that and nothing else; a lamp without the colour shows its only one; raises DeviceAbsent."""

    def close(self) -> None:
        """Lets go, dark if it still can; never raises."""


class Locker(Protocol):
    """A bank of boxes with electric locks, numbered from 1. One call is at most one pulse: no driver repeats it."""

    def open(self) -> None:
        """Takes hold of the lock board; raises DeviceAbsent."""

    def unlock(self, box: int) -> None:
        """Opens a box; raises DeviceAbsent or BadSource (no such box) before the pulse was sent, else Unconfirmed
        unless the lock itself says that it is open."""

    def is_open(self, box: int) -> bool | None:
        """Whether the door stands open; None: the board did not say; never raises."""

    def close(self) -> None:
        """Lets go; never raises."""
