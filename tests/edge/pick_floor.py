"""A shop with goods and orders to be picked, for tests of the back room."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.clock import stamp
from edge.daemon import Shop
from edge.domain.orders import OrderState
from edge.domain.staff import Operator
from tests.edge.conftest import STORE, PretendHq

ONE, TWO = "WX2026112200017", "WX2026112200018"
TEA, CUP, JAR = "6901234567892", "6901234567908", "6901234567915"
NONCES = (f"nonce-{n:08}" for n in itertools.count())


def nonce() -> str:
    return next(NONCES)


@dataclass
class Floor:
    shop: Shop
    hq: PretendHq

    @property
    def desks(self) -> Any:
        return self.shop.store.backroom

    def goods(self, sku: str, gtin: str, on_hand: int, **more: Any) -> None:
        product = {"sku": sku, "gtin": gtin, "name_zh": sku, "name_en": sku, "category": "tea", **more}
        self.hq.put("g:catalog:CN", "product", sku, product)
        self.hq.put("g:price:CN", "price", sku, {"sku": sku, "fen": 5990, "book": "b1"})
        row = {"sku": sku, "on_hand": on_hand, "stream": "", "upto_seq": 0, "at": stamp(datetime.now(UTC))}
        self.hq.put(f"s:{STORE}:stock", "stock", sku, row)

    def order(self, number: str = ONE, **more: Any) -> None:
        promised = stamp(datetime.now(UTC) + timedelta(minutes=25))
        code = f"4815{number[-4:]}"
        facts = {"state": "allocated", "shelf": "", "promised": promised, "numeric_code": code}
        self.hq.order(number, **(facts | more))
        self.desks.picking.turn()

    def take(self, who: Operator) -> tuple[str, ...]:
        (wave,) = {one.name for one in self.desks.board.waves(who)}
        taken: tuple[str, ...] = self.desks.picking.claim(wave, who, nonce())
        return taken

    def scan(self, text: str, who: Operator) -> Any:
        return self.desks.picking.scan(text, who, nonce())

    def reserved(self, sku: str) -> tuple[int | None, int, int | None]:
        now = self.shop.store.goods.buckets(sku)
        return now.on_hand, now.reserved, now.sellable

    def state(self, order: str = ONE) -> OrderState:
        published = self.shop.books.replica.order(order)
        assert published is not None
        return self.shop.books.pickups.fulfilment(published).state
