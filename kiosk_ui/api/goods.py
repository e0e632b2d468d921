"""/api/v1/stations/…/goods: which product a code means, which products a word means, what each costs."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from edge.domain.catalogue import Goods
from edge.domain.scanned_refusals import GoodsUnknown
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.api.calls import call
from kiosk_ui.api.goods_told import FindAsked, FoundTold, GoodsTold, ReadAsked
from kiosk_ui.api.strict_json import read_body


class GoodsApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses.

    What is asked for is in the body: a code may open something, and addresses are written down everywhere.
    """

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._catalogue = store.catalogue
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        for path, view, method in (
            ("/read", self.read, "POST"),
            ("/find", self.find, "POST"),
            ("/sku/<sku>", self.goods, "GET"),
        ):
            endpoint = f"goods_{view.__name__}"
            site.add_url_rule(
                f"/stations/<station>/goods{path}", view_func=view, methods=[method], endpoint=endpoint
            )

    @call("goods", asked=ReadAsked, answer=GoodsTold)
    def read(self, station: str) -> Response:
        """POST {text, judge?}: the product that a code means, with what the code itself told; changes nothing."""
        self._client(station)
        asked = read_body(ReadAsked)
        return jsonify(
            result="ok",
            **_goods(self._catalogue.by_code(self._catalogue.read(asked.text), judge=asked.judge)),
        )

    @call("goods", asked=FindAsked, answer=FoundTold)
    def find(self, station: str) -> Response:
        """POST {text, limit?}: products by code, number, name, first letters of its pinyin; changes nothing."""
        self._client(station)
        asked = read_body(FindAsked)
        found = self._catalogue.search(asked.text, asked.limit)
        return jsonify(result="ok", goods=[_goods(one) for one in found])

    @call("goods", answer=GoodsTold)
    def goods(self, station: str, sku: str) -> Response:
        """GET: a product by HQ's number."""
        self._client(station)
        found = self._catalogue.by_sku(sku)
        if found is None:
            raise GoodsUnknown
        return jsonify(result="ok", **_goods(found))


def _goods(one: Goods) -> dict[str, object]:
    ends = one.facts.expiry or one.facts.sell_by or one.facts.best_before
    return {
        "sku": one.sku,
        "gtin": one.gtin,
        "name": {"zh": one.name_zh, "en": one.name_en},
        "brand": one.brand,
        "category": one.category,
        "unit": one.unit,
        "weighed": one.weighed,
        "flags": sorted(one.flags),
        "tags": sorted(one.tags),
        "zone": one.zone,
        "place": one.place,
        "fen": one.fen,
        "book": one.book,
        "on_hand": one.on_hand,
        "scanned": {
            "pieces": one.pieces,
            "fen": one.scanned_fen(),
            "grams": one.facts.grams,
            "batch": one.facts.batch,
            "expires": ends.isoformat() if ends else "",
        },
    }
