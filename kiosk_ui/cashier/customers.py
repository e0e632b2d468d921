"""The pages COUPON and MEMBER: what a coupon is and why not, gifts handed over; a member's masked card, joining."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.coupons import HANDED
from edge.domain.member_views import Revealed
from edge.domain.refusals import BadRequest, NotSignedIn, Refusal
from edge.domain.scanned import ScanKind
from edge.domain.staff import Act, Operator
from edge.domain.views import SeenScan
from edge.store import Store
from kiosk_ui import customer_words, qr
from kiosk_ui.cashier.asked import nonce_of, number_of, text_of
from kiosk_ui.cashier.stage import Stage, fresh_nonce
from kiosk_ui.language import told

COUPON, MEMBER = "/cashier/coupon", "/cashier/member"
_MEMBERS = frozenset({ScanKind.MEMBER, ScanKind.CARD})
_MOST_TEXT = 600
_ISSUERS = frozenset({"", "groupbuy"})

Show = Callable[[Stage, Operator], WerkzeugResponse]
Refuse = Callable[[Refusal, Operator], WerkzeugResponse]


class CustomerPages:
    """Every action is a form that works by itself; members are named by the number of a look, never by a token."""

    def __init__(self, store: Store, operator: Callable[[], Operator], show: Show, refuse: Refuse) -> None:
        self._store = store
        self._operator = operator
        self._show = show
        self._refuse = refuse

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/coupon", view_func=self.coupon, endpoint="coupon")
        site.add_url_rule("/coupon", view_func=self.typed, methods=["POST"], endpoint="coupon_typed")
        site.add_url_rule("/coupon/give", view_func=self.give, methods=["POST"], endpoint="coupon_give")
        site.add_url_rule("/coupon/honour", view_func=self.honour, methods=["POST"], endpoint="coupon_honour")
        site.add_url_rule("/member", view_func=self.member, endpoint="member")
        site.add_url_rule("/member", view_func=self.named, methods=["POST"], endpoint="member_named")
        site.add_url_rule("/member/reveal", view_func=self.reveal, methods=["POST"], endpoint="member_reveal")
        site.add_url_rule("/member/join", view_func=self.join, methods=["POST"], endpoint="member_join")
        site.add_url_rule("/member/join/<scene>", view_func=self.joining, endpoint="member_joining")

    # ---- which stage ----

    def wants(self, scan: SeenScan | None, operator: Operator) -> Stage | None:
        """COUPON or MEMBER, where what was scanned is one; a Refusal becomes their own stage."""
        if scan is None:
            return None
        if scan.kind is ScanKind.COUPON or self._is_claim(scan):
            return coupon_stage(self._store, scan, operator, "")
        if scan.kind in _MEMBERS:
            return self._member_of(scan, operator)
        return None

    def keeps(self, have: str, operator: Operator) -> bool:
        """Whether a page of ours stays as it is: nothing else was scanned meanwhile."""
        kind, _, rest = have.partition(":")
        current = self._store.scans.current(operator.station)
        return kind in {"coupon", "member", "gift", "join"} and rest.partition(":")[0] == _id(current)

    def _is_claim(self, scan: SeenScan) -> bool:
        if scan.kind is not ScanKind.UNKNOWN:
            return False
        try:
            return self._store.customers.coupons.scanned(scan.id, scan.station).startswith("CC1.")
        except Refusal:
            return False

    def _member_of(self, scan: SeenScan, operator: Operator) -> Stage:
        try:
            who = self._store.customers.members.of_scan(scan.id, operator)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            # What was scanned is answered; the page itself is as it should be.
            return replace(member_stage(self._store, operator, 0, refusal=refusal), status=200)
        return member_stage(self._store, operator, who.look)

    # ---- coupons ----

    def coupon(self) -> WerkzeugResponse:
        """GET /cashier/coupon[?issuer=]: the station's newest scan as a coupon, else a field to type one."""
        operator = self._operator()
        issuer = request.args.get("issuer", "")
        current = self._store.scans.current(operator.station)
        if issuer not in _ISSUERS:
            raise BadRequest(why="issuer")
        return self._show(coupon_stage(self._store, current, operator, issuer), operator)

    def typed(self) -> WerkzeugResponse:
        """POST text[, issuer]: a coupon's number or code; it lies on the stage as if it had been scanned."""
        operator = self._operator()
        issuer = request.form.get("issuer", "")
        if issuer not in _ISSUERS:
            raise BadRequest(why="issuer")
        return self._done(
            operator,
            lambda: self._store.scans.type_in(_long_text("text"), operator.station),
            COUPON + (f"?issuer={issuer}" if issuer else ""),
        )

    def give(self) -> WerkzeugResponse:
        """POST scan, nonce[, look]: the gift goes over the counter."""
        operator, scan, nonce = self._operator(), number_of("scan"), nonce_of()
        look = number_of("look", 0)
        desks = self._store.customers
        try:
            member = desks.members.known(look, operator.station).member if look else ""
            text = desks.coupons.scanned(scan, operator.station)
            given = desks.coupons.hand_over(text, operator, nonce, member=member)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        self._store.scans.dismiss(scan, operator.station)
        current = self._store.scans.current(operator.station)
        return self._show(Stage("gift", f"gift:{_id(current)}:{given.use}", {"given": given}), operator)

    def honour(self) -> WerkzeugResponse:
        """POST scan, nonce: HQ gives the coupon for a claim code; it lies on the stage then."""
        operator, scan = self._operator(), number_of("scan")
        nonce_of()

        def act() -> None:
            desks = self._store.customers
            code = desks.repurchase.honour(desks.coupons.scanned(scan, operator.station))
            self._store.scans.dismiss(scan, operator.station)
            self._store.scans.type_in(code, operator.station)

        return self._done(operator, act, COUPON)

    # ---- members ----

    def member(self) -> WerkzeugResponse:
        """GET /cashier/member[?look=N]: the card, else ways to find somebody."""
        operator = self._operator()
        look = request.args.get("look", "0")
        if not look.isascii() or not look.isdecimal() or len(look) > 15:
            raise BadRequest(why="look")
        return self._show(member_stage(self._store, operator, int(look)), operator)

    def named(self) -> WerkzeugResponse:
        """POST text (code or card number) or phone: who that is."""
        operator = self._operator()
        members = self._store.customers.members
        try:
            if request.form.get("phone"):
                who = members.by_phone(text_of("phone"), operator)
            else:
                who = members.identify(_long_text("text"), operator)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._show(member_stage(self._store, operator, 0, refusal=refusal), operator)
        return redirect(f"{MEMBER}?look={who.look}", 303)

    def reveal(self) -> WerkzeugResponse:
        """POST look, reason, nonce: the hidden for ten seconds, in this answer alone; then the masked card again."""
        operator, look = self._operator(), number_of("look")
        try:
            seen = self._store.customers.members.reveal(look, text_of("reason"), operator, nonce_of())
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._show(member_stage(self._store, operator, look, refusal=refusal), operator)
        answer = make_response(self._show(member_stage(self._store, operator, look, seen=seen), operator))
        answer.headers["Refresh"] = f"{seen.seconds}; url={MEMBER}?look={look}"
        return answer

    def join(self) -> WerkzeugResponse:
        """POST nonce: a code for joining, of which whoever is signed in is the guide."""
        operator = self._operator()
        try:
            shown = self._store.customers.members.join(operator, nonce_of())
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._show(member_stage(self._store, operator, 0, refusal=refusal), operator)
        return redirect(f"{MEMBER}/join/{shown.scene}", 303)

    def joining(self, scene: str) -> WerkzeugResponse:
        """GET /cashier/member/join/<scene>: the code, and what came of it; looks again by itself."""
        operator = self._operator()
        shown = self._store.customers.members.joined(scene[:64], operator.station)
        current = self._store.scans.current(operator.station)
        facts = {"join": shown, "qr": qr.drawn(shown.url), "customer_words": customer_words}
        answer = make_response(self._show(Stage("join", f"join:{_id(current)}", facts), operator))
        if shown.left_s and not shown.result:
            answer.headers["Refresh"] = f"5; url={MEMBER}/join/{shown.scene}"
        return answer

    def _done(self, operator: Operator, act: Callable[[], object], where: str) -> WerkzeugResponse:
        try:
            act()
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        return redirect(where, 303)


def coupon_stage(store: Store, scan: SeenScan | None, operator: Operator, issuer: str) -> Stage:
    """COUPON: facts, usable or why not; without a scan a field for its number."""
    view, refusal, claim = None, None, False
    who = store.customers.members.newest(operator.station)
    if scan is not None:
        try:
            text = store.customers.coupons.scanned(scan.id, operator.station)
            claim = text.startswith("CC1.")
            if not claim:
                view = store.customers.coupons.look(text, member=who.member if who else "", issuer=issuer)
        except Refusal as said:
            refusal = said
    refusal = refusal or (view.refusal if view else None)
    facts = {
        "view": view,
        "scan": scan,
        "claim": claim,
        "refusal": told(refusal) if refusal else None,
        "gift": view is not None and view.kind in HANDED,
        "who": store.customers.members.card(who.look, operator.station) if who else None,
        "disputed": store.customers.coupons.disputed(5) if scan is None else (),
        "disputes": store.customers.coupons.disputes() if scan is None else 0,
        "customer_words": customer_words,
        "line_state": store.status.line(),
    }
    return Stage("coupon", f"coupon:{_id(scan)}", facts)


def member_stage(
    store: Store,
    operator: Operator,
    look: int,
    *,
    seen: Revealed | None = None,
    refusal: Refusal | None = None,
) -> Stage:
    """MEMBER: the masked card; without a look the ways to find somebody."""
    card = None
    if look:
        try:
            card = store.customers.members.card(look, operator.station)
        except Refusal as said:
            refusal = refusal or said
    facts: dict[str, Any] = {
        "card": card,
        "seen": seen,
        "refusal": told(refusal) if refusal else None,
        "may_reveal": operator.may(Act.REVEAL_MEMBER),
        "customer_words": customer_words,
        "nonce": fresh_nonce(),
        "line_state": store.status.line(),
        "spendable": _spendable(store, look, operator),
    }
    status = refusal.status if refusal is not None else 200
    current = store.scans.current(operator.station)
    # A card that lies under the scanner still: whoever leaves the page is done with it.
    facts["scan"] = current if current is not None and current.kind in _MEMBERS else None
    return Stage("member", f"member:{_id(current)}", facts, status)


def _spendable(store: Store, look: int, operator: Operator) -> int | None:
    try:
        members = store.customers.members
        return members.spendable(members.known(look, operator.station)) if look else None
    except Refusal:
        return None


def _id(scan: SeenScan | None) -> str:
    return str(scan.id if scan else 0)


def _long_text(name: str) -> str:
    text = request.form.get(name, "").strip()
    if not text or len(text) > _MOST_TEXT or not text.isprintable():
        raise BadRequest(why=name)
    return text
