"""HQ's price rules and member tiers as this store has them, read anew only when HQ said something."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

import msgspec

from edge.db import Database
from edge.domain.promotion_book import RuleBook, minute
from edge.domain.promotion_rules import Rule, TierTerms

BUCKET = "g:promo:CN"
"""Where HQ publishes them: its cursor moves with every change."""

Stand = tuple[str, int]


class PriceRules:
    """Reads of promotion and tier. Safe to share between threads."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger
        self._lock = Lock()
        self._read: tuple[Stand, tuple[Rule, ...], tuple[TierTerms, ...]] | None = None
        self._book: tuple[Stand, str, RuleBook] | None = None

    def as_of(self, local: datetime) -> RuleBook:
        """The rules and tiers in the versions that had begun at this moment of the store's clock (naive)."""
        stand, now = self._stand(), minute(local)
        with self._lock:
            if self._book is None or self._book[:2] != (stand, now):
                rules, tiers = self._rows(stand)
                book = RuleBook.as_of(rules, tiers, local)
                # The same rules are the same book: who holds it sees that nothing changed.
                if (
                    self._book is not None
                    and self._book[0] == stand
                    and self._book[2].version == book.version
                ):
                    book = self._book[2]
                self._book = (stand, now, book)
            return self._book[2]

    def _stand(self) -> Stand:
        asked = "SELECT epoch, seq FROM hq.cursor WHERE bucket = ?"
        row = self._ledger.read().execute(asked, (BUCKET,)).fetchone()
        return (str(row[0]), int(row[1])) if row else ("", 0)

    def _rows(self, stand: Stand) -> tuple[tuple[Rule, ...], tuple[TierTerms, ...]]:
        if self._read is None or self._read[0] != stand:
            read = self._ledger.read()
            docs = read.execute("SELECT doc FROM hq.promotion ORDER BY rule, version").fetchall()
            words = read.execute("SELECT doc FROM hq.tier ORDER BY tier, version").fetchall()
            rules = tuple(msgspec.json.decode(doc, type=Rule) for (doc,) in docs)
            tiers = tuple(msgspec.json.decode(doc, type=TierTerms) for (doc,) in words)
            self._read = (stand, rules, tiers)
        return self._read[1], self._read[2]
