"""The thread between a line and a slow asker: order, room, silence, the end."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.device_schema import ScannerSettings
from devices.byte_codes import ByteCodes
from devices.ports import DeviceAbsent, Reading
from devices.scan_pump import Debounce, Line, Pump


class Wire:
    """A pipe as a line; remembers whether it was shut."""

    def __init__(self) -> None:
        self.out, self.end = os.pipe()
        os.set_blocking(self.out, False)
        self.shut = 0

    def line(self) -> Line:
        return Line(self.out, lambda: os.read(self.out, 4096), self._shut)

    def _shut(self) -> None:
        self.shut += 1
        os.close(self.out)


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    if not made.shut:
        os.close(made.out)
    os.close(made.end)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


def started(wire: Wire, room: int = 2000, debounce_s: float = 0.0, **settings: object) -> Pump:
    pump = Pump("s1", debounce_s, room)
    pump.start(wire.line(), ByteCodes(ScannerSettings(**settings)))  # type: ignore[arg-type]
    return pump


def texts(pump: Pump, wait_s: float = 5.0) -> list[str]:
    return [reading.text for reading in pump.read(wait_s)]


def threads() -> int:
    return sum(thread.name.startswith("line ") for thread in threading.enumerate())


def test_a_full_room_keeps_the_oldest_and_counts_the_rest(wire: Wire) -> None:
    pump = started(wire, room=3)
    os.write(wire.end, b"1\r2\r3\r4\r5\r")
    until(lambda: pump.dropped == 2)
    assert texts(pump) == ["1", "2", "3"]
    os.write(wire.end, b"6\r")
    assert texts(pump) == ["6"]
    pump.stop()
    assert pump.dropped == 2


def test_what_was_read_before_the_unplugging_is_given_before_the_fault(wire: Wire) -> None:
    pump = started(wire)
    os.write(wire.end, b"1\r2\rhal")
    os.close(wire.end)
    until(lambda: wire.shut == 1)
    wire.end = os.open("/dev/null", os.O_WRONLY)
    assert texts(pump) == ["1", "2"]
    with pytest.raises(DeviceAbsent):
        pump.read(5)
    with pytest.raises(DeviceAbsent):
        pump.read(0)
    assert pump.dropped == 1
    assert threads() == 0


def test_the_line_is_shut_once_however_it_ends(wire: Wire) -> None:
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    pump = started(wire)
    pump.stop()
    pump.stop()
    assert wire.shut == 1
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before - 1
    pump.give(b"nobody hears")


def test_silences_are_kept_apart_while_nobody_asks(wire: Wire) -> None:
    pump = started(wire, suffix="none", idle_gap_ms=5)
    for number, code in enumerate((b"one", b"two", b"three"), 1):
        os.write(wire.end, code)
        until(functools.partial(lambda wanted: pump.waiting == wanted, number))
    assert texts(pump) == ["one", "two", "three"]
    pump.stop()


def test_a_code_that_is_held_in_view_is_one_scan(wire: Wire) -> None:
    pump = started(wire, debounce_s=60.0)
    os.write(wire.end, b"a\ra\rb\ra\rc\r")
    until(lambda: pump.waiting == 3)
    assert texts(pump) == ["a", "b", "c"]
    pump.stop()


def test_the_window_begins_anew_with_each_sight() -> None:
    debounce, a, b = Debounce(1.0), Reading("a", b"a"), Reading("b", b"b")
    sights = [
        (0.0, a, True),
        (0.9, a, False),
        (1.8, a, False),
        (1.9, b, True),
        (2.9, a, True),
        (3.0, b, True),
    ]
    assert [bool(debounce.fresh([code], at)) for at, code, _ in sights] == [new for *_, new in sights]
    assert Debounce(0.0).fresh([a, a], 0.0) == [a, a]
