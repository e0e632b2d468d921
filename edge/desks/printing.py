"""The printing desk: jobs become paper, one at a time a printer, and nobody is left to guess."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from config.device_schema import PrinterSettings
from devices.ports import POSPrinter, PrinterState, TellsState
from devices.slip import Slip
from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.fates import Fates, put_out
from edge.desks.letterhead import Letterhead
from edge.desks.slips import marked
from edge.desks.status import Poke, StatusDesk
from edge.domain.refusals import NotAllowed, UnknownThing
from edge.domain.staff import Act, Operator
from edge.domain.views import JobView
from edge.records.books import Books
from edge.records.jobs import UNDER_WAY, WAITING, JobClass, JobRow

_log = logging.getLogger("store_edge.print")
_NOT_YET = frozenset(
    {PrinterState.ABSENT, PrinterState.OFFLINE, PrinterState.OUT_OF_PAPER, PrinterState.COVER_OPEN}
)
_AUTO_REPRINTS: dict[JobClass, int] = {"receipt": 1, "voucher": 0}
"""How often a slip of unknown fate is printed again, marked, without anybody asking."""


@dataclass(frozen=True)
class PrintDesk:
    """Effects after commit: the row says `sending` before the first byte leaves.

    A drawer is never opened here: a pulse inside a job would come again with every copy.
    """

    books: Books
    status: StatusDesk
    printers: Mapping[str, POSPrinter]
    poke: Poke
    rules: Mapping[str, PrinterSettings] = field(default_factory=dict)
    fates: Fates = field(default_factory=Fates)
    letterhead: Letterhead = field(default_factory=Letterhead)
    _blocked_since: dict[str, float] = field(default_factory=dict)
    _heard: dict[str, PrinterState] = field(default_factory=dict)

    def recover(self) -> None:
        """At start: jobs that were under way when the daemon ended have an unknown fate."""
        for name, printer in self.printers.items():
            if isinstance(printer, TellsState):
                printer.listen(partial(self._told, name))
        self._interrupted("")

    def submit(
        self, key: str, printer: str, station: str, ref: str, slip: Slip, job_class: JobClass = "receipt"
    ) -> JobView:
        """Queues a slip durably; the same `key` again gives the job as it stands and prints nothing more."""
        if printer not in self.printers:
            raise UnknownThing
        with self.books.ledger.transaction() as tx:
            made = self.books.jobs.add(
                tx,
                key=key,
                printer=printer,
                station=station,
                ref=ref,
                slip=slip,
                now=stamp(self.status.now()),
                job_class=job_class,
            )
        self._announce(printer)
        return _view(self._known(made))

    def turn(self, printer: str) -> bool:
        """Prints the printer's next job, if any; whether it should be called again at once."""
        if not self._interrupted(printer):  # an error cut the last turn short, or the ledger took no more
            return False
        job = self.books.jobs.next(printer)
        if job is None:
            return False
        if self._expired(job):
            return True
        if job.state == "blocked" and self.printers[printer].state() in _NOT_YET:
            return self._redirect(printer)
        if not self._take(job, "sending", ""):
            return True
        self._heard.pop(printer, None)
        with self.status.working(printer):
            paper = self.letterhead.of(job)
            state, reason, device_word = put_out(self.printers[printer], paper, lambda: self._awaiting(job))
        if state == "uncertain":
            self._uncertain(job, reason)
        else:
            self._set(job, state, reason)
        self._report(printer, device_word, reason)
        if state != "blocked":
            self._blocked_since.pop(printer, None)
            return state in ("printed", "sent")
        return self._redirect(printer)

    def watch(self, printer: str) -> None:
        """Asks an idle printer how it is, for the pages."""
        self._heard.pop(printer, None)
        self._report(printer, self.printers[printer].state().value)

    def jobs(self, limit: int = 20) -> tuple[JobView, ...]:
        """The newest jobs, newest first."""
        return tuple(_view(job) for job in self.books.jobs.recent(limit))

    def view(self, job: int) -> JobView:
        """How a job stands; raises UnknownThing."""
        return _view(self._known(job))

    def printed_by(self, job: int) -> tuple[Slip, str]:
        """What a job prints, and the printer that it is for; raises UnknownThing."""
        found = self._known(job)
        return self.letterhead.on(found.slip), found.printer

    def cancel(self, job: int) -> JobView:
        """Takes a waiting job out of the queue; one whose bytes left us stays as it is."""
        if self._take(self._known(job), "cancelled", ""):
            self.poke("printing")
        return self.view(job)

    def settle(self, job: int, operator: Operator, *, came_out: bool) -> JobView:
        """A person looked at the outlet of a printer whose job is uncertain; if nothing came, a marked copy."""
        found = self._known(job)
        if found.state != "uncertain":
            return _view(found)
        if came_out:
            self._set(found, "printed", "SEEN")
            return _view(self._known(job))
        return self._again(found, operator.station)

    def reprint(self, pickup: str, nonce: str, operator: Operator) -> JobView:
        """The slip of a hand-over once more, marked 补打, once a nonce; a job that still waits is not doubled.

        Another desk's slip only a lead may have; one of a hand-over that was taken back, nobody.
        """
        row, last = self.books.pickups.by_id(pickup), self.books.jobs.of(pickup)
        if row is None or last is None or row.annulled_at:
            raise UnknownThing
        if row.station != operator.station and not operator.may(Act.ANNUL):
            raise NotAllowed
        return self.again(last.ref, nonce, operator)

    def again(self, ref: str, nonce: str, operator: Operator) -> JobView:
        """The newest slip of a thing once more, marked, once a nonce; whether that is allowed the caller has asked."""
        last = self.books.jobs.of(ref)
        if last is None:
            raise UnknownThing
        if last.key == f"ask:{nonce}" or last.state in WAITING + UNDER_WAY:
            return _view(last)
        return self._again(last, operator.station, key=f"ask:{nonce}")

    def _report(self, printer: str, word: str, reason: str = "") -> None:
        # What it said by itself meanwhile is newer: a cable pulled at the end of a slip must not look plugged in.
        self.status.device(printer, "printer", word, reason)
        if not reason and (heard := self._heard.get(printer)):
            self.status.device(printer, "printer", heard.value)

    def _told(self, printer: str, state: PrinterState) -> None:
        self._heard[printer] = state
        self.status.device(printer, "printer", state.value)
        self.poke(f"slips:{printer}")

    def _interrupted(self, printer: str) -> bool:
        """Settles jobs that nobody is printing; False while what became of one may still be learned."""
        settled = True
        for job in self.books.jobs.unsettled(printer):
            state = self.fates.of(self.printers.get(job.printer), job)
            if state == "uncertain":
                self._uncertain(job, "INTERRUPTED")
            elif state:
                self._set(job, state, "")
            settled = settled and bool(state)
        return settled

    def _redirect(self, printer: str) -> bool:
        """Gives what waits at a printer blocked for too long to its stand-in; whether anything moved on.

        Only jobs of which no byte left us, and each only once: two broken printers play no ping-pong.
        """
        since = self._blocked_since.setdefault(printer, time.monotonic())
        rules = self.rules.get(printer)
        if rules is None or not rules.stand_in or time.monotonic() - since < rules.stand_in_after_s:
            return False
        movable = [job for job in self.books.jobs.waiting_at(printer) if not job.via]
        if not movable or self.printers[rules.stand_in].state() in _NOT_YET:
            return False
        now = stamp(self.status.now())
        with self.books.ledger.transaction() as tx:
            for job in movable:
                if self.books.jobs.take(tx, job.id, "redirected", rules.stand_in, now):
                    self._add(tx, job, f"stand-in:{job.key}", rules.stand_in, via=printer)
        _log.info("slips go to the stand-in", extra={"printer": printer, "count": len(movable)})
        self._announce(rules.stand_in)
        return False

    def _expired(self, job: JobRow) -> bool:
        rules = self.rules.get(job.printer)
        before = stamp(self.status.now() - timedelta(hours=rules.keep_hours)) if rules else ""
        if job.created_at >= before:
            return False
        with self.books.ledger.transaction() as tx:
            self.books.jobs.expire(tx, job.printer, before, stamp(self.status.now()))
        self.poke("printing")
        return True

    def _uncertain(self, job: JobRow, reason: str) -> None:
        _log.warning("slip of unknown fate", extra={"job": job.id, "pickup": job.ref, "code": reason})
        now = stamp(self.status.now())
        with self.books.ledger.transaction() as tx:
            self.books.jobs.set_state(tx, job.id, "uncertain", reason, now)
            if job.copy < _AUTO_REPRINTS[job.job_class]:
                self._copy(job, tx, job.station)
        self._announce(job.printer)

    def _again(self, job: JobRow, station: str, key: str = "") -> JobView:
        with self.books.ledger.transaction() as tx:
            made = self._copy(job, tx, station, key)
        self._announce(job.printer)
        return _view(self._known(made))

    def _copy(self, job: JobRow, tx: Connection, station: str, key: str = "") -> int:
        copy = job.copy + 1
        plain = job.slip.parts[2:] if job.copy else job.slip.parts
        slip = marked(Slip(job.slip.title, plain), copy)
        key = key or f"copy:{_root(job.key)}:{copy}"
        return self._add(tx, job, key, job.printer, slip=slip, copy=copy, station=station)

    def _add(
        self,
        tx: Connection,
        job: JobRow,
        key: str,
        printer: str,
        *,
        via: str = "",
        slip: Slip | None = None,
        copy: int | None = None,
        station: str = "",
    ) -> int:
        """A job made from another one."""
        return self.books.jobs.add(
            tx,
            key=key,
            printer=printer,
            station=station or job.station,
            ref=job.ref,
            slip=slip or job.slip,
            now=stamp(self.status.now()),
            copy=job.copy if copy is None else copy,
            job_class=job.job_class,
            via=via,
        )

    def _awaiting(self, job: JobRow) -> None:
        # Not synced: after a loss of power "sending" says as much.
        with self.books.ledger.transaction(durable=False) as tx:
            self.books.jobs.set_state(tx, job.id, "awaiting_confirm", "", stamp(self.status.now()))
        self.poke("printing")

    def _take(self, job: JobRow, state: str, reason: str) -> bool:
        # Synced before a byte leaves: after a power cut the job's fate is unknown, and a marked copy comes out.
        with self.books.ledger.transaction() as tx:
            return self.books.jobs.take(tx, job.id, state, reason, stamp(self.status.now()))

    def _set(self, job: JobRow, state: str, reason: str) -> None:
        with self.books.ledger.transaction() as tx:
            self.books.jobs.set_state(tx, job.id, state, reason, stamp(self.status.now()))
        _log.info("slip", extra={"job": job.id, "pickup": job.ref, "state": state, "code": reason})
        self.poke("printing")

    def _announce(self, printer: str) -> None:
        """There is something to print: for the pages, and for the one worker that it concerns."""
        self.poke("printing")
        self.poke(f"slips:{printer}")

    def _known(self, job: int) -> JobRow:
        found = self.books.jobs.by_id(job)
        if found is None:
            raise UnknownThing
        return found


def _root(key: str) -> str:
    """The key of the original that a job goes back to."""
    key = key.removeprefix("stand-in:")
    return key.removeprefix("copy:").rpartition(":")[0] if key.startswith("copy:") else key


def _view(job: JobRow) -> JobView:
    at = moment_of(job.created_at)
    return JobView(job.id, job.title, job.printer, job.station, job.state, job.reason, at, job.copy)
