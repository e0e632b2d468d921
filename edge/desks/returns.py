"""The return desk: goods come back, money goes back the way it came, and HQ is told in one fact."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from config.selling_schema import SellingSettings
from edge.db import Connection
from edge.desks.coupons import CouponDesk
from edge.desks.printing import PrintDesk
from edge.desks.purchases import PurchaseDesk
from edge.desks.quoting import Quoting
from edge.desks.refunding import Refunding
from edge.desks.return_booking import ReturnBooking, Taken, units_of
from edge.desks.selling import SellingDesk
from edge.desks.status import Poke, StatusDesk
from edge.domain.money import yuan
from edge.domain.orders import Fen
from edge.domain.payment_views import RefundPart
from edge.domain.refusals import BadRequest, NonceReused, NotAllowed, PayCodeElsewhere, UnknownThing
from edge.domain.return_refusals import ExchangedAlready, RefundChanged, ReturnNeedsHq, ReturnNotAuthorised
from edge.domain.return_sums import preview
from edge.domain.return_views import Returned
from edge.domain.returns import Bought, Preview, Source, Terms, Wanted, check
from edge.domain.scanned import PAY_KINDS, classify
from edge.domain.selling import Basket
from edge.domain.selling_refusals import NoShift
from edge.domain.staff import Act, Operator, Role
from edge.domain.views import JobView
from edge.records.books import Books
from edge.records.journal import Author
from sync.messages import SyncFault
from sync.returning import RmaAsk

_COUNTED = 999
_SOME = 20
_RETURNS = uuid.UUID("0b0f7b52-5c0b-5a55-8d0e-51f7c2a0b9d1")


@dataclass(frozen=True)
class ReturnDesk:
    """Looking changes nothing; accepting is one transaction {return, stock, points, coupons, refunds, fact, slip}."""

    books: Books
    rules: SellingSettings
    purchases: PurchaseDesk
    quoting: Quoting
    coupons: CouponDesk
    refunding: Refunding
    booking: ReturnBooking
    status: StatusDesk
    poke: Poke
    selling: SellingDesk
    printing: PrintDesk

    def find(self, text: str, operator: Operator) -> Bought:
        """The purchase with what of it is still out; raises PurchaseUnknown, ReturnNeedsHq, PaperTraining."""
        self._may(operator)
        if classify(text).kind in PAY_KINDS:
            raise PayCodeElsewhere
        return self.purchases.find(text)

    def again(self, source: Source, ref: str, operator: Operator) -> Bought:
        """The same purchase by its own name, as `find` gives it."""
        self._may(operator)
        return self.purchases.again(source, ref)

    def preview(
        self,
        bought: Bought,
        wanted: Sequence[Wanted],
        operator: Operator,
        *,
        forced: bool = False,
        shown_fen: int | None = None,
    ) -> Preview:
        """What these pieces would bring; raises what `accept` raises for them.

        RefundChanged: it is not `shown_fen`, what the customer was told.
        """
        self._may(operator, forced=forced)
        check(bought, wanted, self.terms(), self.status.local(self.status.now()).date(), forced=forced)
        told = self._sums(bought, wanted)
        if shown_fen is not None and told.fen != shown_fen:
            raise RefundChanged(due=yuan(told.fen))
        return told

    def accept(
        self,
        source: Source,
        ref: str,
        wanted: Sequence[Wanted],
        operator: Operator,
        nonce: str,
        *,
        forced: bool = False,
        why: str = "",
        shown_fen: int | None = None,
    ) -> Returned:
        """Takes the goods back. Goods of another store need HQ's word first; of this store's sales nothing does.

        Raises the refusals of `preview`, ReturnNeedsHq, ReturnNotAuthorised, NonceReused.
        """
        self._may(operator, forced=forced)
        if not nonce:
            raise BadRequest(why="nonce")
        digest = _digest(source, ref, wanted, operator.station, forced, why)
        done = self._before(nonce, digest)
        if done is not None:
            return done
        ret = str(uuid.uuid5(_RETURNS, f"{self.books.journal.stream_id()}:{nonce}"))
        bought = self.purchases.again(source, ref)
        told = self.preview(bought, wanted, operator, forced=forced)
        rma = self._authorised(bought, told, ret)
        with self.books.ledger.transaction() as tx:
            done = self._before(nonce, digest, tx)
            if done is not None:
                return done
            # Another desk may have taken pieces back since it was looked at.
            bought = self.purchases.fresh(bought, tx)
            told = self.preview(bought, wanted, operator, forced=forced, shown_fen=shown_fen)
            taken = Taken(ret, nonce, digest, bought, told, rma, forced, why)
            self._give(tx, taken, operator, nonce)
        self.refunding.announce(self.refunding.of(ret), operator, nonce)
        for topic in (f"station:{operator.station}", "stock", "returns", "outbox", "printing"):
            self.poke(topic)
        return self.view(ret, repeat=False)

    def view(self, ret: str, *, repeat: bool = True) -> Returned:
        """A return and where its money is now; raises UnknownThing."""
        row = self.books.returns.by_id(ret)
        if row is None:
            raise UnknownThing
        return replace(self.booking.view(row), repeat=repeat)

    def recent(self, limit: int = 20) -> tuple[Returned, ...]:
        """The newest returns of this store."""
        return tuple(self.booking.view(row) for row in self.books.returns.recent(limit))

    def pending(self, limit: int = 50) -> tuple[Returned, ...]:
        """The `limit` oldest returns of which money has not gone back yet, oldest first."""
        return tuple(self.booking.view(row) for row in self.books.returns.unpaid(limit))

    def pending_count(self) -> int:
        """How many of those there are in all, counted to 999."""
        return self.books.returns.unpaid_count(_COUNTED)

    def slip(self, ret: str) -> JobView | None:
        """How the newest slip of a return stands; None where none was printed."""
        job = self.books.jobs.of(ret)
        return None if job is None else self.printing.view(job.id)

    def reprint(self, ret: str, operator: Operator, nonce: str) -> JobView:
        """The slip once more, marked 补打; of another station's return a lead only."""
        done = self.view(ret)
        if done.station != operator.station and not operator.may(Act.ANNUL):
            raise NotAllowed
        return self.printing.again(ret, nonce, operator)

    def exchange(self, ret: str, operator: Operator, nonce: str) -> Basket:
        """A new basket at the operator's station that exchanges for a return; asked again, the same one.

        Raises UnknownThing, BasketBusy, NonceReused.
        """
        self._may(operator)
        self.view(ret)

        def link(tx: Connection, basket: str) -> None:
            if self.books.returns.basket_for(ret, tx):
                raise ExchangedAlready
            self.books.returns.link(tx, basket, ret)

        return self.selling.open(operator, f"{nonce}:{ret}", tie=link)

    def turn(self) -> bool:
        """One bounded step: sales whose last piece came back at another store give their coupons and deposits back, as
        one that came back here whole does. Whether there was any."""
        found = self.books.returns.whole_elsewhere(_SOME)
        for name, back_at in found:
            with self.books.ledger.transaction() as tx:
                sale = self.books.sales.by_id(name, tx)
                if not self.books.returns.give_back(tx, name) or sale is None:
                    continue
                who = Operator("", "", Role.CASHIER, sale.station)
                self.coupons.give_back_in(tx, name, who, back_at)
                self.quoting.deposits.give_back_in(tx, name, Author(sale.station, ""))
        if found:
            self.poke("outbox")
        return bool(found)

    def exchanged(self, basket: str) -> str:
        """The number on paper of the purchase that a basket, or the sale it became, exchanges for; "" for none."""
        return self.books.returns.exchanged(basket)

    def terms(self) -> Terms:
        """How long goods may come back."""
        return Terms(self.rules.no_reason_days, self.rules.fault_days)

    def _give(self, tx: Connection, taken: Taken, operator: Operator, nonce: str) -> None:
        parts = [RefundPart(number, Fen(fen)) for number, fen in taken.told.by_tender.items() if fen]
        kinds = {one.number: one.kind for one in taken.bought.paid}
        cash = any(kinds[part.number] == "cash" for part in parts)
        if cash and self.books.shifts.open_at(operator.station, tx) is None:
            raise NoShift
        self.booking.book(tx, taken, operator)
        if taken.bought.here and parts:
            self.refunding.begin(tx, parts, operator, nonce, ref=taken.ret)
        if taken.bought.here and taken.told.whole:
            self.coupons.give_back_in(tx, taken.bought.ref, operator)
            author = Author(operator.station, operator.staff)
            self.quoting.deposits.give_back_in(tx, taken.bought.ref, author)
        self.booking.paper(tx, taken.ret, operator)

    def _sums(self, bought: Bought, wanted: Sequence[Wanted]) -> Preview:
        if not bought.here:
            return preview(bought, wanted)
        rest, gifts = self._rest(bought, wanted)
        anew = rest if self.rules.broken_rules == "recompute" else None
        step = self.rules.cash_step_fen
        return preview(bought, wanted, gifts_earned=gifts, rest_fen=anew, cash_step_fen=step)

    def _rest(self, bought: Bought, wanted: Sequence[Wanted]) -> tuple[int | None, Mapping[str, int] | None]:
        """What stays out would cost by itself under the sale's own rules, and the gifts that it still earns by SKU."""
        sale = self.books.sales.by_id(bought.ref)
        basket = self.books.baskets.by_id(sale.basket) if sale is not None else None
        if sale is None or basket is None:
            return None, None
        coming = {one.line: one.qty for one in wanted}
        left = {line.line: line.left - coming.get(line.line, 0) for line in bought.lines if not line.gift}
        lines = tuple(
            replace(line, qty=left[line.line]) for line in basket.lines if left.get(line.line, 0) > 0
        )
        if not lines:
            return None, {}
        points = sum(
            piece.points for line in bought.lines for piece in line.pieces[coming.get(line.line, 0) :]
        )
        given = Counter[str]()
        for line in sale.lines:
            given[line.sku] += line.qty if "gift" in line.flags else 0
        priced = self.quoting.rest(basket, lines, bought.ref, points, given)
        earned = Counter[str]()
        for gift in priced.gifts:
            earned[gift.priced.sku] += gift.priced.qty
        return int(priced.total_fen), earned

    def _authorised(self, bought: Bought, told: Preview, ret: str) -> str:
        """HQ's word for goods that this store cannot vouch for; "" where none is needed."""
        if self._ours(bought):
            return ""
        asks = self.purchases.at_hq
        if asks is None:
            raise ReturnNeedsHq
        lines = {str(line): units for line, units in units_of(bought, told).items()}
        try:
            said = asks.rma(RmaAsk(ret, bought.source.value, bought.ref, lines))
        except SyncFault:
            raise ReturnNeedsHq from None
        if said.why or not said.rma:
            raise ReturnNotAuthorised
        return said.rma

    def _ours(self, bought: Bought) -> bool:
        """Whether this store's own books say what of it is still out: its sales, and orders it handed over."""
        return bought.here or (
            bought.source is Source.ORDER and bought.estimate and bought.store == self.purchases.store
        )

    def _before(self, nonce: str, digest: str, tx: Connection | None = None) -> Returned | None:
        row = self.books.returns.by_nonce(nonce, tx)
        if row is None:
            return None
        if row.request_sha != digest:
            raise NonceReused
        return replace(self.booking.view(row), repeat=True)

    def _may(self, operator: Operator, *, forced: bool = False) -> None:
        if not operator.may(Act.SELL) or (forced and not operator.may(Act.FORCE)):
            raise NotAllowed


def _digest(source: Source, ref: str, wanted: Sequence[Wanted], *said: object) -> str:
    lines = [(one.line, one.qty, one.condition.value, one.reason.value, one.fate.value) for one in wanted]
    return hashlib.sha256(repr((source.value, ref, sorted(lines), said)).encode()).hexdigest()
