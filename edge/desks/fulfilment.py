"""The fulfilment desk: an order's way to the shelf, HQ's wishes to have one back, holds that run out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.clock import stamp
from edge.db import Connection
from edge.desks.status import Poke, StatusDesk
from edge.domain.handover import released
from edge.domain.moves import IllegalMove, advance
from edge.domain.orders import FULFILMENT, Fulfilment, Order, OrderEvent, OrderState
from edge.domain.refusals import CancelPending, NotReady, UnknownThing
from edge.domain.staff import Operator
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
    status: StatusDesk
    poke: Poke

    def shelve(self, order: str, shelf: str, operator: Operator) -> OrderState:
        """The goods of an order lie on `shelf`, ready to be collected; raises NotReady, CancelPending."""
        published = self.books.replica.order(order)
        if published is None:
            raise UnknownThing
        if self.books.replica.open_command(order):
            raise CancelPending
        author = Author(operator.station, operator.staff)
        with self.books.ledger.transaction() as tx:
            fulfilment = replace(self.books.pickups.fulfilment(published, tx), shelf=shelf)
            for event in _TO_SHELF:
                if event in FULFILMENT[fulfilment.state]:
                    fulfilment = self._advance(tx, published, fulfilment, event, author)
            if fulfilment.state is not OrderState.READY:
                raise NotReady(ready_by="—")
        self._announce()
        return fulfilment.state

    def turn(self) -> bool:
        """One bounded step: answers HQ's cancellations, marks holds that ran out; whether there was work."""
        commands = self.books.replica.open_commands(_BATCH)
        for cmd, order in commands:
            self._give_back(cmd, order)
        lapsed = self.books.replica.lapsed(stamp(self.status.now()), _BATCH)
        for order in lapsed:
            self._expire(order)
        if commands or lapsed:
            self._announce()
        return bool(commands or lapsed)

    def _give_back(self, cmd: str, order: str) -> None:
        """Answers one cancellation: the lease goes back, or HQ learns that the goods are gone."""
        published = self.books.replica.order(order)
        now = stamp(self.status.now())
        with self.books.ledger.transaction() as tx:
            if published is None:
                self.books.pickups.answer_command(tx, cmd, order, "unknown", now)
                return
            fulfilment = self.books.pickups.fulfilment(published, tx)
            try:
                if fulfilment.state is OrderState.HANDING:
                    fulfilment = replace(fulfilment, state=released(fulfilment))
                state = advance(FULFILMENT, fulfilment.state, OrderEvent.REQUEST_CANCEL)
                state = advance(FULFILMENT, state, OrderEvent.ACKNOWLEDGE_CANCEL)
            except IllegalMove:
                # Collected, rejected or cancelled before: the facts HQ has, or will get, say so.
                self.books.pickups.answer_command(tx, cmd, order, fulfilment.state.value, now)
                return
            gone = replace(fulfilment, state=state, claimed_by="", claimed_until="")
            self.books.pickups.save(tx, gone, now)
            self.books.journal.append(tx, LeaseReturned(order, published.gen, cmd), _AUTHOR)
            self.books.pickups.answer_command(tx, cmd, order, state.value, now)

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
