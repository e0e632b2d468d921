"""A day of trade, and then the books: every figure of it in the store, on paper, in hands, at the wallets and at HQ."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.day import SLICE, Day, day
from tests.journeys.day_books import wrong

HAPPENED = (
    "cash",
    "wechat",
    "wallet succeeded",
    "wallet failed",
    "weighed",
    "age checked",
    "member",
    "gift",
    "rule m200",
    "rule half2",
    "rule tea-gift",
    "rule gold",
    "rule points",
    "rule manual",
    "rule cash",
    "coupon A",
    "coupon B",
    "coupon C",
    "void",
    "left unpaid",
    "suspended and resumed",
    "suspended and forgotten",
    "opened by mistake",
    "line taken out",
    "training",
    "reprint",
    "drop",
    "unknown when the line went",
    "sold beside an unknown payment",
    "pick short",
    "pick damaged",
    "pick swap",
    "pick cancelled",
    "pick turned down",
    "return some",
    "return all",
    "return order",
    "return again: return_too_many",
)
"""What there must have been for the sums to mean anything."""


def missing(told: Day) -> list[str]:
    """What the story was to tell and did not."""
    return [what for what in HAPPENED if not told.seen.did[what]]


def test_a_day_of_trade_adds_up(tmp_path: Path) -> None:
    with day(tmp_path, 2, SLICE) as told:
        assert missing(told) == []
        assert wrong(told) == []
        assert told.told_while_cut > 20, "the line was cut for nothing"
        assert sum(told.races.values()) == 4
