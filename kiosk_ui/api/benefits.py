"""/api/v1/stations/…: coupons held, used and let go, members known, for programs."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.api.benefits_asked import (
    CouponHoldAsked,
    CouponLookAsked,
    CouponRedeemAsked,
    CouponReleaseAsked,
    CouponTold,
    HoldTold,
    LetGo,
    MemberAsked,
    MemberTold,
    UseTold,
)
from kiosk_ui.api.calls import call
from kiosk_ui.api.strict_json import read_body


class BenefitsApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses."""

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._desks = store.customers
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        here = "/stations/<station>"
        for path, view in (
            ("/coupons/look", self.look),
            ("/coupons/hold", self.hold),
            ("/coupons/redeem", self.redeem),
            ("/coupons/release", self.release),
            ("/members/identify", self.identify),
        ):
            site.add_url_rule(
                here + path, view_func=view, methods=["POST"], endpoint=f"benefits_{view.__name__}"
            )

    @call("coupons", asked=CouponLookAsked, answer=CouponTold)
    def look(self, station: str) -> Response:
        """POST {code, look}: what a coupon is and whether it can be used now; changes nothing, asks nobody."""
        self._client(station)
        asked = read_body(CouponLookAsked)
        view = self._desks.coupons.look(asked.code, member=self._member(asked.look, station))
        return jsonify(
            result="ok",
            coupon=view.coupon,
            title={"zh": view.title_zh, "en": view.title_en},
            kind=view.kind,
            fen=view.fen,
            state=view.state.value,
            offline=view.offline.value,
            asks_hq=view.asks_hq,
            refused=view.refusal.code if view.refusal else "",
        )

    @call("coupons", asked=CouponHoldAsked, answer=HoldTold)
    def hold(self, station: str) -> Response:
        """POST {code, order, nonce, look}: a basket takes the coupon for 15 minutes; asked again it is the same."""
        operator = self._client(station)
        asked = read_body(CouponHoldAsked)
        member = self._member(asked.look, station)
        held = self._desks.coupons.lock(asked.code, asked.order, operator, asked.nonce, member=member)
        return jsonify(
            result="ok",
            hold=held.lock,
            coupon=held.coupon,
            title={"zh": held.title_zh, "en": held.title_en},
            kind=held.kind,
            fen=held.fen,
            until=held.until.isoformat(),
            unverified=held.unverified,
            repeat=held.repeat,
        )

    @call("coupons", asked=CouponRedeemAsked, answer=UseTold)
    def redeem(self, station: str) -> Response:
        """POST {hold, fen, nonce, ref}: the sale was made and the coupon took so much off."""
        operator = self._client(station)
        asked = read_body(CouponRedeemAsked)
        use = self._desks.coupons.redeem(asked.hold, asked.fen, operator, asked.nonce, ref=asked.ref)
        return jsonify(result="ok", use=use)

    @call("coupons", asked=CouponReleaseAsked, answer=LetGo)
    def release(self, station: str) -> Response:
        """POST {hold}: the basket lets the coupon go; asked twice it is let go once."""
        operator = self._client(station)
        asked = read_body(CouponReleaseAsked)
        self._desks.coupons.release(asked.hold, operator)
        return jsonify(result="ok", hold=asked.hold)

    @call("members", asked=MemberAsked, answer=MemberTold)
    def identify(self, station: str) -> Response:
        """POST {code}: who shows this, masked."""
        operator = self._client(station)
        who = self._desks.members.identify(read_body(MemberAsked).code, operator)
        card = self._desks.members.card(who.look, station)
        return jsonify(
            result="ok",
            look=who.look,
            tier=who.tier,
            trust=who.trust.value,
            name=card.name,
            card=card.card,
            points=card.points,
            badges=list(card.badges),
        )

    def _member(self, look: int, station: str) -> str:
        return self._desks.members.known(look, station).member if look else ""
