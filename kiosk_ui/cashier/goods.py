"""Goods looked up at the desk: by a typed word or any code, with price, stock and place; works without a line."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.catalogue import Goods
from edge.domain.refusals import PayCodeElsewhere, Refusal
from edge.domain.scanned import GOODS_KINDS, PAY_KINDS, ScanKind, Scanned
from edge.domain.scanned_refusals import GoodsUnknown
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.cashier.stage import Stage

_MOST_TEXT = 200
_LIMIT = 30
_OPEN = GOODS_KINDS | {ScanKind.ORDER, ScanKind.UNKNOWN, ScanKind.URL}
"""What may stand in an address and in a field again; everything else opens something, or somebody's purse."""


class GoodsPages:
    """One address: a field, a list, and one product's sheet."""

    def __init__(
        self,
        store: Store,
        operator: Callable[[], Operator],
        show: Callable[[Stage, Operator], WerkzeugResponse],
        refuse: Callable[[Refusal, Operator], WerkzeugResponse],
    ) -> None:
        self._store = store
        self._operator = operator
        self._show = show
        self._refuse = refuse

    def add_to(self, site: Blueprint) -> None:
        """The routes under /cashier/goods."""
        site.add_url_rule("/goods", view_func=self.goods)
        site.add_url_rule("/goods", view_func=self.ask, methods=["POST"], endpoint="ask_goods")

    def goods(self) -> WerkzeugResponse:
        """GET /cashier/goods?q=TEXT or ?sku=SKU: what there is, or one product's sheet."""
        operator = self._operator()
        text = request.args.get("q", "").strip()[:_MOST_TEXT]
        sku = request.args.get("sku", "")[:_MOST_TEXT]
        if sku:
            found = self._store.catalogue.by_sku(sku)
            if found is None:
                return self._refuse(GoodsUnknown(), operator)
            return self._show(self._stage(operator, "", [found]), operator)
        seen = self._store.catalogue.read(text)
        if not _may_stand(seen):
            return self._refuse(PayCodeElsewhere() if seen.kind in PAY_KINDS else GoodsUnknown(), operator)
        rows = self._store.catalogue.search(text, _LIMIT) if text else []
        return self._show(self._stage(operator, text, rows), operator)

    def ask(self) -> WerkzeugResponse:
        """POST q: the same by a form, so that a code scanned into the field reaches no address unlooked at."""
        operator = self._operator()
        text = request.form.get("q", "").strip()[:_MOST_TEXT]
        seen = self._store.catalogue.read(text)
        if _may_stand(seen):
            return redirect(url_for("cashier.goods", q=text), 303)
        try:
            self._store.scans.type_in(text, operator.station)
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        return redirect("/cashier/", 303)

    def _stage(self, operator: Operator, text: str, rows: list[Goods]) -> Stage:
        current = self._store.scans.current(operator.station)
        facts = {"rows": rows, "asked": text, "sheet": len(rows) == 1, "more": len(rows) == _LIMIT}
        return Stage("goods", f"goods:{current.id if current else 0}", facts)


def _may_stand(seen: Scanned) -> bool:
    # A number that is none of ours may be a wallet's or a pickup code that was typed wrong.
    digits = seen.kind is ScanKind.UNKNOWN and seen.value.isdecimal() and len(seen.value) > 13
    return seen.kind in _OPEN and not digits
