"""Picking: which orders go together, how urgent they are, what a scan counts for, what a short pick does to stock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from edge.domain.orders import Fen, OrderState
from edge.domain.picking_refusals import OverPick, WrongItem
from edge.domain.stock import Buckets

WINDOW = timedelta(minutes=30)
"""How long an order may take from its arrival to its shelf, where nothing else is promised."""
SLOT = timedelta(minutes=10)
"""Orders whose promised times fall into one slot are one wave."""
REMIND = (timedelta(minutes=5), timedelta(minutes=10))
"""An order that nobody has accepted by then calls out, and calls out again."""
IDLE = timedelta(minutes=10)
"""A picker who has not touched an order for so long may be relieved by another."""

TO_PICK = frozenset({OrderState.ALLOCATED, OrderState.ACCEPTED, OrderState.PICKING, OrderState.SHORT})
TO_SHELVE = frozenset({OrderState.PACKED})
RESERVED = (
    OrderState.ACCEPTED,
    OrderState.PICKING,
    OrderState.SHORT,
    OrderState.PACKED,
    OrderState.READY,
    OrderState.HANDING,
    OrderState.PARTIAL,
    OrderState.EXPIRED,
)
"""States in which the goods of an order are promised to it: from acceptance until they leave or lie in their place."""


class ShortReason(Enum):
    """Why pieces could not be picked (value stored and sent)."""

    NOT_IN_STOCK = "not_in_stock"
    MISMATCH = "mismatch"
    DAMAGED = "damaged"
    WORN = "worn"


class RejectReason(Enum):
    """Why a whole order is turned down: for its goods, or because the shop cannot do it (value stored and sent)."""

    NOT_IN_STOCK = "not_in_stock"
    MISMATCH = "mismatch"
    DAMAGED = "damaged"
    WORN = "worn"
    BUSY = "busy"
    CLOSING = "closing"

    @property
    def short(self) -> ShortReason | None:
        """What it says of the shelf; None where it says nothing."""
        return None if self in (RejectReason.BUSY, RejectReason.CLOSING) else ShortReason(self.value)


@dataclass(frozen=True)
class ShelfEffect:
    """What a short pick does to the books: pieces off hand (negative), pieces that are unfit from now on."""

    moved: int = 0
    unfit: int = 0


def effect_of(reason: ShortReason, qty: int, now: Buckets) -> ShelfEffect:
    """The table by which rejections correct stock (as HotWax's order manager does it); `now` still reserves the `qty`.

    Not in stock: whatever the books say is free is not there. Mismatch: so many fewer. Damaged, worn: they are
    there, and cannot be sold. What lies packed for others is touched by none of them.
    """
    match reason:
        case ShortReason.NOT_IN_STOCK:
            return ShelfEffect(moved=0 if now.sellable is None else -max(0, now.sellable + qty))
        case ShortReason.MISMATCH:
            return ShelfEffect(moved=-qty)
        case _:
            return ShelfEffect(unfit=qty)


class Tone(Enum):
    """How urgent an order is: up to half of its time, up to four fifths, up to all of it, beyond."""

    CALM = "calm"
    HALF = "half"
    SOON = "soon"
    OVER = "over"


@dataclass(frozen=True)
class Countdown:
    """How an order stands against its promise; `left_s` is negative when it is late."""

    deadline: datetime
    left_s: int
    tone: Tone


def deadline_of(promised: datetime | None, seen_at: datetime) -> datetime:
    """When an order must lie on its shelf: as promised, else half an hour after it came."""
    return promised if promised is not None else seen_at + WINDOW


def countdown(seen_at: datetime, deadline: datetime, now: datetime) -> Countdown:
    """The time that counts is the last half hour before the promise, or less where the order came later."""
    start = min(max(seen_at, deadline - WINDOW), deadline)
    whole = (deadline - start).total_seconds()
    gone = (now - start).total_seconds()
    share = gone / whole if whole > 0 else (1.0 if now >= deadline else 0.0)
    tone = (
        Tone.OVER if share >= 1 else Tone.SOON if share >= 0.8 else Tone.HALF if share >= 0.5 else Tone.CALM
    )
    return Countdown(deadline, int((deadline - now).total_seconds()), tone)


def wave_of(deadline: datetime) -> str:
    """The wave that an order belongs to, by its promise in the store's zone: `07-31T18:20`."""
    slot = int(SLOT.total_seconds() // 60)
    return f"{deadline - timedelta(minutes=deadline.minute % slot):%m-%dT%H:%M}"


@dataclass(frozen=True)
class PickLine:
    """A line of an order on a picker's way; `zone` and `place` say where the product lies."""

    order: str
    line: int
    sku: str
    qty: int
    picked: int = 0
    shorted: int = 0
    zone: str = ""
    place: str = ""
    deadline: str = ""

    @property
    def left(self) -> int:
        """Pieces still to be picked."""
        return self.qty - self.picked - self.shorted


def on_the_way(lines: Iterable[PickLine]) -> tuple[PickLine, ...]:
    """Lines in the order of a walk: zone, place, product, and the most urgent order first."""
    return tuple(
        sorted(lines, key=lambda one: (one.zone, one.place, one.sku, one.deadline, one.order, one.line))
    )


def counted_for(lines: Sequence[PickLine], sku: str, pieces: int = 1) -> PickLine:
    """The line that a scanned product counts for, with these pieces picked.

    Raises WrongItem for what no line asks for, OverPick for more than is still wanted.
    """
    mine = [one for one in on_the_way(lines) if one.sku == sku]
    if not mine:
        raise WrongItem
    for one in mine:
        if one.left >= pieces:
            return replace(one, picked=one.picked + pieces)
    raise OverPick


@dataclass(frozen=True)
class Instead:
    """A product that may be given for another: its price and how many could be sold."""

    sku: str
    name_zh: str
    name_en: str
    category: str
    unit_fen: Fen
    sellable: int
    listed: int = -1
    """Its place in HQ's list, -1: it is not on it."""


def substitutes(category: str, unit_fen: Fen, qty: int, found: Iterable[Instead]) -> tuple[Instead, ...]:
    """What may stand for a product: HQ's list, then the same category; never dearer, the nearest price first."""
    fit = [
        one
        for one in found
        if one.sellable >= qty
        and one.unit_fen <= unit_fen
        and (one.listed >= 0 or (category and one.category == category))
    ]
    return tuple(sorted(fit, key=lambda one: (one.listed < 0, one.listed, -one.unit_fen, one.sku)))
