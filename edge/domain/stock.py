"""The stock of this store: HQ's base and our own movements that HQ has not counted yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FEW = 5
"""From 1 to this many pieces a screen says "few left" (spec of the guide screen)."""


@dataclass(frozen=True)
class StockBase:
    """On-hand units as HQ counts them: our facts of `stream` up to `upto_seq` are in it; `at` is RFC 3339 UTC."""

    on_hand: int
    stream: str
    upto_seq: int
    at: str


@dataclass(frozen=True)
class Movement:
    """A change of stock that our journal holds under `seq`; `delta` is negative when goods leave."""

    seq: int
    delta: int


def level(base: StockBase | None, own: Iterable[Movement], stream: str) -> int | None:
    """Units on hand now; None while HQ has never told. Movements that the base already holds count once.

    A base made for another stream (this box was replaced) holds none of our movements.
    """
    if base is None:
        return None
    counted = base.upto_seq if base.stream == stream else 0
    return base.on_hand + sum(move.delta for move in own if move.seq > counted)
