"""The printing desk: jobs become paper, one at a time a printer, and nobody is left to guess."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from devices.ports import (
    CoverOpen,
    DeviceAbsent,
    DeviceFault,
    DeviceOffline,
    OutOfPaper,
    POSPrinter,
    PrinterState,
    Slip,
    Unconfirmed,
)
from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.slips import marked
from edge.desks.status import Poke, StatusDesk
from edge.domain.refusals import UnknownThing
from edge.domain.staff import Operator
from edge.domain.views import JobView
from edge.records.books import Books
from edge.records.jobs import JobRow

_log = logging.getLogger("store_edge.print")
_BLOCKING = (DeviceAbsent, DeviceOffline, OutOfPaper, CoverOpen)
"""Faults that a printer reports before a byte of the slip was sent: the job just waits."""
_NOT_YET = frozenset(
    {PrinterState.ABSENT, PrinterState.OFFLINE, PrinterState.OUT_OF_PAPER, PrinterState.COVER_OPEN}
)
_AUTO_REPRINTS = 1
"""How often a slip of unknown fate is printed again, marked, without anybody asking."""


@dataclass(frozen=True)
class PrintDesk:
    """Effects after commit: the row says `sending` before the first byte leaves."""

    books: Books
    status: StatusDesk
    printers: Mapping[str, POSPrinter]
    poke: Poke

    def recover(self) -> None:
        """At start: jobs that were under way when the daemon ended have an unknown fate."""
        for job in self.books.jobs.unsettled():
            self._uncertain(job, "INTERRUPTED")

    def turn(self, printer: str) -> bool:
        """Prints the printer's next job, if any; whether it should be called again at once."""
        job = self.books.jobs.next(printer)
        if job is None:
            return False
        device = self.printers[printer]
        if job.state == "blocked" and device.state() in _NOT_YET:
            return False
        self._set(job, "sending", "")
        try:
            device.print(job.slip)
        except _BLOCKING as fault:
            self._set(job, "blocked", fault.code)
            self.status.device(printer, "printer", "blocked", fault.code)
            return False
        except Unconfirmed as fault:
            self._uncertain(job, fault.code)
            self.status.device(printer, "printer", "uncertain", fault.code)
            return False
        except DeviceFault as fault:
            self._set(job, "failed", fault.code)
            self.status.device(printer, "printer", "error", fault.code)
            return False
        self._set(job, "printed", "")
        self.status.device(printer, "printer", "online")
        return True

    def watch(self, printer: str) -> None:
        """Asks an idle printer how it is, for the pages."""
        state = self.printers[printer].state()
        self.status.device(printer, "printer", state.value)

    def jobs(self, limit: int = 20) -> tuple[JobView, ...]:
        """The newest jobs, newest first."""
        return tuple(_view(job) for job in self.books.jobs.recent(limit))

    def slip(self, job: int) -> Slip:
        """What a job prints; raises UnknownThing."""
        found = self.books.jobs.by_id(job)
        if found is None:
            raise UnknownThing
        return found.slip

    def reprint(self, pickup: str, operator: Operator) -> JobView:
        """The slip of a hand-over once more, marked 补打; a job that still waits is not doubled."""
        last = self.books.jobs.of(pickup)
        if last is None:
            raise UnknownThing
        if last.state in ("queued", "blocked", "sending"):
            return _view(last)
        with self.books.ledger.transaction() as tx:
            again = self._copy(last, tx, operator.station)
        self.poke("printing")
        found = self.books.jobs.by_id(again)
        return _view(found or last)

    def _uncertain(self, job: JobRow, reason: str) -> None:
        _log.warning("slip of unknown fate", extra={"job": job.id, "pickup": job.ref, "code": reason})
        now = stamp(self.status.now())
        with self.books.ledger.transaction() as tx:
            self.books.jobs.set_state(tx, job.id, "uncertain", reason, now)
            if job.copy < _AUTO_REPRINTS:
                self._copy(job, tx, job.station)
        self.poke("printing")

    def _copy(self, job: JobRow, tx: Connection, station: str) -> int:
        copy = job.copy + 1
        plain = job.slip.parts[2:] if job.copy else job.slip.parts
        slip = marked(Slip(job.slip.title, plain), copy)
        return self.books.jobs.add(
            tx,
            key=f"copy:{job.ref}:{copy}",
            printer=job.printer,
            station=station,
            ref=job.ref,
            slip=slip,
            now=stamp(self.status.now()),
            copy=copy,
        )

    def _set(self, job: JobRow, state: str, reason: str) -> None:
        if (job.state, job.reason) == (state, reason):
            return
        # Synced before a byte leaves ("sending") and after the printer's word ("printed"): a power cut
        # in between leaves a job of unknown fate, which comes out once more and marked.
        with self.books.ledger.transaction() as tx:
            self.books.jobs.set_state(tx, job.id, state, reason, stamp(self.status.now()))
        _log.info("slip", extra={"job": job.id, "pickup": job.ref, "state": state, "code": reason})
        self.poke("printing")


def _view(job: JobRow) -> JobView:
    return JobView(
        id=job.id,
        title=job.title,
        printer=job.printer,
        station=job.station,
        state=job.state,
        reason=job.reason,
        created_at=moment_of(job.created_at),
        copy=job.copy,
    )
