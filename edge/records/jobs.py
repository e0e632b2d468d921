"""Print jobs: rows first, paper later; what is left to print survives anything.

queued -> sending -> awaiting_confirm -> printed     the printer said so after the cut
   |         |              |--------> sent          it has no way to say so
   |         |              `--------> uncertain     nobody knows; a copy is a job of its own, marked
   |         |-----------------------> blocked       no byte left us; tried again
   |         `-----------------------> failed        can never work
   `-> cancelled | redirected | expired              also from blocked, never once bytes left us
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from devices.slip import Slip
from edge.db import Connection, Database

_COLUMNS = "id, key, printer, station, ref, slip, title, state, reason, copy, class, via, created_at"
_OPEN = "state IN ('queued', 'blocked')"
_UNDER_WAY = "state IN ('sending', 'awaiting_confirm')"

JobClass = Literal["receipt", "voucher"]
"""receipt: a marked copy does no harm; voucher: worth money, a person decides."""
WAITING = ("queued", "blocked")
UNDER_WAY = ("sending", "awaiting_confirm")


@dataclass(frozen=True)
class JobRow:
    """A print job; `ref` is the pickup it belongs to, `copy` 0 the original, 1.. a marked reprint.

    `via` is the printer that it was meant for, where another one took over.
    """

    id: int
    key: str
    printer: str
    station: str
    ref: str
    slip: Slip
    title: str
    state: str
    reason: str
    copy: int
    job_class: JobClass
    via: str
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
        job_class: JobClass = "receipt",
        via: str = "",
    ) -> int:
        """Queues a slip; the same `key` twice is the same job. Gives the job's id."""
        paper = msgspec.json.encode(slip).decode()
        tx.execute(
            "INSERT OR IGNORE INTO print_job"
            " (key, printer, station, ref, slip, title, state, copy, class, via, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?)",
            (key, printer, station, ref, paper, slip.title, copy, job_class, via, now, now),
        )
        return int(tx.execute("SELECT id FROM print_job WHERE key = ?", (key,)).fetchone()[0])

    def next(self, printer: str) -> JobRow | None:
        """The oldest job of this printer that waits for paper or power; marked copies first.

        What a broken-off original left hanging out of the printer then comes out with its own copy.
        """
        return self._one(f"printer = ? AND {_OPEN} ORDER BY copy = 0, id LIMIT 1", printer)

    def waiting_at(self, printer: str) -> list[JobRow]:
        """All jobs that wait for this printer, oldest first."""
        return self._many(f"WHERE printer = ? AND {_OPEN} ORDER BY id", printer)

    def unsettled(self, printer: str = "") -> list[JobRow]:
        """Jobs under way, of one printer or all; those that nobody is printing have an unknown fate."""
        return self._many(f"WHERE {_UNDER_WAY} AND ? IN ('', printer) ORDER BY id", printer)

    def of(self, ref: str) -> JobRow | None:
        """The newest job of a pickup."""
        return self._one("ref = ? ORDER BY id DESC LIMIT 1", ref)

    def by_id(self, job: int) -> JobRow | None:
        """A job by id."""
        return self._one("id = ?", job)

    def recent(self, limit: int) -> list[JobRow]:
        """The newest jobs, newest first."""
        return self._many("ORDER BY id DESC LIMIT ?", limit)

    def needing(self, printer: str, since: str, limit: int) -> list[JobRow]:
        """What waits at a printer, and what came out of it unconfirmed since a moment and has no newer copy."""
        newer = "SELECT 1 FROM print_job c WHERE c.ref = print_job.ref AND c.copy > print_job.copy"
        unsure = f"state IN ('uncertain', 'sent') AND created_at >= ? AND NOT EXISTS ({newer})"
        found = self._many(
            f"WHERE printer = ? AND {unsure} ORDER BY state = 'sent', id DESC LIMIT ?", printer, since, limit
        )
        sent = [job for job in found if job.state == "sent"]
        return (found[: len(found) - len(sent)] + self.waiting_at(printer) + sent)[:limit]

    def waiting(self) -> int:
        """Slips that have not come out yet."""
        asked = f"SELECT count(*) FROM print_job WHERE {_OPEN} OR {_UNDER_WAY}"
        return int(self._ledger.read().execute(asked).fetchone()[0])

    def set_state(self, tx: Connection, job: int, state: str, reason: str, now: str) -> None:
        """Records how a job stands."""
        tx.execute(
            "UPDATE print_job SET state = ?, reason = ?, updated_at = ? WHERE id = ?",
            (state, reason, now, job),
        )

    def take(self, tx: Connection, job: int, state: str, reason: str, now: str) -> bool:
        """Takes a job out of the queue, into this state; False when somebody else did so first."""
        changed = tx.execute(
            f"UPDATE print_job SET state = ?, reason = ?, updated_at = ? WHERE id = ? AND {_OPEN}",
            (state, reason, now, job),
        )
        return bool(changed.rowcount)

    def withdraw(self, tx: Connection, ref: str, now: str) -> None:
        """Slips of a pickup that have not begun to print will not be printed."""
        tx.execute(
            "UPDATE print_job SET state = 'cancelled', reason = '', updated_at = ?"
            " WHERE ref = ? AND state IN ('queued', 'blocked')",
            (now, ref),
        )

    def expire(self, tx: Connection, printer: str, before: str, now: str) -> int:
        """Gives up the jobs that waited here since before a moment; how many."""
        changed = tx.execute(
            "UPDATE print_job SET state = 'expired', updated_at = ?"
            f" WHERE printer = ? AND {_OPEN} AND created_at < ?",
            (now, printer, before),
        )
        return int(changed.rowcount)

    def _one(self, where: str, value: object) -> JobRow | None:
        found = self._many(f"WHERE {where}", value)
        return found[0] if found else None

    def _many(self, rest: str, *values: object) -> list[JobRow]:
        rows = self._ledger.read().execute(f"SELECT {_COLUMNS} FROM print_job {rest}", values)
        return [_job(row) for row in rows]


def _job(row: tuple[Any, ...]) -> JobRow:
    number, key, printer, station, ref, slip, title, state, reason, copy, job_class, via, created_at = row
    paper = msgspec.json.decode(slip.encode(), type=Slip)
    return JobRow(
        number, key, printer, station, ref, paper, title, state, reason, copy, job_class, via, created_at
    )
