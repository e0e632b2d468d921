"""How a shopper leaves a kiosk: done, gone, or on to the desk; nothing of theirs stays on the screen."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta

from config.kiosk_schema import KioskSettings
from edge.clock import stamp
from edge.desks.day_shifts import close_yesterdays
from edge.desks.lane_basket import LaneBasket
from edge.desks.lane_checkout import LaneCheckout
from edge.desks.lane_places import SELF, LanePlaces, shopper_at
from edge.desks.sale_scans import SaleRoom
from edge.domain.lane_session import Act, Here, Place
from edge.domain.refusals import Refusal
from edge.domain.selling import Basket, BasketState
from edge.domain.selling_refusals import EmptyBasket, TooManySuspended
from edge.records.lane_sessions import LaneSessions

_log = logging.getLogger("store_edge.kiosk")
_MONEY = frozenset({Place.PAYING, Place.USERPAYING, Place.UNKNOWN})


@dataclass(frozen=True)
class LaneLeaving:
    """A basket that was left behind waits at the desks without its member, for a while; then it is given up."""

    places: LanePlaces
    basket: LaneBasket
    checkout: LaneCheckout
    room: SaleRoom
    rows: LaneSessions
    rules: KioskSettings

    def park(self, station: str, nonce: str) -> Here:
        """到人工台: the basket, with its member and coupons, waits for the shopper at any desk, under a code.

        Raises EmptyBasket, TooManySuspended, and PayFirst while money is under way.
        """
        here, basket = self.places.here(station), self.basket.at(station)
        if basket is None or not basket.lines:
            raise EmptyBasket
        if basket.state is BasketState.PAYING:
            basket = self.room.checkout.unpay(basket.basket, shopper_at(station))
        total = int(self.room.selling.bill(basket).total_fen)
        after = self.room.selling.suspend(basket.basket, shopper_at(station), nonce)
        self.checkout.withdraw(station, here)
        told = {"parked": after.code, "fen": str(total), "units": str(after.units)}
        return self.places.move(station, Act.PARK, {**_nothing(here), **told})

    def leave(self, station: str) -> Here:
        """The shopper is gone, or says so: the screen is wiped at once. Nothing happens while money is under way."""
        here = self.checkout.settle(station)
        if here.place in _MONEY:
            return here
        basket = self.basket.at(station)
        if basket is not None:
            try:
                self._keep(station, basket)
            except Refusal as refusal:
                _log.warning("basket not put away", extra={"basket": basket.basket, "code": refusal.code})
        self.checkout.withdraw(station, here)
        if here.place is Place.ATTRACT:
            return here
        return self.places.move(station, Act.REST)

    def turn(self) -> bool:
        """One bounded step: kiosks that somebody left are wiped, baskets left too long given up, old shifts closed."""
        worked = False
        for station in self.places.all():
            here = self.checkout.settle(station)
            if self.places.gone(here):
                self.leave(station)
                worked = True
            worked |= self._expired(station) | self._closed(station)
        return worked

    def _keep(self, station: str, basket: Basket) -> None:
        who = shopper_at(station, system=True)
        if basket.state is BasketState.PAYING:
            basket = self.room.checkout.unpay(basket.basket, who)
        if basket.member:
            self.room.selling.member(basket.basket, "", "", "", who, secrets.token_hex(12))
        for held in self.room.selling.quoting.held(basket):
            self.room.selling.drop_coupon(basket.basket, held.coupon, who)
        if basket.lines:
            try:
                self.room.selling.suspend(basket.basket, who, secrets.token_hex(12))
            except TooManySuspended:  # never left standing: the next shopper would find it
                self.room.selling.void(basket.basket, "left", who, secrets.token_hex(12))
        else:
            self.room.selling.void(basket.basket, "", who, secrets.token_hex(12))

    def _expired(self, station: str) -> bool:
        before = stamp(self.places.status.now() - timedelta(minutes=self.rules.kept_minutes))
        worked = False
        for left in self.room.selling.suspended():
            if left.station == station and left.staff == SELF and left.changed_at < before:
                try:
                    self.room.selling.void(
                        left.basket, "left", shopper_at(station, system=True), f"left:{left.basket}"
                    )
                except Refusal as refusal:
                    _log.info("basket not given up", extra={"basket": left.basket, "code": refusal.code})
                    continue
                worked = True
        return worked

    def _closed(self, station: str) -> bool:
        """A kiosk's shift is a day's: the first quiet minute of the next day ends it."""
        return self.basket.at(station) is None and close_yesterdays(self.room.shifts, station)


def _nothing(here: Here) -> dict[str, str]:
    """Every fact forgotten."""
    return dict.fromkeys(here.facts, "")
