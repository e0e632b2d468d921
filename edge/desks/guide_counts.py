"""What happens at screens, counted without anybody in it, and told to HQ now and then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from edge.clock import moment_of, stamp
from edge.desks.status import Poke, StatusDesk
from edge.records.books import Books
from edge.records.guide import CountRow, GuideRows
from edge.records.journal import Author
from sync.guiding import MOST_COUNTS, ScreenCount, ScreenCounted, What

MOST_KINDS = 600
"""Different counts of one screen between two facts; beyond that products are no longer told apart."""


@dataclass(frozen=True)
class ScreenCounts:
    """A count is a row that is raised; a power cut may lose the last second of it, which harms nobody."""

    books: Books
    rows: GuideRows
    status: StatusDesk
    poke: Poke
    minutes: int

    def note(self, station: str, what: What, campaign: str = "", sku: str = "") -> None:
        """Something happened once at a screen."""
        row = CountRow(what, campaign, sku, stamp(self.status.now()), 1)
        with self.books.ledger.transaction(durable=False) as tx:
            self.rows.count(tx, station, row, MOST_KINDS)

    def turn(self) -> bool:
        """One bounded step: tells HQ what a screen counted for long enough. Whether there was any."""
        now = self.status.now()
        due = [
            station
            for station, since in self.rows.counting().items()
            if not 0 <= (now - moment_of(since)).total_seconds() < self.minutes * 60
        ]
        for station in due:
            with self.books.ledger.transaction() as tx:
                rows = self.rows.take_counts(tx, station, MOST_COUNTS)
                counts = tuple(ScreenCount(_KINDS[row.what], row.n, row.campaign, row.sku) for row in rows)
                fact = ScreenCounted(station, min(row.since for row in rows), stamp(now), counts)
                self.books.journal.append(tx, fact, Author(station, ""))
        if due:
            self.poke("outbox")
        return bool(due)


_KINDS: Mapping[str, What] = {word: word for word in get_args(What)}
