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


@dataclass(frozen=True)
class Count:
    """Somebody found `counted` units when our journal stood at `upto_seq`; entered as our fact `seq`."""

    seq: int
    upto_seq: int
    counted: int


@dataclass(frozen=True)
class Booked:
    """A movement or a count as entered: the change, and what is there now (None while HQ has never told)."""

    sku: str
    seq: int
    delta: int
    on_hand: int | None
    repeat: bool = False


def level(
    base: StockBase | None, own: Iterable[Movement], stream: str, count: Count | None = None
) -> int | None:
    """Units on hand now; None while HQ has never told and nobody has counted. Movements count once.

    `own` are movements without the differences that counts found, `count` is the newest look at the shelf. What
    was counted stands for itself until HQ's base holds it: HQ may have corrected its figure meanwhile.
    A base made for another stream (this box was replaced) holds none of our movements.
    """
    held = base.upto_seq if base is not None and base.stream == stream else 0
    if count is not None and count.seq > held:
        return count.counted + moved(own, count.upto_seq)
    return None if base is None else base.on_hand + moved(own, held)


def moved(own: Iterable[Movement], after_seq: int) -> int:
    """The sum of movements beyond `after_seq`."""
    return sum(move.delta for move in own if move.seq > after_seq)


def difference(counted: int, upto_seq: int, now: int, own: Iterable[Movement], newest: Count | None) -> int:
    """What a count found more or less than the books had at `upto_seq`; `now` are the books of this moment.

    Nought for a look at the shelf that is older than another one already entered.
    """
    if newest is not None and upto_seq < newest.upto_seq:
        return 0
    return counted + moved(own, upto_seq) - now


@dataclass(frozen=True)
class Buckets:
    """One product's pieces here: all on hand (None: nobody knows), of those promised and unfit; and on their way."""

    on_hand: int | None
    reserved: int = 0
    damaged: int = 0
    in_transit: int = 0

    @property
    def sellable(self) -> int | None:
        """What may still be sold or promised; below nought: more is promised than is fit."""
        return None if self.on_hand is None else self.on_hand - self.reserved - self.damaged

    @property
    def troubles(self) -> tuple[str, ...]:
        """Which figures cannot be true (`negative`) or cannot be kept (`oversold`)."""
        if self.on_hand is None:
            return ()
        if self.on_hand < 0:
            return ("negative",)
        promised_too_much = self.reserved > 0 and self.on_hand - self.reserved - self.damaged < 0
        return ("oversold",) if promised_too_much else ()


MOST_OFF, MOST_OFF_SHARE = 3, 0.1
"""A count that differs by more pieces than that, and by more of the books' figure, is counted again by another."""


def needs_recount(counted: int, books: int | None) -> bool:
    """Whether what somebody counted is too far from the books to be believed at once."""
    if books is None:
        return False
    return abs(counted - books) > max(MOST_OFF, abs(books) * MOST_OFF_SHARE)
