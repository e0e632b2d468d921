"""What an order at a screen costs by HQ's own books: the published price, under the rules of this moment."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from edge.domain.baskets import Item, PriceAsked, Shopper
from edge.domain.promotions import price
from sync.hub.price_rules import book_of, price_of
from sync.hub.rows import CATALOG
from sync.hub.schema import feed
from sync.messages import Product

_CHANNEL = "store"
_OURS = frozenset({"line", "tier"})
"""What a screen shows of a price: what is taken off a piece, and what its member's tier takes off it."""


def product_of(conn: Connection, sku: str) -> Product | None:
    """A product as it is published."""
    here = (feed.c.bucket == CATALOG) & (feed.c.tb == "product") & (feed.c.id == sku) & (feed.c.op == "put")
    body = conn.scalar(select(feed.c.d).where(here))
    return msgspec.convert({"tb": "product", **msgspec.json.decode(body)}, Product) if body else None


def total_of(
    conn: Connection, store: str, product: Product | None, qty: int, tier: str, local: datetime
) -> int:
    """Fen for so many pieces at this store, for a member of this tier; 0 where there is no price."""
    unit = price_of(conn, product.sku) if product is not None else None
    if product is None or not unit:
        return 0
    item = Item(
        line=1,
        sku=product.sku,
        gtin=product.gtin,
        name_zh=product.name_zh,
        name_en=product.name_en,
        qty=qty,
        unit_fen=unit,
        category=product.category,
        brand=product.brand,
        tags=frozenset(product.tags),
        flags=frozenset(product.flags),
    )
    asked = PriceAsked((item,), store, _CHANNEL, local, Shopper(tier), online=True)
    off = sum(part.fen for part in price(asked, book_of(conn, local)).parts if part.kind in _OURS)
    return unit * qty - off
