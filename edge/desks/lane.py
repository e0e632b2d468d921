"""The kiosk desk: what a shopper's touch and scan do, and what the screen shows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from edge.desks.lane_basket import LaneBasket
from edge.desks.lane_boxes import LaneBoxes
from edge.desks.lane_checkout import LaneCheckout
from edge.desks.lane_leaving import LaneLeaving
from edge.desks.lane_members import LaneMembers
from edge.desks.lane_paper import LanePaper
from edge.desks.lane_pickup import LanePickup
from edge.desks.lane_places import SELF, LanePlaces, shopper_at
from edge.desks.lane_scans import LaneScans
from edge.desks.lane_showing import LaneShowing
from edge.desks.lane_watch import LaneWatch
from edge.domain.lane_refusals import LaneClosed, LaneMovedOn
from edge.domain.lane_session import FREE_PLACES, PAY_PLACES, Act, Here, Place
from edge.domain.lane_views import LaneView
from edge.domain.refusals import BadRequest, Refusal
from edge.domain.tickets import SCORES, Scale, TicketKind

_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LETTERS = re.compile(r"[A-Za-z]{0,8}")
_LAST_PAGE = 200


@dataclass(frozen=True)
class LaneDesk:
    """Every verb may raise a Refusal and gives what the kiosk shows afterwards; those with a nonce are done once."""

    places: LanePlaces
    scans: LaneScans
    basket: LaneBasket
    members: LaneMembers
    checkout: LaneCheckout
    pickup: LanePickup
    paper: LanePaper
    leaving: LaneLeaving
    showing: LaneShowing
    boxes: LaneBoxes
    watch: LaneWatch

    # ---- looking ----

    def view(self, station: str) -> LaneView:
        """The page as it is now: a payment that went on, a call that was answered, somebody who is gone included."""
        self.places.settled(station)
        here = self.checkout.settle(station)
        if self.places.gone(here):
            here = self.idle(station)
        return self.showing.view(station, here)

    def takes(self, station: str, text: str, nonce: str) -> bool:
        """Whether a device's scan is this desk's: all at a kiosk are. What stands against one the page says."""
        return self.scans.takes(station, text, nonce)

    def turn(self) -> bool:
        """One bounded step of what kiosks owe by themselves. Whether there was any."""
        return self.leaving.turn()

    # ---- moving about ----

    def begin(self, station: str) -> Here:
        """A touch on the first page."""
        self._open(station)
        return self.places.move(station, Act.BEGIN)

    def go(self, station: str, where: str) -> Here:
        """Member | coupons | lookup | bags | code | back."""
        acts = {
            "member": Act.MEMBER,
            "coupons": Act.COUPONS,
            "lookup": Act.LOOKUP,
            "bags": Act.BAGS,
            "code": Act.CODE,
        }
        here = self.places.here(station)
        if where == "back":
            return self._back(station, here)
        if where not in acts:
            raise BadRequest(why="where")
        if where != "code":
            self._open(station)
        # A touch that opens a page leaves the way to paying.
        return self.places.move(station, acts[where], {"checkout": ""})

    def touch(self, station: str) -> Here:
        """Somebody is still there."""
        return (
            self.places.move(station, Act.TOUCH)
            if self.places.here(station).place is not Place.CLOSED
            else Here()
        )

    def idle(self, station: str) -> Here:
        """Nobody touched anything for too long: a member's panel hides, anything else is wiped."""
        if self.places.here(station).place is Place.MEMBER:
            return self.places.move(station, Act.BACK, {"look": ""})
        return self.leaving.leave(station)

    def leave(self, station: str) -> Here:
        """The shopper is done: the screen is wiped."""
        return self.leaving.leave(station)

    def park(self, station: str, nonce: str) -> Here:
        """到人工台: raises EmptyBasket, PayFirst."""
        return self.leaving.park(station, _sound(nonce))

    def say(self, station: str, refusal: Refusal) -> Here:
        """The page says what stood against a wish."""
        return self.places.say(station, refusal)

    def resting(self, station: str) -> bool:
        """Whether nobody is there."""
        return self.places.here(station).place is Place.ATTRACT

    # ---- goods ----

    def look_up(self, station: str, kind: str, word: str, page: int) -> Here:
        """Letters | category: a page of products."""
        if kind not in {"letters", "category"} or not 0 <= page <= _LAST_PAGE or len(word) > 64:
            raise BadRequest(why="shelf")
        if kind == "letters" and not _LETTERS.fullmatch(word):
            raise BadRequest(why="letters")
        self._open(station)
        return self.places.move(station, Act.LOOKUP, {"shelf": kind, "word": word, "page": str(page or "")})

    def take(self, station: str, sku: str, nonce: str) -> Here:
        """A product from the list, or a bag; on the way to paying the way goes on."""
        self._open(station)
        way = self.places.here(station)
        asked = way.place is Place.BAGS and bool(way.said("checkout"))
        here = self.basket.take(station, sku[:64], _sound(nonce))
        return self.checkout.forward(station, f"{nonce}:on", bagged="yes") if asked else here

    def count(self, station: str, line: int, by: int, nonce: str) -> Here:
        """One piece more or less."""
        return self.basket.count(station, line, by, _sound(nonce))

    def remove(self, station: str, line: int, nonce: str) -> Here:
        """A line goes."""
        return self.basket.remove(station, (line,), _sound(nonce))

    def again(self, station: str, nonce: str, *, yes: bool) -> Here:
        """Whether what was read twice is meant twice."""
        return self.basket.again(station, _sound(nonce), yes=yes)

    def stranger(self, station: str) -> Here:
        """What is not known stays, and is looked at by a person."""
        return self.basket.stranger(station)

    def forget(self, station: str, code: str) -> Here:
        """What is not known goes."""
        return self.basket.forget(station, code[:64])

    # ---- the way to paying ----

    def forward(self, station: str, nonce: str) -> Here:
        """结算, or on from the question that stands there."""
        answered = {Place.BAGS: "bagged", Place.MEMBER: "membered", Place.COUPONS: "couponed"}
        here = self.checkout.settle(station)
        name = answered.get(here.place, "")
        return self.checkout.forward(station, _sound(nonce), **({name: "yes"} if name else {}))

    def drop(self, station: str, key: str, nonce: str) -> Here:
        """The goods of a check are left instead of waiting for it."""
        return self.checkout.drop(station, key[:100], _sound(nonce))

    def nobody(self, station: str, nonce: str) -> Here:
        """The member leaves the basket."""
        return self.members.nobody(station, _sound(nonce))

    def by_phone(self, station: str, digits: str, nonce: str) -> Here:
        """A member by phone number; raises MemberUnknown, MemberNeedsHq, TooManyTries."""
        return self.members.by_phone(station, digits, _sound(nonce))

    def tick(self, station: str, name: str, nonce: str, *, on: bool) -> Here:
        """One of the coupons on the page goes in or out."""
        return self.members.tick(station, name[:16], _sound(nonce), on=on)

    def show_qr(self, station: str, channel: str, nonce: str) -> Here:
        """A code of ours that the shopper's wallet scans."""
        return self.checkout.show_qr(station, channel, _sound(nonce))

    def cancel(self, station: str) -> Here:
        """取消支付: what was asked for is taken back, and nothing is called a failure before that is sure."""
        return self.checkout.cancel(station)

    def collect(self, station: str, digits: str, nonce: str) -> Here:
        """An order by its number; raises PickupDigits, InvalidCode, TooManyTries."""
        return self.pickup.typed(station, digits, _sound(nonce))

    def receipt(self, station: str, how: str) -> Here:
        """By print | phone | none, which ends it."""
        return self.leave(station) if how == "none" else self.paper.choose(station, how)

    def join(self, station: str, nonce: str) -> Here:
        """A code for joining; raises NoJoinLink."""
        offered = self.checkout.room.customers.members.join(shopper_at(station), _sound(nonce))
        return self.places.move(station, Act.MEMBER, {"scene": offered.scene})

    # ---- after paying ----

    def rate(self, station: str, score: int) -> Here:
        """One of five faces; what it is about may be added to it, and it counts in any case."""
        least, most = SCORES[Scale.FACES]
        if not least <= score <= most:
            raise BadRequest(why="score")
        if self.places.here(station).said("answered"):
            raise LaneMovedOn
        return self.places.move(station, Act.RATE, {"score": str(score)})

    def answer(self, station: str, chips: Sequence[str], nonce: str) -> Here:
        """The reasons, none to five; raises LaneMovedOn where no face was touched."""
        here = self.places.here(station)
        if not here.unanswered:
            raise LaneMovedOn
        after = self.places.move(station, Act.RATE, {"answered": "yes"})
        self.places.rated(station, here, chips, _sound(nonce))
        return after

    # ---- help ----

    def help(self, station: str, nonce: str) -> Here:
        """A person is called. While money is under way the page stays and says that somebody comes."""
        here = self.checkout.settle(station)
        # The button in the frame keeps its number from page to page.
        wish = hashlib.sha256(f"{_sound(nonce)}:{here.rev}".encode()).hexdigest()[:32]
        made = self.checkout.tickets.open(TicketKind.HELP, station, SELF, wish)
        stays = here.place in PAY_PLACES or here.place in {
            Place.DONE,
            Place.FEEDBACK,
            Place.INTERVENTION,
            Place.PICKUP,
            Place.PARKED,
        }
        return self.places.move(station, Act.NOTE if stays else Act.HELP, {"help": made.ticket})

    # ---- inside ----

    def _open(self, station: str) -> None:
        here = self.places.here(station)
        if here.place in FREE_PLACES and self.scans.closed(station):
            raise LaneClosed

    def _back(self, station: str, here: Here) -> Here:
        if here.place in PAY_PLACES:
            return self.checkout.back(station)
        if here.place is Place.HELP:
            self.checkout.withdraw_help(station, here)
        basket = self.basket.at(station)
        empty = (basket is None or not (basket.lines or basket.member)) and not here.said("strangers")
        if here.place in FREE_PLACES or (empty and here.place is Place.HELP):
            return self.leaving.leave(station)
        return self.places.move(station, Act.BACK, {"checkout": "", "help": ""})


def _sound(nonce: str) -> str:
    if not _NONCE.fullmatch(nonce):
        raise BadRequest(why="nonce")
    return nonce
