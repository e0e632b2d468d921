"""Which products run low: found in portions, however many have a least number."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from edge.domain.stock_views import LowStock
from edge.records.stockroom import Stockroom

PORTION = 500
"""Products looked at in one step."""


@dataclass
class LowStocks:
    """Each look goes through the next portion and remembers what was low in the others: where no more than one portion
    of products has a least number, every look is of now."""

    room: Stockroom
    portion: int = PORTION
    _low: dict[str, LowStock] = field(default_factory=dict)
    _after: str = ""
    _lock: Lock = field(default_factory=Lock)

    def look(self, promised: dict[str, int]) -> tuple[LowStock, ...]:
        """One step; gives all that are known to be low, by product. `promised`: what `Stockroom.reserved` gave."""
        with self._lock:
            after = self._after
            some = self.room.minimums(after, self.portion)
            last = some[-1][0] if len(some) == self.portion else ""
            # Whatever has no least number any more is forgotten with the portion that it was in.
            gone = {sku for sku in self._low if sku > after and (not last or sku <= last)}
            for sku in gone:
                del self._low[sku]
            for sku, zh, en, least in some:
                now = self.room.buckets(sku, None, promised)
                if now.sellable is not None and now.sellable < least:
                    self._low[sku] = LowStock(sku, zh, en, now.sellable, least, now.in_transit)
            self._after = last
            return tuple(self._low[sku] for sku in sorted(self._low))
