"""Money that waits for a person: baskets set aside whose till stays shut, and payments that people must look at."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.db import Connection
from edge.desks.checkout import CheckoutDesk
from edge.domain.money import yuan
from edge.domain.payment_views import AttemptView, Paying
from edge.domain.refusals import UnknownThing
from edge.domain.selling import AsideBasket, Basket, BasketState, Cleared, Sale
from edge.domain.selling_refusals import BeingClarified, NoShift, NotPaid
from edge.domain.staff import Act, Operator

_log = logging.getLogger("store_edge.selling")
_READY = frozenset({Cleared.PAID, Cleared.PART})


@dataclass(frozen=True)
class OpenMoney:
    """A lead's verbs, from any till. What nobody knows yet stays with the workers: it is only shown elsewhere."""

    checkout: CheckoutDesk

    def baskets(self, asides: Sequence[AsideBasket] | None = None) -> tuple[AsideBasket, ...]:
        """Those (of `asides()`) that were paid, whole or in part, and are neither sold nor given back; oldest first.

        One whose till is open is sold by itself within a second.
        """
        return tuple(one for one in self.checkout.clarifying(asides) if one.how in _READY)

    def troubles(self) -> tuple[AttemptView, ...]:
        """Payments with an alarm, newest first."""
        return self.checkout.tender.back.troubles()

    def finish(self, basket: str, operator: Operator, nonce: str) -> Sale:
        """The sale of a basket that is paid, here: its receipt has this till's next number and counts in this till's
        shift; cash that was taken for it stays in the drawer it is in, and each report says so.

        Again it gives the sale that there is. Raises NotAllowed, NoShift, NotPaid, BeingClarified, UnknownThing.
        """
        work, books = self.checkout.work, self.checkout.books
        work.may(operator, Act.VOID_MUCH)
        sold = books.sales.of_basket(basket)
        if sold is not None:
            return replace(sold, repeat=True)

        with books.ledger.transaction() as tx:
            here = self._aside(basket, tx)
            began = self.checkout.tender.of_basket(basket)
            if began is None or began.state is not Paying.PAID or began.cancelling:
                raise NotPaid(left=yuan(began.due_fen if began is not None else 0))
            if books.shifts.open_at(operator.station, tx) is None:
                raise NoShift
            if here.station != operator.station:
                work.saved(tx, replace(here, station=operator.station))
        sale = self.checkout.complete(basket, operator, nonce)
        facts = {"basket": basket, "station": operator.station, "staff": operator.staff, "from": here.station}
        _log.info("finished by a lead", extra=facts)
        return sale

    def give_back(self, basket: str, operator: Operator) -> Basket:
        """The money of a basket goes back, cash out of this till's drawer, which opens; the basket waits suspended.

        Asked again nothing more goes back. Raises NotAllowed, BeingClarified, UnknownThing.
        """
        self.checkout.work.may(operator, Act.VOID_MUCH)
        books = self.checkout.books
        with books.ledger.transaction() as tx:
            before = books.baskets.by_id(basket, tx)
            if before is not None and before.aside and before.state is BasketState.SUSPENDED:
                return before
            here = self._aside(basket, tx)
        began = self.checkout.tender.of_basket(basket)
        if began is not None and began.holds:
            raise BeingClarified
        if began is not None:
            self.checkout.tender.cancel(began.payment, operator)
        return self.checkout.settled(basket, self.checkout.booking.seller(here))

    def handed_out(self, basket: str) -> int:
        """Fen of cash that went back in the last minutes because a payment of this basket was given up."""
        return sum(int(one.fen) for one in self.checkout.tender.back.handed_out(basket))

    def again(self, number: str, operator: Operator) -> None:
        """Refunds of this attempt that were refused are asked for once more. Raises NotAllowed."""
        back = self.checkout.tender.back
        for row in self.checkout.books.payments.refunds_of(number):
            back.again(row.refund, operator)

    def seen(self, number: str, operator: Operator) -> None:
        """A lead has looked at it: the alarm is over. Raises NotAllowed, UnknownThing."""
        self.checkout.tender.back.seen(number, operator)

    def _aside(self, basket: str, tx: Connection) -> Basket:
        here = self.checkout.books.baskets.by_id(basket, tx)
        if here is None or not here.aside or here.state is not BasketState.PAYING:
            raise UnknownThing
        return here
