"""The cashier's SALE page: every act is a form that works by itself and leads back to the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.payment_views import Paying
from edge.domain.refusals import BadRequest, NotSignedIn, Refusal
from edge.domain.selling import BasketState, Sale
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.cashier import sale_waiting
from kiosk_ui.cashier import selling_stage as stages
from kiosk_ui.cashier.asked import nonce_of, number_of
from kiosk_ui.cashier.nav import nav_facts
from kiosk_ui.cashier.scan_posts import ScanPosts
from kiosk_ui.cashier.selling_stage import SaleStage
from kiosk_ui.cashier.shifts import ShiftPages, typed_fen

_HERE = "/cashier/sale"
VERBS = (
    "open scan wedge qty remove cut guide member points coupon age reprice suspend resume void cash pay unpay"
    " settle aside reprint weigh gift take"
).split()


class SalePages:
    """Works without scripts; with them, only the stage is exchanged."""

    def __init__(self, store: Store, operator: Callable[[], Operator]) -> None:
        self._store = store
        self._room = store.sales
        self._operator = operator
        put = self._put = partial(sale_waiting.put, store)
        posts = ScanPosts(_HERE, operator, put, self._room.say, self._done)
        self._scan, self._wedge = posts.scan, posts.wedge

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/sale", view_func=self.page, endpoint="sale")
        site.add_url_rule("/sale/stage", view_func=self.stage, endpoint="sale_stage")
        site.add_url_rule("/sale/done/<sale>", view_func=self.done, endpoint="sale_done")
        for verb in VERBS:
            view = getattr(self, f"_{verb}")
            site.add_url_rule(f"/sale/{verb}", view_func=view, methods=["POST"], endpoint=f"sale_{verb}")
        ShiftPages(self._store, self._operator, self._done).add_to(site)

    def page(self) -> WerkzeugResponse:
        """GET /cashier/sale: the basket as it is now."""
        operator = self._operator()
        return self._show(self._now(operator), operator)

    def stage(self) -> WerkzeugResponse:
        """GET /cashier/sale/stage?have=KEY: the stage as a fragment, or 204 where the page has it already."""
        operator = self._operator()
        have = request.args.get("have", "")[:200]
        idle = self._room.selling.at(operator.station) is None
        if have.startswith("done:") and idle and not sale_waiting.begins(self._store, operator.station):
            return Response(status=204)
        last = self._room.checkout.last(operator.station)
        if idle and last is not None and stages.thing_of(have)[0] == last.basket:
            # Somebody else looked first, or the store completed it by itself: this page says it all the same.
            return self._show(stages.done(self._store, last), operator)
        now = self._now(operator)
        if stages.same(now.key, have):
            return Response(status=204)
        return make_response(
            render_template(now.template, stage=now, operator=operator, partial=True, **now.facts)
        )

    def done(self, sale: str) -> WerkzeugResponse:
        """GET /cashier/sale/done/<sale>: change, receipt, next."""
        operator = self._operator()
        return self._show(stages.done(self._store, self._room.checkout.sale(sale[:64])), operator)

    def _now(self, operator: Operator) -> SaleStage:
        """Whatever is paid is completed by whoever looks first."""
        basket = self._room.selling.at(operator.station)
        if basket is not None and basket.state is BasketState.PAYING:
            payment = self._room.checkout.payment(basket.basket)
            if payment is None:
                self._room.checkout.settled(basket.basket, operator)
            elif payment.state is Paying.PAID and not payment.cancelling:
                sale = self._room.checkout.complete(basket.basket, operator, f"paid:{payment.payment}")
                return stages.done(self._store, sale)
        return stages.stage_now(self._store, operator, self._room.said(operator.station))

    # ---- the basket ----

    def _open(self) -> WerkzeugResponse:
        training = request.form.get("training") == "1"
        return self._done(lambda who: self._room.selling.open(who, nonce_of(), training=training))

    def _take(self) -> WerkzeugResponse:
        """POST scan: what the station's scanner read while no basket was open begins one."""
        scan = number_of("scan")
        return self._done(lambda who: sale_waiting.taken(self._store, scan, who, self._put))

    def _qty(self) -> WerkzeugResponse:
        return self._done(
            lambda who: self._room.selling.set_qty(
                _basket(), _number("line"), _number("qty"), who, nonce_of()
            )
        )

    def _remove(self) -> WerkzeugResponse:
        return self._done(lambda who: self._room.selling.remove(_basket(), _number("line"), who, nonce_of()))

    def _cut(self) -> WerkzeugResponse:
        line, reason = _number("line"), request.form.get("reason", "")
        return self._done(
            lambda who: self._room.selling.cut(_basket(), line, typed_fen("yuan"), reason, who, nonce_of())
        )

    def _guide(self) -> WerkzeugResponse:
        staff = request.form.get("guide", "").strip()[:32]
        return self._done(lambda who: self._room.selling.guide(_basket(), staff, who, nonce_of()))

    def _member(self) -> WerkzeugResponse:
        """The member leaves the basket; one comes by code."""
        return self._done(lambda who: self._room.selling.member(_basket(), "", "", "", who, nonce_of()))

    def _points(self) -> WerkzeugResponse:
        return self._done(
            lambda who: self._room.selling.points(_basket(), _number("points"), who, nonce_of())
        )

    def _coupon(self) -> WerkzeugResponse:
        """A coupon leaves the basket."""
        coupon = request.form.get("coupon", "")[:64]
        return self._done(lambda who: self._room.selling.drop_coupon(_basket(), coupon, who))

    def _gift(self) -> WerkzeugResponse:
        rule, wanted = request.form.get("rule", "")[:64], request.form.get("wanted") == "1"
        return self._done(
            lambda who: self._room.selling.gift(_basket(), rule, who, nonce_of(), wanted=wanted)
        )

    def _age(self) -> WerkzeugResponse:
        return self._done(lambda who: self._room.selling.age_checked(_basket(), who, nonce_of()))

    def _reprice(self) -> WerkzeugResponse:
        return self._done(lambda who: self._room.selling.reprice(_basket(), who, nonce_of()))

    def _weigh(self) -> WerkzeugResponse:
        sku = request.form.get("sku", "")[:64]
        return self._done(lambda who: self._room.selling.weigh(sku, who, nonce_of()))

    def _suspend(self) -> WerkzeugResponse:
        return self._done(lambda who: self._room.selling.suspend(_basket(), who, nonce_of()))

    def _resume(self) -> WerkzeugResponse:
        return self._done(lambda who: self._room.selling.resume(_basket(), who, nonce_of()))

    def _void(self) -> WerkzeugResponse:
        reason = request.form.get("reason", "")
        return self._done(lambda who: self._room.selling.void(_basket(), reason, who, nonce_of()))

    # ---- paying ----

    def _cash(self) -> WerkzeugResponse:
        shown = _number("shown")
        return self._done(
            lambda who: self._room.checkout.cash(_basket(), typed_fen("yuan"), shown, who, nonce_of())
        )

    def _pay(self) -> WerkzeugResponse:
        """Begins to collect by wallet; the code is scanned then."""
        shown = _number("shown")
        return self._done(lambda who: self._room.checkout.pay(_basket(), shown, who, nonce_of()))

    def _unpay(self) -> WerkzeugResponse:
        return self._done(lambda who: self._room.checkout.unpay(_basket(), who))

    def _aside(self) -> WerkzeugResponse:
        """Nobody knows whether it is paid: the next shopper is served meanwhile."""
        return self._done(lambda who: self._room.checkout.set_aside(_basket(), who, nonce_of()))

    def _settle(self) -> WerkzeugResponse:
        return self._done(lambda who: self._room.checkout.settled(_basket(), who))

    def _reprint(self) -> WerkzeugResponse:
        sale = request.form.get("sale", "")[:64]

        def work(who: Operator) -> object:
            self._room.checkout.reprint(sale, who, nonce_of())
            return self._room.checkout.sale(sale)

        return self._done(work)

    # ---- answers ----

    def _done(self, act: Callable[[Operator], object]) -> WerkzeugResponse:
        """Does it; a sale leads to its own page, a refusal is shown on the stage that stays."""
        operator = self._operator()
        try:
            made = act(operator)
        except (NotSignedIn, BadRequest):
            raise
        except Refusal as refusal:
            return self._show(stages.stage_now(self._store, operator, refusal), operator)
        return redirect(f"{_HERE}/done/{made.sale}" if isinstance(made, Sale) else _HERE, 303)

    def _show(self, shown: SaleStage, operator: Operator) -> WerkzeugResponse:
        facts = {"stage": shown, "operator": operator, **shown.facts}
        if request.headers.get("HX-Request") == "true":
            return make_response(render_template(shown.template, partial=True, **facts), shown.status)
        nav = nav_facts(self._store, operator, "sale")
        page = render_template(
            "cashier/sale.html", **facts, nav=nav, line=nav["line"], station=nav["station"]
        )
        return make_response(page, shown.status)


def _basket() -> str:
    value = request.form.get("basket", "")
    if not 0 < len(value) <= 64:
        raise BadRequest(why="basket")
    return value


def _number(name: str) -> int:
    value = request.form.get(name, "")
    if not re.fullmatch(r"\d{1,12}", value, re.ASCII):
        raise BadRequest(why=name)
    return int(value)
