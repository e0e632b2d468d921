"""Products that are to be counted, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from edge.db import Connection, Database

_COLUMNS = "id, sku, why, made_at, state, first_by, first_found, second_by, found, delta, seq, done_at"


@dataclass(frozen=True)
class CountRow:
    """A product to be counted; `found` and `delta` None until it is done; `why`: cycle, negative, short, asked."""

    id: int
    sku: str
    why: str
    made_at: str
    state: str
    first_by: str = ""
    first_found: int | None = None
    second_by: str = ""
    found: int | None = None
    delta: int | None = None
    seq: int = 0
    done_at: str = ""


class Counts:
    """Rows of count_task."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def wanted(self, tx: Connection, sku: str, why: str, now: str) -> None:
        """The product is to be counted, unless it is already."""
        tx.execute(
            "INSERT OR IGNORE INTO count_task (sku, why, made_at, state) VALUES (?, ?, ?, 'open')",
            (sku, why, now),
        )

    def open(self, limit: int = 50) -> list[CountRow]:
        """What waits: second counts first, then the oldest."""
        asked = f"SELECT {_COLUMNS} FROM count_task WHERE state <> 'done' ORDER BY state = 'open', id LIMIT ?"
        return [CountRow(*row) for row in self._ledger.read().execute(asked, (limit,)).fetchall()]

    def by_id(self, task: int, tx: Connection | None = None) -> CountRow | None:
        """A task by its number."""
        asked = f"SELECT {_COLUMNS} FROM count_task WHERE id = ?"
        row = (tx or self._ledger.read()).execute(asked, (task,)).fetchone()
        return None if row is None else CountRow(*row)

    def set(self, tx: Connection, task: int, **values: object) -> None:
        """Writes columns of a task."""
        changes = ", ".join(f"{name} = ?" for name in values)
        tx.execute(f"UPDATE count_task SET {changes} WHERE id = ?", (*values.values(), task))

    def done_since(self, since: str) -> tuple[int, int]:
        """Counts done since a moment, and those of them that found what the books said."""
        asked = "SELECT count(*), coalesce(sum(delta = 0), 0) FROM count_task WHERE state = 'done' AND done_at >= ?"
        row = self._ledger.read().execute(asked, (since,)).fetchone()
        return int(row[0]), int(row[1])

    def due(self, limit: int) -> list[str]:
        """Products that HQ counts here and that were counted longest ago (never first), none of them waiting."""
        rows = self._ledger.read().execute(
            "SELECT s.sku FROM hq.stock s LEFT JOIN (SELECT sku, max(seq) AS last FROM main.stock_count GROUP BY sku) c"
            " ON c.sku = s.sku WHERE s.sku NOT IN (SELECT sku FROM main.count_task WHERE state <> 'done')"
            " ORDER BY coalesce(c.last, 0), s.sku LIMIT ?",
            (limit,),
        )
        return [row[0] for row in rows.fetchall()]
