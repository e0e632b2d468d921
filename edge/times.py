"""How long things took, counted by labels from any thread."""

from __future__ import annotations

import bisect
import threading
from dataclasses import dataclass, field

from edge.domain.figures import BOUNDS_S, Spread


@dataclass
class Times:
    """Counts how long things took, by labels; from any thread."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pieces: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    _sums: dict[tuple[str, ...], float] = field(default_factory=dict)

    def took(self, seconds: float, *labels: str) -> None:
        """One more. `labels` must come from a small set: each combination is kept until the end."""
        place = bisect.bisect_left(BOUNDS_S, seconds)
        with self._lock:
            pieces = self._pieces.setdefault(labels, [0] * (len(BOUNDS_S) + 1))
            pieces[place] += 1
            self._sums[labels] = self._sums.get(labels, 0.0) + seconds

    def spreads(self) -> dict[tuple[str, ...], Spread]:
        """All of it up to now."""
        with self._lock:
            return {key: Spread(tuple(some), self._sums[key]) for key, some in self._pieces.items()}
