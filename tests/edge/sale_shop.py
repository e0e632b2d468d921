"""A shop with goods on the shelf, an open till, and short words for what a cashier does."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from edge.clock import stamp
from edge.daemon import Shop
from edge.domain.selling import Basket, Sale
from edge.domain.staff import Operator
from sync.messages import Up, fact_of
from tests.edge.conftest import STORE, PretendHq

TEA, CUP, APPLE, WINE = "6901234567892", "6901234567908", "A-APPLE", "6901234567915"

FULL = {
    "rule": "m200",
    "version": 1,
    "level": "order",
    "benefit": {"do": "off", "fen": 3000},
    "threshold": {"at_least": 20_000},
    "name_zh": "满 200 减 30",
    "name_en": "30 off 200",
}


def stocked(hq: PretendHq) -> None:
    """Tea 59.90, a cup 129.00, apples by the kilogram, wine that the young may not buy."""
    goods: tuple[tuple[str, str, str, str, int, dict[str, Any]], ...] = (
        (
            "A1",
            TEA,
            "狮峰龙井 明前特级 125 克礼盒",
            "Longjing tea",
            5990,
            {"flags": ["tier_ok"], "tax_code": "1030101"},
        ),
        ("B2", CUP, "青瓷品茗杯", "Celadon cup", 12900, {"flags": ["tier_ok"], "tax_code": "1080205"}),
        (APPLE, "", "富士苹果", "Fuji apples", 1280, {"unit": "kg", "plu": "12", "tax_code": "1010115"}),
        ("W1", WINE, "张裕解百纳干红葡萄酒", "Cabernet", 9900, {"flags": ["alcohol"]}),
    )
    for sku, gtin, zh, en, fen, more in goods:
        facts = {"sku": sku, "gtin": gtin or "0", "name_zh": zh, "name_en": en, "category": "food", **more}
        assert hq.put("g:catalog:CN", "product", sku, facts) == []
        price(hq, sku, fen)
        stock = {"sku": sku, "on_hand": 5, "stream": "", "upto_seq": 0, "at": stamp(datetime.now(UTC))}
        assert hq.put(f"s:{STORE}:stock", "stock", sku, stock) == []
    for number, role in (("1001", "cashier"), ("2001", "lead"), ("3001", "cashier")):
        person = {"staff": number, "name": "李", "role": role, "pin_hash": "x", "badge_sha": ""}
        assert hq.put(f"s:{STORE}:staff", "staff", number, person) == []


def price(hq: PretendHq, sku: str, fen: int, book: str = "2026w48") -> None:
    assert hq.put("g:price:CN", "price", sku, {"sku": sku, "fen": fen, "book": book}) == []


def rule(hq: PretendHq, name: str, body: dict[str, Any]) -> None:
    """A promotion as HQ publishes it."""
    row = f"{name}:{body['version']}"
    assert hq.put("g:promo:CN", "promotion", row, {"row": row, "rule": body}) == []


@dataclass
class Till:
    """A cashier at a station."""

    shop: Shop
    who: Operator
    nonces: Any = field(default_factory=lambda: (f"nonce-{n}" for n in itertools.count(1)))

    def nonce(self) -> str:
        return f"{self.who.station}-{next(self.nonces)}"

    def open(self, float_fen: int = 20_000) -> Till:
        self.shop.store.sales.shifts.open(float_fen, self.who, self.nonce())
        return self

    def scan(self, text: str, **more: Any) -> Basket:
        return self.shop.store.sales.scan(text, self.who, self.nonce(), **more)

    def total(self) -> int:
        basket = self.basket()
        return int(self.shop.store.sales.selling.bill(basket).total_fen)

    def basket(self) -> Basket:
        found = self.shop.store.sales.selling.at(self.who.station)
        assert found is not None
        return found

    def cash(self, given: int | None = None, nonce: str = "") -> Sale:
        total = self.total()
        checkout = self.shop.store.sales.checkout
        return checkout.cash(self.basket().basket, given or total, total, self.who, nonce or self.nonce())


def facts(shop: Shop, kind: str = "") -> list[Up]:
    """The store's facts, oldest first, of one kind or all."""
    events = shop.books.journal.pending(0, 500, 1 << 22)
    return [fact_of(event) for event in events if event.k.startswith(kind)]


def slip(shop: Shop, job: int) -> list[str]:
    """The words on a slip, line by line."""
    found = shop.books.jobs.by_id(job)
    assert found is not None
    said: list[str] = []
    for part in found.slip.parts:
        said += [str(getattr(part, name)) for name in ("text", "left", "right") if hasattr(part, name)]
    return said
