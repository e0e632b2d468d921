"""A shop with goods in their places and orders to be picked, as pages see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from edge.clock import stamp
from edge.daemon import Shop
from tests.kiosk_ui.conftest import ORDER, PretendHq

TEA, CUP = "6901234567892", "6901234567908"


def furnish(hq: PretendHq) -> None:
    """Tea in B-02, cups in A-09."""
    for sku, gtin, zh, en, zone, place in (
        ("A1", TEA, "狮峰龙井 明前特级 125 克礼盒", "Longjing tea, gift box 125 g", "B", "02"),
        ("B2", CUP, "青瓷品茗杯", "Celadon tea cup", "A", "09"),
    ):
        hq.product(sku, gtin, zh, en, "茶", 59800, 10)
        facts = {"sku": sku, "gtin": gtin, "name_zh": zh, "name_en": en, "category": "茶"}
        hq.put("g:products:CN", "product", sku, {**facts, "zone": zone, "place": place, "min_stock": 12})


def order(hq: PretendHq, shop: Shop, number: str = ORDER, minutes: float = 25, **more: Any) -> None:
    """An order that came just now, promised in so many minutes."""
    promised = stamp(datetime.now(UTC) + timedelta(minutes=minutes))
    code = f"7715{number[-4:]}"
    hq.order(
        number, **({"state": "allocated", "shelf": "", "promised": promised, "numeric_code": code} | more)
    )
    shop.store.backroom.turn()


def grown(shop: Shop, number: str, minutes: float) -> None:
    """The order came so many minutes ago."""
    past = stamp(datetime.now(UTC) - timedelta(minutes=minutes))
    with shop.books.ledger.transaction() as tx:
        shop.books.picks.set(tx, number, seen_at=past)
    shop.store.backroom.turn()
