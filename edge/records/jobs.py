"""Print jobs: rows first, paper later; what is left to print survives anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from devices.ports import Slip
from edge.db import Connection, Database

_COLUMNS = "id, printer, station, ref, slip, title, state, reason, copy, created_at"


@dataclass(frozen=True)
class JobRow:
    """A print job; `ref` is the pickup it belongs to, `copy` 0 the original, 1.. a marked reprint."""

    id: int
    printer: str
    station: str
    ref: str
    slip: Slip
    title: str
    state: str
    reason: str
    copy: int
    created_at: str


class PrintJobs:
    """Rows of print_job."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def add(
        self,
        tx: Connection,
        *,
        key: str,
        printer: str,
        station: str,
        ref: str,
        slip: Slip,
        now: str,
        copy: int = 0,
    ) -> int:
        """Queues a slip; the same `key` twice is the same job. Gives the job's id."""
        tx.execute(
            "INSERT OR IGNORE INTO print_job"
            " (key, printer, station, ref, slip, title, state, copy, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
            (key, printer, station, ref, msgspec.json.encode(slip).decode(), slip.title, copy, now, now),
        )
        return int(tx.execute("SELECT id FROM print_job WHERE key = ?", (key,)).fetchone()[0])

    def next(self, printer: str) -> JobRow | None:
        """The oldest job of this printer that waits for paper or power."""
        return self._one("printer = ? AND state IN ('queued', 'blocked') ORDER BY id LIMIT 1", printer)

    def unsettled(self) -> list[JobRow]:
        """Jobs that were under way when the daemon ended: nobody knows whether they came out."""
        rows = self._ledger.read().execute(f"SELECT {_COLUMNS} FROM print_job WHERE state = 'sending'")
        return [_job(row) for row in rows]

    def of(self, ref: str) -> JobRow | None:
        """The newest job of a pickup."""
        return self._one("ref = ? ORDER BY id DESC LIMIT 1", ref)

    def by_id(self, job: int) -> JobRow | None:
        """A job by id."""
        return self._one("id = ?", job)

    def recent(self, limit: int) -> list[JobRow]:
        """The newest jobs, newest first."""
        rows = self._ledger.read().execute(
            f"SELECT {_COLUMNS} FROM print_job ORDER BY id DESC LIMIT ?",
            (limit,),
        )
        return [_job(row) for row in rows]

    def waiting(self) -> int:
        """Slips that have not come out yet."""
        row = (
            self._ledger.read()
            .execute("SELECT count(*) FROM print_job WHERE state IN ('queued', 'blocked', 'sending')")
            .fetchone()
        )
        return int(row[0])

    def set_state(self, tx: Connection, job: int, state: str, reason: str, now: str) -> None:
        """Records how a job stands."""
        tx.execute(
            "UPDATE print_job SET state = ?, reason = ?, updated_at = ? WHERE id = ?",
            (state, reason, now, job),
        )

    def _one(self, where: str, value: object) -> JobRow | None:
        row = (
            self._ledger.read()
            .execute(f"SELECT {_COLUMNS} FROM print_job WHERE {where}", (value,))
            .fetchone()
        )
        return None if row is None else _job(row)


def _job(row: tuple[Any, ...]) -> JobRow:
    job, printer, station, ref, slip, title, state, reason, copy, created_at = row
    paper = msgspec.json.decode(slip.encode(), type=Slip)
    return JobRow(job, printer, station, ref, paper, title, state, reason, copy, created_at)
