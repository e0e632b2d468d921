"""The counting desk: which products are to be counted, counted blind, and twice where it matters."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from edge.clock import stamp
from edge.db import Connection
from edge.desks.goods import StockDesk
from edge.desks.pick_steps import PickSteps
from edge.desks.wishing import sound
from edge.domain.benefit_refusals import CountAhead
from edge.domain.picking_refusals import CountAgain, PickClosed
from edge.domain.refusals import BadRequest, NotAllowed, UnknownThing
from edge.domain.staff import Act, Operator
from edge.domain.stock import Count, difference, moved, needs_recount
from edge.records.books import Books
from edge.records.counts import CountRow
from edge.records.journal import Author
from sync.goods import StockCounted


@dataclass(frozen=True)
class CountView:
    """A product to be counted, as whoever counts it may see it: never the books' figure, nor another's count."""

    id: int
    sku: str
    gtin: str
    name_zh: str
    name_en: str
    zone: str
    place: str
    why: str
    second: bool
    mine: bool
    """Whether this person counted it first, and so may not count it again."""


@dataclass(frozen=True)
class CountDone:
    """What became of a count: entered with its difference, or to be counted again by another (`delta` None)."""

    task: int
    sku: str
    delta: int | None
    repeat: bool = False


@dataclass(frozen=True)
class CountDesk:
    """One verb, one transaction. Every verb may raise a Refusal."""

    books: Books
    goods: StockDesk
    steps: PickSteps

    def tasks(self, operator: Operator) -> tuple[CountView, ...]:
        """What waits to be counted, second counts first."""
        return tuple(self._view(row, operator) for row in self.books.counts.open())

    def begin(self) -> int:
        """Somebody starts looking at the shelf: what is entered from now on comes on top of what they count."""
        return self.goods.begin()

    def ask(self, sku: str, operator: Operator) -> None:
        """Wants a product counted; nothing happens where it waits already."""
        if not operator.may(Act.MOVE_STOCK):
            raise NotAllowed
        if not self.books.shelf.known(sku):
            raise UnknownThing
        with self.books.ledger.transaction() as tx:
            self.books.counts.wanted(tx, sku, "asked", stamp(self.goods.status.now()))
        self.goods.poke("stock")

    def enter(self, task: int, counted: int, upto_seq: int, operator: Operator, nonce: str) -> CountDone:
        """Enters what was counted as of `begin()`'s figure.

        A first count far from the books is not entered: another person counts, and that count is entered as it is.
        Raises CountAgain, CountAhead, PickClosed for a task that is done.
        """
        if not operator.may(Act.MOVE_STOCK):
            raise NotAllowed

        def work(tx: Connection) -> str:
            row = self.books.counts.by_id(task, tx)
            if row is None:
                raise UnknownThing
            if row.state == "done":
                raise PickClosed
            if row.state == "recount" and row.first_by == operator.staff:
                raise CountAgain
            now = int(tx.execute("SELECT last_seq FROM stream").fetchone()[0])
            if not 0 <= upto_seq <= now:
                raise CountAhead
            fact = StockCounted(str(uuid.uuid4()), row.sku, counted, upto_seq)
            sound(fact)
            delta, known = self._difference(tx, row.sku, counted, upto_seq)
            if row.state == "open" and known and needs_recount(counted, counted - delta):
                self.books.counts.set(tx, task, state="recount", first_by=operator.staff, first_found=counted)
                return "again"
            return self._entered(tx, row, fact, delta, operator)

        if counted < 0:
            raise BadRequest(why="counted")
        asked = ("count task", task, counted, upto_seq)
        answer, repeat = self.steps.once(nonce, asked, operator, work)
        row = self.books.counts.by_id(task)
        return CountDone(task, row.sku if row else "", None if answer == "again" else int(answer), repeat)

    def _entered(
        self, tx: Connection, row: CountRow, fact: StockCounted, delta: int, operator: Operator
    ) -> str:
        seq = self.books.journal.append(tx, fact, Author(operator.station, operator.staff))
        self.books.shelf.counted(tx, row.sku, Count(seq, fact.upto_seq, fact.counted), delta)
        who = {"second_by": operator.staff} if row.state == "recount" else {"first_by": operator.staff}
        self.books.counts.set(
            tx,
            row.id,
            state="done",
            found=fact.counted,
            delta=delta,
            seq=seq,
            done_at=stamp(self.goods.status.now()),
            **who,
        )
        return str(delta)

    def _difference(self, tx: Connection, sku: str, counted: int, upto_seq: int) -> tuple[int, bool]:
        """What the count found more or less than the books, and whether there are books at all."""
        own = self.books.shelf.movements(sku, 0, tx)
        books = self.books.shelf.level(sku, tx)
        before = moved(own, 0) if books is None else books
        delta = difference(counted, upto_seq, before, own, self.books.shelf.newest(sku, tx))
        return delta, books is not None

    def _view(self, row: CountRow, operator: Operator) -> CountView:
        product = self.books.replica.product(row.sku)
        second = row.state == "recount"
        zone, place = self.books.stockroom.place(row.sku)
        return CountView(
            id=row.id,
            sku=row.sku,
            gtin=product.gtin if product else "",
            name_zh=product.name_zh if product else row.sku,
            name_en=product.name_en if product else row.sku,
            zone=zone,
            place=place,
            why=row.why,
            second=second,
            mine=second and row.first_by == operator.staff,
        )
