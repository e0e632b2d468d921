"""The stock desk: goods that come and go, and what somebody counted on the shelf."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Literal

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.low_stock import LowStocks
from edge.desks.status import Poke, StatusDesk
from edge.desks.wishing import Done, once, sound
from edge.domain.benefit_refusals import CountAhead, QuotaShort
from edge.domain.benefits import available, chosen
from edge.domain.refusals import BadRequest, NotAllowed, UnknownThing
from edge.domain.staff import Act, Operator
from edge.domain.stock import Booked, Buckets, Count, difference, moved
from edge.domain.stock_views import AlarmKind, Alerts, Checked, Doubt, Elsewhere
from edge.records.books import Books
from edge.records.journal import Author
from sync.goods import DemandLost, MoveReason, StockCounted, StockMoved, StockShifted, Unfitness

MOST_SHOWN = 200
"""Products of a kind on one list; the rest are counted."""


@dataclass(frozen=True)
class StockDesk:
    """One verb, one transaction {journal, movement}. Every verb may raise a Refusal."""

    books: Books
    status: StatusDesk
    poke: Poke
    store: str
    low: LowStocks = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", LowStocks(self.books.stockroom))

    def begin(self) -> int:
        """Somebody starts looking at shelves: what is entered from now on comes on top of what they count."""
        return int(self.books.ledger.read().execute("SELECT last_seq FROM stream").fetchone()[0])

    def count(
        self, sku: str, counted: int, operator: Operator, nonce: str, upto_seq: int | None = None
    ) -> Booked:
        """Enters a count of one product, as of `begin()`'s figure, or of now. Fewer than nought are no count."""
        self._may(operator, Act.MOVE_STOCK, sku)

        def work(tx: Connection) -> Done:
            now = int(tx.execute("SELECT last_seq FROM stream").fetchone()[0])
            upto = now if upto_seq is None else upto_seq
            if not 0 <= upto <= now:
                raise CountAhead
            fact = sound(StockCounted(str(uuid.uuid4()), sku, counted, upto))
            own = self.books.shelf.movements(sku, 0, tx)
            books = self.books.shelf.level(sku, tx)
            before = moved(own, 0) if books is None else books
            delta = difference(counted, upto, before, own, self.books.shelf.newest(sku, tx))
            seq = self.books.journal.append(tx, fact, _author(operator))
            self.books.shelf.counted(tx, sku, Count(seq, upto, counted), delta)
            return Done(seq, str(delta))

        asked = ("count", sku, counted, operator.station, upto_seq)
        return self._booked(sku, *once(self.books, nonce, asked, work))

    def move(
        self,
        sku: str,
        qty: int,
        reason: MoveReason,
        operator: Operator,
        nonce: str,
        *,
        ref: str = "",
        escrow: bool = False,
    ) -> Booked:
        """Enters pieces that came (positive) or left; `escrow`: only out of what HQ lets this store sell unasked.

        Raises QuotaShort, NotAllowed (corrections are a lead's), UnknownThing, BadRequest.
        """
        self._may(operator, Act.CORRECT_STOCK if reason == "adjust" else Act.MOVE_STOCK, sku)

        def work(tx: Connection) -> Done:
            grant = self._quota(sku, -qty) if escrow else ""
            fact = sound(StockMoved(sku, qty, reason, ref, grant))
            if not qty or (escrow and qty > 0):
                raise BadRequest(why="qty")
            seq = self.books.journal.append(tx, fact, _author(operator))
            if grant:
                self.books.wallet.act(tx, seq, grant, spent=-qty)
            now, staff = stamp(self.status.now()), operator.staff
            self.books.stockroom.refer(tx, seq, sku, qty, reason, ref, now, staff)
            return Done(seq, str(qty))

        asked = ("move", sku, qty, reason, operator.station, ref, escrow)
        return self._booked(sku, *once(self.books, nonce, asked, work))

    def shift(
        self, sku: str, qty: int, reason: Unfitness, operator: Operator, nonce: str, ref: str = ""
    ) -> Booked:
        """Pieces that stay here became unfit (positive), or fit again (negative, at most as many as are unfit).

        `scrapped`: unfit pieces leave the shop; then on hand falls with them. Raises BadRequest.
        """
        self._may(operator, Act.MOVE_STOCK, sku)

        def work(tx: Connection) -> Done:
            unfit = self.books.stockroom.buckets(sku, tx).damaged
            back = reason in ("mended", "scrapped")
            if not qty or back is (qty > 0) or unfit + qty < 0:
                raise BadRequest(why="qty")
            seq = self.books.journal.append(tx, sound(StockShifted(sku, qty, reason, ref)), _author(operator))
            self.books.stockroom.shift(tx, seq, sku, qty, reason)
            if reason == "scrapped":
                fact = sound(StockMoved(sku, qty, "damage", ref))
                moved = self.books.journal.append(tx, fact, _author(operator))
                now = stamp(self.status.now())
                self.books.stockroom.refer(tx, moved, sku, qty, "damage", ref, now, operator.staff)
            return Done(seq, str(qty))

        asked = ("shift", sku, qty, reason, operator.station, ref)
        return self._booked(sku, *once(self.books, nonce, asked, work))

    def lost(
        self, sku: str, qty: int, how: Literal["asked", "scanned", "searched"], operator: Operator, nonce: str
    ) -> None:
        """Somebody wanted what is not here: a fact for whoever orders the next delivery."""
        self._may(operator, Act.MOVE_STOCK, sku)

        def work(tx: Connection) -> Done:
            return Done(
                self.books.journal.append(tx, sound(DemandLost(sku, qty, how)), _author(operator)), ""
            )

        _, repeat = once(self.books, nonce, ("lost", sku, qty, how, operator.station), work)
        if not repeat:
            self.poke("outbox")

    def buckets(self, sku: str) -> Buckets:
        """A product's pieces: on hand, reserved, unfit, on their way."""
        return self.books.stockroom.buckets(sku)

    def elsewhere(self, sku: str) -> tuple[Elsewhere, ...]:
        """What other places could sell, as HQ last said, the nearest first.

        HQ sends news only: a figure is as old as the last time that all of them were known to be here.
        """
        heard = self.books.replica.consistent_at("nodes:CN")
        age = (self.status.now() - moment_of(heard)).total_seconds() if heard else None
        return tuple(
            Elsewhere(
                one.node, one.kind, one.name_zh, one.name_en, one.km10, one.sellable, age and max(0.0, age)
            )
            for one in self.books.stockroom.elsewhere(sku, self.store)
        )

    def papers(self) -> list[tuple[str, str, str, int]]:
        """(paper, source, due, pieces) that HQ says are on their way here."""
        return self.books.stockroom.papers()

    def history(self, sku: str) -> list[tuple[int, int, str, str, str, str]]:
        """(number, pieces, reason, paper, at, staff) of a product's newest movements."""
        return self.books.stockroom.history(sku)

    def alerts(self) -> Alerts:
        """Everything about stock that wants a person: what is low, in doubt, to be counted, different at HQ.

        A bounded step: where thousands of products have a least number, several looks go through them all.
        """
        room = self.books.stockroom
        promised = room.reserved()
        low = self.low.look(promised)
        doubts = tuple(
            Doubt(sku, kind, since, room.buckets(sku, None, promised))
            for sku, kind, since in room.alarms(MOST_SHOWN)
        )
        counts, checked = len(self.books.counts.open()), self._checked()
        kinds = tuple(AlarmKind(kind, many, moment_of(since)) for kind, many, since in room.alarm_kinds())
        return Alerts(low[:MOST_SHOWN], doubts, counts, checked, len(low), room.alarm_count(), kinds)

    def _checked(self) -> Checked | None:
        found = self.books.stockroom.last_check()
        if found is None:
            return None
        day, products, said = found
        if not said:
            acked = self.books.journal.acked() >= self.books.stockroom.last_check_seq()
            return Checked(day, products, "same" if acked else "pending")
        return Checked(day, products, "differs" if said.startswith("conflict") else "pending")

    def on_hand(self, sku: str) -> int | None:
        """Pieces here now; None while HQ has never told and nobody has counted."""
        return self.books.shelf.level(sku)

    def unasked(self, sku: str) -> int:
        """Pieces that may be sold now without asking HQ."""
        now = stamp(self.status.now())
        return max((available(escrow, now) for escrow in self.books.wallet.quotas(sku)), default=0)

    def _quota(self, sku: str, units: int) -> str:
        escrow = chosen(self.books.wallet.quotas(sku), units, stamp(self.status.now()))
        if escrow is None:
            raise QuotaShort(left=self.unasked(sku))
        return escrow.grant

    def _may(self, operator: Operator, act: Act, sku: str) -> None:
        if not operator.may(act):
            raise NotAllowed
        if not self.books.shelf.known(sku):
            raise UnknownThing

    def _booked(self, sku: str, done: Done, repeat: bool) -> Booked:
        if not repeat:
            for topic in ("stock", "outbox"):
                self.poke(topic)
        return Booked(sku, done.seq, int(done.answer), self.on_hand(sku), repeat)


def _author(operator: Operator) -> Author:
    return Author(operator.station, operator.staff)
