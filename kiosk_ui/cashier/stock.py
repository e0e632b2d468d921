"""The stock pages: what wants a person, a product's pieces, goods that come and go, counts made blind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Literal, cast

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest, NotSignedIn, Refusal, UnknownThing
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui import pick_words
from kiosk_ui.cashier.asked import nonce_of, number_of, text_of
from kiosk_ui.cashier.stage import Stage, fresh_nonce

HERE, COUNTS = "/cashier/stock", "/cashier/stock/counts"
_COMES = ("receipt", "transfer", "return")
_LEAVES = ("transfer", "sample", "gift", "damage")
_SHIFTS = ("damaged", "worn", "mended", "scrapped")

Show = Callable[[Stage, Operator], WerkzeugResponse]
Refuse = Callable[[Refusal, Operator], WerkzeugResponse]


class StockPages:
    """Every action is a form that works by itself."""

    def __init__(self, store: Store, operator: Callable[[], Operator], show: Show, refuse: Refuse) -> None:
        self._store = store
        self._operator = operator
        self._show = show
        self._refuse = refuse

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/stock", view_func=self.page, endpoint="stock")
        site.add_url_rule("/stock/product", view_func=self.product, endpoint="stock_product")
        site.add_url_rule("/stock/counts", view_func=self.counts, endpoint="stock_counts")
        site.add_url_rule(
            "/stock/counts/<int(max=999999999):task>", view_func=self.count, endpoint="stock_count"
        )
        for name in ("move", "shift", "lost", "ask", "enter"):
            site.add_url_rule(
                f"/stock/{name}", view_func=getattr(self, name), methods=["POST"], endpoint=f"stock_{name}"
            )

    def page(self) -> WerkzeugResponse:
        """GET /cashier/stock: what is low, in doubt, on its way, to be counted."""
        operator = self._operator()
        return self._show(stock_stage(self._store, operator), operator)

    def product(self) -> WerkzeugResponse:
        """GET /cashier/stock/product?q=: a product by its number or barcode."""
        operator = self._operator()
        asked = request.args.get("q", "").strip()[:64]
        found = self._store.guide.product(asked) if asked else None
        if found is None:
            return self._refuse(UnknownThing(), operator)
        return self._show(product_stage(self._store, found.sku, operator), operator)

    def counts(self) -> WerkzeugResponse:
        """GET /cashier/stock/counts: what is to be counted."""
        operator = self._operator()
        tasks = self._store.backroom.counting.tasks(operator)
        facts = {"tasks": tasks, "right": self._store.backroom.watch.accuracy(), "pick_words": pick_words}
        return self._show(Stage("counts", f"error:counts{_digest(tasks)}", facts), operator)

    def count(self, task: int) -> WerkzeugResponse:
        """GET /cashier/stock/counts/<task>: one product to be counted; what moves from now on comes on top."""
        operator = self._operator()
        desk = self._store.backroom.counting
        one = next((view for view in desk.tasks(operator) if view.id == task), None)
        if one is None:
            return self._refuse(UnknownThing(), operator)
        facts = {"one": one, "upto": desk.begin(), "pick_words": pick_words, "nonce": fresh_nonce()}
        return self._show(Stage("count", f"error:count{task}", facts), operator)

    def move(self) -> WerkzeugResponse:
        """POST sku, way (in or out), reason, qty [, ref], nonce."""
        sku, way, reason, qty = text_of("sku"), text_of("way"), text_of("reason"), number_of("qty")
        if qty <= 0 or reason not in {"in": _COMES, "out": _LEAVES}.get(way, ()):
            raise BadRequest(why="reason")
        ref, sign = request.form.get("ref", "").strip()[:64], 1 if way == "in" else -1
        # The words of the form are those of the wire, checked above.
        why = cast("Literal['receipt', 'transfer', 'return', 'sample', 'gift', 'damage']", reason)
        goods = self._store.goods
        return self._done(lambda who, nonce: goods.move(sku, sign * qty, why, who, nonce, ref=ref), _at(sku))

    def shift(self) -> WerkzeugResponse:
        """POST sku, reason, qty, nonce: pieces became unfit, were mended, or are thrown away."""
        sku, reason, qty = text_of("sku"), text_of("reason"), number_of("qty")
        if qty <= 0 or reason not in _SHIFTS:
            raise BadRequest(why="reason")
        signed = -qty if reason in ("mended", "scrapped") else qty
        why = cast("Literal['damaged', 'worn', 'mended', 'scrapped']", reason)
        goods = self._store.goods
        return self._done(lambda who, nonce: goods.shift(sku, signed, why, who, nonce), _at(sku))

    def lost(self) -> WerkzeugResponse:
        """POST sku, qty, nonce: a customer wanted what is not here."""
        sku, qty = text_of("sku"), number_of("qty")
        goods = self._store.goods
        return self._done(lambda who, nonce: goods.lost(sku, qty, "asked", who, nonce), _at(sku))

    def ask(self) -> WerkzeugResponse:
        """POST sku, nonce: somebody should count this."""
        sku = text_of("sku")
        counting = self._store.backroom.counting
        return self._done(lambda who, _nonce: counting.ask(sku, who), COUNTS)

    def enter(self) -> WerkzeugResponse:
        """POST task, upto, counted, nonce: what somebody counted."""
        task, upto, counted = number_of("task"), number_of("upto"), number_of("counted")
        operator, nonce = self._operator(), nonce_of()
        try:
            done = self._store.backroom.counting.enter(task, counted, upto, operator, nonce)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        if request.headers.get("HX-Request") != "true" and done.delta == 0:
            return redirect(COUNTS, 303)
        product = self._store.guide.product(done.sku)
        facts = {"done": done, "product": product, "counted": counted}
        return self._show(Stage("counted", f"error:counted{task}", facts), operator)

    def _done(self, act: Callable[[Operator, str], object], to: str) -> WerkzeugResponse:
        operator, nonce = self._operator(), nonce_of()
        try:
            act(operator, nonce)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        return redirect(to, 303)


def stock_stage(store: Store, operator: Operator) -> Stage:
    """STOCK: what wants a person."""
    alerts, right = store.goods.alerts(), store.backroom.watch.accuracy()
    facts = {
        "alerts": alerts,
        "right": right,
        "papers": store.goods.papers(),
        "pick_words": pick_words,
        "names": {one.sku: store.guide.product(one.sku) for one in alerts.doubts},
        "waiting": {one.sku for one in store.backroom.counting.tasks(operator)},
    }
    return Stage("stock", f"error:stock{_digest((alerts, right))}", facts)


def product_stage(store: Store, sku: str, operator: Operator) -> Stage:
    """A product's pieces; while it is to be counted, nobody is told how many the books have."""
    waiting = any(one.sku == sku for one in store.backroom.counting.tasks(operator))
    buckets = store.goods.buckets(sku)
    facts = {
        "product": store.guide.product(sku),
        "buckets": buckets,
        "hidden": waiting,
        "nodes": store.goods.elsewhere(sku),
        "history": () if waiting else store.goods.history(sku),
        "comes": _COMES,
        "leaves": _LEAVES,
        "shifts": _SHIFTS,
        "pick_words": pick_words,
    }
    return Stage("stock_product", f"error:{sku}{_digest((buckets, waiting))}", facts)


def _at(sku: str) -> str:
    from urllib.parse import quote

    return f"{HERE}/product?q={quote(sku, safe='')}"


def _digest(seen: object) -> str:
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:12]
