"""The night's sum of all stock figures, put together some products at a time: nobody waits for a million of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from edge.db import Connection
from edge.records.stockroom import LAST, Stockroom
from sync.messages import canonical

PRODUCTS = 2_000
"""Read in one step: some 10 ms, more where all of them moved."""


@dataclass(frozen=True)
class Part:
    """Products beyond `after` up to `last` (numbers in the order of SQLite): how many, and their sum, as of a fact."""

    after: str
    last: str
    n: int
    total: int
    seq: int


@dataclass
class NightSums:
    """Sums of parts as they were read; a part whose products moved since is read again. `begun` at HQ's word so far."""

    room: Stockroom
    begun: tuple[str, int]
    parts: list[Part] = field(default_factory=list)
    whole: bool = False

    def step(self, last_seq: int) -> None:
        """Reads the next products; then, where goods moved meanwhile, those once more. `last_seq`: the newest fact."""
        if self.whole:
            self._again(self.stale()[:1], last_seq)
            return
        after = self.parts[-1].last if self.parts else ""
        last, figures = self.room.figures(after, most=PRODUCTS)
        self.whole = last == LAST
        self.parts.append(Part(after, last, len(figures), total_of(figures), last_seq))

    def stale(self, tx: Connection | None = None) -> list[int]:
        """Parts with products that moved since they were read, by their place."""
        oldest = min((part.seq for part in self.parts), default=0)
        moved = self.room.moved_since(oldest, tx)
        return [
            place
            for place, part in enumerate(self.parts)
            if any(seq > part.seq and part.after < sku <= part.last for sku, seq in moved)
        ]

    def settle(self, tx: Connection, last_seq: int, most: int) -> bool:
        """Under the write lock: reads what moved a moment ago, at most `most` parts; False where that is too little."""
        stale = self.stale(tx)
        if len(stale) > most:
            return False
        self._again(stale, last_seq, tx)
        return self.room.cursor() == self.begun

    def sums(self) -> tuple[int, str]:
        """How many products, and the sum as docs/sync-protocol.md has it: 16 hex digits."""
        total = sum(part.total for part in self.parts) % (1 << 64)
        return sum(part.n for part in self.parts), f"{total:016x}"

    def _again(self, places: Iterable[int], last_seq: int, tx: Connection | None = None) -> None:
        for place in places:
            part = self.parts[place]
            _, figures = self.room.figures(part.after, part.last, tx=tx)
            self.parts[place] = replace(part, n=len(figures), total=total_of(figures), seq=last_seq)


def total_of(figures: Iterable[tuple[str, int]]) -> int:
    """The sum of figures in any order, modulo 2^64."""
    return sum(
        int.from_bytes(hashlib.sha256(canonical([sku, n])).digest()[:8], "big") for sku, n in figures
    ) % (1 << 64)
