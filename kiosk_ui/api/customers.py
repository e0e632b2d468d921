"""/api/v1/stations/…: gifts handed over, claims honoured; members by phone, their cards, the hidden, joining."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.api.benefits_asked import MemberTold
from kiosk_ui.api.calls import call
from kiosk_ui.api.customers_told import (
    CardTold,
    CouponClaimAsked,
    CouponCodeTold,
    GiftTold,
    GiveAsked,
    HiddenTold,
    JoinAsked,
    JoinTold,
    PhoneAsked,
    RevealAsked,
)
from kiosk_ui.api.strict_json import read_body

_NUMBER = "<int(max=999999999999999):look>"


class CustomersApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses."""

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._desks = store.customers
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        for path, view, method in (
            ("/coupons/give", self.give, "POST"),
            ("/coupons/honour", self.honour, "POST"),
            ("/members/phone", self.phone, "POST"),
            (f"/members/{_NUMBER}", self.card, "GET"),
            (f"/members/{_NUMBER}/reveal", self.reveal, "POST"),
            ("/members/join", self.join, "POST"),
            ("/members/join/<scene>", self.joined, "GET"),
        ):
            endpoint = f"customers_{view.__name__}"
            site.add_url_rule(
                f"/stations/<station>{path}", view_func=view, methods=[method], endpoint=endpoint
            )

    @call("coupons", asked=GiveAsked, answer=GiftTold)
    def give(self, station: str) -> Response:
        """POST {code, look?, nonce}: the gift or sample of a voucher goes over the counter."""
        operator, asked = self._client(station), read_body(GiveAsked)
        members = self._desks.members
        member = members.known(asked.look, station).member if asked.look else ""
        given = self._desks.coupons.hand_over(asked.code, operator, asked.nonce, member=member)
        return jsonify(
            result="ok",
            use=given.use,
            coupon=given.coupon,
            sku=given.sku,
            name={"zh": given.name_zh, "en": given.name_en},
            qty=given.qty,
            repeat=given.repeat,
        )

    @call("coupons", asked=CouponClaimAsked, answer=CouponCodeTold)
    def honour(self, station: str) -> Response:
        """POST {claim}: HQ's coupon for a claim code of a receipt; asked again it is the same one."""
        self._client(station)
        return jsonify(result="ok", code=self._desks.repurchase.honour(read_body(CouponClaimAsked).claim))

    @call("members", asked=PhoneAsked, answer=MemberTold)
    def phone(self, station: str) -> Response:
        """POST {phone}: whose number that is, masked; it is kept nowhere."""
        operator = self._client(station)
        who = self._desks.members.by_phone(read_body(PhoneAsked).phone, operator)
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

    @call("members", answer=CardTold)
    def card(self, station: str, look: int) -> Response:
        """GET: the card of somebody who was identified at this station within ten minutes, masked."""
        self._client(station)
        card = self._desks.members.card(look, station)
        coupons = [
            {
                "coupon": one.coupon,
                "title": {"zh": one.title_zh, "en": one.title_en},
                "kind": one.kind,
                "fen": one.fen,
                "refused": one.refusal.code if one.refusal else "",
            }
            for one in card.coupons
        ]
        return jsonify(
            result="ok",
            look=look,
            tier=card.who.tier,
            tier_name={"zh": card.tier_zh, "en": card.tier_en},
            trust=card.who.trust.value,
            name=card.name,
            card=card.card,
            phone=card.phone,
            points=card.points,
            badges=list(card.badges),
            coupons=coupons,
        )

    @call("members", asked=RevealAsked, answer=HiddenTold)
    def reveal(self, station: str, look: int) -> Response:
        """POST {reason, nonce}: name and phone, to be shown for so many seconds and kept nowhere; role lead."""
        operator, asked = self._client(station), read_body(RevealAsked)
        seen = self._desks.members.reveal(look, asked.reason, operator, asked.nonce)
        return jsonify(result="ok", name=seen.name, phone=seen.phone, seconds=seen.seconds)

    @call("members", asked=JoinAsked, answer=JoinTold)
    def join(self, station: str) -> Response:
        """POST {guide?, nonce}: a code for joining, good for two minutes."""
        operator, asked = self._client(station), read_body(JoinAsked)
        shown = self._desks.members.join(operator, asked.nonce, guide=asked.guide)
        return jsonify(
            result="ok", scene=shown.scene, url=shown.url, left_s=shown.left_s, outcome=shown.result
        )

    @call("members", answer=JoinTold)
    def joined(self, station: str, scene: str) -> Response:
        """GET: what came of a code for joining so far."""
        self._client(station)
        shown = self._desks.members.joined(scene, station)
        return jsonify(
            result="ok", scene=shown.scene, url=shown.url, left_s=shown.left_s, outcome=shown.result
        )
