"""The arithmetic of a roll-out: who is in which ring, when a ring has passed, and when it all stops."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

RINGS = (1, 10, 50, 100)
"""Percent of the stores that a revision has reached at the end of each ring."""
SOAK_S = 3600
"""How long a ring lasts from its first acknowledgement, seconds."""
MAY_FAIL = 2
"""So many stores may fail anywhere; beyond them, so many percent of those that were offered the revision."""


@dataclass(frozen=True)
class Standing:
    """A roll-out as it stands. `first_ack`: when the first store of the present ring acknowledged."""

    total: int
    released: int
    failed: int
    waived: int
    first_ack: datetime | None


def order(version: int, stores: Iterable[str]) -> list[str]:
    """The stores as they get their turn: another order each time, so that no shop is always the first."""
    return sorted(stores, key=lambda store: hashlib.sha256(f"{version}:{store}".encode()).digest())


def ends(total: int, rings: Sequence[int] = RINGS) -> list[int]:
    """After how many stores each ring ends: rising, at least one store each, the last one at `total`.

    Raises ValueError for percentages that do not rise to 100. Rings that would bring nobody new are left out.
    """
    if not rings or rings[-1] != 100 or rings[0] < 1 or any(a >= b for a, b in itertools.pairwise(rings)):
        raise ValueError("rings are percentages that rise to 100, for example 1,10,50,100")
    return sorted({max(1, math.ceil(total * percent / 100)) for percent in rings}) if total else []


def limit(released: int) -> int:
    """How many of the stores that were offered a revision may fail before it is halted."""
    return max(MAY_FAIL, released * MAY_FAIL // 100)


def halts(standing: Standing) -> bool:
    """Whether too many have failed; those that a person waived by resuming count no more."""
    return standing.failed - standing.waived > limit(standing.released)


def passed(standing: Standing, end: int, soak_s: int, now: datetime) -> bool:
    """Whether the ring that ends at `end` is out and has soaked: silent stores hold nothing up, but one must have
    acknowledged, and so long ago."""
    if standing.released < end or standing.first_ack is None:
        return False
    return now >= standing.first_ack + timedelta(seconds=soak_s)
