"""The steps that picking desks share: a wish done once, an order moved along its table, whose hands it is in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.status import Poke, StatusDesk
from edge.domain.moves import IllegalMove, advance
from edge.domain.orders import FULFILMENT, Fulfilment, Order, OrderEvent
from edge.domain.picking import IDLE
from edge.domain.picking_refusals import PickClosed, PickTaken
from edge.domain.refusals import BadRequest, CancelPending, NonceReused, NotAllowed, UnknownThing
from edge.domain.staff import Act, Operator
from edge.records.books import Books
from edge.records.journal import Author
from edge.records.picks import TaskRow
from sync.messages import OrderAdvanced


@dataclass(frozen=True)
class InHand:
    """An order in preparation under the write lock: HQ's word, our state, our task."""

    order: Order
    fulfilment: Fulfilment
    task: TaskRow


@dataclass(frozen=True)
class PickSteps:
    """Parts of verbs; each runs inside its verb's transaction."""

    books: Books
    status: StatusDesk
    poke: Poke

    def once(
        self, nonce: str, asked: object, operator: Operator, work: Callable[[Connection], str]
    ) -> tuple[str, bool]:
        """Does the wish in one transaction, or gives its former answer (True); raises NonceReused, NotAllowed."""
        if not nonce:
            raise BadRequest(why="nonce")
        if not operator.may(Act.HAND_OVER):
            raise NotAllowed
        digest = hashlib.sha256(repr((asked, operator.station)).encode()).hexdigest()
        with self.books.ledger.transaction() as tx:
            done = self.books.picks.wish(nonce, tx)
            if done is not None:
                if done[0] != digest:
                    raise NonceReused
                return done[1], True
            answer = work(tx)
            self.books.picks.keep_wish(tx, nonce, digest, answer, self.now())
        self.announce()
        return answer, False

    def announce(self) -> None:
        """Tells the pages, after the commit."""
        for topic in ("picks", "orders", "stock", "outbox"):
            self.poke(topic)

    def now(self) -> str:
        """Trusted time as it is kept."""
        return stamp(self.status.now())

    def in_hand(self, tx: Connection, order: str) -> InHand:
        """The order and its task; raises UnknownThing, and CancelPending where HQ wants it back."""
        published = self.books.replica.order(order)
        task = self.books.picks.task(order, tx)
        if published is None or task is None:
            raise UnknownThing
        if self.books.replica.open_command(order):
            raise CancelPending
        return InHand(published, self.books.pickups.fulfilment(published, tx), task)

    def held(self, tx: Connection, order: str, operator: Operator) -> InHand:
        """The same, for whoever has claimed it; raises PickTaken where that is somebody else."""
        found = self.in_hand(tx, order)
        self.mine_or_free(found.task, operator)
        return found

    def mine_or_free(self, task: TaskRow, operator: Operator) -> None:
        """Raises PickTaken while another picker is busy with the order."""
        if task.picker in ("", operator.staff) or self.idle(task):
            return
        person = self.books.replica.staff(task.picker)
        raise PickTaken(picker=person.name if person else task.picker)

    def idle(self, task: TaskRow) -> bool:
        """Whether whoever has it has not touched it for long."""
        return not task.touched_at or self.status.now() - moment_of(task.touched_at) > IDLE

    def touch(self, tx: Connection, order: str, operator: Operator, **more: object) -> None:
        """The order is in this person's hands now."""
        hands = {"picker": operator.staff, "station": operator.station, "touched_at": self.now()}
        self.books.picks.set(tx, order, **hands, **more)

    def advance(
        self,
        tx: Connection,
        found: InHand,
        event: OrderEvent,
        author: Author,
        reason: str = "",
        shelf: str = "",
    ) -> InHand:
        """Moves the order, with the fact for HQ; raises PickClosed where the table has no such step."""
        try:
            state = advance(FULFILMENT, found.fulfilment.state, event)
        except IllegalMove:
            raise PickClosed from None
        moved = replace(found.fulfilment, state=state, shelf=shelf or found.fulfilment.shelf)
        self.books.pickups.save(tx, moved, self.now())
        fact = OrderAdvanced(
            found.order.order, found.order.gen, event.value, state.value, moved.shelf, reason
        )
        self.books.journal.append(tx, fact, author)
        return replace(found, fulfilment=moved)

    def local(self, moment: str) -> datetime | None:
        """A kept moment in the store's zone."""
        return self.status.local(moment_of(moment)) if moment else None


def author_of(operator: Operator) -> Author:
    """Who a fact is by."""
    return Author(operator.station, operator.staff)
