"""Wishes to hand over, and what the journal made of them."""

from __future__ import annotations

from typing import Any

from edge.daemon import Shop
from edge.domain.views import RedeemRequest

NUMBER = "WX2026112200017"


def ask(code: str, nonce: str = "n1", **more: Any) -> RedeemRequest:
    return RedeemRequest(nonce=nonce, code=code, **more)


def facts(shop: Shop) -> list[str]:
    """The kinds of the store's facts, oldest first."""
    return [event.k for event in shop.books.journal.pending(0, 50, 1 << 20)]
