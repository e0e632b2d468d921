"""What a shopper is told of a product's stock, here and elsewhere: pure rules over figures and their ages."""

from __future__ import annotations

from collections.abc import Iterable

from edge.domain.guide_views import NearWord, StockWord
from edge.domain.stock import FEW

STALE_S = 15 * 60
"""Stock older than this is not promised to shoppers any more."""


def stock_word(sellable: int | None, age_s: float | None) -> StockWord:
    """More than five are plenty, one to five few, else none; nobody's figure or an old one: staff are to look."""
    if sellable is None or age_s is None or age_s > STALE_S:
        return StockWord.ASK
    if sellable <= 0:
        return StockWord.NONE
    return StockWord.FEW if sellable <= FEW else StockWord.PLENTY


def near_word(sellable: int, age_s: float, safety: int) -> NearWord | None:
    """可立即自提 needs a piece beyond the safety stock and a figure of the last 15 minutes; None: nothing to say."""
    if age_s > STALE_S:
        return NearWord.ASK if sellable > 0 else None
    if sellable >= 1 + safety:
        return NearWord.NOW
    return NearWord.LATER if sellable > 0 else None


def in_stock(skus: Iterable[str], sellable: dict[str, int], safety: int, most: int) -> tuple[str, ...]:
    """Of products in order those of which more are here than the safety stock."""
    found = [sku for sku in dict.fromkeys(skus) if sellable.get(sku, 0) > safety]
    return tuple(found[:most])
