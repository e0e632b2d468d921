"""A scale that speaks Dialog 06: it gets a price and answers with record 02, or NAK and its reason (08, 09).

The weight is read, no more: the dialogue in which a certified scale demands check sums of the till (records 10
and 11, with a secret of its maker) is not spoken; such a scale gives no weight here, and the error says why.
"""

from __future__ import annotations

import re
from decimal import Decimal

from config.device_schema import ScaleSettings
from devices.ports import Moving, Overweight, Underweight, Unweighed, Weight
from devices.scale_frames import Frames, Outcome, Shape, Why, weighed
from devices.scale_line import ScaleLine
from devices.serial_line import SerialLine

# The least price, since scales refuse none at all (error 11); what the goods cost is not the scale's business.
_PRICE = b"\x04\x02" + b"01\x1b000001\x1b" + b"\x03"
_RESULT = b"\x04\x05"
_WHY = b"\x04\x02" + b"08" + b"\x03"

SHAPE = Shape(
    b"\x02\x06\x15",
    re.compile(
        rb"(?P<ack>\x06)|(?P<nak>\x15)|\x02(?:"
        rb"02\x1b(?P<unit>[0-3])\x1b(?P<weight>\d{5})\x1b\d{5,6}\x1b\d{6}"
        rb"|09\x1b(?P<why>\d{2})"
        rb"|11\x1b(?P<demand>[0-2][0-9A-Fa-f]{0,2})"
        rb")\x03"
    ),
    longest=26,
)
# Record 09, as the Diva service manual (chapter 6.1.8) prints it.
_REASONS = {
    b"20": Why(Moving),
    b"22": Why(Moving),
    b"21": Why(Unweighed, "nothing was moved since the last weighing"),
    b"30": Why(Unweighed, "less than it can weigh"),
    b"31": Why(Underweight),
    b"32": Why(Overweight),
}
_KILOGRAMS = b"3"


def parse(answer: re.Match[bytes], capacity_g: int) -> Outcome:
    """A frame of SHAPE that is neither ACK nor NAK."""
    if answer["demand"] is not None:
        return Why(Unweighed, "it demands check sums of a certified till")
    if answer["why"] is not None:
        return _REASONS.get(answer["why"], Why(Unweighed, f"error {answer['why'].decode('ascii')}"))
    if answer["weight"] is None:
        return Why(Unweighed, "no weight")
    if answer["unit"] != _KILOGRAMS:
        return Why(Unweighed, "it weighs in pounds")
    return weighed(Decimal(int(answer["weight"])) / 1000, capacity_g)


class Dialog06Scale:
    """Asks a scale on `settings.device`; one thread at a time may use it."""

    def __init__(self, name: str, settings: ScaleSettings) -> None:
        self._capacity_g = settings.capacity_g
        self._priced = False
        self._line = ScaleLine(name, SerialLine(name, settings.device, settings.baud, settings.framing))

    def open(self) -> None:
        """Opens the port for us alone; raises DeviceAbsent, or BadSource for what is no serial port."""
        self._line.open()

    def read(self, wait_s: float) -> Weight:
        """Asks until it has come to rest, at most for `wait_s`; raises as `devices.ports.Scale` says."""
        self._priced = False
        return self._line.settled(wait_s, self._ask)

    def close(self) -> None:
        """Lets go of the port."""
        self._line.close()

    def _ask(self, deadline: float) -> Outcome | None:
        if not self._priced:
            answer = self._line.asked(_PRICE, Frames(SHAPE), deadline)
            if answer is None or answer["ack"] is None:
                return self._told(answer, deadline)
        answer = self._line.asked(_RESULT, Frames(SHAPE), deadline)
        said = self._told(answer, deadline)
        # One that is still weighing is asked for the result again; after anything else all begins anew.
        self._priced = isinstance(said, Why) and said.kind is Moving
        return said

    def _told(self, answer: re.Match[bytes] | None, deadline: float) -> Outcome | None:
        if answer is not None and answer["nak"] is not None:
            answer = self._line.asked(_WHY, Frames(SHAPE), deadline)
            return None if answer is None or answer["why"] is None else parse(answer, self._capacity_g)
        return None if answer is None else parse(answer, self._capacity_g)
