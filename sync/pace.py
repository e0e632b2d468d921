"""When to try again: exponential back-off with jitter after faults, HQ's own wish after success."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 1.0
CEILING_S = 300.0
JITTER = 0.2


class Pace:
    """The pause before the next exchange. Pure: time and chance are handed in."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        """`chance` gives numbers in [0, 1)."""
        self._chance = chance
        self._faults = 0
        self._not_before = 0.0

    def wait_s(self, now_mono: float) -> float:
        """Seconds for which nothing may be tried yet; 0 when it may."""
        return max(0.0, self._not_before - now_mono)

    def succeeded(self, next_s: float) -> float:
        """Resets the back-off; the advised pause: HQ's `next_s` +-20 %, so that stores spread out."""
        self._faults = 0
        self._not_before = 0.0
        return min(max(0.0, next_s), CEILING_S) * (1 - JITTER + 2 * JITTER * self._chance())

    def failed(self, now_mono: float, *, at_least_s: float = 0.0) -> float:
        """Doubles the pause up to five minutes, of which half is chance; returns it in seconds."""
        ceiling = min(CEILING_S, FIRST_S * 2.0 ** min(self._faults, 16))
        self._faults += 1
        pause = max(ceiling * (0.5 + 0.5 * self._chance()), min(at_least_s, CEILING_S))
        self._not_before = now_mono + pause
        return pause
