"""Devices that a lane runs, as the store sees them: the same verbs, the same faults."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from devices.lane_faults import fault_of
from devices.lane_link import Lane
from devices.lane_messages import (
    LONGEST_READING,
    BoxOpen,
    Given,
    Health,
    Leave,
    Level,
    NotUnderstood,
    Print,
    Pulse,
    Question,
    Scanned,
    Shine,
    Show,
    State,
    Take,
    Told,
    Unlock,
    Weigh,
    Who,
)
from devices.ports import (
    Delivered,
    DeviceFault,
    Fate,
    Identity,
    LaneAbsent,
    Light,
    PrinterState,
    Reading,
    Showing,
    Unweighed,
    Weight,
)
from devices.slip import Slip

_COMING_S = 1.0
"""How long an open() waits for a lane that may just be calling."""
_MOST_WAITING = 512
"""Readings under way here at a time; a lane has 64 of them, twice that after a cut: whoever sends more is none."""
_OLDEST_S = 7 * 86400.0
"""What a lane calls older than that is that old: nobody lets a reading wait so long."""


class LaneScanner:
    """A scanner of a lane. The lane keeps a reading until `kept` was called for it."""

    def __init__(self, name: str, lane: Lane) -> None:
        self._name = name
        self._lane = lane
        self._changed = threading.Condition()
        self._waiting: deque[tuple[float, Scanned]] = deque()
        self._out: dict[tuple[str, int], Scanned] = {}
        self._health: Health | None = None
        lane.listen(f"scanners.{name}", self)

    @property
    def dropped(self) -> int:
        """What the lane could not take."""
        return self._health.dropped if self._health else 0

    def open(self) -> None:
        """Raises LaneAbsent, or the fault that the lane meets; not while readings wait to be fetched."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._fault() is None, _COMING_S)
            fault = self._fault()
            if fault and not self._waiting:
                raise fault

    def read(self, wait_s: float) -> Sequence[Reading]:
        """What the lane delivered, oldest first; raises LaneAbsent or the fault that the lane meets."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._fault() is not None, wait_s)
            fault = self._fault()
            if fault and not self._waiting:
                raise fault
            found = [_delivered(at, scanned) for at, scanned in self._waiting]
            self._out |= {(scanned.stream, scanned.seq): scanned for _, scanned in self._waiting}
            self._waiting.clear()
        return found

    def kept(self, reading: Reading, *, good: bool) -> None:
        """Tells the lane, which forgets it and tells the person at the scanner."""
        if isinstance(reading, Delivered):
            with self._changed:
                scanned = self._out.pop((reading.stream, reading.seq), None)
            if scanned:
                self._lane.heard(scanned, good=good)

    def close(self) -> None:
        """Nothing to let go of: the lane goes on scanning."""

    def told(self, message: Scanned | Health | Told) -> None:
        """From the lane's line; raises NotUnderstood for more than any lane has under way."""
        if isinstance(message, Scanned) and _giant(message.reading):
            self._lane.heard(message, good=False)
            return
        with self._changed:
            if isinstance(message, Scanned):
                if len(self._waiting) + len(self._out) >= _MOST_WAITING:
                    raise NotUnderstood
                self._waiting.append((time.monotonic(), message))
            elif isinstance(message, Health):
                self._health = message
            self._changed.notify_all()

    def changed(self, *, up: bool) -> None:
        """A new line begins with all that was not acknowledged; what waits here comes again."""
        with self._changed:
            if up:
                self._waiting.clear()
            self._health = None
            self._changed.notify_all()

    def _fault(self) -> DeviceFault | None:
        if not self._lane.up or self._health is None:
            return LaneAbsent(self._name, f"lane {self._lane.name}")
        health = self._health
        return fault_of(health.code, self._name, health.detail) if health.code else None


class LanePrinter:
    """A printer of a lane, and the drawer socket on it. Attempts are remembered by the lane, so none is repeated."""

    def __init__(self, name: str, lane: Lane) -> None:
        self._name = name
        self._place = f"printers.{name}"
        self._lane = lane
        self._told: Callable[[PrinterState], None] = lambda _: None
        self._levels: list[Callable[[bool], None]] = []
        lane.listen(self._place, self)

    def print(self, slip: Slip, sent: Callable[[], None] = lambda: None) -> None:
        """Errors as `devices.ports.POSPrinter` says; LaneAbsent while nothing was begun."""
        self.attempt(secrets.token_hex(16), slip, sent)

    def attempt(self, name: str, slip: Slip, sent: Callable[[], None]) -> None:
        """As `print`, at most once under this name."""
        self._lane.do(self._place, name, Print(slip), sent)

    def fate(self, name: str) -> Fate | None:
        """What the lane knows of an attempt; None while it is not there, or still prints."""
        return self._lane.fate(name)

    def state(self) -> PrinterState:
        """Asks the printer through its lane."""
        given = _asked(self._lane, self._place, State())
        return PrinterState.ABSENT if given is None or given.state is None else given.state

    def identity(self) -> Identity | None:
        """Who the printer says it is."""
        given = _asked(self._lane, self._place, Who())
        return given.identity if given else None

    def listen(self, told: Callable[[PrinterState], None]) -> None:
        """`told` hears what the printer says, and that its lane came or went."""
        self._told = told

    def pulse(self, pin: int = 2, pulse_ms: int = 100) -> None:
        """At most one pulse, however often the line breaks; errors as `devices.ports.CashDrawer` says."""
        self._lane.do(self._place, secrets.token_hex(16), Pulse(pin, pulse_ms))

    def level(self) -> bool | None:
        """The level of the drawer's sensor; None: unknown, or the lane is not there."""
        given = _asked(self._lane, self._place, Level())
        return given.flag if given else None

    def listen_level(self, told: Callable[[bool], None]) -> None:
        """`told` hears the level as it changes."""
        self._levels.append(told)

    def close(self) -> None:
        """Nothing to let go of."""

    def told(self, message: Scanned | Health | Told) -> None:
        """From the lane's line."""
        if isinstance(message, Told) and message.state is not None:
            self._told(message.state)
        if isinstance(message, Told) and message.level is not None:
            for told in self._levels:
                told(message.level)

    def changed(self, *, up: bool) -> None:
        """A lane that went takes its printers along; one that comes says how they are by itself."""
        if not up:
            self._told(PrinterState.ABSENT)


class _Opened:
    """What is opened and closed through a lane."""

    table = ""

    def __init__(self, name: str, lane: Lane) -> None:
        self._name = name
        self._place = f"{self.table}.{name}"
        self._lane = lane

    def open(self) -> None:
        """Raises LaneAbsent, or DeviceAbsent."""
        self._lane.ask(self._place, Take())

    def close(self) -> None:
        """Never raises."""
        _asked(self._lane, self._place, Leave())

    def identity(self) -> Identity | None:
        """Who the device says it is."""
        given = _asked(self._lane, self._place, Who())
        return given.identity if given else None


class LaneScale(_Opened):
    """A scale of a lane."""

    table = "scales"

    def read(self, wait_s: float) -> Weight:
        """Errors as `devices.ports.Scale` says, and LaneAbsent."""
        given = self._lane.ask(self._place, Weigh(min(wait_s, 30.0)), wait_s + 3.0)
        if given.weight is None:
            raise Unweighed(self._name)
        return given.weight


class LaneDisplay(_Opened):
    """A customer display of a lane."""

    table = "displays"

    def show(self, showing: Showing) -> None:
        """Raises LaneAbsent, or DeviceAbsent."""
        self._lane.ask(self._place, Show(showing))


class LaneLights(_Opened):
    """A lamp of a lane."""

    table = "lights"

    def light(self, light: Light) -> None:
        """Raises LaneAbsent, or DeviceAbsent."""
        self._lane.ask(self._place, Shine(light))


class LaneLocker(_Opened):
    """A bank of boxes of a lane."""

    table = "lockers"

    def unlock(self, box: int) -> None:
        """At most one pulse, however often the line breaks; errors as `devices.ports.Locker` says."""
        self._lane.do(self._place, secrets.token_hex(16), Unlock(box))

    def is_open(self, box: int) -> bool | None:
        """Whether the door stands open; None: unknown, or the lane is not there."""
        given = _asked(self._lane, self._place, BoxOpen(box))
        return given.flag if given else None


def _asked(lane: Lane, place: str, question: Question) -> Given | None:
    """The answer, None where a fault stands in its place."""
    try:
        return lane.ask(place, question)
    except DeviceFault:
        return None


def _giant(reading: Reading) -> bool:
    """Whether no scanner ever read that: nothing of it is kept, and the readings behind it are not held up."""
    return max(4 * len(reading.text), len(reading.raw), len(reading.aim)) > LONGEST_READING


def _delivered(arrived: float, scanned: Scanned) -> Delivered:
    reading = scanned.reading
    return Delivered(
        reading.text,
        reading.raw,
        reading.symbology,
        reading.aim,
        stream=scanned.stream,
        seq=scanned.seq,
        age_s=min(scanned.age_ms / 1000, _OLDEST_S) + time.monotonic() - arrived,
    )
