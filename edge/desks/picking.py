"""The picking desk: orders taken on, and their goods picked by scanning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.pick_steps import PickSteps, author_of
from edge.domain.orders import FULFILMENT, OrderEvent, OrderState
from edge.domain.picking import REMIND, PickLine, counted_for, deadline_of, wave_of
from edge.domain.picking_refusals import PickTaken, WrongItem
from edge.domain.refusals import UnknownThing
from edge.domain.scanned import ScanKind, classify
from edge.domain.staff import Operator
from edge.records.picks import TaskRow

_BATCH = 50
_KEPT = timedelta(days=7)
_GOODS = (ScanKind.GTIN, ScanKind.GS1, ScanKind.UNKNOWN)


@dataclass(frozen=True)
class Picked:
    """What a scan counted for: the order, the line, how much of it is done and how much is left of the order."""

    order: str
    line: int
    sku: str
    picked: int
    qty: int
    left: int
    repeat: bool = False


@dataclass(frozen=True)
class PickingDesk:
    """One verb, one transaction on the ledger, offline or not. Every verb may raise a Refusal."""

    steps: PickSteps

    # ---- taking orders on ----

    def accept(self, order: str, operator: Operator, nonce: str) -> OrderState:
        """The store takes the order on: from now on its goods are reserved."""

        def work(tx: Connection) -> str:
            found = self.steps.in_hand(tx, order)
            found = self.steps.advance(tx, found, OrderEvent.ACCEPT, author_of(operator))
            self.steps.books.picks.set(tx, order, accepted_at=self.steps.now(), reminded=0)
            return found.fulfilment.state.value

        answer, _ = self.steps.once(nonce, ("accept", order), operator, work)
        return OrderState(answer)

    def claim(self, wave: str, operator: Operator, nonce: str) -> tuple[str, ...]:
        """Takes every free order of a wave (its name, or one order's number) into this person's hands.

        Of two who ask at once one gets them; raises PickTaken for the other, UnknownThing where there are none.
        """

        def work(tx: Connection) -> str:
            there = [
                (task, order)
                for task, order, state in self.steps.books.picks.live()
                if state is not OrderState.PACKED and wave in (order.order, self.wave(task, order.promised))
            ]
            taken: list[str] = []
            busy: PickTaken | None = None
            for task, order in sorted(there, key=lambda one: (one[1].promised, one[0].seen_at, one[0].order)):
                if self.steps.books.replica.open_command(order.order):
                    continue
                try:
                    self.steps.mine_or_free(task, operator)
                except PickTaken as refusal:
                    busy = refusal
                    continue
                self._start(tx, order.order, operator)
                taken.append(order.order)
            if not taken:
                raise busy or UnknownThing
            return msgspec.json.encode(taken).decode()

        answer, _ = self.steps.once(nonce, ("claim", wave), operator, work)
        return msgspec.json.decode(answer, type=tuple[str, ...])

    def _start(self, tx: Connection, order: str, operator: Operator) -> None:
        found, now = self.steps.held(tx, order, operator), self.steps.now()
        more: dict[str, object] = {}
        for event in (OrderEvent.ACCEPT, OrderEvent.START_PICK):
            if event in FULFILMENT[found.fulfilment.state]:
                found = self.steps.advance(tx, found, event, author_of(operator))
        if not found.task.accepted_at:
            more["accepted_at"] = now
        if not found.task.started_at:
            more["started_at"] = now
        self.steps.touch(tx, order, operator, reminded=0, **more)

    def leave(self, operator: Operator, nonce: str) -> int:
        """Lays down everything in this person's hands that is not packed: others may go on with it. How many."""

        def work(tx: Connection) -> str:
            mine = [
                task.order
                for task, _, state in self.steps.books.picks.live()
                if task.picker == operator.staff and state is not OrderState.PACKED
            ]
            for order in mine:
                self.steps.books.picks.set(tx, order, picker="", station="", touched_at="")
            return str(len(mine))

        return int(self.steps.once(nonce, ("leave",), operator, work)[0])

    # ---- picking ----

    def scan(self, text: str, operator: Operator, nonce: str) -> Picked:
        """An item was scanned: it counts for the most urgent order in this person's hands that wants it.

        Raises WrongItem, OverPick; nothing changes then.
        """

        def work(tx: Connection) -> str:
            sku = self.sku_of(text)
            lines = [
                line
                for task, _, state in self.steps.books.picks.live()
                if task.picker == operator.staff and state is OrderState.PICKING
                for line in self._lines(tx, task)
            ]
            hit = counted_for(lines, sku)
            self.steps.held(tx, hit.order, operator)
            self.steps.books.picks.put(tx, hit)
            self.steps.touch(tx, hit.order, operator)
            left = sum(one.left for one in lines if one.order == hit.order) - 1
            done = Picked(hit.order, hit.line, hit.sku, hit.picked, hit.qty, left)
            return msgspec.json.encode(done).decode()

        answer, repeat = self.steps.once(nonce, ("scan", text), operator, work)
        return replace(msgspec.json.decode(answer, type=Picked), repeat=repeat)

    def sku_of(self, text: str) -> str:
        """The product that a scanned or typed text names; raises WrongItem."""
        seen = classify(text)
        if seen.kind not in _GOODS:
            raise WrongItem
        code = seen.value[2:16] if seen.kind is ScanKind.GS1 and seen.value.startswith("01") else seen.value
        product = self.steps.books.replica.product(code)
        if product is None:
            raise WrongItem
        return product.sku

    def _lines(self, tx: Connection, task: TaskRow) -> list[PickLine]:
        return [replace(line, deadline=task.seen_at) for line in self.steps.books.picks.lines(task.order, tx)]

    # ---- by itself ----

    def wave(self, task: TaskRow, promised: str) -> str:
        """The wave of an order, in the store's zone."""
        due = deadline_of(moment_of(promised) if promised else None, moment_of(task.seen_at))
        return wave_of(self.steps.status.local(due))

    def turn(self) -> bool:
        """One bounded step: takes notice of orders that came and of those that went, calls out for forgotten ones."""
        books, now = self.steps.books, self.steps.status.now()
        came, over = books.picks.unseen(_BATCH), books.picks.over(_BATCH)
        for order in came:
            published = books.replica.order(order)
            if published is not None:
                with books.ledger.transaction() as tx:
                    books.picks.begin(tx, published, stamp(now))
        for order in over:
            with books.ledger.transaction(durable=False) as tx:
                books.picks.set(tx, order, closed_at=stamp(now))
        called = [task.order for task, _, state in books.picks.live() if self._call(task, state)]
        books.picks.forget_wishes(stamp(now - _KEPT))
        if came or over or called:
            self.steps.poke("picks")
        if called:
            self.steps.poke("attention")
        return bool(came or over or called)

    def _call(self, task: TaskRow, state: OrderState) -> bool:
        """Whether the order has waited for acceptance long enough to call out (once more)."""
        if state is not OrderState.ALLOCATED:
            return False
        waits = self.steps.status.now() - moment_of(task.seen_at)
        due = sum(waits >= after for after in REMIND)
        if due <= task.reminded:
            return False
        with self.steps.books.ledger.transaction(durable=False) as tx:
            self.steps.books.picks.set(tx, task.order, reminded=due)
        return True
