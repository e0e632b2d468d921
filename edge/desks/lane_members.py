"""Who buys at a kiosk, and the coupons that serve them best: ticked before anybody asks, and never more than shown."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass

from edge.desks.coupon_reading import terms_of
from edge.desks.lane_basket import LaneBasket
from edge.desks.lane_places import LanePlaces, shopper_at
from edge.desks.sale_scans import SaleRoom
from edge.desks.tries import Tries
from edge.domain.baskets import CouponTerms
from edge.domain.counter_views import CouponView, HeldCoupon
from edge.domain.coupon_refusals import LookOver, MemberUnknown
from edge.domain.lane_checks import best_set
from edge.domain.lane_session import Act, Here, Place
from edge.domain.lane_views import Choice
from edge.domain.member_views import Identified, MemberCard, Trust
from edge.domain.refusals import BadRequest, Refusal
from edge.domain.selling import Basket, BasketState
from edge.domain.views import LineWord

_MOST = 12
_NEEDS_LINE = ("需联网", "Needs the line")


@dataclass(frozen=True)
class LaneMembers:
    """Coupons of a member are offered only to who showed the rotating code: a number can be copied by anybody."""

    places: LanePlaces
    basket: LaneBasket
    room: SaleRoom
    tries: Tries

    def shown(self, station: str, text: str, nonce: str) -> Here:
        """A member code or card; raises MemberUnknown, MemberCodeOld."""
        return self._known(station, self.room.customers.members.identify(text, shopper_at(station)), nonce)

    def by_phone(self, station: str, digits: str, nonce: str) -> Here:
        """Their phone number, where HQ answers; raises MemberUnknown, MemberNeedsHq, TooManyTries."""
        scope = f"member:{station}"
        self.tries.check(scope)
        try:
            who = self.room.customers.members.by_phone(digits, shopper_at(station))
        except MemberUnknown:
            self.tries.wrong(scope)
            raise
        return self._known(station, who, nonce)

    def nobody(self, station: str, nonce: str) -> Here:
        """The member leaves the basket, with their coupons."""
        here = self.basket.at(station)
        if here is not None and here.member:
            self._release(here, station, {one.coupon for one in self._own(here.member)})
            self.room.selling.member(here.basket, "", "", "", shopper_at(station), nonce)
        return self.places.move(station, Act.BACK, {"look": "", "picked": ""})

    def card(self, station: str, here: Here) -> MemberCard | None:
        """The member's card, as long as it may stand there."""
        look = here.said("look")
        if not look:
            return None
        with contextlib.suppress(LookOver):
            return self.room.customers.members.card(int(look), station)
        return None

    def coupon(self, station: str, text: str, nonce: str) -> Here:
        """A coupon that was shown, on paper or a phone; raises what the coupon desk raises."""
        here = self.basket.begun(station, nonce)
        self.room.scan(text, shopper_at(station), nonce)
        del here
        at = self.places.here(station).place
        return self.places.move(station, Act.COUPONS if at is Place.COUPONS else Act.GOODS, {"picked": "yes"})

    def tick(self, station: str, name: str, nonce: str, *, on: bool) -> Here:
        """One of the coupons on the page goes in or out; raises what the coupon desk raises."""
        here = self.basket.at(station)
        if here is None:
            raise BadRequest(why="coupon")
        if on:
            found = next((one for one in self._own(here.member) if handle(one.coupon) == name), None)
            if found is None or not self._trusted(station):
                raise BadRequest(why="coupon")
            self.room.selling.coupon(here.basket, found.coupon, shopper_at(station), nonce)
        else:
            self._release(
                here, station, {one.coupon for one in self._held(here) if handle(one.coupon) == name}
            )
        return self.places.move(station, Act.COUPONS, {"picked": "yes"})

    def best(self, station: str, nonce: str) -> None:
        """Holds the coupons that make the total least, until the shopper chooses; what HQ refuses is left out."""
        here, basket = self.places.here(station), self.basket.at(station)
        if basket is None or basket.state is not BasketState.OPEN or here.said("picked"):
            return
        own = self._own(basket.member) if self._trusted(station) else ()
        if not own:
            return
        names = {one.coupon for one in own}
        given = tuple(one.terms for one in self._held(basket) if one.coupon not in names)
        terms = self._terms([one.coupon for one in own if self._usable(one, basket)])

        def total(some: tuple[str, ...]) -> int:
            return int(
                self.room.selling.quoting.supposed(
                    basket, given + tuple(terms[one] for one in some)
                ).total_fen
            )

        wanted = set(best_set(sorted(terms), total))
        now = {one.coupon for one in self._held(basket)} & names
        self._release(basket, station, now - wanted)
        for coupon in sorted(wanted - now):
            with contextlib.suppress(Refusal):
                self.room.selling.coupon(
                    basket.basket, coupon, shopper_at(station), f"{nonce}:{handle(coupon)}"
                )

    def choices(
        self, station: str, basket: Basket, fens: dict[str, int], whys: dict[str, tuple[str, str]]
    ) -> tuple[Choice, ...]:
        """The basket's coupons first, then the member's others. `fens`: what each takes off; `whys`: why nothing."""
        held = self._held(basket)
        inside = {one.coupon for one in held}
        found = [
            Choice(
                handle(one.coupon),
                one.title_zh,
                one.title_en,
                True,
                fens.get(one.coupon, 0),
                whys.get(one.coupon, ("", "")),
                True,
            )
            for one in held
        ]
        own = self._own(basket.member) if self._trusted(station) else ()
        for one in own:
            if one.coupon not in inside:
                usable = self._usable(one, basket)
                found.append(
                    Choice(
                        handle(one.coupon), one.title_zh, one.title_en, False, 0, self._why(one), usable, one
                    )
                )
        return tuple(found[:_MOST])

    def _known(self, station: str, who: Identified, nonce: str) -> Here:
        here = self.basket.begun(station, nonce)
        self.room.selling.member(
            here.basket, who.member, who.tier, who.card_tail, shopper_at(station), f"{nonce}:who"
        )
        before = self.places.here(station)
        asked = before.place is Place.MEMBER and before.said("checkout")
        told = {"look": str(who.look), "membered": "yes", "picked": ""}
        after = self.places.move(station, Act.MEMBER if asked else Act.GOODS, told)
        self.best(station, f"{nonce}:best")
        return after

    def _trusted(self, station: str) -> bool:
        look = self.places.here(station).said("look")
        if not look:
            return False
        try:
            return self.room.customers.members.known(int(look), station).trust is Trust.CODE
        except LookOver:
            return False

    def _own(self, member: str) -> tuple[CouponView, ...]:
        return self.room.customers.coupons.of_member(member, _MOST) if member else ()

    def _held(self, basket: Basket) -> tuple[HeldCoupon, ...]:
        return self.room.selling.quoting.held(basket)

    def _usable(self, one: CouponView, basket: Basket) -> bool:
        ours = one.held in {"", basket.basket}
        refused = one.refusal is not None and one.held != basket.basket
        return ours and not refused and not one.goods and not (one.asks_hq and self._offline())

    def _offline(self) -> bool:
        return self.places.status.word() is LineWord.DOWN

    def _why(self, one: CouponView) -> tuple[str, str]:
        if one.asks_hq and self._offline():
            return _NEEDS_LINE
        if one.refusal is not None:
            return one.refusal.words("zh").text, one.refusal.words("en").text
        return "", ""

    def _terms(self, coupons: list[str]) -> dict[str, CouponTerms]:
        rows = [self.places.books.coupons.known(coupon) for coupon in coupons]
        rule = self.room.customers.coupons.reader.rule
        return {row.coupon: terms_of(row, rule(row)) for row in rows if row is not None}

    def _release(self, basket: Basket, station: str, coupons: set[str]) -> None:
        for coupon in sorted(coupons):
            self.room.selling.drop_coupon(basket.basket, coupon, shopper_at(station))


def handle(coupon: str) -> str:
    """A coupon's name in a page: its number could be used by whoever reads it there."""
    return hashlib.sha256(f"choice:{coupon}".encode()).hexdigest()[:16]
