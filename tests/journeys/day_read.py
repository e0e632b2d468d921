"""The ledgers of a day of trade, read: the store's, HQ's, and how two of them are held to each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select

from tests.journeys.day import Day

Sums = Mapping[Any, Any]


class Reader:
    """What the checks read; every check yields what contradicts what, in words."""

    def __init__(self, told: Day) -> None:
        self.day, self.town, self.seen = told, told.town, told.seen
        self._read = told.town.books.ledger.read()
        self.z = {report.station: report for report in told.reports}
        self.events = told.town.books.journal.pending(0, 1_000_000, 1 << 30)
        self.facts = Counter(event.k for event in self.events)

    def rows(self, asked: str, *values: object) -> list[tuple[Any, ...]]:
        """Of the store's ledger."""
        return list(self._read.execute(asked, values).fetchall())

    def hq(self, *columns: Any) -> list[Any]:
        """Of HQ's database."""
        with self.town.hq.engine.connect() as conn:
            return list(conn.execute(select(*columns)))


def unequal(sums: Mapping[str, Sums], what: str) -> Iterator[str]:
    """A line for each key on which not all of these agree; nothing counts as 0."""
    for key in sorted({key for some in sums.values() for key in some}, key=str):
        figures = {name: some.get(key, 0) or 0 for name, some in sums.items()}
        if len(set(figures.values())) > 1:
            yield f"{what} {key}: {', '.join(f'{name} {figure}' for name, figure in figures.items())}"


def dict_of(pairs: Iterable[tuple[Any, ...]]) -> dict[Any, Any]:
    """Two columns as a mapping."""
    return {key: value for key, value in pairs}  # noqa: C416
