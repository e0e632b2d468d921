"""What a basket says beside its goods: guide, member, points, gifts, coupons, and who looked at a shopper's age."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.basket_work import BasketWork
from edge.desks.coupons import CouponDesk
from edge.desks.status import Poke
from edge.domain.coupon_refusals import NoPointsByCard
from edge.domain.refusals import BadRequest
from edge.domain.selling import Basket
from edge.domain.selling_refusals import NoGuide
from edge.domain.staff import Operator
from edge.records.books import Books

_LOOKED_BEFORE = timedelta(minutes=3)
"""Who showed a code so shortly before the first scan is the one who buys."""


@dataclass(frozen=True)
class BasketHeads:
    """A part of the selling desk. Every verb may raise a Refusal and gives the basket back."""

    books: Books
    work: BasketWork
    coupons: CouponDesk
    poke: Poke

    def guide(self, basket: str, staff: str, operator: Operator, nonce: str) -> Basket:
        """Who advised the shopper (导购), by staff number; "" for nobody. Raises NoGuide."""
        if staff and self.books.replica.staff(staff) is None:
            raise NoGuide
        return self.work.head(basket, operator, nonce, guide=staff)

    def member(
        self, basket: str, member: str, tier: str, card_tail: str, operator: Operator, nonce: str
    ) -> Basket:
        """Whose basket it is, as the member desk found; "" for nobody. Another member's points are not spent."""

        def work(_: Connection, here: Basket) -> Basket:
            points = here.points_wanted if member and member == here.member else 0
            tail = card_tail[-4:]
            return replace(here, member=member, tier=tier, card_tail=tail, points_wanted=points)

        return self.work.change(basket, operator, nonce, ("member", member, tier, card_tail[-4:]), work)

    def points(self, basket: str, points: int, operator: Operator, nonce: str) -> Basket:
        """How many of the member's points are to pay for goods, at most.

        Raises NoPointsByCard where nothing but the number of a plastic card was shown.
        """
        if not 0 <= points <= 10_000_000:
            raise BadRequest(why="points")

        def work(tx: Connection, here: Basket) -> Basket:
            since = stamp(moment_of(here.opened_at) - _LOOKED_BEFORE)
            if points and not self.books.members.proved(here.member, since, tx):
                raise NoPointsByCard
            return replace(here, points_wanted=points)

        return self.work.change(basket, operator, nonce, ("points", points), work)

    def gift(self, basket: str, rule: str, operator: Operator, nonce: str, *, wanted: bool) -> Basket:
        """A gift that the shopper does not want after all, or does; an offer for money taken, or not."""

        def work(_: Connection, here: Basket) -> Basket:
            declined, taken = set(here.declined) - {rule}, set(here.taken) - {rule}
            (taken if wanted else declined).add(rule)
            return replace(here, declined=tuple(sorted(declined)), taken=tuple(sorted(taken)))

        return self.work.change(basket, operator, nonce, ("gift", rule, wanted), work)

    def age_checked(self, basket: str, operator: Operator, nonce: str) -> Basket:
        """Somebody looked at the shopper, and at a document where in doubt; nothing of it is kept but who looked."""
        return self.work.head(basket, operator, nonce, age_by=operator.staff)

    def coupon(self, basket: str, text: str, operator: Operator, nonce: str) -> Basket:
        """Puts a coupon into the basket, which holds it; raises what the coupon desk raises."""
        here = self.work.mine(basket, operator)
        self.work.moved(here, "change")
        if not here.training:
            self.coupons.lock(text, basket, operator, nonce, member=here.member)
            self.poke(f"station:{operator.station}")
        return here

    def drop_coupon(self, basket: str, coupon: str, operator: Operator) -> Basket:
        """Lets a coupon go again."""
        here = self.work.mine(basket, operator)
        self.work.moved(here, "change")
        for held in self.coupons.holding(basket):
            if held.coupon == coupon:
                self.coupons.release(held.lock, operator)
        self.poke(f"station:{operator.station}")
        return here
