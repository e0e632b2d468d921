"""The outlet of a station's printer: slips that wait for a person, and what the person says about them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from edge.clock import stamp
from edge.desks.printing import PrintDesk
from edge.desks.staff import StaffDesk
from edge.domain.refusals import UnknownThing
from edge.domain.staff import Operator
from edge.domain.views import JobView
from edge.records.books import Books

_log = logging.getLogger("store_edge.print")
_DAY = timedelta(hours=24)
_MOST = 20


@dataclass(frozen=True)
class OutletDesk:
    """Only the desks that a printer serves may say what came out of it."""

    books: Books
    staff: StaffDesk
    printing: PrintDesk

    def needing(self, station: str) -> tuple[JobView, ...]:
        """Slips at the station's printer that wait, or whose fate nobody knows; those merely sent come last."""
        printer = self.staff.station(station).printer
        if not printer:
            return ()
        since = stamp(self.printing.status.now() - _DAY)
        rows = self.books.jobs.needing(printer, since, _MOST)
        return tuple(self.printing.view(row.id) for row in rows)

    def settle(self, job: int, operator: Operator, *, came_out: bool) -> JobView:
        """Somebody looked: it came out, or a marked copy is printed. Repeated, it changes nothing more."""
        self._own(job, operator)
        _log.info("slip looked at", extra={"job": job, "station": operator.station, "came_out": came_out})
        return self.printing.settle(job, operator, came_out=came_out)

    def cancel(self, job: int, operator: Operator) -> JobView:
        """A slip that waits is not printed any more; one whose bytes left us stays as it is."""
        self._own(job, operator)
        _log.info("slip cancelled", extra={"job": job, "station": operator.station})
        return self.printing.cancel(job)

    def _own(self, job: int, operator: Operator) -> None:
        if self.printing.view(job).printer != self.staff.station(operator.station).printer:
            raise UnknownThing
