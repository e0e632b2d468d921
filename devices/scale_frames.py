"""What scales say, out of bytes: frames, weights, and why there is no weight. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import xor

from devices.ports import Overweight, Underweight, Unweighed, Weight

GRAMS = {b"kg": 1000, b"g": 1}
"""Grams in a unit that a weight may come in; all others (lb, oz, jin) are no weight for us."""


@dataclass(frozen=True)
class Why:
    """Why a scale's word is no weight that may be sold by."""

    kind: type[Unweighed]
    detail: str = ""


Outcome = Weight | Why


@dataclass(frozen=True)
class Shape:
    """What the frames of a language look like: `frame` begins with one of `heads`, has a last byte that ends it
    for certain, and is at most `longest` bytes."""

    heads: bytes
    frame: re.Pattern[bytes]
    longest: int


class Frames:
    """Cuts a stream into frames; what fits no frame is passed over. How the stream is cut up changes nothing."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._head = re.compile(b"[" + re.escape(shape.heads) + b"]")
        self._rest = b""

    def feed(self, data: bytes) -> list[re.Match[bytes]]:
        """The frames that `data` completes, oldest first."""
        self._rest += data
        found = []
        while head := self._head.search(self._rest):
            self._rest = self._rest[head.start() :]
            frame = self._shape.frame.match(self._rest)
            if frame:
                found.append(frame)
                self._rest = self._rest[frame.end() :]
            elif len(self._rest) < self._shape.longest:
                return found
            else:
                self._rest = self._rest[1:]
        self._rest = b""
        return found


def weighed(kilograms: Decimal, capacity_g: int, *, net: bool = False) -> Outcome:
    """A weight at rest in whole grams, if it can be one on a scale of this capacity."""
    grams = kilograms * 1000
    if grams < 0:
        return Why(Underweight)
    if grams > capacity_g:
        return Why(Overweight, f"more than {capacity_g} g")
    if grams != int(grams):
        return Why(Unweighed, "a fraction of a gram")
    return Weight(int(grams), net)


def measured(sign: bytes, digits: bytes, unit: bytes, capacity_g: int, *, net: bool = False) -> Outcome:
    """As `weighed`, from the text of a scale: sign, digits (padded with spaces), unit."""
    factor = GRAMS.get(unit.strip().lower())
    if factor is None:
        return Why(Unweighed, "in a unit that is neither kg nor g")
    text = digits.strip(b" ")
    if not re.fullmatch(rb"\d+(\.\d+)?", text):
        return Why(Unweighed, "no number")
    value = Decimal(text.decode("ascii")) * factor / 1000
    return weighed(-value if sign == b"-" else value, capacity_g, net=net)


def checked(data: bytes, check: bytes) -> bool:
    """Whether `check` is the exclusive or of all bytes of `data`."""
    return bytes([reduce(xor, data, 0)]) == check
