"""Which codes seen in the frames of a video are scans: once while held in view, bars only when seen twice."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

from devices.ports import Reading, Symbology

HELD_S = 2.0
"""A code is the same scan until it was out of view for so long, seconds."""
# Without a check beyond one digit: one frame in some thousands is read wrong, and two readers then agree on it.
_TWICE = frozenset(
    {
        Symbology.EAN13,
        Symbology.EAN8,
        Symbology.UPCA,
        Symbology.UPCE,
        Symbology.CODE128,
        Symbology.GS1_128,
        Symbology.CODE39,
        Symbology.ITF,
        Symbology.DATABAR,
    }
)


class Sightings:
    """Remembers what was seen when. Times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._in_view: dict[bytes, float] = {}
        self._once: dict[bytes, tuple[float, int]] = {}

    def scans(self, seen: Iterable[Reading], at: float, picture: int) -> list[Reading]:
        """Returns the readings of one frame that are new scans; `picture` is the frame's fingerprint."""
        self._in_view = {raw: last for raw, last in self._in_view.items() if at - last < HELD_S}
        self._once = {raw: first for raw, first in self._once.items() if at - first[0] < HELD_S}
        return [reading for reading in seen if self._is_scan(reading, at, picture)]

    def _is_scan(self, reading: Reading, at: float, picture: int) -> bool:
        raw = reading.raw
        if raw not in self._in_view and reading.symbology in _TWICE:
            _, before = self._once.setdefault(raw, (at, picture))
            if before == picture:
                return False
        known = raw in self._in_view
        self._in_view[raw] = at
        return not known


def fingerprint(frame: Any) -> int:
    """A number that is the same for the same picture: a sensor's noise tells any two of its frames apart.

    Every fourth pixel each way is enough for that, and a sixteenth of the work.
    """
    return zlib.crc32(frame[::4, ::4].tobytes())
