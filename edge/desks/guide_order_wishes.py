"""From a way on the screen to HQ's order: the wish stands in the books before HQ is asked, and makes one order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import msgspec

from edge.clock import stamp
from edge.desks.guide_goods import GuideGoods
from edge.desks.guide_order_money import OrderMoney
from edge.desks.members import MemberDesk
from edge.domain.coupon_refusals import MemberCodeOld
from edge.domain.guide_order_refusals import MemberCodeSpent, NoAddress, NotPaidHere
from edge.domain.guide_orders import OrderState
from edge.domain.guide_refusals import OrderingAway, WayGone
from edge.domain.guide_session import Here
from edge.domain.payments import MOST_FEN
from edge.domain.refusals import Refusal
from edge.records.guide_orders import GuideOrderRow
from sync.guiding import Option, OptionsSaid
from sync.messages import SyncFault, is_stamp
from sync.ordering import OrderAsk, OrderSaid, OrdersAtHq, OrderWhy

_REFUSED: dict[OrderWhy, type[Refusal]] = {
    "gone": WayGone,
    "unknown": NotPaidHere,
    "member": MemberCodeOld,
    "used": MemberCodeSpent,
    "address": NoAddress,
}


@dataclass(frozen=True)
class Made:
    """HQ's order, and what of its answer stands on the screen alone: `url` for the member's phone, the `district`."""

    row: GuideOrderRow
    url: str
    district: str


@dataclass(frozen=True)
class OrderWishes:
    """A member's code is verified here, shown to HQ, and kept nowhere."""

    goods: GuideGoods
    members: MemberDesk
    money: OrderMoney
    at_hq: OrdersAtHq | None

    def price(self, sku: str) -> str:
        """Fen of a product that may be paid at a screen; "" of another."""
        goods = self.goods.catalogue.by_sku(sku)
        fen = self.goods.prices.short(goods)[0] if goods is not None and not goods.for_adults else None
        return str(int(fen)) if fen else ""

    def begun(self, station: str, here: Here, option: str, nonce: str) -> GuideOrderRow:
        """The wish for one of the ways that the screen shows, at the price it shows. Raises NotPaidHere."""
        kept = here.said("ways")
        ways = msgspec.json.decode(kept.encode(), type=OptionsSaid).options if kept else ()
        way = next((one for one in ways if one.option == option and one.here), None)
        # The price that the page began with: one that changed since is shown beside HQ's, and agreed to.
        fen = here.said("shown") if self.price(here.said("sku")) else ""
        if way is None or not fen:
            raise NotPaidHere
        name = hashlib.sha256(f"{station}\n{here.rev}\n{nonce}".encode()).hexdigest()[:32]
        now = stamp(self.money.tender.status.now())
        row = GuideOrderRow(
            wish=name,
            station=station,
            guide=here.said("guide"),
            campaign=here.said("campaign"),
            sku=here.said("sku"),
            way=msgspec.json.encode(way).decode(),
            shown_fen=int(fen) + way.fen,
            state=OrderState.WISHED,
            order_no="",
            fen=0,
            pay_until="",
            payment="",
            number="",
            channel="",
            shift="",
            slip=0,
            at=now,
            changed_at=now,
        )
        return self.money.wish(row)

    def asked(self, row: GuideOrderRow, code: str) -> Made:
        """HQ's order for whoever shows this code; an answer that was lost is asked for again by the next code.

        Raises MemberCodeOld, MemberUnknown, MemberCodeSpent, NoAddress, WayGone, NotPaidHere, OrderingAway.
        """
        self.members.genuine(code)
        said = self._said(row, code)
        if said.why == "nonce":
            # The wish before was another member's, whose answer never came: it lapses unpaid, unless they come back.
            fresh = hashlib.sha256(f"{row.wish}\nagain".encode()).hexdigest()[:32]
            row = self.money.wish(replace(row, wish=fresh, state=OrderState.WISHED, order_no="", fen=0))
            said = self._said(row, code)
        if said.why:
            raise _REFUSED.get(said.why, NotPaidHere)
        if not said.order or not 0 < said.fen <= MOST_FEN or not is_stamp(said.pay_until):
            raise NotPaidHere
        return Made(self.money.offered(row.wish, said), said.url, said.district)

    def _said(self, row: GuideOrderRow, code: str) -> OrderSaid:
        if self.at_hq is None:
            raise OrderingAway
        way = msgspec.json.decode(row.way, type=Option)
        asked = OrderAsk(
            nonce=row.wish,
            code=code.strip(),
            sku=row.sku,
            option=way.option,
            screen=row.station,
            guide=row.guide,
            campaign=row.campaign,
        )
        try:
            return self.at_hq.order(asked)
        except SyncFault:
            raise OrderingAway from None
