"""The desk for what is not there: short picks, what stands in their stead, orders turned down, goods put back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.db import Connection
from edge.desks.pick_steps import InHand, PickSteps, author_of
from edge.domain.orders import OrderEvent, OrderState
from edge.domain.picking import Instead, PickLine, RejectReason, ShortReason, effect_of, substitutes
from edge.domain.picking_refusals import NoSubstitute, NothingPicked, PickClosed
from edge.domain.refusals import BadRequest, UnknownThing
from edge.domain.staff import Operator
from sync.goods import DemandLost, StockMoved, StockShifted
from sync.picks import PickShorted, PickSubstituted


@dataclass(frozen=True)
class ShortDesk:
    """One verb, one transaction: what happened to the order and what that means for stock. Every verb may refuse."""

    steps: PickSteps

    def short(
        self, order: str, line: int, reason: ShortReason, operator: Operator, nonce: str, qty: int = 0
    ) -> OrderState:
        """Pieces of a line (0: all that are left) cannot be picked; the order waits for what is decided about it."""

        def work(tx: Connection) -> str:
            found = self.steps.held(tx, order, operator)
            if found.fulfilment.state is not OrderState.PICKING:
                raise PickClosed
            one = self._line(tx, order, line)
            pieces = qty or one.left
            if not 0 < pieces <= one.left:
                raise BadRequest(why="qty")
            self._correct(tx, found, one, pieces, reason, operator)
            self.steps.books.picks.put(tx, replace(one, shorted=one.shorted + pieces), reason.value)
            found = self.steps.advance(tx, found, OrderEvent.REPORT_SHORT, author_of(operator), reason.value)
            self.steps.touch(tx, order, operator)
            return found.fulfilment.state.value

        answer, _ = self.steps.once(nonce, ("short", order, line, reason.value, qty), operator, work)
        return OrderState(answer)

    def settle(self, order: str, operator: Operator, nonce: str) -> OrderState:
        """The order goes on without what is short; raises NothingPicked where nothing else was ordered."""

        def work(tx: Connection) -> str:
            found = self.steps.held(tx, order, operator)
            lines = self.steps.books.picks.lines(order, tx)
            if all(line.shorted == line.qty for line in lines):
                raise NothingPicked
            found = self.steps.advance(tx, found, OrderEvent.SETTLE_SHORT, author_of(operator))
            self.steps.touch(tx, order, operator)
            return found.fulfilment.state.value

        return OrderState(self.steps.once(nonce, ("settle", order), operator, work)[0])

    def choices(self, order: str, line: int) -> tuple[Instead, ...]:
        """Products that may be given for a short line; none where the customer takes no other."""
        published = self.steps.books.replica.order(order)
        short = next((one for one in self.steps.books.picks.lines(order) if one.line == line), None)
        if published is None or short is None or not published.substitutes or not short.shorted:
            return ()
        own = next((one for one in published.lines if one.line == line), None)
        product = self.steps.books.replica.product(short.sku)
        category = product.category if product else ""
        found = self.steps.books.stockroom.instead_of(short.sku, category)
        return substitutes(category, own.unit_fen, short.shorted, found) if own else ()

    def substitute(self, order: str, line: int, sku: str, operator: Operator, nonce: str) -> OrderState:
        """The short pieces of a line are given as another product, and the order goes on; raises NoSubstitute.

        The line keeps its product's name everywhere: so the books turn pieces of the one into pieces of the other.
        """

        def work(tx: Connection) -> str:
            found = self.steps.held(tx, order, operator)
            if found.fulfilment.state is not OrderState.SHORT:
                raise PickClosed
            if sku not in {one.sku for one in self.choices(order, line)}:
                raise NoSubstitute
            one, author = self._line(tx, order, line), author_of(operator)
            pieces, gen = one.shorted, found.order.gen
            fact = PickSubstituted(order, gen, line, sku, pieces)
            seq = self.steps.books.journal.append(tx, fact, author)
            self._move(tx, sku, -pieces, "substitute", order, operator)
            self._move(tx, one.sku, pieces, "substitute", order, operator)
            self.steps.books.picks.swap(tx, seq, order, line, sku, pieces)
            done = replace(one, picked=one.picked + pieces, shorted=0)
            self.steps.books.picks.put(tx, done)
            found = self.steps.advance(tx, found, OrderEvent.SETTLE_SHORT, author)
            self.steps.touch(tx, order, operator)
            return found.fulfilment.state.value

        answer, _ = self.steps.once(nonce, ("substitute", order, line, sku), operator, work)
        return OrderState(answer)

    def reject(
        self, order: str, reason: RejectReason, operator: Operator, nonce: str, line: int = 0
    ) -> OrderState:
        """The store turns an order down. For want of goods, `line` says of which: the books are corrected with it.

        A line that was reported short has corrected them already.
        """

        def work(tx: Connection) -> str:
            found = self.steps.held(tx, order, operator)
            state = found.fulfilment.state
            if reason.short is not None and state is not OrderState.SHORT:
                one = self._line(tx, order, line)
                if one.left:
                    self._correct(tx, found, one, one.left, reason.short, operator)
                    self.steps.books.picks.put(tx, replace(one, shorted=one.qty - one.picked), reason.value)
            found = self.steps.advance(tx, found, OrderEvent.REJECT, author_of(operator), reason.value)
            now = self.steps.now()
            self.steps.touch(tx, order, operator, reason=reason.value, closed_at=now)
            return found.fulfilment.state.value

        answer, _ = self.steps.once(nonce, ("reject", order, reason.value, line), operator, work)
        return OrderState(answer)

    def put_back(self, order: str, operator: Operator, nonce: str) -> OrderState:
        """The goods of an order that nobody collects lie in their places again and may be sold; raises PickClosed."""

        def work(tx: Connection) -> str:
            published, task = self.steps.books.replica.order(order), self.steps.books.picks.task(order, tx)
            if published is None:
                raise UnknownThing
            fulfilment = self.steps.books.pickups.fulfilment(published, tx)
            if fulfilment.state is OrderState.EXPIRED:
                found = InHand(published, fulfilment, task) if task else None
                if found is None:
                    self.steps.books.picks.begin(tx, published, self.steps.now())
                    found = self.steps.in_hand(tx, order)
                found = self.steps.advance(tx, found, OrderEvent.RESTOCK, author_of(operator))
                fulfilment = found.fulfilment
            elif fulfilment.state not in (OrderState.CANCELLED, OrderState.REJECTED) or task is None:
                raise PickClosed
            if task is not None and not task.put_back_at:
                self._undo_swaps(tx, order, operator)
            now = self.steps.now()
            self.steps.books.picks.set(tx, order, put_back_at=now, closed_at=now)
            return fulfilment.state.value

        return OrderState(self.steps.once(nonce, ("put back", order), operator, work)[0])

    def _undo_swaps(self, tx: Connection, order: str, operator: Operator) -> None:
        own = {line.line: line.sku for line in self.steps.books.picks.lines(order, tx)}
        for line, sku, pieces in self.steps.books.picks.swaps(order, tx):
            self._move(tx, sku, pieces, "substitute", order, operator)
            self._move(tx, own[line], -pieces, "substitute", order, operator)

    def _line(self, tx: Connection, order: str, line: int) -> PickLine:
        found = next((one for one in self.steps.books.picks.lines(order, tx) if one.line == line), None)
        if found is None:
            raise UnknownThing
        return found

    def _correct(
        self,
        tx: Connection,
        found: InHand,
        one: PickLine,
        pieces: int,
        reason: ShortReason,
        operator: Operator,
    ) -> None:
        """What a short pick says of the shelf, as facts."""
        books, order, author = self.steps.books, found.order.order, author_of(operator)
        books.journal.append(
            tx, PickShorted(order, found.order.gen, one.line, one.sku, pieces, reason.value), author
        )
        # Not accepted yet: nothing of it is reserved that could be given back to the shelf.
        held = 0 if found.fulfilment.state is OrderState.ALLOCATED else pieces
        now = books.stockroom.buckets(one.sku, tx)
        effect = effect_of(reason, pieces, replace(now, reserved=now.reserved + pieces - held))
        if effect.moved:
            self._move(tx, one.sku, effect.moved, "short", order, operator)
        if effect.unfit:
            shifted = StockShifted(
                one.sku, effect.unfit, "worn" if reason is ShortReason.WORN else "damaged", order
            )
            seq = books.journal.append(tx, shifted, author)
            books.stockroom.shift(tx, seq, one.sku, effect.unfit, shifted.reason)
        books.journal.append(tx, DemandLost(one.sku, pieces, "short"), author)
        books.counts.wanted(tx, one.sku, "short", self.steps.now())

    def _move(self, tx: Connection, sku: str, qty: int, reason: str, ref: str, operator: Operator) -> None:
        books = self.steps.books
        fact = StockMoved(sku, qty, "short" if reason == "short" else "substitute", ref)
        seq = books.journal.append(tx, fact, author_of(operator))
        books.stockroom.refer(tx, seq, sku, qty, reason, ref, self.steps.now(), operator.staff)
