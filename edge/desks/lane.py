"""The kiosk desk: what a shopper's touch and scan do, what the screen shows, and what staff may do from afar."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from edge.clock import moment_of
from edge.desks.feedback import FeedbackDesk
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
from edge.domain.lane_refusals import LaneClosed, LaneMovedOn
from edge.domain.lane_session import FREE_PLACES, PAY_PLACES, Act, Here, Place
from edge.domain.lane_views import LaneTile, LaneView
from edge.domain.refusals import BadRequest
from edge.domain.staff import Act as May
from edge.domain.staff import Operator
from edge.domain.ticket_refusals import AnsweredJustNow
from edge.domain.tickets import CHIPS, MOST_CHIPS, SCORES, Scale, TicketKind

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
    feedback: FeedbackDesk
    boxes: LaneBoxes

    # ---- looking ----

    def view(self, station: str) -> LaneView:
        """The page as it is now: a payment that went on, a call that was answered, somebody who is gone included."""
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
        """Member | coupons | lookup | bags | code | privacy | back."""
        acts = {
            "member": Act.MEMBER,
            "coupons": Act.COUPONS,
            "lookup": Act.LOOKUP,
            "bags": Act.BAGS,
            "code": Act.CODE,
            "privacy": Act.PRIVACY,
        }
        here = self.places.here(station)
        if where == "back":
            return self._back(station, here)
        if where not in acts:
            raise BadRequest(why="where")
        if where not in {"code", "privacy"}:
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

    def join(self, station: str, nonce: str) -> Here:
        """A code for joining; raises NoJoinLink."""
        offered = self.checkout.room.customers.members.join(shopper_at(station), _sound(nonce))
        return self.places.move(station, Act.MEMBER, {"scene": offered.scene})

    # ---- after paying ----

    def rate(self, station: str, score: int, chips: Sequence[str], nonce: str) -> Here:
        """One of five faces, then up to five reasons; a second one at once is thanked for and not kept."""
        least, most = SCORES[Scale.FACES]
        if not least <= score <= most:
            raise BadRequest(why="score")
        here = self.places.here(station)
        about = "pickup" if here.place is Place.PICKUP or here.said("order") else "checkout"
        known = tuple(dict.fromkeys(chip for chip in chips if chip in CHIPS))[:MOST_CHIPS]
        after = self.places.move(station, Act.RATE, {"score": str(score)})
        with contextlib.suppress(AnsweredJustNow):  # the same finger
            self.feedback.answer(station, Scale.FACES, score, about, known, _sound(nonce))
        return after

    # ---- help ----

    def help(self, station: str, nonce: str) -> Here:
        """A person is called. While money is under way the page stays and says that somebody comes."""
        here = self.checkout.settle(station)
        made = self.checkout.tickets.open(TicketKind.HELP, station, SELF, _sound(nonce))
        stays = here.place in PAY_PLACES or here.place in {
            Place.DONE,
            Place.FEEDBACK,
            Place.INTERVENTION,
            Place.PICKUP,
        }
        return self.places.move(station, Act.NOTE if stays else Act.HELP, {"help": made.ticket})

    # ---- staff ----

    def tiles(self) -> tuple[LaneTile, ...]:
        """Every kiosk as staff see it."""
        calls = [one.station for one in self.checkout.tickets.queue()]
        return tuple(self._tile(station, calls.count(station)) for station in self.places.all())

    def pause(self, station: str, operator: Operator, *, on: bool) -> None:
        """Nobody begins there any more, or again; raises NotAllowed."""
        self.basket.room.selling.work.may(operator, May.SELL)
        self.places.pause(station, operator, on=on)

    def free(self, station: str, operator: Operator, nonce: str) -> Here:
        """Lets the next shopper in while a payment is unclear; raises NothingUnclear, NotAllowed."""
        self.basket.room.selling.work.may(operator, May.SELL)
        return self.checkout.free(station, operator, _sound(nonce))

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
        if here.place in FREE_PLACES or (empty and here.place in {Place.HELP, Place.PRIVACY}):
            return self.leaving.leave(station)
        if here.place not in {
            Place.HELP,
            Place.LOOKUP,
            Place.PRIVACY,
            Place.MEMBER,
            Place.COUPONS,
            Place.BAGS,
            Place.INTERVENTION,
            Place.BASKET,
        }:
            raise LaneMovedOn
        return self.places.move(station, Act.BACK, {"checkout": "", "help": ""})

    def _tile(self, station: str, calls: int) -> LaneTile:
        view = self.showing.view(station, self.places.here(station))
        words = {
            Place.ATTRACT: "free",
            Place.CLOSED: "closed",
            Place.UNKNOWN: "unclear",
            Place.INTERVENTION: "checking",
        }
        paying = "paying" if view.place in PAY_PLACES else "shopping"
        now, at = self.places.status.now(), view.here.entered_at
        since = int((now - moment_of(at)).total_seconds()) if at else 0
        word = (
            "paused"
            if view.closed == "paused" and view.place is Place.CLOSED
            else words.get(view.place, paying)
        )
        one = view.station
        return LaneTile(
            station,
            one.label_zh,
            one.label_en,
            word,
            view.units,
            view.total_fen,
            since,
            calls,
            view.closed == "paused",
        )


def _sound(nonce: str) -> str:
    if not _NONCE.fullmatch(nonce):
        raise BadRequest(why="nonce")
    return nonce
