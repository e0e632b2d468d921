"""What a kiosk's page is given to show: reads only, and only what the place needs."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from config.kiosk_schema import KioskSettings
from edge.desks.lane_basket import LaneBasket
from edge.desks.lane_checkout import LaneCheckout
from edge.desks.lane_paper import LanePaper
from edge.desks.lane_pickup import LanePickup
from edge.desks.lane_places import LanePlaces
from edge.domain.baskets import Priced
from edge.domain.coupon_refusals import LookOver
from edge.domain.lane_checks import Need
from edge.domain.lane_session import Here, Place
from edge.domain.lane_views import Check, Choice, LaneRow, LaneView, Shelf, Ware
from edge.domain.member_views import JoinView
from edge.domain.selling import Basket, Bill, Line
from edge.domain.tickets import Ticket
from edge.domain.views import LineWord
from edge.records.guide import GuideRows

PAGE = 12
_OF_LINE = frozenset({"line", "tier", "manual", "gift"})
"""Kinds of price rules whose effect stands beside a line; others come off the whole."""
_WAITED, _LEAST_S, _USUAL_S, _MOST_S = 8, 15, 30, 600


@dataclass(frozen=True)
class LaneShowing:
    """Changes nothing."""

    places: LanePlaces
    basket: LaneBasket
    checkout: LaneCheckout
    pickup: LanePickup
    paper: LanePaper
    goods: GuideRows
    rules: KioskSettings

    def view(self, station: str, here: Here) -> LaneView:
        """The page of a kiosk as it is now."""
        wallets, printer = self.checkout.room.checkout.wallets(), self.paper.printer_works(station)
        closed = self.places.closed(station, sells=wallets or printer)
        place = Place.CLOSED if closed and here.place is Place.ATTRACT else here.place
        basket = self.basket.at(station)
        facts: dict[str, object] = {}
        if basket is not None and place not in {Place.ATTRACT, Place.CLOSED, Place.DONE, Place.FEEDBACK}:
            facts |= self._shopping(station, here, basket)
        if here.said("sale") and place in {Place.DONE, Place.FEEDBACK}:
            sale = self.checkout.room.checkout.sale(here.said("sale"))
            facts |= {"sale": sale, "papers": self.paper.papers(station, sale, here.said("paper"))}
        return LaneView(
            station=self.places.staff.station(station),
            here=here,
            place=place,
            closed=closed,
            hours=(self.rules.opens, self.rules.closes),
            wallets=wallets,
            printer=printer,
            bags=bool(self.rules.bags),
            member=self.checkout.members.card(station, here) if place is Place.MEMBER else None,
            phones=self.places.status.word() is LineWord.UP,
            join=self._joining(station, here) if place is Place.MEMBER else None,
            shelf=self._shelf(here) if place is Place.LOOKUP else Shelf(),
            bag_wares=self._wares(list(self.rules.bags)) if place is Place.BAGS else (),
            wait_s=self._wait_s(),
            collected=self.pickup.collected(here) if place is Place.PICKUP else None,
            help=self._ticket(here.said("brings") or here.said("help")),
            said=(here.said("said"), here.said("said_zh"), here.said("said_en")),
            pickup_at=(self.rules.pickup_at_zh, self.rules.pickup_at_en),
            kept_minutes=self.rules.kept_minutes,
            **facts,  # type: ignore[arg-type]
        )

    def _shopping(self, station: str, here: Here, basket: Basket) -> dict[str, object]:
        bill = self.checkout.room.selling.bill(basket)
        titles = self.checkout.room.selling.quoting.titles(basket, bill.priced)
        return {
            "bill": bill,
            "rows": _rows(bill, here, titles),
            "offs": _offs(bill, titles),
            "gifts": tuple((one.name_zh, one.name_en) for one in bill.priced.gifts),
            "hint": _hint(bill.priced),
            "tier": basket.tier,
            "coupons": self._coupons(station, basket, bill),
            "checks": tuple(self._check(here, basket, need) for need in self.checkout.pending(here, basket)),
            "payment": self.checkout.room.checkout.payment(basket.basket),
        }

    def _coupons(self, station: str, basket: Basket, bill: Bill) -> tuple[Choice, ...]:
        fens = {part.rule: int(part.fen) for part in bill.priced.parts if part.kind == "coupon"}
        whys = {one.rule: (one.zh, one.en) for one in bill.priced.whynots}
        rules = {held.coupon: held.terms.rule.rule for held in bill.held}
        named = {coupon: whys.get(coupon) or whys.get(rule) or ("", "") for coupon, rule in rules.items()}
        return self.checkout.members.choices(station, basket, fens, named)

    def _check(self, here: Here, basket: Basket, need: Need) -> Check:
        line = next((one for one in basket.lines if one.line in need.lines), None)
        name = (line.name_zh, line.name_en) if line is not None else (need.about, need.about)
        return Check(need, name, line.category if line else "", self.checkout.ticket(here, need))

    def _joining(self, station: str, here: Here) -> JoinView | None:
        if not here.said("scene"):
            return None
        with contextlib.suppress(LookOver):
            return self.checkout.room.customers.members.joined(here.said("scene"), station)
        return None

    def _shelf(self, here: Here) -> Shelf:
        """`shelf` is "" (categories), "letters" or "category"; `word` what of it."""
        kinds = tuple(self.goods.categories()[:24])
        page, word = int(here.said("page") or 0), here.said("word")
        if here.said("shelf") == "letters":
            found = self.checkout.room.catalogue.named(word)
            skus = [one.sku for one in found][page * PAGE : (page + 1) * PAGE + 1]
            return Shelf(kinds, "", word, page, len(skus) > PAGE, self._wares(skus[:PAGE]))
        if here.said("shelf") == "category":
            skus = self.goods.in_category(word, [], page * PAGE, PAGE + 1)
            return Shelf(kinds, word, "", page, len(skus) > PAGE, self._wares(skus[:PAGE]))
        return Shelf(kinds)

    def _wares(self, skus: list[str]) -> tuple[Ware, ...]:
        wares = self.checkout.room.selling.books.wares
        found = [ware for ware in (wares.ware(sku) for sku in skus) if ware is not None]
        return tuple(
            Ware(one.sku, one.name_zh, one.name_en, one.category, one.fen, one.by_weight) for one in found
        )

    def _ticket(self, name: str) -> Ticket | None:
        return self.checkout.tickets.ticket(name) if name else None

    def _wait_s(self) -> int:
        """How long people waited lately, to the next ten seconds."""
        waits = [one.wait_s for one in self.checkout.tickets.ended(_WAITED)]
        mean = sum(waits) // len(waits) if waits else _USUAL_S
        return min(_MOST_S, max(_LEAST_S, -(-mean // 10) * 10))


def _rows(bill: Bill, here: Here, titles: dict[str, tuple[str, str]]) -> tuple[LaneRow, ...]:
    """Newest on top: the line that just changed, then the later lines before the earlier."""
    fresh = int(here.said("flash") or 0)
    priced = {one.line: one for one in bill.priced.lines}

    def row(line: Line) -> LaneRow:
        one = priced.get(line.line)
        off: dict[str, int] = {}
        for unit in one.units if one is not None else ():
            for part in unit.parts:
                if part.kind in _OF_LINE:
                    off[part.rule] = off.get(part.rule, 0) + int(part.fen)
        best, saved = max(off, key=lambda rule: off[rule], default=""), sum(off.values())
        return LaneRow(line, line.gross_fen - saved, saved, titles.get(best, ("", "")), line.line == fresh)

    ordered = sorted(bill.basket.lines, key=lambda line: (line.line != fresh, -line.line))
    return tuple(row(line) for line in ordered)


def _offs(bill: Bill, titles: dict[str, tuple[str, str]]) -> tuple[tuple[str, str, int], ...]:
    """What comes off the whole: (zh, en, fen)."""
    parts = [part for part in bill.priced.parts if part.kind not in _OF_LINE and part.fen]
    return tuple((*titles.get(part.rule, (part.rule, part.rule)), int(part.fen)) for part in parts)


def _hint(priced: Priced) -> tuple[str, str]:
    """What is nearly reached: the one with the least missing."""
    near = [one for one in priced.whynots if one.code == "threshold" and one.missing]
    if not near:
        return "", ""
    least = min(near, key=lambda one: one.missing)
    return least.zh, least.en
