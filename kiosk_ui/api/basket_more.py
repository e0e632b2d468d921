"""/api/v1/stations/…/basket: what a basket can do beside scanning and paying; suspended ones; cash of a till."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from edge.domain.selling import Basket
from edge.domain.shifts import Taking
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.api.basket_more_told import (
    AddAsked,
    AsidesTold,
    CutAsked,
    DropCouponAsked,
    GiftAsked,
    GuideAsked,
    MoveCashAsked,
    MovedCash,
    PointsAsked,
    ReportTold,
    SuspendedTold,
    WeighAsked,
)
from kiosk_ui.api.calls import call
from kiosk_ui.api.selling_answered import BasketTold
from kiosk_ui.api.selling_asked import BasketAsked, CloseAsked
from kiosk_ui.api.strict_json import read_body


class BasketMoreApi:
    """`client` gives the program that calls; `told` says a basket with its price."""

    def __init__(
        self, store: Store, client: Callable[[str], Operator], told: Callable[[Basket], Response]
    ) -> None:
        self._room = store.sales
        self._client = client
        self._told = told

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        for path, view, method in (
            ("/baskets", self.suspended, "GET"),
            ("/baskets/aside", self.asides, "GET"),
            ("/basket/add", self.add, "POST"),
            ("/basket/weigh", self.weigh, "POST"),
            ("/basket/lines/<int(max=99999):line>/cut", self.cut, "POST"),
            ("/basket/guide", self.guide, "POST"),
            ("/basket/member/drop", self.nobody, "POST"),
            ("/basket/points", self.points, "POST"),
            ("/basket/coupons/drop", self.drop, "POST"),
            ("/basket/gifts", self.gift, "POST"),
            ("/shift/cash", self.cash_moves, "POST"),
            ("/shift/print", self.print_x, "POST"),
        ):
            endpoint = f"selling_{view.__name__}"
            site.add_url_rule(
                f"/stations/<station>{path}", view_func=view, methods=[method], endpoint=endpoint
            )

    @call("sales", answer=SuspendedTold)
    def suspended(self, station: str) -> Response:
        """GET: baskets that were put aside, at whichever station, newest first."""
        self._client(station)
        baskets = [
            {
                "basket": one.basket,
                "code": one.code,
                "station": one.station,
                "units": one.units,
                "gross_fen": one.gross_fen,
                "training": one.training,
                "at": one.changed_at,
            }
            for one in self._room.selling.suspended()
        ]
        return jsonify(result="ok", baskets=baskets)

    @call("sales", answer=AsidesTold)
    def asides(self, station: str) -> Response:
        """GET: baskets set aside, of all stations: those whose payment is being clarified, then how others ended."""
        self._client(station)
        baskets = [
            {
                "basket": one.basket,
                "station": one.station,
                "units": one.units,
                "fen": one.fen,
                "at": one.at,
                "how": one.how.value,
                "code": one.code,
                "receipt": one.receipt,
                "sale": one.sale,
                "cash_fen": one.cash_fen,
            }
            for one in self._room.checkout.asides()
        ]
        return jsonify(result="ok", baskets=baskets)

    @call("sales", asked=AddAsked, answer=BasketTold)
    def add(self, station: str) -> Response:
        """POST {sku, qty?, nonce}: so many pieces of a product, at HQ's price; a basket is opened where none is."""
        operator, asked = self._client(station), read_body(AddAsked)
        return self._told(self._room.selling.add(asked.sku, operator, asked.nonce, qty=asked.qty))

    @call("sales", asked=WeighAsked, answer=BasketTold)
    def weigh(self, station: str) -> Response:
        """POST {sku, nonce}: what lies on the station's scale."""
        operator, asked = self._client(station), read_body(WeighAsked)
        return self._told(self._room.selling.weigh(asked.sku, operator, asked.nonce))

    @call("sales", asked=CutAsked, answer=BasketTold)
    def cut(self, station: str, line: int) -> Response:
        """POST {basket, fen, reason, nonce}: takes something off a line by hand; role lead, within the limit."""
        operator, asked = self._client(station), read_body(CutAsked)
        selling = self._room.selling
        return self._told(selling.cut(asked.basket, line, asked.fen, asked.reason, operator, asked.nonce))

    @call("sales", asked=GuideAsked, answer=BasketTold)
    def guide(self, station: str) -> Response:
        """POST {basket, staff, nonce}: who advised the shopper, by staff number; "" nobody."""
        operator, asked = self._client(station), read_body(GuideAsked)
        return self._told(self._room.selling.guide(asked.basket, asked.staff, operator, asked.nonce))

    @call("sales", asked=BasketAsked, answer=BasketTold)
    def nobody(self, station: str) -> Response:
        """POST {basket, nonce}: the member leaves the basket; one comes by the scan of a code."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return self._told(self._room.selling.member(asked.basket, "", "", "", operator, asked.nonce))

    @call("sales", asked=PointsAsked, answer=BasketTold)
    def points(self, station: str) -> Response:
        """POST {basket, points, nonce}: so many points at most are to pay."""
        operator, asked = self._client(station), read_body(PointsAsked)
        return self._told(self._room.selling.points(asked.basket, asked.points, operator, asked.nonce))

    @call("sales", asked=DropCouponAsked, answer=BasketTold)
    def drop(self, station: str) -> Response:
        """POST {basket, coupon, nonce}: a coupon leaves the basket; one that is not in it stays out."""
        operator, asked = self._client(station), read_body(DropCouponAsked)
        return self._told(self._room.selling.drop_coupon(asked.basket, asked.coupon, operator))

    @call("sales", asked=GiftAsked, answer=BasketTold)
    def gift(self, station: str) -> Response:
        """POST {basket, rule, wanted, nonce}: a gift is declined, or an offer for money taken."""
        operator, asked = self._client(station), read_body(GiftAsked)
        selling = self._room.selling
        return self._told(selling.gift(asked.basket, asked.rule, operator, asked.nonce, wanted=asked.wanted))

    @call("sales", asked=MoveCashAsked, answer=MovedCash)
    def cash_moves(self, station: str) -> Response:
        """POST {kind, fen, reason, nonce}: cash in or out (role lead), or dropped to the safe."""
        operator, asked = self._client(station), read_body(MoveCashAsked)
        fen = self._room.shifts.move(Taking(asked.kind), asked.fen, asked.reason, operator, asked.nonce)
        return jsonify(result="ok", kind=asked.kind, fen=fen)

    @call("sales", asked=CloseAsked, answer=ReportTold)
    def print_x(self, station: str) -> Response:
        """POST {nonce}: the X report, in figures and on paper."""
        operator, asked = self._client(station), read_body(CloseAsked)
        told = self._room.shifts.print_x(operator, asked.nonce)
        return jsonify(
            result="ok",
            shift=told.shift,
            sales=told.sales,
            units=told.units,
            gross_fen=told.gross_fen,
            net_fen=told.net_fen,
            refund_fen=told.refund_fen,
            void_fen=told.void_fen,
            tenders=[{"kind": kind, "count": count, "fen": fen} for kind, count, fen in told.tenders],
            first_receipt=told.first_receipt,
            last_receipt=told.last_receipt,
            head=told.head,
        )
