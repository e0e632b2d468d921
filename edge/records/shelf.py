"""What is on the shelf: HQ's base, our movements, and what was counted."""

from __future__ import annotations

from edge.db import Connection, Database
from edge.domain.stock import Count, Movement, level
from edge.records.journal import Journal
from edge.records.replica import Replica


class Shelf:
    """Rows of stock_count and the differences among the movements; reads of the rest."""

    def __init__(self, ledger: Database, journal: Journal, replica: Replica) -> None:
        self._ledger = ledger
        self._journal = journal
        self._replica = replica

    def level(self, sku: str, tx: Connection | None = None) -> int | None:
        """Units of a product here now; None while HQ has never told and nobody has counted."""
        base, stream = self._replica.stock_base(sku), self._journal.stream_id()
        count = self.newest(sku, tx)
        held = base.upto_seq if base is not None and base.stream == stream else 0
        after = min(held, count.upto_seq) if count is not None else held
        return level(base, self.movements(sku, after, tx), stream, count)

    def movements(self, sku: str, after_seq: int, tx: Connection | None = None) -> list[Movement]:
        """Own movements of a product, without the differences that counts found."""
        return self._journal.movements(sku, after_seq, tx)

    def newest(self, sku: str, tx: Connection | None = None) -> Count | None:
        """The newest look at the shelf."""
        asked = "SELECT seq, upto_seq, counted FROM stock_count WHERE sku = ? ORDER BY upto_seq DESC, seq DESC LIMIT 1"
        row = (tx or self._ledger.read()).execute(asked, (sku,)).fetchone()
        return None if row is None else Count(*row)

    def counted(self, tx: Connection, sku: str, count: Count, delta: int) -> None:
        """Keeps a count and the movement that it is."""
        values = (count.seq, sku, count.counted, count.upto_seq)
        tx.execute("INSERT INTO stock_count VALUES (?, ?, ?, ?)", values)
        if delta:
            tx.execute("INSERT INTO movement VALUES (?, ?, ?, 'counted')", (count.seq, sku, delta))

    def known(self, sku: str) -> bool:
        """Whether HQ has ever named this product to this store."""
        return self._replica.stock_base(sku) is not None or self._replica.product(sku) is not None
