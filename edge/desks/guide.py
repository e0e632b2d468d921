"""The guide desk: what the shopper's screen shows, and what a touch on it does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.desks.counter_display import CounterDisplay
from edge.desks.feedback import FeedbackDesk
from edge.desks.guide_goods import GuideGoods
from edge.desks.guide_paying import GuidePaying
from edge.desks.guide_phone import GuidePhone
from edge.desks.guide_places import GuidePlaces
from edge.desks.guide_showing import GuideShowing
from edge.desks.media import MediaShelf
from edge.desks.members import MemberDesk
from edge.desks.tickets import TicketDesk
from edge.domain.catalogue import Goods
from edge.domain.coupon_refusals import NoJoinLink
from edge.domain.finding import MAX_TYPED
from edge.domain.guide_goods import stock_word
from edge.domain.guide_refusals import OrderingAway, ScreenMovedOn
from edge.domain.guide_session import MONEY_PLACES, Act, Here, Place, back
from edge.domain.guide_views import Glance, GuideView
from edge.domain.refusals import BadRequest, UnknownThing
from edge.domain.staff import Operator, Role
from edge.domain.ticket_refusals import AnsweredJustNow
from edge.domain.tickets import CHIPS, SCORES, Scale, Ticket, TicketKind
from edge.records.replica import ProductRow
from sync.guiding import CartAsk, Purpose, What

_PAGE = re.compile(r"[0-9]{1,3}", re.ASCII)
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_PURPOSES: Mapping[str, Purpose] = {"order": "order", "continue": "continue", "notify": "notify"}
_COUNTED: Mapping[str, What] = {"order": "ordered", "continue": "continued", "notify": "reminded"}
_JOIN_LEFT_S = 45
"""A code for joining that is good for less is not shown again: a phone has to be taken out first."""


@dataclass(frozen=True)
class GuideDesk:
    """A screen is a station; every verb gives what it shows then, and may raise a Refusal."""

    places: GuidePlaces
    showing: GuideShowing
    goods: GuideGoods
    phone: GuidePhone
    members: MemberDesk
    tickets: TicketDesk
    feedback: FeedbackDesk
    media: MediaShelf
    display: CounterDisplay
    pay: GuidePaying

    def __post_init__(self) -> None:
        self.places.leaving.extend((self._leaving, self.pay.leaving))

    # ---- looking ----

    def view(self, station: str) -> GuideView:
        """What the screen shows now."""
        self.pay.settle(station)
        here = self.places.here(station)
        if here.place is Place.JOIN:
            here = self._joining(station, here)
        return self.pay.shown(self.showing.view(station, here))

    def product(self, code: str) -> ProductRow | None:
        """A product by GTIN or SKU, for pictures and price checks."""
        return self.goods.books.replica.product(code)

    def glance(self, goods: Goods) -> Glance:
        """A product at one look, as it was scanned."""
        age_s, fen = self.goods.stock_age_s(), goods.scanned_fen() or goods.fen
        names = (goods.name_zh, goods.name_en, goods.category, goods.picture)
        return Glance(goods.sku, *names, fen, goods.on_hand, stock_word(goods.on_hand, age_s), age_s)

    def on_hand(self, sku: str) -> int | None:
        """Units of a product in this store: HQ's base, our own pending movements, what was counted."""
        return self.goods.books.shelf.level(sku)

    # ---- moving about ----

    def home(self, station: str) -> Here:
        """Home; from rest that is the touch that wakes the screen."""
        here = self.places.here(station)
        facts = {}
        if here.place is Place.ATTRACT:
            slide = self.showing.shows.slide(station, here.said("paused"))
            facts = {"campaign": slide.campaign} if slide is not None and slide.campaign else {}
        return self.places.move(station, Act.HOME, facts)

    def touch(self, station: str) -> None:
        """Somebody is still there."""
        here = self.places.here(station)
        if here.place is not Place.ATTRACT:
            self.places.move(station, Act.TOUCH)

    def rest(self, station: str) -> Here:
        """The shopper is done, or gone. Nothing happens while money is under way."""
        here = self.pay.settle(station)
        return here if here.place in MONEY_PLACES else self.places.rest(station)

    def pause(self, station: str, *, still: bool) -> Here:
        """The slides stand still, or go on."""
        slide = self.showing.shows.slide(station)
        stands = {"paused": str(slide.number)} if still and slide is not None else {}
        return self.places.move(station, Act.PAUSE, stands)

    def category(self, station: str, word: str, page: str = "0") -> Here:
        """A page of a category."""
        if not word or len(word) > 64:
            raise BadRequest(why="category")
        return self._list(station, "category", page, category=word)

    def letters(self, station: str, letters: str, page: str = "0") -> Here:
        """What begins so, or has these first letters of pinyin."""
        text = letters.strip()[:MAX_TYPED]
        if text and page == "0":
            here = self.places.here(station)
            self.places.counts.note(station, "searched", here.said("campaign"))
        return self._list(station, "letters", page, letters=text)

    def letter(self, station: str, letter: str) -> Here:
        """One more letter behind those that stand there, as fast as somebody touches them; "" takes one away."""
        typed = self.places.here(station).said("letters")
        if len(letter) > 1:
            raise BadRequest(why="letter")
        return self._list(
            station, "letters", "0", letters=(typed + letter)[:MAX_TYPED] if letter else typed[:-1]
        )

    def offers(self, station: str) -> Here:
        """What is on offer today."""
        return self._list(station, "offers", "0")

    def open(self, station: str, sku: str, how: str = "") -> Here:
        """A product's page; `how` "searched" where it was looked for. Raises UnknownThing."""
        return self.places.open(station, self._goods(sku), "searched" if how == "searched" else "browsed")

    def back(self, station: str) -> Here:
        """One step back."""
        act, facts = back(self.places.here(station))
        return self.places.move(station, act, facts)

    # ---- getting it ----

    def order(self, station: str) -> Here:
        """HQ's ways to get the product that is shown; without HQ the page says so."""
        self.pay.give_up(station)
        here = self._about_goods(station)
        try:
            ways, away = self.phone.ways(here.said("sku")), ""
        except OrderingAway:
            ways, away = "", "1"
        shown = self.pay.wishes.price(here.said("sku"))
        return self.places.move(station, Act.ORDER, {"ways": ways, "away": away, "shown": shown})

    def to_phone(self, station: str, purpose: str, option: str, nonce: str) -> Here:
        """A code that takes the product to a phone: to order by one of HQ's ways, to go on there, to be reminded.

        Raises WayGone; without HQ the page says so.
        """
        if purpose not in _PURPOSES:
            raise BadRequest(why="purpose")
        _sound(nonce)
        self.pay.give_up(station)
        here = self._about_goods(station)
        campaign, sku, guide = here.said("campaign"), here.said("sku"), here.said("guide")
        asked = CartAsk(nonce, _PURPOSES[purpose], sku, station, 1, option, guide, campaign)
        try:
            said = self.phone.cart(asked)
            facts = {"url": said.url, "until": said.until}
        except OrderingAway:
            facts = {"away": "1"}
        after = self.places.move(station, Act.PHONE, {"purpose": purpose, "option": option, **facts})
        if "url" in facts:
            self.places.counts.note(station, _COUNTED[purpose], campaign, sku)
        return after

    def choose(self, station: str, option: str, nonce: str) -> Here:
        """One of HQ's ways is to be paid here; raises NotPaidHere, WalletsOffline, ScreenMovedOn."""
        _sound(nonce)
        return self.pay.choose(station, option, nonce)

    def bring(self, station: str, nonce: str) -> Here:
        """A member of staff is asked to bring the product; raises TooManyCalls, ScreenMovedOn."""
        _sound(nonce)
        here = self._about_goods(station)
        sku = here.said("sku")
        ticket = self.tickets.open(TicketKind.BRING, station, here.said("guide"), nonce, sku=sku)
        self.places.counts.note(station, "called", here.said("campaign"), sku)
        return self.places.move(station, Act.CALL, {"ticket": ticket.ticket})

    def help(self, station: str, nonce: str) -> Ticket:
        """Somebody is called to the screen."""
        _sound(nonce)
        return self.tickets.open(TicketKind.HELP, station, "", nonce)

    # ---- joining, answering ----

    def join(self, station: str, nonce: str) -> Here:
        """A code for joining: this shopper's own while it is good for long enough. Raises NoJoinLink."""
        _sound(nonce)
        here = self.places.here(station)
        if here.said("scene") and here.said("scene_of") == here.said("guide"):
            known = self.members.joined(here.said("scene"), station)
            if not known.result and known.left_s >= _JOIN_LEFT_S:
                return self.places.move(station, Act.JOIN)
        offered = self.members.join(_at(station, here), nonce, guide=here.said("guide"))
        self.places.counts.note(station, "joining", here.said("campaign"))
        return self.places.move(station, Act.JOIN, _scene(offered.scene, here))

    def ask(self, station: str) -> Here:
        """The one question."""
        return self.places.move(station, Act.ASK)

    def rate(self, station: str, score: str) -> Here:
        """One of five faces."""
        least, most = SCORES[Scale.FACES]
        if not score.isdecimal() or not least <= int(score) <= most:
            raise BadRequest(why="score")
        return self.places.move(station, Act.RATE, {"score": score})

    def answer(self, station: str, chips: Sequence[str], nonce: str) -> Here:
        """The reasons, none to five; the answer goes on its way. A second one at once is thanked for, and not kept."""
        _sound(nonce)
        here = self.places.here(station)
        if here.place is not Place.CHIPS:
            raise ScreenMovedOn
        self._given(station, here.said("score"), chips, nonce)
        return self.places.move(station, Act.ANSWER)

    def turn(self) -> bool:
        """One bounded step of what screens owe by themselves. Whether there was any."""
        return self.places.turn() | self.places.counts.turn() | self.pay.turn()

    # ---- inside ----

    def _list(self, station: str, kind: str, page: str, **facts: str) -> Here:
        if not _PAGE.fullmatch(page):
            raise BadRequest(why="page")
        return self.places.move(station, Act.LIST, {"list": kind, "page": str(int(page)), **facts})

    def _goods(self, sku: str) -> Goods:
        goods = self.goods.catalogue.by_sku(sku)
        if goods is None:
            raise UnknownThing
        return goods

    def _about_goods(self, station: str) -> Here:
        here = self.places.here(station)
        if not here.said("sku"):
            raise ScreenMovedOn
        return here

    def _joining(self, station: str, here: Here) -> Here:
        """Who joined gets a tick; a code that ran out becomes another one, while somebody is still there."""
        offered = self.members.joined(here.said("scene"), station)
        if offered.result == "joined":
            try:
                return self.places.move(station, Act.JOINED)
            except ScreenMovedOn:
                return self.places.here(station)  # another thread was quicker
        if offered.left_s > 0:
            return here
        try:
            fresh = self.members.join(
                _at(station, here), f"again-{here.said('scene')}", guide=here.said("guide")
            )
        except NoJoinLink:
            return self.places.move(station, Act.HOME)
        return self.places.renew(station, here, {**here.facts, **_scene(fresh.scene, here)})

    def _given(self, station: str, score: str, chips: Sequence[str], nonce: str) -> None:
        known = tuple(dict.fromkeys(chip for chip in chips if chip in CHIPS))[:5]
        try:
            self.feedback.answer(station, Scale.FACES, int(score), "idle", known, nonce)
        except AnsweredJustNow:
            return  # the same finger, or a child's: thanked, not counted

    def _leaving(self, station: str, here: Here) -> None:
        """A face that was touched is an answer, also where nobody chose a reason."""
        if here.place is Place.CHIPS and here.said("score"):
            self._given(station, here.said("score"), (), f"left-{station}-{here.entered_at}")


def _at(station: str, here: Here) -> Operator:
    return Operator(here.said("guide"), "", Role.CASHIER, station)


def _scene(scene: str, here: Here) -> dict[str, str]:
    """What is kept of a code for joining: itself, and who is credited by it."""
    return {"scene": scene, "scene_of": here.said("guide")}


def _sound(nonce: str) -> None:
    if not _NONCE.fullmatch(nonce):
        raise BadRequest(why="nonce")
