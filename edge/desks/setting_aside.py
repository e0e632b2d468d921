"""The part of the checkout that lets a till go on while nobody knows whether a basket was paid."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from edge.clock import stamp
from edge.db import Connection
from edge.desks.basket_work import BasketWork
from edge.desks.coupons import CouponDesk
from edge.desks.quoting import Quoting
from edge.desks.sale_booking import SaleBooking
from edge.desks.tender import TenderDesk
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.payments import LOST, Channel
from edge.domain.selling import AsideBasket, Basket, BasketState, Cleared
from edge.domain.selling_refusals import BeingClarified, NothingUnclear
from edge.domain.staff import Act, Operator
from edge.records.books import Books

_log = logging.getLogger("store_edge.selling")
_HELD = timedelta(minutes=10)
"""Coupons that a basket holds for less than that are held anew."""
_SHOWN = timedelta(hours=2)
"""How long the staff see what became of a basket that was set aside."""
_MOST = 50


@dataclass(frozen=True)
class SetAside:
    """A basket set aside stays `paying`, its price, coupons and quotas kept, until its payment is known: then it is
    sold, once, or waits among the suspended ones. It never comes back to a till by itself."""

    books: Books
    work: BasketWork
    quoting: Quoting
    coupons: CouponDesk
    tender: TenderDesk
    booking: SaleBooking

    def set_aside(self, basket: str, operator: Operator, nonce: str) -> Basket:
        """Frees the station of a basket whose payment nobody can tell the result of; the work on it goes on.

        Set aside already, it stays as it is. Raises NothingUnclear, NoBasket, NotAllowed, NonceReused.
        """
        self.work.may(operator, Act.SELL)

        def work(tx: Connection) -> Basket:
            here = self.work.mine(basket, operator, tx)
            if here.aside:
                return here
            row = self.books.payments.of_basket(basket, tx)
            attempts = self.books.payments.attempts(row.payment, tx) if row is not None else []
            lost = any(one.state in LOST for one in attempts)
            if row is None or not lost or here.state is not BasketState.PAYING:
                raise NothingUnclear
            self.work.moved(here, "set_aside")
            self.tender.park_in(tx, row.payment)
            return self.work.saved(tx, replace(here, aside=True))

        done = self.work.once(nonce, ("set_aside", basket, operator.station), work)
        _log.info("set aside", extra={"basket": basket, "station": operator.station, "staff": operator.staff})
        return done

    def asides(self) -> tuple[AsideBasket, ...]:
        """Baskets being clarified, of all stations, the oldest first; then what became of those of the last hours."""
        since = stamp(self.work.status.now() - _SHOWN)
        return tuple(self._aside(one) for one in self.books.baskets.asides(since, _MOST))

    def clarifying(self, asides: Sequence[AsideBasket] | None = None) -> tuple[AsideBasket, ...]:
        """Those (of `asides()`) of which it is not known yet, or whose money waits for somebody, the oldest first."""
        return tuple(
            one
            for one in (self.asides() if asides is None else asides)
            if one.how not in {Cleared.SOLD, Cleared.SUSPENDED}
        )

    # ---- inside ----

    def _aside(self, here: Basket) -> AsideBasket:
        facts = (here.basket, here.station, here.units)
        if here.state is BasketState.SUSPENDED:
            return AsideBasket(*facts, here.gross_fen, here.changed_at, Cleared.SUSPENDED, code=here.code)
        sale = self.books.sales.of_basket(here.basket)
        if sale is not None:
            return AsideBasket(
                *facts, sale.net_fen, here.changed_at, Cleared.SOLD, "", sale.receipt, sale.sale
            )
        row = self.books.payments.of_basket(here.basket)
        if row is None:
            return AsideBasket(*facts, here.gross_fen, here.changed_at, Cleared.UNKNOWN)
        began = self.tender.view(row.payment)
        cash = sum(int(one.fen) for one in began.tenders if one.channel is Channel.CASH)
        how = Cleared.UNKNOWN
        if began.state is Paying.PAID and not began.cancelling:
            how = Cleared.PAID
        elif _part_in_cash(began):
            how = Cleared.PART
        return AsideBasket(*facts, int(row.fen), here.changed_at, how, cash_fen=cash)

    def _at_till(self, here: Basket) -> None:
        """Raises BeingClarified: nothing is collected for a basket that nobody stands at."""
        if here.aside and here.state is BasketState.PAYING:
            raise BeingClarified

    def _clear(self, here: Basket, began: PaymentView, operator: Operator) -> bool:
        """Whether the sale of a basket that was set aside can be made now; what took no money is given up."""
        if _part_in_cash(began):
            # Cash goes back into a hand, and nobody stands there: a lead gives it when somebody comes for it.
            return False
        if began.state is Paying.OPEN and not began.holds and not began.cancelling:
            # Nobody is there to be asked for another way to pay; what a wallet paid of it goes back too.
            self.tender.cancel(began.payment, operator)
            self._reopen(here.basket, operator)
            return False
        if any(held.until - self.work.status.now() < _HELD for held in self.coupons.holding(here.basket)):
            self.coupons.renew(here.basket)
        # A sale belongs to a shift: where the till was closed meanwhile it waits for the next.
        return self.books.shifts.open_at(here.station) is not None

    def _reopen(self, basket: str, operator: Operator) -> Basket:
        """No payment is open: the basket can be changed again, at its till or, set aside, wherever it is taken up."""
        with self.books.ledger.transaction() as tx:
            here = self.work.mine(basket, operator, tx)
            if here.state is not BasketState.PAYING or self.books.payments.of_basket(basket, tx) is not None:
                return here
            self.books.baskets.thaw(tx, basket)
            event = "lay_by" if here.aside else "unpay"
            code = self.work.code(tx) if here.aside else ""
            fresh = self.work.saved(tx, replace(here, state=self.work.moved(here, event), code=code))
        if here.aside:
            _log.info("not paid, suspended", extra={"basket": basket, "station": here.station})
            for topic in (f"station:{here.station}", "baskets", "attention"):
                self.work.poke(topic)
        return fresh


def _part_in_cash(began: PaymentView) -> bool:
    """Whether nothing is open any more and cash paid a part of it."""
    over = began.state is Paying.OPEN and not began.holds and not began.cancelling
    return over and any(one.channel is Channel.CASH for one in began.tenders)
