"""A scan at a selling desk: goods go into the basket, a coupon or member code to it, a wallet's code to the payment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from edge.desks.basket_deposits import BasketDeposits
from edge.desks.checkout import CheckoutDesk
from edge.desks.customers import Customers
from edge.desks.selling import SellingDesk
from edge.desks.shifts import ShiftDesk
from edge.domain.payment_refusals import NoPayCode
from edge.domain.refusals import PayCodeElsewhere, Refusal
from edge.domain.scanned import PAY_KINDS, PLAIN, Expecting, Rules, ScanKind, Scanned, classify, in_place
from edge.domain.scanned_goods import sellable
from edge.domain.selling import Basket, BasketState
from edge.domain.selling_refusals import NoBasket, NotRecognised
from edge.domain.staff import Operator, Role
from edge.records.wares import Ware

_SALES = PAY_KINDS | {ScanKind.COUPON, ScanKind.MEMBER, ScanKind.CARD}
"""What beside goods belongs to an open basket."""


@dataclass(frozen=True)
class SaleRoom:
    """Everything that a page or program needs to sell: baskets, checkout, shifts, and what a scan means there."""

    selling: SellingDesk
    checkout: CheckoutDesk
    shifts: ShiftDesk
    customers: Customers
    deposits: BasketDeposits
    codes: Rules = PLAIN
    _said: dict[str, Refusal] = field(default_factory=dict)

    def scan(self, text: str, operator: Operator, nonce: str, *, training: bool = False) -> Basket:
        """Does what the code at hand means for the station's basket.

        Raises what reading, adding, holding, identifying and paying raise; a wallet's code is kept nowhere.
        """
        here = self.selling.at(operator.station)
        paying = here is not None and here.state is BasketState.PAYING
        seen = in_place(
            classify(text, Expecting.PAYMENT if paying else Expecting.ANYTHING, self.codes),
            (Expecting.PAYMENT if paying else Expecting.ANYTHING),
        )
        if here is not None and paying:
            if seen.kind not in PAY_KINDS:
                raise NoPayCode
            self.checkout.scan_code(here.basket, text, operator, nonce)
            return here
        if seen.names_goods:
            return self._goods(seen, operator, nonce, training=training)
        if here is not None and self.deposits.names(text):
            return self.deposits.take(here.basket, text, operator, nonce)
        if seen.kind is ScanKind.ORDER:
            return self.selling.resume(seen.value, operator, nonce)
        if seen.kind is ScanKind.COUPON:
            return self.selling.coupon(self._open(here).basket, text, operator, nonce)
        if seen.kind in {ScanKind.MEMBER, ScanKind.CARD}:
            return self._member(self._open(here), text, operator, nonce)
        if seen.kind in PAY_KINDS:
            raise PayCodeElsewhere
        ware = self.selling.books.wares.ware(text.strip()) if len(text) <= 64 else None
        if ware is None:
            raise NotRecognised
        return self.selling.add(ware.sku, operator, nonce, training=training)

    def takes(self, station: str, text: str, nonce: str) -> bool:
        """Whether a device's scan belongs to the basket that its station is at work on; then it is done with.

        What stands against it is said on the page that looks next (`said`).
        """
        here = self.selling.at(station)
        if here is None:
            return False
        seen = classify(text, Expecting.PAYMENT, self.codes)
        deposit = here.state is BasketState.OPEN and self.deposits.names(text)
        if not (seen.names_goods or seen.kind in _SALES or deposit):
            return False
        operator = Operator(here.staff, here.staff, Role.CASHIER, station)
        try:
            self.scan(text, operator, nonce)
        except Refusal as refusal:
            self.say(station, refusal)
        return True

    def say(self, station: str, refusal: Refusal) -> None:
        """Keeps a refusal for the station's page."""
        self._said[station] = refusal

    def said(self, station: str) -> Refusal | None:
        """The newest refusal that nobody has read yet; told once."""
        return self._said.pop(station, None)

    def pay_code(self, basket: str, shown_fen: int, code: str, operator: Operator, nonce: str) -> None:
        """A wallet's code scanned on the basket itself: begins to collect and charges it, in one go."""
        if classify(code, Expecting.PAYMENT, self.codes).kind not in PAY_KINDS:
            raise NoPayCode
        self.checkout.pay(basket, shown_fen, operator, f"pay:{nonce}")
        self.checkout.scan_code(basket, code, operator, nonce)

    def _goods(self, seen: Scanned, operator: Operator, nonce: str, *, training: bool) -> Basket:
        """Goods by number: also those of labels with a weight or price, of cases, and only while they may be sold."""
        facts = seen.facts
        sellable(facts, self._today())
        found = self._ware(seen)
        if found is None:
            raise NotRecognised
        ware, pieces = found
        if facts.price_fen is not None:
            return self.selling.add(
                ware.sku,
                operator,
                nonce,
                fixed_fen=facts.price_fen,
                grams=facts.grams or 0,
                training=training,
            )
        if ware.by_weight and facts.grams:
            return self.selling.add(ware.sku, operator, nonce, grams=facts.grams, training=training)
        qty = pieces * (facts.count or 1)
        return self.selling.add(ware.sku, operator, nonce, qty=qty, training=training)

    def _ware(self, seen: Scanned) -> tuple[Ware, int] | None:
        wares = self.selling.books.wares
        if seen.facts.plu:
            ware = wares.by_plu(seen.facts.plu)
            return None if ware is None else (ware, 1)
        numbers = seen.facts.numbers() or ((seen.value.zfill(14),) if seen.kind is ScanKind.GTIN else ())
        for number in numbers:
            found = wares.by_gtin(number)
            if found is not None:
                return found
        return None

    def _member(self, here: Basket, text: str, operator: Operator, nonce: str) -> Basket:
        who = self.customers.members.identify(text, operator)
        return self.selling.member(here.basket, who.member, who.tier, who.card_tail, operator, nonce)

    def _open(self, here: Basket | None) -> Basket:
        if here is None:
            raise NoBasket
        return here

    def _today(self) -> date:
        status = self.selling.status
        return status.local(status.now()).date()
