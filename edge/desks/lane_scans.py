"""What a scan means at a kiosk: by what it is and by what stands on the screen; nothing of it is kept but goods."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from edge.desks.lane_basket import LaneBasket
from edge.desks.lane_checkout import LaneCheckout
from edge.desks.lane_leaving import LaneLeaving
from edge.desks.lane_members import LaneMembers
from edge.desks.lane_paper import LanePaper
from edge.desks.lane_pickup import LanePickup
from edge.desks.lane_places import KIND, LanePlaces
from edge.desks.sale_scans import SaleRoom
from edge.desks.tries import Tries
from edge.domain.coupon_code import CLAIM_PREFIX
from edge.domain.lane_refusals import FinishFirst, LaneClosed, LaneUnknown, PayLater, WalletsAway
from edge.domain.lane_session import FREE_PLACES, PAY_PLACES, Here, Place
from edge.domain.refusals import Refusal
from edge.domain.scanned import PAY_KINDS, Expecting, ScanKind, Scanned, classify
from edge.domain.scanned_refusals import ProductInPay
from edge.domain.staff import Operator
from edge.domain.ticket_refusals import TicketEnded
from edge.domain.tickets import Outcome

_log = logging.getLogger("store_edge.kiosk")


@dataclass(frozen=True)
class LaneScans:
    """One scan, one meaning."""

    places: LanePlaces
    basket: LaneBasket
    members: LaneMembers
    checkout: LaneCheckout
    pickup: LanePickup
    paper: LanePaper
    leaving: LaneLeaving
    room: SaleRoom
    tries: Tries

    def takes(self, station: str, text: str, nonce: str) -> bool:
        """Deals with a scan of a kiosk; False: the station is none."""
        if self.places.staff.station(station).kind != KIND:
            return False
        with self.places.announced(station):
            try:
                self.scan(station, text, nonce)
            except Refusal as refusal:
                self.places.say(station, refusal)
        return True

    def scan(self, station: str, text: str, nonce: str) -> Here:
        """Does what it means; raises what stands against it."""
        here = self.checkout.settle(station)
        if self.places.gone(here):
            here = self.leaving.leave(station)
        paying = here.place in PAY_PLACES
        expecting = Expecting.PAYMENT if paying else Expecting.ANYTHING
        seen = classify(text, expecting, self.room.catalogue.rules)
        if paying:
            return self._paying(station, here, seen, text, nonce)
        if seen.kind in PAY_KINDS:
            raise PayLater
        if seen.kind is ScanKind.PICKUP:
            return self._pickup(station, here, text, nonce)
        if seen.kind is ScanKind.BADGE:
            return self._badge(station, here, text, nonce)
        if here.place in FREE_PLACES and self.closed(station):
            raise LaneClosed
        return self._shopping(station, seen, text, nonce)

    def closed(self, station: str) -> str:
        """Why the kiosk does not sell, "" where it does."""
        sells = self.room.checkout.wallets() or self.paper.printer_works(station)
        return self.places.closed(station, sells=sells)

    def _shopping(self, station: str, seen: Scanned, text: str, nonce: str) -> Here:
        if seen.names_goods:
            return self.basket.goods(station, seen, text, nonce)
        if seen.kind in {ScanKind.MEMBER, ScanKind.CARD}:
            return self.members.shown(station, text, nonce)
        claim = text.strip().startswith(f"{CLAIM_PREFIX}.")
        if seen.kind is ScanKind.COUPON or claim or self.room.deposits.names(text):
            return self.members.coupon(station, text, nonce)
        ware = self.room.selling.books.wares.ware(text.strip()) if len(text) <= 64 else None
        if ware is None or seen.kind is ScanKind.ORDER:
            raise LaneUnknown
        return self.basket.goods(station, seen, text, nonce)

    def _paying(self, station: str, here: Here, seen: Scanned, text: str, nonce: str) -> Here:
        if seen.kind not in PAY_KINDS:
            raise ProductInPay
        if here.place is not Place.PAY:
            return here  # the wallet is being asked already: a second look of the scanner at the same phone
        if not self.room.checkout.wallets():
            raise WalletsAway
        return self.checkout.pay_code(station, text, nonce)

    def _pickup(self, station: str, here: Here, text: str, nonce: str) -> Here:
        basket = self.basket.at(station)
        if basket is not None and (basket.lines or basket.member):
            raise FinishFirst
        if here.place not in FREE_PLACES:
            self.leaving.leave(station)
        return self.pickup.shown(station, text, nonce)

    def _badge(self, station: str, here: Here, text: str, nonce: str) -> Here:
        """A member of staff stands at the kiosk: what waits there for a look is looked at."""
        if here.place is not Place.INTERVENTION:
            raise LaneUnknown
        scope = f"badge-at:{station}"
        self.tries.check(scope)
        person = self.places.books.replica.staff_by_badge(hashlib.sha256(text.strip().encode()).hexdigest())
        if person is None:
            self.tries.wrong(scope)
            raise LaneUnknown
        who = Operator(person.staff, person.name, person.role, station)
        basket = self.basket.at(station)
        for need in self.checkout.pending(here, basket) if basket else ():
            ticket = self.checkout.ticket(here, need)
            if ticket is None:
                continue
            try:
                self.checkout.tickets.take(ticket.ticket, who, f"{nonce}:take:{ticket.ticket}")
                self.checkout.tickets.close(
                    ticket.ticket, Outcome.APPROVED, who, f"{nonce}:end:{ticket.ticket}"
                )
            except TicketEnded:
                continue
        return self.checkout.settle(station)
