"""A scale that speaks Toledo 8217: asked with W, it answers with a weight or with what keeps it from one."""

from __future__ import annotations

import re
from decimal import Decimal

from config.device_schema import ScaleSettings
from devices.ports import Moving, Overweight, Underweight, Unweighed, Weight
from devices.scale_frames import Frames, Outcome, Shape, Why, weighed
from devices.scale_line import ScaleLine
from devices.serial_line import SerialLine

# STX, then "01.250" and N for net, or ? and a byte of bits; CR. Bit 3 is never set, so CR is no status.
SHAPE = Shape(
    b"\x02",
    re.compile(
        rb"\x02(?:(?P<kg>\d{1,3}\.\d{3})(?P<net>N?)|(?P<other>\d{1,3}\.\d{1,2})N?|\?(?P<bits>[^\r]))\r"
    ),
    longest=10,
)
_MOTION, _OVER, _UNDER, _BAD_COMMAND = 0x01, 0x02, 0x04, 0x40


def parse(answer: re.Match[bytes], capacity_g: int) -> Outcome:
    """A frame of SHAPE: Toledo 8217 as the service manuals of checkout scales print it."""
    if answer["bits"] is not None:
        return _kept_from(answer["bits"][0])
    if answer["kg"] is None:  # those that weigh in pounds send two decimals
        return Why(Unweighed, "two decimals: it weighs in pounds")
    return weighed(Decimal(answer["kg"].decode("ascii")), capacity_g, net=bool(answer["net"]))


def _kept_from(bits: int) -> Why:
    if bits & _OVER:
        return Why(Overweight)
    if bits & _UNDER:
        return Why(Underweight)
    if bits & _MOTION:
        return Why(Moving)
    return Why(Unweighed, "it does not know the question" if bits & _BAD_COMMAND else "it gives no reason")


class ToledoScale:
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
        answer = self._line.asked(b"W", Frames(SHAPE), deadline)
        return parse(answer, self._capacity_g) if answer else None
