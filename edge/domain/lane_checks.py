"""What a person has to look at before a kiosk's basket is paid, and which coupons serve a shopper best: pure rules."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from edge.domain.selling import AGE_FLAGS, Basket
from edge.domain.tickets import TicketKind

TOBACCO = "tobacco"
TWICE_MS = 1200
"""A code that is read again within this time is asked about: it may be a second look of the scanner."""
_EXACT = 5
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """What is sold without a look: pieces of a product, lines taken out (0: any); baskets of 1,000 looked through."""

    pieces: int
    removed: int
    spot_mille: int


@dataclass(frozen=True)
class Need:
    """One thing to be looked at. `about`: SKU, or the code of what is in no catalogue; `lines` of the basket go with
    it, `qty` counts where pieces do, or scans."""

    kind: TicketKind
    about: str = ""
    lines: tuple[int, ...] = ()
    qty: int = 0

    @property
    def key(self) -> str:
        """Its name, the same for the same thing: more pieces than were approved are another."""
        return ":".join(("ok", self.kind.value, self.about, *([str(self.qty)] if self.qty else [])))

    @property
    def droppable(self) -> bool:
        """Whether the shopper may leave the goods instead of waiting."""
        return bool(self.lines) or self.kind is TicketKind.UNKNOWN_ITEM


def needs(
    basket: Basket, strangers: Sequence[str], removed: int, limits: Limits, odd: Sequence[int] = ()
) -> tuple[Need, ...]:
    """Everything that is to be looked at, raised together at 结算; what was approved counts all the same.

    `odd`: the line of each scan whose goods did not weigh what they should.
    """
    found: list[Need] = []
    if basket.checks:
        aged = [line for line in basket.lines if AGE_FLAGS & set(line.flags)]
        found.append(Need(TicketKind.AGE, aged[0].sku, tuple(line.line for line in aged)))
    pieces: dict[str, int] = {}
    for line in basket.lines:
        pieces[line.sku] = pieces.get(line.sku, 0) + line.qty
    for sku, qty in pieces.items():
        if qty > limits.pieces:
            found.append(Need(TicketKind.MAX_QTY, sku, _of(basket, sku), qty))
    for sku in dict.fromkeys(line.sku for line in basket.lines if line.line in odd):
        lines = tuple(line for line in _of(basket, sku) if line in odd)
        found.append(Need(TicketKind.WEIGHT, sku, lines, sum(map(odd.count, lines))))
    free = dict.fromkeys(line.sku for line in basket.lines if not line.gross_fen)
    found += [Need(TicketKind.PRICE_ZERO, sku, _of(basket, sku)) for sku in free]
    found += [Need(TicketKind.UNKNOWN_ITEM, code) for code in dict.fromkeys(strangers)]
    if limits.removed and removed > limits.removed:
        found.append(Need(TicketKind.VOID_LIMIT))
    if basket.lines and spot_checked(basket.basket, limits.spot_mille):
        found.append(Need(TicketKind.SPOT_CHECK))
    return tuple(found)


def spot_checked(basket: str, mille: int) -> bool:
    """Whether this basket is one of those looked through: so many in a thousand, the same however often it is asked."""
    return int.from_bytes(hashlib.sha256(f"spot:{basket}".encode()).digest()[:4]) % 1000 < mille


def open_needs(found: Sequence[Need], facts: Mapping[str, str]) -> tuple[Need, ...]:
    """Those that nobody approved yet."""
    return tuple(need for need in found if facts.get(need.key) != "yes")


def best_set(candidates: Sequence[T], total_of: Callable[[tuple[T, ...]], int]) -> tuple[T, ...]:
    """The coupons that make the total least, the fewest of those that do; exact up to five, step by step beyond."""
    if len(candidates) <= _EXACT:
        sets = itertools.chain.from_iterable(
            itertools.combinations(candidates, size) for size in range(len(candidates) + 1)
        )
        return min(sets, key=lambda some: (total_of(some), len(some)))
    best: tuple[T, ...] = ()
    least = total_of(best)
    while True:
        rest = [one for one in candidates if one not in best]
        tried = [(total_of((*best, one)), number, one) for number, one in enumerate(rest)]
        if not tried or min(tried)[0] >= least:
            return best
        least, _, found = min(tried, key=lambda one: one[:2])
        best = (*best, found)


def _of(basket: Basket, sku: str) -> tuple[int, ...]:
    return tuple(line.line for line in basket.lines if line.sku == sku)
