"""The watch over stock: figures that cannot be true or kept, the night's comparison with HQ, the day's counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edge.clock import stamp
from edge.desks.status import Poke, StatusDesk
from edge.domain.stock import Buckets
from edge.domain.stock_views import Accuracy
from edge.records.books import Books
from edge.records.journal import Author
from sync.goods import StockAlarmed, StockChecked
from sync.messages import canonical

_AUTHOR = Author("edge", "")
_NIGHT = 3
"""The hour of the store's day from which the night's comparison is due: nobody sells then."""
A_DAY = 3
"""Products to be counted each day, besides those in doubt."""
_MONTH = timedelta(days=30)


@dataclass
class StockWatch:
    """Everything here happens by itself; nothing here corrects a figure."""

    books: Books
    status: StatusDesk
    poke: Poke
    _seen: int = field(default=0)

    def turn(self) -> bool:
        """One bounded step; whether there was something."""
        found = self._detect()
        local = self.status.local(self.status.now())
        day = local.date().isoformat()
        last = self.books.stockroom.last_check()
        nightly = local.hour >= _NIGHT and (last is None or last[0] != day) and self.check(day)
        return found or nightly

    def check(self, day: str) -> bool:
        """Sends the store's figures of a day for HQ to compare, and picks what is counted today; once a day.

        False where HQ has never told its own. A difference is HQ's to open a case of; nothing is changed here.
        """
        epoch, cursor = self.books.stockroom.cursor()
        if not epoch:
            return False
        due = self.books.counts.due(A_DAY)
        with self.books.ledger.transaction() as tx:
            last = int(tx.execute("SELECT last_seq FROM stream").fetchone()[0])
            figures = list(self.books.stockroom.figures(tx))
            fact = StockChecked(last, len(figures), sum_of(figures), epoch, cursor)
            seq = self.books.journal.append(tx, fact, _AUTHOR)
            self.books.stockroom.checked(tx, day, seq, fact.n, fact.ck)
            for sku in due:
                self.books.counts.wanted(tx, sku, "cycle", stamp(self.status.now()))
        for topic in ("stock", "outbox"):
            self.poke(topic)
        return True

    def accuracy(self, now: datetime | None = None) -> Accuracy:
        """How right the books were over the last thirty days."""
        since = stamp((now or self.status.now()) - _MONTH)
        counts, right = self.books.counts.done_since(since)
        picked, shorted = self.books.picks.units(since)
        return Accuracy(counts, right, picked, shorted)

    def _detect(self) -> bool:
        """Looks at products that moved or are promised; a doubt is told once when it begins."""
        room, last = self.books.stockroom, self.books.journal.last_seq()
        known = {(sku, kind) for sku, kind, _ in room.alarms()}
        began: list[tuple[str, str, Buckets]] = []
        over: list[tuple[str, str]] = []
        for sku in sorted(room.suspects(self._seen)):
            now = room.buckets(sku)
            began += [(sku, kind, now) for kind in now.troubles if (sku, kind) not in known]
            over += [(sku, kind) for of, kind in known if of == sku and kind not in now.troubles]
        self._seen = last
        if not began and not over:
            return False
        with self.books.ledger.transaction() as tx:
            at = stamp(self.status.now())
            for sku, kind, now in began:
                fact = StockAlarmed(
                    sku,
                    "negative" if kind == "negative" else "oversold",
                    now.on_hand or 0,
                    now.reserved,
                    now.damaged,
                )
                self.books.journal.append(tx, fact, _AUTHOR)
                room.alarm(tx, sku, kind, at)
                self.books.counts.wanted(tx, sku, "negative", at)
            for sku, kind in over:
                room.calm(tx, sku, kind)
        for topic in ("stock", "outbox"):
            self.poke(topic)
        return True


def sum_of(figures: list[tuple[str, int]]) -> str:
    """The sum of all figures, in any order: 16 hex digits, as docs/sync-protocol.md has it."""
    total = sum(int.from_bytes(hashlib.sha256(canonical([sku, n])).digest()[:8], "big") for sku, n in figures)
    return f"{total % (1 << 64):016x}"
