"""What is sold at a desk: baskets and their states, finished sales, shifts and what a report of one says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from edge.domain.baskets import Priced
from edge.domain.counter_views import HeldCoupon


class BasketState(Enum):
    """How a basket stands (value stored)."""

    OPEN = "open"
    PAYING = "paying"  # a wallet was asked for money: nothing in the basket may change
    SUSPENDED = "suspended"
    SOLD = "sold"
    VOID = "void"


_OPEN, _PAYING = BasketState.OPEN, BasketState.PAYING
_SUSPENDED, _SOLD, _VOID = BasketState.SUSPENDED, BasketState.SOLD, BasketState.VOID
MOVES: Mapping[BasketState, Mapping[str, BasketState]] = {
    _OPEN: {"change": _OPEN, "pay": _PAYING, "suspend": _SUSPENDED, "void": _VOID, "sell": _SOLD},
    _PAYING: {"pay": _PAYING, "set_aside": _PAYING, "unpay": _OPEN, "lay_by": _SUSPENDED, "sell": _SOLD},
    _SUSPENDED: {"resume": _OPEN, "void": _VOID},
    _SOLD: {},
    _VOID: {},
}
"""What may happen to a basket; what is missing is refused."""

AGE_FLAGS = frozenset({"alcohol", "age", "tobacco"})
"""Goods that nobody under age may buy: somebody looks before they are paid."""
NEEDS_PRICE = frozenset({"weighed"})
"""Goods whose catalogue price is for a kilogram."""


@dataclass(frozen=True)
class Line:
    """A line of a basket. Money in fen (int); `book` the price book that `unit_fen` came from; weighed goods are one
    piece of `grams`. `fixed`: a label said the price, no book. `cut_fen` is what somebody takes off by hand."""

    line: int
    sku: str
    gtin: str
    name_zh: str
    name_en: str
    qty: int
    unit_fen: int
    book: str
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    tax: str = ""
    grams: int = 0
    fixed: bool = False
    cut_fen: int = 0
    cut_reason: str = ""
    cut_by: str = ""

    @property
    def gross_fen(self) -> int:
        """Before anything is taken off."""
        return self.qty * self.unit_fen

    def cut_of(self, gross_fen: int) -> int:
        """What stays taken off by hand where the line is worth so much: where it is less, the same share of it."""
        return self.cut_fen * gross_fen // self.gross_fen if gross_fen < self.gross_fen else self.cut_fen


@dataclass(frozen=True)
class Basket:
    """A basket as the ledger has it. `rules` names what it is priced by, `priced_at` (RFC 3339 UTC) the moment whose
    rules and windows count; `member` is HQ's opaque name, `guide` a staff number, `declined` and
    `taken` rules whose gifts are not wanted, whose offers are; `age_by` who looked; `aside`: its till went on without
    it while nobody knew whether it was paid."""

    basket: str
    station: str
    staff: str
    state: BasketState
    version: int
    training: bool
    channel: str
    code: str
    rules: str
    member: str
    tier: str
    card_tail: str
    guide: str
    points_wanted: int
    declined: tuple[str, ...]
    taken: tuple[str, ...]
    age_by: str
    priced_at: str
    opened_at: str
    changed_at: str
    lines: tuple[Line, ...] = ()
    aside: bool = False

    @property
    def units(self) -> int:
        """Pieces in it."""
        return sum(line.qty for line in self.lines)

    @property
    def gross_fen(self) -> int:
        """Before anything is taken off."""
        return sum(line.gross_fen for line in self.lines)

    @property
    def checks(self) -> frozenset[str]:
        """Flags that somebody must look at a shopper for and nobody has yet."""
        return (
            frozenset() if self.age_by else AGE_FLAGS & {flag for line in self.lines for flag in line.flags}
        )


@dataclass(frozen=True)
class Bill:
    """A basket with its price. `held` are its coupons; `newer`: HQ has other prices or rules by now, `changed`
    the lines whose price would differ; `cash_fen` is what is asked where all of it is paid in cash."""

    basket: Basket
    priced: Priced
    cash_fen: int
    held: tuple[HeldCoupon, ...] = ()
    newer: bool = False
    changed: tuple[int, ...] = ()

    @property
    def total_fen(self) -> int:
        """What is due now."""
        return self.priced.total_fen


class Cleared(Enum):
    """What became of a basket that was set aside (value sent)."""

    UNKNOWN = "unknown"
    PAID = "paid"  # the money is there; its till has to be open for the sale
    PART = "part"  # cash paid a part and nothing the rest: a lead gives it back to whoever comes for it
    SOLD = "sold"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class AsideBasket:
    """A basket that was set aside. `fen` is what is or was to be paid, `at` (RFC 3339 UTC) since when it is as it is;
    `code` where it is suspended, `receipt` (and `sale`) where it was sold; `cash_fen` of it lies in a drawer."""

    basket: str
    station: str
    units: int
    fen: int
    at: str
    how: Cleared
    code: str = ""
    receipt: str = ""
    sale: str = ""
    cash_fen: int = 0


@dataclass(frozen=True)
class Share:
    """A part of what was taken off one piece: by which rule (its version as text), of which kind, how much."""

    rule: str
    version: str
    kind: str
    fen: int


@dataclass(frozen=True)
class SoldLine:
    """A line as it was sold. `units` holds for each piece what it cost and what was taken off it."""

    line: int
    sku: str
    gtin: str
    name_zh: str
    name_en: str
    qty: int
    grams: int
    unit_fen: int
    gross_fen: int
    net_fen: int
    book: str
    tax: str
    flags: tuple[str, ...] = ()
    grant: str = ""
    units: tuple[tuple[int, tuple[Share, ...]], ...] = ()


@dataclass(frozen=True)
class Paid:
    """How a part was paid: kind cash|wechat|alipay|unionpay|..., `number` ours to the provider, `tail` the last four of
    the provider's own."""

    kind: str
    fen: int
    number: str = ""
    tail: str = ""


@dataclass(frozen=True)
class Sale:
    """A finished sale. sum(lines.net_fen) == net_fen == sum(paid.fen); `given_fen` is the cash that was handed over.

    `titles` has a name (zh, en) for each rule that took something off. `claim` is the code of a repurchase coupon.
    """

    sale: str
    receipt: str
    basket: str
    training: bool
    station: str
    staff: str
    shift: str
    at: str
    day: str
    channel: str
    member: str
    tier: str
    card_tail: str
    guide: str
    rules: str
    gross_fen: int
    net_fen: int
    given_fen: int
    change_fen: int
    points: int
    offline: bool
    seq: int
    claim: str = ""
    job: int = 0
    lines: tuple[SoldLine, ...] = ()
    paid: tuple[Paid, ...] = ()
    titles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    repeat: bool = False

    @property
    def units(self) -> int:
        """Pieces sold."""
        return sum(line.qty for line in self.lines)

    def savings(self) -> tuple[tuple[str, str, int], ...]:
        """What each rule took off in all: (name zh, name en, fen), largest first."""
        sums: dict[str, int] = {}
        for line in self.lines:
            for _, shares in line.units:
                for share in shares:
                    sums[share.rule] = sums.get(share.rule, 0) + share.fen
        named = [(*self.titles.get(rule, (rule, rule)), fen) for rule, fen in sums.items() if fen]
        return tuple(sorted(named, key=lambda one: (-one[2], one[0])))
