"""A scale that speaks CAS: ENQ, its ACK, DC1, then one frame with a check byte."""

from __future__ import annotations

import re

from config.device_schema import ScaleSettings
from devices.ports import Moving, Unweighed, Weight
from devices.scale_frames import Frames, Outcome, Shape, Why, checked, measured
from devices.scale_line import ScaleLine
from devices.serial_line import SerialLine

READY = Shape(b"\x06\x15", re.compile(rb"[\x06\x15]"), longest=1)
# SOH STX, status, sign, six places, two of the unit, the check byte, ETX EOT.
SHAPE = Shape(
    b"\x01",
    re.compile(
        rb"\x01\x02(?P<said>(?P<state>[SUF])(?P<sign>[ -])(?P<digits>[\d. ]{6})(?P<unit>[A-Za-z ]{2}))"
        rb"(?P<check>[\x00-\xff])\x03\x04",
        re.DOTALL,
    ),
    longest=15,
)


def parse(answer: re.Match[bytes], capacity_g: int) -> Outcome:
    """A frame of SHAPE; its check byte covers everything between STX and itself (CAS SW-II manual, p. 15)."""
    if not checked(answer["said"], answer["check"]):
        return Why(Unweighed, "wrong check byte")
    if answer["state"] == b"U":
        return Why(Moving)
    if answer["state"] == b"F":
        return Why(Unweighed, "out of range, or not zeroed")
    return measured(answer["sign"], answer["digits"], answer["unit"], capacity_g)


class CasScale:
    """Asks a scale on `settings.device`; one thread at a time may use it."""

    def __init__(self, name: str, settings: ScaleSettings) -> None:
        self._capacity_g = settings.capacity_g
        self._line = ScaleLine(name, SerialLine(name, settings.device, settings.baud, settings.framing))

    def open(self) -> None:
        """Opens the port for us alone; raises DeviceAbsent, or BadSource for what is no serial port."""
        self._line.open()

    def read(self, wait_s: float) -> Weight:
        """Asks until it has come to rest, at most for `wait_s`; raises as `devices.ports.Scale` says."""
        return self._line.settled(wait_s, self._ask)

    def close(self) -> None:
        """Lets go of the port."""
        self._line.close()

    def _ask(self, deadline: float) -> Outcome | None:
        ready = self._line.asked(b"\x05", Frames(READY), deadline)
        if ready is None:
            return None
        if ready[0] == b"\x15":
            return Why(Unweighed, "it is not ready")
        answer = self._line.asked(b"\x11", Frames(SHAPE), deadline)
        return parse(answer, self._capacity_g) if answer else None
