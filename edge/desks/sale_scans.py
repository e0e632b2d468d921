"""A scan at a selling desk: goods go into the basket, a coupon or member code to it, a wallet's code to the payment."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.desks.basket_deposits import BasketDeposits
from edge.desks.catalogue import CatalogueDesk
from edge.desks.checkout import CheckoutDesk
from edge.desks.customers import Customers
from edge.desks.open_money import OpenMoney
from edge.desks.selling import SellingDesk
from edge.desks.shifts import ShiftDesk
from edge.domain.catalogue import Goods
from edge.domain.coupon_code import CLAIM_PREFIX
from edge.domain.payment_refusals import NoPayCode
from edge.domain.refusals import PayCodeElsewhere, Refusal, UnknownThing
from edge.domain.scale_refusals import ScaleAbsent, ScaleEmpty
from edge.domain.scanned import PAY_KINDS, Expecting, ScanKind, Scanned, classify, in_place
from edge.domain.scanned_goods import weighed_right
from edge.domain.scanned_refusals import GoodsUnknown, LabelTooLight, WeightDiffers
from edge.domain.selling import Basket, BasketState
from edge.domain.selling_refusals import NoBasket, NotForSale, NotRecognised
from edge.domain.staff import Operator, Role

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
    catalogue: CatalogueDesk
    money: OpenMoney
    _said: dict[str, Refusal] = field(default_factory=dict)

    def scan(
        self, text: str, operator: Operator, nonce: str, *, training: bool = False, weighed: bool = False
    ) -> Basket:
        """Does what the code at hand means for the station's basket; `weighed`: `differs` was asked before.

        Raises what reading, adding, holding, identifying and paying raise; a wallet's code is kept nowhere.
        """
        here = self.selling.at(operator.station)
        paying = here is not None and here.state is BasketState.PAYING
        seen = in_place(
            classify(text, Expecting.PAYMENT if paying else Expecting.ANYTHING, self.catalogue.rules),
            (Expecting.PAYMENT if paying else Expecting.ANYTHING),
        )
        if here is not None and paying:
            if seen.kind not in PAY_KINDS:
                raise NoPayCode
            self.checkout.scan_code(here.basket, text, operator, nonce)
            return here
        if seen.names_goods:
            return self._goods(seen, operator, nonce, training=training, weighed=weighed)
        if here is not None and self.deposits.names(text):
            return self.deposits.take(here.basket, text, operator, nonce)
        if seen.kind is ScanKind.ORDER:
            return self.selling.resume(seen.value, operator, nonce)
        if here is not None and _is_claim(text):
            text = self.customers.repurchase.honour(text)
            return self.selling.coupon(here.basket, text, operator, nonce)
        if seen.kind is ScanKind.COUPON:
            return self.selling.coupon(self._open(here).basket, text, operator, nonce)
        if seen.kind in {ScanKind.MEMBER, ScanKind.CARD}:
            return self._member(self._open(here), text, operator, nonce)
        if seen.kind in PAY_KINDS:
            raise PayCodeElsewhere
        ware = self.selling.books.wares.ware(text.strip()) if len(text) <= 64 else None
        if ware is None:
            raise NotRecognised
        return self._add(ware.sku, 1, operator, nonce, training=training)

    def differs(self, text: str, station: str) -> bool:
        """Whether goods on the station's scale weigh something else than their code or the catalogue says.

        For whoever does not refuse them for it. Raises what reading raises, and a scale that is not at rest.
        """
        seen = classify(text, Expecting.ANYTHING, self.catalogue.rules)
        if not seen.names_goods:
            return False
        try:
            goods = self.catalogue.by_code(seen)
            self._held_to_scale(goods, _pieces(goods), station)
        except GoodsUnknown:
            return False
        except (LabelTooLight, WeightDiffers):
            return True
        return False

    def takes(self, station: str, text: str, nonce: str) -> bool:
        """Whether a device's scan belongs to the basket that its station is at work on; then it is done with.

        What stands against it is said on the page that looks next (`said`).
        """
        here = self.selling.at(station)
        if here is None:
            return False
        seen = classify(text, Expecting.PAYMENT, self.catalogue.rules)
        deposit = here.state is BasketState.OPEN and self.deposits.names(text)
        if not (seen.names_goods or seen.kind in _SALES or deposit or _is_claim(text)):
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
        if classify(code, Expecting.PAYMENT, self.catalogue.rules).kind not in PAY_KINDS:
            raise NoPayCode
        self.checkout.pay(basket, shown_fen, operator, f"pay:{nonce}")
        self.checkout.scan_code(basket, code, operator, nonce)

    def _goods(
        self, seen: Scanned, operator: Operator, nonce: str, *, training: bool, weighed: bool
    ) -> Basket:
        """Goods by number: also those of labels with a weight or price, of cases, and only while they may be sold."""
        here = self.selling.at(operator.station)
        try:
            goods = self.catalogue.by_code(seen)
        except GoodsUnknown:
            if not (training or (here is not None and here.training)):
                self.catalogue.noted(seen, operator.station)
            raise NotRecognised from None
        facts = goods.facts
        qty = _pieces(goods)
        if not weighed:
            self._held_to_scale(goods, qty, operator.station)
        if facts.price_fen is not None:
            if not facts.price_fen:
                raise NotForSale(name=goods.name_zh or goods.sku)
            grams, fen = facts.grams or 0, facts.price_fen
            return self.selling.add(goods.sku, operator, nonce, fixed_fen=fen, grams=grams, training=training)
        ware = self.selling.books.wares.ware(goods.sku)
        if ware is not None and ware.by_weight and facts.grams:
            return self.selling.add(goods.sku, operator, nonce, grams=facts.grams, training=training)
        return self._add(goods.sku, qty, operator, nonce, training=training)

    def _add(self, sku: str, qty: int, operator: Operator, nonce: str, *, training: bool) -> Basket:
        """Loose goods go onto the scale by themselves, where the station has one."""
        ware = self.selling.books.wares.ware(sku)
        if ware is not None and ware.by_weight and self._has_scale(operator.station):
            return self.selling.weigh(sku, operator, nonce, training=training)
        return self.selling.add(sku, operator, nonce, qty=qty, training=training)

    def _held_to_scale(self, goods: Goods, pieces: int, station: str) -> None:
        """Raises LabelTooLight or WeightDiffers where what lies on the station's scale is not what the code says."""
        held, facts = self.selling.rules.held_to_scale, goods.facts
        piece = goods.grams if held == "goods" and not goods.weighed and facts.price_fen is None else 0
        if held == "none" or not (facts.grams or piece) or not self._has_scale(station):
            return
        try:
            grams = self.selling.weighing.weigh(station).grams
        except (ScaleEmpty, ScaleAbsent):
            return  # nobody weighs these goods, or nobody can
        weighed_right(facts, grams, piece_g=piece, piece_off_g=goods.grams_off, pieces=pieces)

    def _has_scale(self, station: str) -> bool:
        try:
            self.selling.weighing.at(station)
        except UnknownThing:
            return False
        return True

    def _member(self, here: Basket, text: str, operator: Operator, nonce: str) -> Basket:
        who = self.customers.members.identify(text, operator)
        return self.selling.member(here.basket, who.member, who.tier, who.card_tail, operator, nonce)

    def _open(self, here: Basket | None) -> Basket:
        if here is None:
            raise NoBasket
        return here


def _pieces(goods: Goods) -> int:
    # With a number of the shop's own the pieces are those of its label; a pallet holds several cases of several.
    return goods.pieces if goods.facts.plu else goods.pieces * (goods.facts.count or 1)


def _is_claim(text: str) -> bool:
    """Whether it is the code of a coupon that a receipt promised while there was no line."""
    return text.strip().startswith(f"{CLAIM_PREFIX}.")
