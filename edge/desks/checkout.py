"""The checkout: a basket is paid for, and the moment the money is there it becomes a sale, in one transaction."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from edge.clock import stamp
from edge.db import Connection
from edge.desks.quoting import basket_sha
from edge.desks.setting_aside import SetAside
from edge.domain.baskets import Priced
from edge.domain.benefit_refusals import PointsShort, QuotaShort
from edge.domain.benefits import available, chosen
from edge.domain.money import yuan
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.refusals import NonceReused, Refusal, UnknownThing
from edge.domain.selling import Basket, BasketState, Sale
from edge.domain.selling_refusals import AgeUnchecked, EmptyBasket, NoBasket, NoShift, NotPaid, TotalChanged
from edge.domain.staff import Act, Operator
from edge.domain.views import JobView

_log = logging.getLogger("store_edge.selling")
_REMEMBERED = timedelta(days=7)
"""How long a wish is known again; a page or program that asks later asks anew."""
_SOME = 20


@dataclass(frozen=True)
class CheckoutDesk(SetAside):
    """From `pay` on nothing in the basket changes and neither does its price; a sale is complete only once it is paid.

    Whoever looks first completes it: the page that waits, or `turn` when nobody looks. Both make the same one sale.
    """

    def payment(self, basket: str) -> PaymentView | None:
        """The payment of a basket, None before there is one."""
        return self.tender.of_basket(basket)

    def pay(
        self, basket: str, shown_fen: int, operator: Operator, nonce: str, *, cash: bool = False
    ) -> PaymentView:
        """Begins to collect; `shown_fen` is the total on the screen, `cash`: the one for cash alone.

        Raises EmptyBasket, AgeUnchecked, NoShift, QuotaShort, PointsShort, TotalChanged, and the tender desk's.
        """
        self.work.may(operator, Act.SELL)
        self.coupons.renew(basket)
        # One transaction: whoever looks between the two would find a basket that is paid for by nothing, or one that
        # can be changed under its payment.
        with self.books.ledger.transaction() as tx:
            here = self.work.mine(basket, operator, tx)
            self._at_till(here)
            if here.state is not BasketState.PAYING:
                here = self._begin(tx, here, shown_fen, operator, cash=cash)
            elif self._frozen(here, cash=cash, tx=tx).total_fen != shown_fen:
                raise TotalChanged(due=yuan(self._frozen(here, cash=cash, tx=tx).total_fen))
            sha = basket_sha(here, shown_fen)
            view = self.tender.open_in(tx, basket, sha, shown_fen, operator, nonce)
        self.work.poke(f"station:{operator.station}")
        return view

    def cash(self, basket: str, given_fen: int, shown_fen: int, operator: Operator, nonce: str) -> Sale:
        """Takes cash for what is still due, opens the drawer and completes the sale. Raises NotPaid, what `pay` raises.

        In training nothing is collected and no drawer opens.
        """
        done = self._done(basket, nonce)
        if done is not None:
            return done
        here = self.work.mine(basket, operator)
        self._at_till(here)
        began = self.tender.of_basket(basket)
        paid = began.fen - began.due_fen if began is not None else 0
        # A wallet paid a part: what is asked for is the rest.
        asked = began.due_fen if began is not None and paid else shown_fen
        if given_fen < asked:
            raise NotPaid(left=yuan(asked - given_fen))
        if here.training:
            return self._train(here, given_fen, operator, nonce)
        if began is None or not paid:
            began = self.pay(basket, shown_fen, operator, f"pay:{nonce}", cash=True)
        if began.due_fen:
            began = self.tender.cash(began.payment, given_fen, operator, nonce)
        return self.complete(basket, operator, nonce)

    def scan_code(self, basket: str, code: str, operator: Operator, nonce: str) -> PaymentView:
        """Charges the wallet whose code was scanned for all that is due; the page asks again when it is poked."""
        here = self.work.mine(basket, operator)
        self._at_till(here)
        began = self.tender.of_basket(basket)
        if began is None or here.state is not BasketState.PAYING:
            raise NoBasket
        self.coupons.renew(basket)
        return self.tender.submit(began.payment, code, operator, nonce)

    def unpay(self, basket: str, operator: Operator) -> Basket:
        """Gives the payment up: what was taken goes back, and once nothing is open the basket can be changed again."""
        here = self.work.mine(basket, operator)
        if here.state is not BasketState.PAYING:
            return here
        began = self.tender.of_basket(basket)
        if began is not None:
            self.tender.cancel(began.payment, operator)
        return self.settled(basket, operator)

    def settled(self, basket: str, operator: Operator) -> Basket:
        """The basket as it stands: one whose payment was given up and is over can be changed again."""
        here = self.work.mine(basket, operator)
        if here.state is BasketState.PAYING and self.tender.of_basket(basket) is None:
            return self._reopen(basket, operator)
        return here

    def complete(self, basket: str, operator: Operator, nonce: str) -> Sale:
        """The sale of a basket that is paid, with all that belongs to it, in one transaction.

        Asked again it gives the sale that there is. Raises NotPaid, NoBasket.
        """
        done = self._done(basket, nonce)
        if done is not None:
            return done
        here = self.work.mine(basket, operator)
        began = self.tender.of_basket(basket)
        if here.state is not BasketState.PAYING or began is None or began.state is not Paying.PAID:
            done = self._done(basket, nonce)
            if done is not None:
                return done  # somebody else completed it since the look above
            raise NotPaid(left=yuan(began.due_fen if began is not None else 0))
        # HQ is asked for the next sale's coupon before the transaction, never in it.
        promise = self.booking.promised(here, began.fen)
        with self.books.ledger.transaction() as tx:
            twin = self.books.sales.of_basket(basket, tx)
            if twin is not None:
                return replace(twin, repeat=True)
            here = self.work.mine(basket, operator, tx)
            self.work.moved(here, "sell")
            priced = self._paid_price(here, began.fen, tx)
            sale_name = self.booking.name(basket)
            # Of the basket as it is now: money taken for other goods is no money for these.
            sha = basket_sha(here, began.fen)
            taken = self.tender.complete(tx, began.payment, sha, began.fen, sale_name)
            sale = self.booking.book(tx, here, priced, taken, operator, nonce, promise)
        self._announce(sale)
        if here.aside:
            self.work.poke("cleared")
        return sale

    def turn(self) -> bool:
        """One bounded step: completes what is paid and what nobody looks at. Whether there was any."""
        worked = 0
        for name in self.books.baskets.paying():
            here = self.books.baskets.by_id(name)
            if here is None or worked >= _SOME:
                continue
            try:
                worked += self._step(here, self.booking.seller(here))
            except Refusal as refusal:
                # Somebody at the till was quicker, or gave the payment up: the next look says how it stands.
                _log.info("not completed", extra={"basket": name, "code": refusal.code})
        self.books.baskets.tidy(stamp(self.work.status.now() - _REMEMBERED))
        return bool(worked)

    def reprint(self, sale: str, operator: Operator, nonce: str) -> JobView:
        """The receipt once more, marked 补打; of another station's sale a lead only."""
        found = self.sale(sale)
        if found.station != operator.station:
            self.work.may(operator, Act.ANNUL)
        return self.booking.printing.again(found.sale, nonce, operator)

    def sale(self, sale: str) -> Sale:
        """A sale by its name or the number on its receipt; raises UnknownThing."""
        found = self.books.sales.by_id(sale) or self.books.sales.by_receipt(sale)
        if found is None:
            raise UnknownThing
        return found

    def wallets(self) -> bool:
        """Whether wallets can be charged now: not without the line that they need."""
        return self.tender.views.wallets()

    def saved(self, sale: Sale) -> int:
        """What the shopper saved, fen: a deposit that was paid before is money, only what it grew by is a saving."""
        before = sum(paid for _, paid, _ in self.work.quoting.deposits.paid(sale.sale))
        return sale.gross_fen - sale.net_fen - before

    def last(self, station: str) -> Sale | None:
        """The station's newest sale."""
        return self.books.sales.last(station)

    def slip(self, sale: str) -> JobView | None:
        """How the newest slip of a sale stands; None where none was printed."""
        job = self.books.jobs.of(sale)
        return None if job is None else self.booking.printing.view(job.id)

    # ---- inside ----

    def _step(self, here: Basket, operator: Operator) -> bool:
        began = self.tender.of_basket(here.basket)
        if here.aside and began is not None and not self._clear(here, began, operator):
            return False
        if began is not None and began.state is not Paying.PAID:
            return False
        if began is None:
            self._reopen(here.basket, operator)
        else:
            self.complete(here.basket, operator, f"paid:{began.payment}")
        return True

    def _begin(
        self, tx: Connection, here: Basket, shown_fen: int, operator: Operator, *, cash: bool
    ) -> Basket:
        """Checks everything that can stand against a sale, keeps its price, and closes the basket to changes."""
        self.work.moved(here, "pay")
        priced = self._checked(tx, here, operator, cash=cash)
        if priced.total_fen != shown_fen:
            raise TotalChanged(due=yuan(priced.total_fen))
        for one in (False, True):
            kept = priced if one is cash else self.quoting.price(here, cash=one, tx=tx)
            self.books.baskets.freeze(tx, here.basket, kept, cash=one)
        return self.work.saved(tx, replace(here, state=BasketState.PAYING))

    def _checked(self, tx: Connection, here: Basket, operator: Operator, *, cash: bool) -> Priced:
        if not here.lines:
            raise EmptyBasket
        if here.checks:
            raise AgeUnchecked
        if not here.training and self.books.shifts.open_at(operator.station, tx) is None:
            raise NoShift
        priced = self.quoting.price(here, cash=cash, tx=tx)
        if here.training:
            return priced
        now = self.work.now()
        for sku in {line.sku for line in here.lines}:
            quotas = self.books.wallet.quotas(sku)
            wanted = sum(line.qty for line in here.lines if line.sku == sku)
            held = self.books.baskets.held_elsewhere(tx, sku, here.basket)
            # What another till is being paid for is as good as gone.
            if quotas and chosen(quotas, wanted + held, now) is None:
                free = max((available(quota, now) for quota in quotas), default=0)
                raise QuotaShort(left=max(0, free - held))
        if priced.points_used:
            points = self.books.wallet.points(here.member)
            held = self.books.baskets.points_elsewhere(tx, here.member, here.basket)
            if chosen(points, priced.points_used + held, now) is None:
                free = max((available(one, now) for one in points), default=0)
                raise PointsShort(left=max(0, free - held))
        return priced

    def _frozen(self, here: Basket, *, cash: bool, tx: Connection | None = None) -> Priced:
        priced = self.books.baskets.frozen(here.basket, cash=cash, tx=tx)
        if priced is None:
            raise NoBasket
        return priced

    def _paid_price(self, here: Basket, fen: int, tx: Connection) -> Priced:
        """The kept price that was paid: the one for cash alone, or the other. Raises NotPaid where it is neither."""
        for cash in (False, True):
            priced = self._frozen(here, cash=cash, tx=tx)
            if priced.total_fen == fen:
                return priced
        raise NotPaid(left=yuan(max(0, int(priced.total_fen) - fen)))

    def _train(self, here: Basket, given_fen: int, operator: Operator, nonce: str) -> Sale:
        with self.books.ledger.transaction() as tx:
            here = self.work.mine(here.basket, operator, tx)
            self.work.moved(here, "sell")
            priced = self._checked(tx, here, operator, cash=True)
            if priced.total_fen > given_fen:
                raise NotPaid(left=yuan(priced.total_fen - given_fen))
            sale = self.booking.rehearse(tx, here, priced, given_fen, operator, nonce)
        self._announce(sale)
        return sale

    def _done(self, basket: str, nonce: str) -> Sale | None:
        """The sale that this wish became before."""
        found = self.books.sales.of_basket(basket)
        if found is not None:
            return replace(found, repeat=True)
        stored = self.books.sales.by_nonce(nonce)
        if stored is not None:
            raise NonceReused
        return None

    def _announce(self, sale: Sale) -> None:
        facts = {"sale": sale.sale, "station": sale.station, "fen": sale.net_fen, "training": sale.training}
        _log.info("sold", extra=facts)
        printer = self.booking.printer(sale.station)
        for topic in (
            f"station:{sale.station}",
            "stock",
            "printing",
            f"slips:{printer}",
            "outbox",
            "coupons",
        ):
            self.work.poke(topic)
