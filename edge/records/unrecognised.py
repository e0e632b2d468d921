"""Sound codes of goods that no product here has: how often each was scanned, by day; HQ hears of each once a day."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Connection, Database

TABLES = (
    """CREATE TABLE unrecognised (
        day TEXT NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL, station TEXT NOT NULL, times INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES journal(seq), PRIMARY KEY (day, code)) STRICT, WITHOUT ROWID""",
)
MOST_A_DAY = 500
"""Codes that are noted in a day; a page that asks nobody to sign in can make up any number of them."""


@dataclass(frozen=True)
class UnrecognisedRow:
    """A code on a day of the store's: what kind, where first, how often."""

    day: str
    code: str
    kind: str
    station: str
    times: int


class Unrecognised:
    """Rows of `unrecognised`."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def again(self, tx: Connection, day: str, code: str) -> bool:
        """Counts another scan of it; False where there was none that day."""
        asked = "UPDATE unrecognised SET times = times + 1 WHERE day = ? AND code = ?"
        return bool(tx.execute(asked, (day, code)).rowcount)

    def room(self, day: str) -> bool:
        """Whether another code may be noted that day."""
        row = (
            self._ledger.read().execute("SELECT count(*) FROM unrecognised WHERE day = ?", (day,)).fetchone()
        )
        return int(row[0]) < MOST_A_DAY

    def add(self, tx: Connection, row: UnrecognisedRow, seq: int) -> None:
        """Notes the first scan of a day; `seq` is the fact that tells HQ."""
        values = (row.day, row.code, row.kind, row.station, row.times, seq)
        tx.execute("INSERT INTO unrecognised VALUES (?, ?, ?, ?, ?, ?)", values)

    def report(self, since: str, limit: int = 200) -> list[UnrecognisedRow]:
        """Codes from a day on, the newest day and the most often scanned first."""
        rows = self._ledger.read().execute(
            "SELECT day, code, kind, station, times FROM unrecognised WHERE day >= ?"
            " ORDER BY day DESC, times DESC, code LIMIT ?",
            (since, limit),
        )
        return [UnrecognisedRow(*row) for row in rows]
