"""The watch over stock: figures that cannot be true or kept, the night's comparison with HQ, the day's counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edge.clock import stamp
from edge.desks.night_sums import NightSums, total_of
from edge.desks.status import Poke, StatusDesk
from edge.domain.stock import Buckets
from edge.domain.stock_views import Accuracy
from edge.records.books import Books
from edge.records.journal import Author
from sync.goods import StockAlarmed, StockChecked

_AUTHOR = Author("edge", "")
_NIGHT = 3
"""The hour of the store's day from which the night's comparison is due: nobody sells then."""
A_DAY = 3
"""Products to be counted each day, besides those in doubt."""
_MONTH = timedelta(days=30)
_LOOKED_AT = 500
"""Products in one step: after a start all that ever moved are to be looked at."""
_PAUSE = timedelta(minutes=10)
_AT_ONCE = 2
"""Parts of the night's sum that are read again under the write lock, at most."""


@dataclass
class StockWatch:
    """Everything here happens by itself; nothing here corrects a figure."""

    books: Books
    status: StatusDesk
    poke: Poke
    _seen: int = field(default=0)
    _told: tuple[str, int] = field(default=("", 0))
    _doubtful: set[str] = field(default_factory=set)
    _sums: NightSums | None = field(default=None)
    _later: datetime | None = field(default=None)

    def turn(self) -> bool:
        """One bounded step; whether there was something."""
        found = self._detect()
        local = self.status.local(self.status.now())
        day = local.date().isoformat()
        last = self.books.stockroom.last_check()
        due = local.hour >= _NIGHT and (last is None or last[0] != day)
        return found | (due and self.night(day))

    def check(self, day: str) -> bool:
        """The whole night's work at once; False where HQ has never told its own figures, or tells new ones just now."""
        self._later = None
        while self.night(day):
            last = self.books.stockroom.last_check()
            if self._sums is None and last is not None and last[0] == day:
                return True
        return False

    def night(self, day: str) -> bool:
        """One step of the night's comparison: reads some products, and once it has all, sends the store's figures for
        HQ to compare and picks what is counted today. False where nothing can be done now.

        A difference is HQ's to open a case of; nothing is changed here.
        """
        now, word = self.status.now(), self.books.stockroom.cursor()
        if not word[0] or (self._later is not None and now < self._later):
            return False
        if self._sums is not None and self._sums.begun != word:
            # HQ told other figures meanwhile. In a quiet hour that ends; nobody works it all out again each time.
            self._sums, self._later = None, now + _PAUSE
            return False
        if self._sums is None:
            self._sums = NightSums(self.books.stockroom, word)
        sums = self._sums
        if not sums.whole or len(sums.stale()) > _AT_ONCE:
            sums.step(self.books.journal.last_seq())
            return True
        return self._send(day, sums)

    def _send(self, day: str, sums: NightSums) -> bool:
        due = self.books.counts.due(A_DAY)
        with self.books.ledger.transaction() as tx:
            last = int(tx.execute("SELECT last_seq FROM stream").fetchone()[0])
            if not sums.settle(tx, last, _AT_ONCE):
                return True  # the next step looks again
            fact = StockChecked(last, *sums.sums(), *sums.begun)
            seq = self.books.journal.append(tx, fact, _AUTHOR)
            self.books.stockroom.checked(tx, day, seq, fact.n, fact.ck)
            for sku in due:
                self.books.counts.wanted(tx, sku, "cycle", stamp(self.status.now()))
        self._sums = None
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
        if not self._doubtful:
            # One round after another: who is in doubt already would be looked at again and again before the others.
            told = room.cursor()
            self._doubtful = room.suspects(self._seen, anew=told != self._told)
            self._seen, self._told = last, told
        some = sorted(self._doubtful)[:_LOOKED_AT]
        self._doubtful -= set(some)
        promised = room.reserved() if some else {}
        for sku in some:
            now = room.buckets(sku, None, promised)
            began += [(sku, kind, now) for kind in now.troubles if (sku, kind) not in known]
            over += [(sku, kind) for of, kind in known if of == sku and kind not in now.troubles]
        if not began and not over:
            return bool(self._doubtful)
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
    return f"{total_of(figures):016x}"
