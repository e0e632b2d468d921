"""The fulfilment desk: an order's way to the shelf, HQ's wishes to have one back, holds that run out."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from edge.clock import stamp
from edge.db import Connection
from edge.desks.gate import Gate
from edge.desks.status import Poke, StatusDesk
from edge.domain.handover import released
from edge.domain.moves import IllegalMove, advance
from edge.domain.orders import FULFILMENT, WAITING, Fulfilment, Order, OrderEvent, OrderState
from edge.domain.picking_refusals import NotPacked
from edge.domain.refusals import NotReady, UnknownThing
from edge.domain.staff import Act, Operator
from edge.records.books import Books
from edge.records.journal import Author
from sync.messages import LeaseReturned, OrderAdvanced

_AUTHOR = Author("edge", "")
_BATCH = 50
_TO_SHELF = (
    OrderEvent.ACCEPT,
    OrderEvent.START_PICK,
    OrderEvent.SETTLE_SHORT,
    OrderEvent.PACK,
    OrderEvent.SHELVE,
)
"""The straight way to READY, each step taken where the table allows it."""


@dataclass(frozen=True)
class FulfilmentDesk:
    """Moves orders along the fulfilment table; every move is a fact for HQ."""

    books: Books
    gate: Gate
    status: StatusDesk
    poke: Poke

    def shelve(self, order: str, shelf: str, operator: Operator) -> OrderState:
        """The goods of an order lie on `shelf`, ready to be collected, or have been moved there.

        Past picking and the label's scan only a lead enters an order so, and says with it that somebody looked.
        Raises the gate's refusals for orders that nobody may collect any more, NotReady for one that lacks goods.
        """
        published = self.books.replica.order(order)
        if published is None:
            raise UnknownThing
        author = Author(operator.station, operator.staff)
        with self.books.ledger.transaction() as tx:
            fulfilment = self.books.pickups.fulfilment(published, tx)
            with contextlib.suppress(NotReady):
                self.gate.check(published, fulfilment, 0, operator.station)
            if fulfilment.state not in WAITING and not operator.may(Act.FORCE):
                raise NotPacked
            fulfilment = replace(fulfilment, shelf=shelf)
            if fulfilment.state in WAITING:
                self.books.pickups.save(tx, fulfilment, stamp(self.status.now()))
            for event in _TO_SHELF:
                if event in FULFILMENT[fulfilment.state]:
                    fulfilment = self._advance(tx, published, fulfilment, event, author)
            if fulfilment.state not in WAITING:
                raise NotReady(ready_by="—")
        self._announce()
        return fulfilment.state

    def turn(self) -> bool:
        """One bounded step: lets overdue reservations go, answers HQ's cancellations, marks holds that
        ran out. Whether there was work."""
        now = stamp(self.status.now())
        overdue = self.books.pickups.overdue_claims(now, _BATCH)
        freed = [order for order in overdue if self._let_go(order, now)]
        commands = self.books.replica.open_commands(_BATCH)
        answered = [cmd for cmd, order in commands if self._give_back(cmd, order, now)]
        lapsed = self.books.replica.lapsed(now, _BATCH)
        for order in lapsed:
            self._expire(order)
        if freed or answered or lapsed:
            self._announce()
        return bool(freed or answered or lapsed)

    def _let_go(self, order: str, now: str) -> bool:
        """Ends a reservation that ran out; the order waits on the shelf again."""
        published = self.books.replica.order(order)
        if published is None:
            return False
        with self.books.ledger.transaction(durable=False) as tx:
            fulfilment = self.books.pickups.fulfilment(published, tx)
            if fulfilment.state is not OrderState.HANDING or fulfilment.claimed_until >= now:
                return False
            freed = replace(fulfilment, state=released(fulfilment), claimed_by="", claimed_until="")
            self.books.pickups.save(tx, freed, now)
        return True

    def _give_back(self, cmd: str, order: str, now: str) -> bool:
        """Answers one cancellation: the lease goes back, or HQ learns that the goods are gone.

        While a desk has the goods on the counter it waits; that desk hears CancelPending meanwhile.
        """
        published = self.books.replica.order(order)
        if published is None:
            return False
        with self.books.ledger.transaction() as tx:
            fulfilment = self.books.pickups.fulfilment(published, tx)
            if fulfilment.state is OrderState.HANDING:
                return False
            try:
                state = advance(FULFILMENT, fulfilment.state, OrderEvent.REQUEST_CANCEL)
                state = advance(FULFILMENT, state, OrderEvent.ACKNOWLEDGE_CANCEL)
            except IllegalMove:
                # Collected, rejected or cancelled before: the facts HQ has, or will get, say so.
                self.books.pickups.answer_command(tx, cmd, order, fulfilment.state.value, now)
                return True
            self.books.pickups.save(tx, replace(fulfilment, state=state), now)
            self.books.journal.append(tx, LeaseReturned(order, published.gen, cmd), _AUTHOR)
            self.books.pickups.answer_command(tx, cmd, order, state.value, now)
        return True

    def _expire(self, order: str) -> None:
        published = self.books.replica.order(order)
        if published is None:
            return
        with self.books.ledger.transaction() as tx:
            fulfilment = self.books.pickups.fulfilment(published, tx)
            if OrderEvent.EXPIRE in FULFILMENT[fulfilment.state]:
                self._advance(tx, published, fulfilment, OrderEvent.EXPIRE, _AUTHOR)

    def _advance(
        self, tx: Connection, order: Order, fulfilment: Fulfilment, event: OrderEvent, author: Author
    ) -> Fulfilment:
        moved = replace(fulfilment, state=advance(FULFILMENT, fulfilment.state, event))
        self.books.pickups.save(tx, moved, stamp(self.status.now()))
        fact = OrderAdvanced(order.order, order.gen, event.value, moved.state.value, moved.shelf)
        self.books.journal.append(tx, fact, author)
        return moved

    def _announce(self) -> None:
        for topic in ("orders", "outbox"):
            self.poke(topic)
