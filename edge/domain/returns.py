"""What may come back, what is given back for it and what becomes of it: pure rules of returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from edge.domain.return_refusals import (
    NothingToReturn,
    NotReturnable,
    ReturnTooLate,
    ReturnTooMany,
    WrongFate,
)


class Source(Enum):
    """What the goods were bought by (value stored and sent)."""

    SALE = "sale"
    ORDER = "order"


class Condition(Enum):
    """How the goods look (value stored and sent)."""

    INTACT = "intact"
    SOILED = "soiled"
    INCOMPLETE = "incomplete"
    WRONG_ITEM = "wrong_item"


class Reason(Enum):
    """Why they come back (value stored and sent)."""

    NO_REASON = "no_reason"
    QUALITY = "quality"
    WRONG_ITEM = "wrong_item"
    DAMAGED = "damaged"
    NOT_AS_SHOWN = "not_as_shown"
    OTHER = "other"


class Fate(Enum):
    """What becomes of them (value stored and sent)."""

    SHELF = "shelf"
    REPAIR = "repair"
    SCRAP = "scrap"
    DEPOT = "depot"


FATES: Mapping[Condition, tuple[Fate, ...]] = {
    Condition.INTACT: (Fate.SHELF, Fate.DEPOT),
    Condition.SOILED: (Fate.REPAIR, Fate.SCRAP, Fate.DEPOT),
    Condition.INCOMPLETE: (Fate.DEPOT, Fate.REPAIR, Fate.SCRAP),
    Condition.WRONG_ITEM: (Fate.SHELF, Fate.DEPOT),
}
"""What may become of goods in a condition, the usual first; only what is intact is sold again."""
FAULTS = frozenset({Reason.QUALITY, Reason.WRONG_ITEM, Reason.DAMAGED, Reason.NOT_AS_SHOWN})
"""The merchant's fault: no product is excluded, and the longer term counts."""
NO_RETURN = "no_return"
"""Product flag: excluded from the return without a reason (fresh food, made to order, opened media ...)."""


@dataclass(frozen=True)
class Piece:
    """One piece as it was paid: `net_fen`, and what else paid for it that has to be given back in kind.

    `sku`: the product that was handed over in place of the line's own, "" for the line's own.
    """

    unit: int
    net_fen: int
    points: int = 0
    sku: str = ""


@dataclass(frozen=True)
class ReturnableLine:
    """A line that was bought. `pieces` are those still out; `gift`: it came free with the rest.

    `ordered`: SKU and names (zh, en) of the product that was ordered where another was handed over in its place; such
    pieces are a line of their own here, `of` is the number of the line that they were bought by.
    """

    line: int
    sku: str
    gtin: str
    name_zh: str
    name_en: str
    qty: int
    unit_fen: int
    pieces: tuple[Piece, ...]
    flags: tuple[str, ...] = ()
    gift: bool = False
    ordered: tuple[str, str, str] | None = None
    of: int = 0

    @property
    def bought_by(self) -> int:
        """The number of the line in the purchase."""
        return self.of or self.line

    @property
    def left(self) -> int:
        """Pieces that may still come back."""
        return len(self.pieces)


@dataclass(frozen=True)
class PaidBy:
    """A tender of the purchase; `left_fen` has not gone back yet. `number` names it to whoever gives it back."""

    kind: str
    fen: int
    number: str
    left_fen: int


@dataclass(frozen=True)
class Bought:
    """A purchase as a return desk sees it. `received` the local day on which the goods were received.

    `here`: this store sold it and gives the money back itself; else HQ does. `estimate`: the figures are worked out
    from the order's sums, HQ's own count. `net_fen` is what was paid in all, `points` were earned by it, of which
    `points_back` went back. `withheld_fen` is what earlier returns kept of it in all, for gifts that stayed away
    (`gifts_fen`) and for rules that the rest no longer met; `rounded_fen` for want of small
    coins (negative: given on top).
    """

    source: Source
    ref: str
    shown: str
    store: str
    received: date
    lines: tuple[ReturnableLine, ...]
    paid: tuple[PaidBy, ...]
    net_fen: int
    here: bool = True
    estimate: bool = False
    member: str = ""
    points: int = 0
    points_back: int = 0
    withheld_fen: int = 0
    gifts_fen: int = 0
    rounded_fen: int = 0

    def line(self, number: int) -> ReturnableLine | None:
        """The line of this number."""
        return next((one for one in self.lines if one.line == number), None)


@dataclass(frozen=True)
class Wanted:
    """Pieces of a line that somebody brings back, how they look, why, and what becomes of them."""

    line: int
    qty: int
    condition: Condition
    reason: Reason
    fate: Fate


@dataclass(frozen=True)
class Terms:
    """How long goods may come back, days after they were received."""

    no_reason_days: int
    fault_days: int


@dataclass(frozen=True)
class Refunded:
    """What goes back for a line: these pieces, so much money and so many points."""

    wanted: Wanted
    sku: str
    units: tuple[int, ...]
    fen: int
    points: int


@dataclass(frozen=True)
class Preview:
    """What a return comes to. `fen` is paid out: the lines' sum less `gift_fen`, the price of gifts that stay away, and
    less `broken_fen`, what the rest now costs more since it no longer meets a rule (negative: kept before, free now),
    and less `rounded_fen`, for want of small coins (negative: up to the next coin; positive: given on top before).

    `by_tender` maps a tender's number to its share. `points_lost` were earned by what comes back; `whole`:
    nothing that was paid for is left out.
    """

    lines: tuple[Refunded, ...]
    fen: int
    gift_fen: int
    broken_fen: int
    gifts_due: tuple[int, ...]
    by_tender: Mapping[str, int]
    points_given: int
    points_lost: int
    whole: bool
    rounded_fen: int = 0


def last_day(received: date, reason: Reason, terms: Terms) -> date:
    """The last local day on which goods may come back for that reason: the day of receipt is not counted."""
    days = terms.fault_days if reason in FAULTS else terms.no_reason_days
    return received + timedelta(days=days)


def check(bought: Bought, wanted: Sequence[Wanted], terms: Terms, today: date, *, forced: bool) -> None:
    """Raises the refusal that applies; `forced`: a lead answers for term and exclusion."""
    if not wanted or len({one.line for one in wanted}) < len(wanted):
        raise NothingToReturn
    for one in wanted:
        line = bought.line(one.line)
        if line is None or not 1 <= one.qty <= line.left:
            raise ReturnTooMany(left=line.left if line else 0)
        if one.fate not in FATES[one.condition]:
            raise WrongFate
        if forced:
            continue
        if one.reason not in FAULTS and NO_RETURN in line.flags:
            raise NotReturnable(name_zh=line.name_zh, name_en=line.name_en)
        until = last_day(bought.received, one.reason, terms)
        if today > until:
            raise ReturnTooLate(until=f"{until:%Y-%m-%d}")


def without(bought: Bought, gone: Mapping[int, frozenset[int]]) -> Bought:
    """The purchase without pieces that came back before; line number -> piece numbers."""
    lines = tuple(
        replace(
            line, pieces=tuple(p for p in line.pieces if p.unit not in gone.get(line.bought_by, frozenset()))
        )
        for line in bought.lines
    )
    return replace(bought, lines=lines)
