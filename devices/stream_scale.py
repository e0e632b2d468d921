"""A scale that sends by itself, several times a second, in one of the formats of a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from config.device_schema import ScaleSettings
from devices.ports import Moving, Overweight, Underweight, Unweighed, Weight
from devices.scale_frames import Frames, Outcome, Shape, Why, checked, measured, weighed
from devices.scale_line import ScaleLine
from devices.serial_line import SerialLine


@dataclass(frozen=True)
class Format:
    """One way of sending: how frames look, what one says, and whether two alike must follow each other.

    Without a check byte a wrong digit looks like any other, so that one frame alone is not believed.
    """

    shape: Shape
    parse: Callable[[re.Match[bytes], int], Outcome]
    again: bool


def _st_gs(frame: re.Match[bytes], capacity_g: int) -> Outcome:
    """ST,GS,+  1.250kg with CR LF: ST at rest, US not, OL beyond; GS gross, NT net, TR the tare alone."""
    if frame["state"] == b"OL":
        return Why(Underweight if frame["sign"] == b"-" else Overweight)
    if frame["state"] == b"US":
        return Why(Moving)
    if frame["mode"] == b"TR":
        return Why(Unweighed, "it shows its tare")
    return measured(frame["sign"], frame["digits"], frame["unit"], capacity_g, net=frame["mode"] == b"NT")


def _os2(frame: re.Match[bytes], capacity_g: int) -> Outcome:
    """16 bytes (OS2CX manual, p. 15); the check byte covers the twelve before it, the last byte is bits."""
    if not checked(frame["said"], frame["check"]):
        return Why(Unweighed, "wrong check byte")
    bits = frame["bits"][0]
    if frame["state"] == b"F" or bits & 0x40:
        return Why(Unweighed, "out of range, or not zeroed")
    if frame["state"] == b"U":
        return Why(Moving)
    return measured(frame["sign"], frame["digits"], frame["unit"], capacity_g, net=bool(bits & 0x20))


_POINT_AT_NONE = 1
"""What the lowest three bits of the `bcd` status are without a decimal; makers differ (0 or 1): see the docs."""


def _bcd(frame: re.Match[bytes], capacity_g: int) -> Outcome:
    """FF, status, six packed digits from the lowest pair up, 00 for kg or 01 for lb."""
    status, packed = frame["bits"][0], frame["packed"]
    places = (status & 0x07) - _POINT_AT_NONE
    if status & 0x80:
        return Why(Underweight if status & 0x20 else Overweight)
    if not status & 0x40:
        return Why(Moving)
    if status & 0x18 or places < 0:
        return Why(Unweighed, "it counts or compares")
    if frame["unit"] != b"\x00":
        return Why(Unweighed, "it weighs in pounds")
    value = Decimal(int(packed[::-1].hex())).scaleb(-places)
    return weighed(-value if status & 0x20 else value, capacity_g)


_PAIR = rb"[\x00-\x09\x10-\x19\x20-\x29\x30-\x39\x40-\x49\x50-\x59\x60-\x69\x70-\x79\x80-\x89\x90-\x99]"

FORMATS: dict[str, Format] = {
    # Head 1, head 2, sign, seven or eight places, unit; CAS puts its number and lamps before the data, some
    # makers a comma before the unit.
    "st-gs": Format(
        Shape(
            b"SUO",
            re.compile(
                rb"(?P<state>ST|US|OL),(?P<mode>GS|NT|TR),(?:[^\r\n]{2},)?(?P<sign>[+\- ])"
                rb"(?P<digits>[\d. ]{6,8}),? ?(?P<unit>[A-Za-z ]{1,3})\r?\n"
            ),
            longest=28,
        ),
        _st_gs,
        again=True,
    ),
    "os2": Format(
        Shape(
            b"\x01",
            re.compile(
                rb"(?P<said>\x01\x02(?P<state>[SUF])(?P<sign>[ -])(?P<digits>[\d. ]{6})(?P<unit>[A-Za-z ]{2}))"
                rb"(?P<check>[\x00-\xff])\x03\x04(?P<bits>[^\x01])",
                re.DOTALL,
            ),
            longest=16,
        ),
        _os2,
        again=False,
    ),
    "bcd": Format(
        Shape(
            b"\xff",
            re.compile(
                rb"\xff(?P<bits>[^\xff])(?P<packed>" + _PAIR + rb"{3})(?P<unit>[\x00\x01])", re.DOTALL
            ),
            longest=6,
        ),
        _bcd,
        again=True,
    ),
}


class Stream:
    """What a stream of a format says, frame by frame; how it is cut into pieces changes nothing."""

    def __init__(self, form: Format, capacity_g: int) -> None:
        self._form = form
        self._capacity_g = capacity_g
        self._frames = Frames(form.shape)
        self._before = b""

    def feed(self, data: bytes) -> list[Outcome]:
        """One outcome a frame that `data` completes, oldest first."""
        return [self.said(frame) for frame in self._frames.feed(data)]

    def said(self, frame: re.Match[bytes]) -> Outcome:
        """What a frame says after the one before it."""
        outcome = self._form.parse(frame, self._capacity_g)
        before, self._before = self._before, frame[0]
        if self._form.again and isinstance(outcome, Weight) and frame[0] != before:
            return Why(Moving, "said once so far")
        return outcome


class StreamScale:
    """Listens to a scale on `settings.device`; one thread at a time may use it."""

    def __init__(self, name: str, settings: ScaleSettings) -> None:
        self._settings = settings
        self._line = ScaleLine(name, SerialLine(name, settings.device, settings.baud, settings.framing))

    def open(self) -> None:
        """Opens the port for us alone; raises DeviceAbsent, or BadSource for what is no serial port."""
        self._line.open()

    def read(self, wait_s: float) -> Weight:
        """Listens until it has come to rest, at most for `wait_s`; raises as `devices.ports.Scale` says.

        What it sent before this call is not listened to.
        """
        self._line.forget()
        form = FORMATS[self._settings.format]
        frames, stream = Frames(form.shape), Stream(form, self._settings.capacity_g)

        def once(deadline: float) -> Outcome | None:
            said = [stream.said(frame) for frame in self._line.several(frames, deadline)]
            return said[-1] if said else None

        return self._line.settled(wait_s, once)

    def close(self) -> None:
        """Lets go of the port."""
        self._line.close()
