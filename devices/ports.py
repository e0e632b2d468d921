"""The door of the device room: what a device can do and what it says, named after UnifiedPOS.

A driver imports this module and nothing else of ours. It opens, does its one verb, closes, and
translates its library's errors into the `DeviceFault` tree below; it knows no station, no clock of
the shop, no database and no web page. All times are seconds (float) unless a name says otherwise.

    DeviceFault
    |-- DeviceAbsent      nothing there: unplugged, refused, no route
    |   |-- DeviceDenied    it is there, and this program's user may not open it
    |   `-- DeviceClaimed   it is there, and another program has it
    |-- DeviceOffline     there, but not ready (button, error waiting for a person)
    |-- OutOfPaper        printer: no paper
    |-- CoverOpen         printer: cover open
    |-- Unconfirmed       bytes left us, the device never said that the work was done
    |   `-- SentOnly      all bytes left us, and this device has no way to say more
    |-- TooSlow           the line is too slow for this work; nothing was sent
    `-- BadSource         the source can never work: wrong file, unknown format
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol, runtime_checkable

import msgspec


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


class Scan(msgspec.Struct, frozen=True):
    """A reading with its origin: which device, which station, the device's dense count, when (UTC)."""

    device: str
    station: str
    seq: int
    at: datetime
    reading: Reading


class Corner(msgspec.Struct, frozen=True):
    """A corner of a code in an image, in pixels from the upper left."""

    x: int
    y: int


class Barcode(msgspec.Struct, frozen=True):
    """A code found in an image: what it says and where it stands."""

    reading: Reading
    corners: tuple[Corner, ...]


class Align(Enum):
    """Where a text stands on the paper."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A paragraph, wrapped at the paper's width and never cut; `scale` 1..8 multiplies both sides."""

    text: str
    scale: int = 1
    bold: bool = False
    align: Align = Align.LEFT


class Pair(msgspec.Struct, frozen=True, tag="pair"):
    """A left text and a right text on one line (the left one wraps above if they do not fit)."""

    left: str
    right: str
    bold: bool = False


class Rule(msgspec.Struct, frozen=True, tag="rule"):
    """A line across the paper."""


class Qr(msgspec.Struct, frozen=True, tag="qr"):
    """A QR code; `module` is the side of one module in dots (1..16)."""

    text: str
    module: int = 6


class Code128(msgspec.Struct, frozen=True, tag="code128"):
    """A Code 128 barcode with its text below."""

    text: str


class Feed(msgspec.Struct, frozen=True, tag="feed"):
    """Empty lines."""

    lines: int = 1


SlipPart = Text | Pair | Rule | Qr | Code128 | Feed


class Slip(msgspec.Struct, frozen=True):
    """A whole piece of paper, described once and drawn by each printer in its own way; ends in a cut."""

    title: str
    parts: tuple[SlipPart, ...]


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
class Counting(Protocol):
    """A scanner that counts what it could not take."""

    @property
    def dropped(self) -> int:
        """Codes not taken since the start: too long, half, or more than anybody asked for."""


class POSPrinter(Protocol):
    """Prints slips. `print` returns only when the printer itself said that the paper is out."""

    def print(self, slip: Slip, sent: Callable[[], None] = lambda: None) -> None:
        """Prints and cuts; before any byte of the slip is sent raises DeviceAbsent, DeviceOffline,
        OutOfPaper, CoverOpen or TooSlow; after it, only Unconfirmed. Calls `sent` when all bytes left us
        and only the printer's word is missing."""

    def state(self) -> PrinterState:
        """Asks the printer how it is; never raises."""


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
