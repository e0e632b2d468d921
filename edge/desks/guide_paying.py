"""Paying an order at the guide screen: a way, a member's code, HQ's price, a wallet's code, and what is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from edge.clock import moment_of, stamp
from edge.desks.day_shifts import close_yesterdays
from edge.desks.guide_order_money import OrderMoney
from edge.desks.guide_order_wishes import OrderWishes
from edge.desks.guide_places import GuidePlaces
from edge.desks.lane_places import SELF
from edge.desks.staff import StaffDesk
from edge.desks.tickets import TicketDesk
from edge.domain import lane_session
from edge.domain.guide_order_refusals import MemberCodeWanted, NotPaidHere, PayCodeWanted
from edge.domain.guide_orders import OrderState, OrderView
from edge.domain.guide_refusals import ScreenMovedOn
from edge.domain.guide_session import MONEY_PLACES, ORDERING_PLACES, PAY_PLACES, Act, Here, Place
from edge.domain.guide_views import GuideView
from edge.domain.orders import Fen
from edge.domain.payment_refusals import WalletsOffline
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.refusals import Refusal, UnknownThing
from edge.domain.scanned import PAY_KINDS, Expecting, ScanKind, classify
from edge.domain.tickets import Outcome, TicketState
from edge.domain.views import LineWord
from edge.records.guide_orders import GuideOrderRow
from sync.guiding import Option

KIND = "guide"
SHOWN_S = 60
"""How long the code for the member's phone stands on the screen."""
_ACTS = {
    lane_session.Act.PAY: Act.PAY,
    lane_session.Act.SUBMIT: Act.SUBMIT,
    lane_session.Act.ASK: Act.WAIT,
    lane_session.Act.LOSE: Act.LOSE,
}
_SHOWS = {Act.PAY: Place.PAY, Act.SUBMIT: Place.PAYING, Act.WAIT: Place.USERPAYING, Act.LOSE: Place.CLEARING}
_TAKEN = frozenset({OrderState.PAID, OrderState.KEPT, OrderState.LAPSED})


@dataclass(frozen=True)
class GuidePaying:
    """The screen follows the rows: whoever looks first moves it, the page that waits or `turn`."""

    places: GuidePlaces
    wishes: OrderWishes
    money: OrderMoney
    tickets: TicketDesk
    staff: StaffDesk

    def offers(self) -> bool:
        """Whether an order could be paid here now: HQ is there to make it, wallets are there to pay it."""
        up = self.places.status.word() is not LineWord.DOWN
        return self.wishes.at_hq is not None and up and self.money.tender.views.wallets()

    # ---- the way to paying ----

    def choose(self, station: str, option: str, nonce: str) -> Here:
        """在这里付款, for one of HQ's ways on the page. Raises NotPaidHere, WalletsOffline, ScreenMovedOn."""
        here = self.places.here(station)
        if here.place is not Place.ORDER:
            raise ScreenMovedOn
        if not self.offers():
            raise WalletsOffline
        row = self.wishes.begun(station, here, option, nonce)
        return self.places.move(station, Act.WHO, {"wish": row.wish, "option": option})

    def confirm(self, station: str) -> Here:
        """HQ's price is another one, and the shopper has seen it."""
        here = self._raw(station)
        if here.place is not Place.CHECK:
            raise ScreenMovedOn
        return self._begin(station, self.money.row(here.said("wish")))

    def give_up(self, station: str) -> None:
        """Back from an order that is not paid; raises ScreenMovedOn while money is under way."""
        here = self.settle(station)
        if here.place in MONEY_PLACES:
            raise ScreenMovedOn
        if here.place in ORDERING_PLACES and self.money.drop(here.said("wish")) in _TAKEN:
            self.settle(station)
            raise ScreenMovedOn

    def cancel(self, station: str) -> Here:
        """取消支付: the attempt is asked for once more and taken back; the order can be paid another way."""
        here = self.settle(station)
        if here.place in MONEY_PLACES:
            self.money.stop(self.money.row(here.said("wish")))
        return self.settle(station)

    # ---- scans ----

    def takes(self, station: str, text: str, nonce: str) -> bool:
        """Deals with a scan while an order is on its way to being paid; False: nobody here waits for one."""
        if self.staff.station(station).kind != KIND or self._raw(station).place not in ORDERING_PLACES:
            return False
        try:
            self._scan(station, text, nonce)
        except ScreenMovedOn:
            pass  # the payment moved it on meanwhile: what is there now is the answer
        except Refusal as refusal:
            self._say(station, refusal)
        return True

    def _scan(self, station: str, text: str, nonce: str) -> Here:
        here = self.settle(station)
        paying = here.place in PAY_PLACES
        expecting = Expecting.PAYMENT if paying else Expecting.ANYTHING
        kind = classify(text, expecting, self.places.catalogue.rules).kind
        match here.place:
            case Place.WHO if kind is ScanKind.MEMBER:
                return self._member(station, here, text)
            case Place.WHO:
                raise MemberCodeWanted
            case Place.PAY if kind in PAY_KINDS:
                return self._pay(station, here, text, nonce)
            case Place.PAY if kind is not ScanKind.MEMBER:
                raise PayCodeWanted
            case Place.CHECK if kind in PAY_KINDS:
                raise NotPaidHere
            case _:
                return here  # a second look of the scanner at the same phone

    def _member(self, station: str, here: Here, text: str) -> Here:
        made = self.wishes.asked(self.money.row(here.said("wish")), text)
        told = {"wish": made.row.wish, "url": made.url, "district": made.district}
        if made.row.fen != made.row.shown_fen:
            return self.places.move(station, Act.CHECK, told)
        return self._begin(station, made.row, told)

    def _begin(self, station: str, row: GuideOrderRow, told: dict[str, str] | None = None) -> Here:
        if self._over(row):
            self.money.drop(row.wish)
            return self.places.move(station, Act.LAPSE)
        self.money.begin(row.wish)
        return self.places.move(station, Act.PAY, told)

    def _pay(self, station: str, here: Here, text: str, nonce: str) -> Here:
        self.money.submit(self.money.row(here.said("wish")), text, nonce)
        return self.settle(station)

    # ---- what the payment does to the screen ----

    def settle(self, station: str) -> Here:
        """The screen follows the payment; one that is paid is told to HQ here."""
        try:
            return self._settled(station)
        except ScreenMovedOn:
            return self._raw(station)  # another thread was quicker

    def _settled(self, station: str) -> Here:
        here = self._raw(station)
        if here.place not in PAY_PLACES:
            return here
        try:
            row = self.money.finish(self.money.row(here.said("wish")))
        except UnknownThing:
            return self.places.move(station, Act.REST)
        if row.state in _TAKEN:
            until = self.places.status.now() + timedelta(seconds=SHOWN_S)
            return self.places.move(station, Act.PAID, {"until": stamp(until)})
        payment = self.money.payment(row)
        if payment is None or row.state is OrderState.DROPPED or payment.state is Paying.CANCELLED:
            # Another thread may have dropped it for having waited too long: that is said here, too.
            return self.places.move(station, Act.LAPSE if self._over(row) else Act.REST)
        return self._followed(station, here, row, payment)

    def _followed(self, station: str, here: Here, row: GuideOrderRow, payment: PaymentView) -> Here:
        act = _ACTS.get(lane_session.act_of(payment))
        if act is None:
            return here
        if act is Act.PAY and self._over(row):
            # Nothing was taken of it, and HQ has it no more for long: nobody begins to pay it now.
            self.money.drop(row.wish)
            return self.places.move(station, Act.LAPSE)
        if act is Act.LOSE and payment.attempt is not None and payment.attempt.call_staff:
            here = self._help(station, here, payment.attempt.number)
            if self._freed(here):
                self.money.park(row)
                return self.places.move(station, Act.REST)
        if here.place is _SHOWS[act]:
            return here
        failed = act is Act.PAY and here.place is not Place.PAY
        return self.places.move(station, act, {"failed": "yes"} if failed else None)

    def leaving(self, station: str, here: Here) -> None:
        """Who leaves before anything was paid drops the order."""
        if here.place in ORDERING_PLACES:
            self.money.drop(here.said("wish"))

    def turn(self) -> bool:
        """One bounded step of what orders at screens owe by themselves."""
        stations = [one.id for one in self.staff.stations() if one.kind == KIND]
        for station in stations:
            self.settle(station)
        shown = {station: self._raw(station) for station in stations}
        worked = self.money.turn({station: here.said("wish") for station, here in shown.items()})
        for station in stations:
            if shown[station].place not in ORDERING_PLACES:
                worked |= close_yesterdays(self.money.shifts, station)
        return worked

    # ---- showing ----

    def shown(self, view: GuideView) -> GuideView:
        """What the page says of the order that the screen is about."""
        here = view.here
        if here.place is Place.ORDER and view.ways and view.product is not None:
            offered = self.offers() and not view.product.adults
            return replace(view, ways=tuple(replace(way, here=way.here and offered) for way in view.ways))
        try:
            row = self.money.row(here.said("wish"))
        except UnknownThing:
            return view
        way = msgspec.json.decode(row.way, type=Option)
        code, zh, en, next_zh, next_en = (here.said("said").split("\n") + [""] * 5)[:5]
        order = OrderView(
            way_kind=way.kind,
            way_zh=way.name_zh,
            way_en=way.name_en,
            way_fen=Fen(way.fen),
            shown_fen=Fen(row.shown_fen),
            fen=Fen(row.fen),
            tail=row.order_no[-4:],
            district=here.said("district"),
            payment=self.money.payment(row),
            wallets=self.money.tender.views.wallets(),
            failed=bool(here.said("failed")),
            said=(code, zh, en),
            next=(next_zh, next_en),
            paper=bool(row.slip),
            help=self.tickets.state(here.said("help")),
        )
        return replace(view, order=order)

    # ---- inside ----

    def _raw(self, station: str) -> Here:
        return self.places.rows.here(station) or Here()

    def _over(self, row: GuideOrderRow) -> bool:
        return bool(row.pay_until) and self.places.status.now() > moment_of(row.pay_until)

    def _help(self, station: str, here: Here, number: str) -> Here:
        if here.said("help"):
            return here
        made = self.tickets.unclear(station, SELF, number)
        return self.places.move(station, Act.NOTE, {"help": made.ticket})

    def _freed(self, here: Here) -> bool:
        """Whether a member of staff came and closed the call: the next shopper may use the screen."""
        try:
            ticket = self.tickets.ticket(here.said("help"))
        except UnknownThing:
            return False
        return ticket.state is TicketState.CLOSED and ticket.outcome == Outcome.HELPED.value

    def _say(self, station: str, refusal: Refusal) -> None:
        zh, en = refusal.words("zh"), refusal.words("en")
        said = f"{refusal.code}\n{zh.text}\n{en.text}\n{zh.next}\n{en.next}"
        if self._raw(station).place in ORDERING_PLACES:
            self.places.move(station, Act.NOTE, {"said": said})
