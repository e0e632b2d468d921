"""The desk of calls: who waits for a person, who goes, how it ends."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.lamps import LampDesk
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.desks.wishing import Done, once, sound
from edge.domain.moves import IllegalMove, advance
from edge.domain.refusals import BadRequest, NotAllowed, UnknownThing
from edge.domain.staff import Act, Operator
from edge.domain.ticket_refusals import GoThere, OutcomeUnfit, TicketEnded, TicketTaken, TooManyCalls
from edge.domain.tickets import (
    ALARMS_S,
    CALLS,
    POLICY,
    TICKET,
    Outcome,
    Ticket,
    TicketEvent,
    TicketKind,
    TicketState,
    level_of,
    outcomes,
)
from edge.records.books import Books
from edge.records.journal import Author
from edge.records.tickets import TicketRow
from sync.tickets import TicketClosed, TicketOpened, TicketWord

_KEPT = timedelta(days=30)
_IDLE_S = 60.0
_MOST_ABOUT_GOODS = 10
"""Calls about goods that wait at one station: a program gone wrong must not hide who waits elsewhere."""


@dataclass(frozen=True)
class TicketDesk:
    """Every verb is one transaction and is done once a nonce. `by` is a staff number or a program's name."""

    books: Books
    status: StatusDesk
    staff: StaffDesk
    lamps: LampDesk
    poke: Poke

    def open(
        self, kind: TicketKind, station: str, by: str, nonce: str, *, sku: str = "", order: str = ""
    ) -> Ticket:
        """Somebody at the station waits, for goods, or for an `order`. Asked again while that stands, it is the same.

        Raises UnknownThing for a station that is none, TooManyCalls, NonceReused, BadRequest.
        """
        self.staff.station(station)
        if len(sku) > 64 or (kind in CALLS and sku):
            raise BadRequest(why="sku")

        def work(tx: Connection) -> Done:
            known = self.books.tickets.standing(station, kind.value, sku, tx, order=order)
            if known is not None:
                return Done(known.seq, known.ticket)
            if sku and self.books.tickets.about_goods(station, tx) >= _MOST_ABOUT_GOODS:
                raise TooManyCalls
            ticket = secrets.token_hex(8)
            fact = sound(TicketOpened(ticket, kind.value, sku))
            seq = self.books.journal.append(tx, fact, Author(station, by))
            now = stamp(self.status.now())
            state = TicketState.OPEN.value
            row = TicketRow(ticket, seq, kind.value, station, sku, state, by, now, order_id=order)
            self.books.tickets.add(tx, row)
            return Done(seq, ticket)

        return self._wish(
            nonce, ("open", kind.value, station, by, sku, *filter(None, [order])), work, loud=True
        )

    def unclear(self, station: str, by: str, number: str) -> Ticket:
        """Somebody is to come as nobody knows what became of the payment `number`; called once for each."""
        return self.open(TicketKind.HELP, station, by, f"unclear:{number}")

    def state(self, ticket: str) -> str:
        """How a call stands, as pages have it: open, taken, closed; forgotten ones are closed, "" for none."""
        if not ticket:
            return ""
        try:
            return self.ticket(ticket).state.value
        except UnknownThing:
            return TicketState.CLOSED.value

    def withdraw(self, ticket: str, station: str, by: str, nonce: str) -> Ticket:
        """The shopper does not wait any longer; raises UnknownThing, TicketEnded."""

        def work(tx: Connection) -> Done:
            row = self._row(ticket, tx)
            if row.station != station:
                raise UnknownThing
            return self._end(tx, row, Outcome.WITHDRAWN, Author(station, by))

        return self._wish(nonce, ("withdraw", ticket, station), work)

    def take(self, ticket: str, operator: Operator, nonce: str) -> Ticket:
        """Somebody goes there; raises TicketTaken (a lead may take it over), TicketEnded, UnknownThing."""

        def work(tx: Connection) -> Done:
            row = self._row(ticket, tx)
            self._others(row, operator, relieve=True)
            now = row.taken_at or stamp(self.status.now())
            state = self._after(row, TicketEvent.TAKE)
            self.books.tickets.save(tx, replace(row, state=state, staff=operator.staff, taken_at=now))
            return Done(row.seq, ticket)

        return self._wish(nonce, ("take", ticket, operator.staff), work)

    def leave(self, ticket: str, operator: Operator, nonce: str) -> Ticket:
        """Who took it lays it down for others; the wait goes on from the beginning of it all."""

        def work(tx: Connection) -> Done:
            row = self._row(ticket, tx)
            self._others(row, operator)
            if row.state != TicketState.OPEN.value:
                state = self._after(row, TicketEvent.LEAVE)
                self.books.tickets.save(tx, replace(row, state=state, staff="", taken_at=""))
            return Done(row.seq, ticket)

        return self._wish(nonce, ("leave", ticket, operator.staff), work, loud=True)

    def close(self, ticket: str, outcome: Outcome, operator: Operator, nonce: str) -> Ticket:
        """Ends it: raises GoThere where it must be seen and nobody went, NotAllowed for the role, TicketTaken,
        TicketEnded, OutcomeUnfit for an outcome that the kind does not have."""

        def work(tx: Connection) -> Done:
            row = self._row(ticket, tx)
            kind = TicketKind(row.kind)
            if outcome not in outcomes(kind):
                raise OutcomeUnfit
            self._others(row, operator)
            self._after(row, TicketEvent.CLOSE)
            policy = POLICY[kind]
            if outcome is not Outcome.DENIED and not operator.may(policy.act):
                raise NotAllowed
            if policy.on_foot and row.state == TicketState.OPEN.value and outcome is not Outcome.DENIED:
                raise GoThere
            author = Author(row.station, operator.staff)
            return self._end(tx, replace(row, staff=operator.staff), outcome, author)

        return self._wish(nonce, ("close", ticket, outcome.value, operator.staff), work)

    def ticket(self, ticket: str) -> Ticket:
        """One by its name; raises UnknownThing."""
        return self._view(self._row(ticket))

    def queue(self) -> tuple[Ticket, ...]:
        """All that wait or are being seen to, the longest waiting first."""
        rows = sorted(
            self.books.tickets.live(), key=lambda row: (row.state != "open", row.opened_at, row.seq)
        )
        return tuple(self._view(row) for row in rows)

    def ended(self, limit: int = 8) -> tuple[Ticket, ...]:
        """The last that ended, newest first."""
        return tuple(self._view(row) for row in self.books.tickets.ended(limit))

    def turn(self) -> float:
        """Tells the shop again after 30 and 60 seconds, lights the lamps, forgets; seconds until it is due again."""
        self._fetched()
        now, pauses, rung = self.status.now(), [_IDLE_S], False
        for row in self.books.tickets.live():
            if row.state != TicketState.OPEN.value:
                continue
            wait = (now - moment_of(row.opened_at)).total_seconds()
            level = level_of(wait)
            pauses += [limit - wait for limit in ALARMS_S if limit > wait]
            if level > row.alarmed:
                with self.books.ledger.transaction(durable=False) as tx:
                    self.books.tickets.alarm(tx, row.ticket, level)
                rung = True
        self._light()
        self.books.tickets.forget(stamp(now - _KEPT))
        if rung:
            self._tell(loud=True)
        return max(0.05, min(pauses))

    def _fetched(self) -> None:
        """Nobody waits for an order that was handed over."""
        for row in self.books.tickets.live():
            order = self.books.replica.order(row.order_id) if row.order_id else None
            if order is not None and not self.books.pickups.fulfilment(order).remaining(order):
                with contextlib.suppress(TicketEnded):
                    self.withdraw(row.ticket, row.station, row.opened_by, f"fetched:{row.ticket}")

    def _wish(
        self, nonce: str, asked: object, work: Callable[[Connection], Done], *, loud: bool = False
    ) -> Ticket:
        done, repeat = once(self.books, nonce, asked, work)
        if not repeat:
            self._light()
            self._tell(loud=loud)
            self.poke("outbox")
        return replace(self.ticket(done.answer), repeat=repeat)

    def _tell(self, *, loud: bool) -> None:
        self.poke("tickets")
        if loud:
            self.poke("attention")

    def _light(self) -> None:
        """A lamp shows the gravest of what waits under it; one that somebody goes to, that help is on the way."""
        now, levels = self.status.now(), dict[str, int]()
        for row in self.books.tickets.live():
            wait = (now - moment_of(row.opened_at)).total_seconds()
            level = 1 + level_of(wait) if row.state == TicketState.OPEN.value else 1
            levels[row.station] = max(level, levels.get(row.station, 0))
        self.lamps.called(levels)

    def _row(self, ticket: str, tx: Connection | None = None) -> TicketRow:
        row = self.books.tickets.by_id(ticket, tx)
        if row is None:
            raise UnknownThing
        return row

    def _others(self, row: TicketRow, operator: Operator, *, relieve: bool = False) -> None:
        if row.state != TicketState.TAKEN.value or row.staff == operator.staff:
            return
        if not (relieve and operator.may(Act.FORCE)):
            raise TicketTaken(name=self._name(row.staff))

    def _after(self, row: TicketRow, event: TicketEvent) -> str:
        try:
            return advance(TICKET, TicketState(row.state), event).value
        except IllegalMove:
            raise TicketEnded from None

    def _end(self, tx: Connection, row: TicketRow, outcome: Outcome, author: Author) -> Done:
        state, now = self._after(row, TicketEvent.CLOSE), self.status.now()
        opened, taken = moment_of(row.opened_at), moment_of(row.taken_at) if row.taken_at else now
        fact = TicketClosed(
            row.ticket,
            cast("TicketWord", row.kind),
            outcome.value,
            wait_s=max(0, int((taken - opened).total_seconds())),
            handle_s=max(0, int((now - taken).total_seconds())),
        )
        seq = self.books.journal.append(tx, fact, author)
        ended = replace(row, state=state, closed_at=stamp(now), outcome=outcome.value)
        self.books.tickets.save(tx, ended)
        return Done(seq, row.ticket)

    def _name(self, staff: str) -> str:
        person = self.books.replica.staff(staff) if staff else None
        return person.name if person else staff

    def _view(self, row: TicketRow) -> Ticket:
        product = self.books.replica.product(row.sku) if row.sku else None
        try:
            here = self.staff.station(row.station)
            labels = here.label_zh, here.label_en
        except UnknownThing:  # a station that the settings do not have any more
            labels = row.station, row.station
        until = (
            moment_of(row.taken_at or row.closed_at) if row.taken_at or row.closed_at else self.status.now()
        )
        order = self.books.replica.order(row.order_id) if row.order_id else None
        wait = max(0, int((until - moment_of(row.opened_at)).total_seconds()))
        return Ticket(
            row.ticket,
            TicketKind(row.kind),
            row.station,
            *labels,
            row.sku,
            product.name_zh if product else row.sku,
            product.name_en if product else row.sku,
            product.category if product else "",
            TicketState(row.state),
            row.staff,
            self._name(row.staff),
            row.opened_at,
            wait,
            level_of(wait) if row.state == TicketState.OPEN.value else 0,
            row.outcome,
            tail=order.tail if order else "",
            shelf=self.books.pickups.fulfilment(order).shelf if order else "",
        )
