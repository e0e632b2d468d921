"""What facts about calls, shoppers' answers and screens mean at HQ: rows for those who look after the shops."""

from __future__ import annotations

from sqlalchemy import Table

from sync.guiding import ScreenCounted
from sync.hub.guide_effects import counted, paid
from sync.hub.judging import Source, Unfit
from sync.hub.ticket_tables import feedback, ticket_closed, ticket_opened
from sync.hub.working_set import WorkingSet
from sync.ordering import OrderPaid
from sync.tickets import FeedbackGiven, TicketClosed, TicketOpened, TicketsUp

HeardUp = TicketsUp | ScreenCounted | OrderPaid

_FACES = range(1, 6)


class TicketEffects:
    """Keeps what was said; nothing of it contradicts anything."""

    def __init__(self, rows: WorkingSet, source: Source) -> None:
        self._rows = rows
        self._from = source

    def apply(self, fact: HeardUp) -> str:
        """Returns ""; raises Unfit."""
        match fact:
            case ScreenCounted():
                return counted(self._rows, self._from, fact)
            case OrderPaid():
                return paid(self._rows, self._from, fact)
            case TicketOpened():
                self._keep(ticket_opened, ticket=fact.ticket, kind=fact.kind, sku=fact.sku)
            case TicketClosed():
                spans = {"wait_s": fact.wait_s, "handle_s": fact.handle_s}
                what = {"ticket": fact.ticket, "kind": fact.kind, "outcome": fact.outcome}
                self._keep(ticket_closed, **what, **spans)
            case FeedbackGiven():
                if fact.scale == "faces" and fact.score not in _FACES:
                    raise Unfit("BAD_FACT")
                said = {"scale": fact.scale, "score": fact.score, "about": fact.about}
                self._keep(feedback, **said, chips=" ".join(fact.chips))
        return ""

    def _keep(self, table: Table, **values: object) -> None:
        source = self._from
        where = {"stream": source.stream, "seq": source.seq, "store": source.store, "at": source.at}
        self._rows.keep(table, {**where, **values})
