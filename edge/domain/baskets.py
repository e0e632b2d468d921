"""A basket as it is priced, and the price that came out: every fen named by piece and by rule."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from edge.domain.orders import Fen
from edge.domain.promotion_rules import NOWHERE, Rule, Scope

PartKind = Literal["line", "tier", "order", "coupon", "deposit", "points", "gift", "manual", "rounding"]
Code = Literal[
    "threshold",
    "tier",
    "offline",
    "better",
    "stack",
    "cap",
    "stock",
    "declined",
    "offered",
    "unless",
    "spent",
    "scope",
    "not_now",
    "crowded",
]
Money = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000)]
TIER_OK = "tier_ok"
"""The product flag that lets a member tier's discount act."""
MAX_UNITS = 10_000
"""Pieces of one basket that are priced one by one."""


class Item(msgspec.Struct, frozen=True):
    """A line of a basket: `qty` pieces at `unit_fen` of the price book. Weighed goods: qty 1, the price of that piece.

    `price_fixed`: HQ froze this price (a live-stream order), no rule touches it, points and deposits pay for it.
    `manual_off_fen`: taken off the line by somebody who may; line rules and tier leave such a line alone.
    """

    line: int
    sku: str
    gtin: str
    name_zh: str
    name_en: str
    qty: Annotated[int, msgspec.Meta(ge=1, le=MAX_UNITS)]
    unit_fen: Money
    category: str = ""
    brand: str = ""
    tags: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    grams: int = 0
    price_fixed: bool = False
    manual_off_fen: Money = 0


class Shopper(msgspec.Struct, frozen=True):
    """Who is buying, as far as known: tier, member token, and points that may be spent now."""

    tier: str = ""
    member: str = ""
    points: Annotated[int, msgspec.Meta(ge=0)] = 0


class Moment(msgspec.Struct, frozen=True):
    """One moment twice: `at` RFC 3339 UTC, `local` naive on the store's clock."""

    at: str
    local: datetime


class CouponTerms(msgspec.Struct, frozen=True):
    """A coupon that was shown, and its terms: a rule of level coupon. Coupons of one group exclude each other."""

    coupon: str
    rule: Rule


class Deposit(msgspec.Struct, frozen=True):
    """`paid_fen` paid online before, counting `k_mille` thousandths for the goods named (none: all).

    `k_mille` 0: as the rule says that is in force. `ref` is HQ's number of the deposit order.
    """

    ref: str
    paid_fen: Money
    k_mille: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    rule: str = ""
    version: int = 0
    goods: Scope = NOWHERE


class Used(msgspec.Struct, frozen=True):
    """What is gone of a rule's caps already: times of this member, fen of its budget."""

    member_times: int = 0
    budget_fen: int = 0


class PriceAsked(msgspec.Struct, frozen=True):
    """Everything a price depends on, besides the rules. `local`: naive, the store's clock.

    `points_wanted`: points to pay with, at most. `declined_gifts`, `taken_offers`: ids of rules whose gifts the shopper
    does not want, whose offers for money (换购) are taken. `stock`: pieces of gifts here; a product not named is not
    here. `cash_step_fen`: the smallest coin where cash is paid (0: not cash); what is left over is never asked for.
    `online`: HQ answers, so that rules that need it may act. `used`: by rule id.
    """

    items: tuple[Item, ...]
    store: str
    channel: str
    local: datetime
    shopper: Shopper = Shopper()
    coupons: tuple[CouponTerms, ...] = ()
    deposits: tuple[Deposit, ...] = ()
    points_wanted: Annotated[int, msgspec.Meta(ge=0)] = 0
    declined_gifts: frozenset[str] = frozenset()
    taken_offers: frozenset[str] = frozenset()
    stock: dict[str, int] = {}
    used: dict[str, Used] = {}
    online: bool = True
    cash_step_fen: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class Part(msgspec.Struct, frozen=True):
    """What one rule took off: `fen` in all, of which `paid_fen` the shopper had paid before (a deposit), and `points`.

    `rule`: the rule's, tier's or coupon's id, a deposit's ref, "manual" or "cash".
    """

    rule: str
    version: int
    kind: PartKind
    fen: Fen
    paid_fen: Fen = Fen(0)
    points: int = 0


class UnitShare(msgspec.Struct, frozen=True):
    """One piece: what is due for it, and what was taken off; gross price = net_fen + sum of parts."""

    net_fen: Fen
    parts: tuple[Part, ...]


class PricedLine(msgspec.Struct, frozen=True):
    """A line priced; `gross_fen` and `net_fen` are sums over its units, in the order of the pieces."""

    line: int
    sku: str
    qty: int
    gross_fen: Fen
    net_fen: Fen
    units: tuple[UnitShare, ...]


class GiftLine(msgspec.Struct, frozen=True):
    """A gift, or an offer that was taken, as a line of its own; `listed_fen` (a piece) is deducted if it is kept.

    `priced.line` counts on from the last line of the basket.
    """

    rule: str
    version: int
    name_zh: str
    name_en: str
    listed_fen: Fen
    priced: PricedLine


class Why(msgspec.Struct, frozen=True):
    """What acted, and for how much, in words."""

    rule: str
    version: int
    kind: PartKind
    fen: Fen
    zh: str
    en: str


class WhyNot(msgspec.Struct, frozen=True):
    """What did not act on goods that it might act on. `missing`: fen or pieces to its threshold, else 0."""

    rule: str
    version: int
    code: Code
    missing: int
    zh: str
    en: str


class Priced(msgspec.Struct, frozen=True):
    """The price: `total_fen` is due now; `saved_fen` is less than the gross price without being paid otherwise.

    `total_fen` = sum of net_fen over lines and gifts. `invoice_fen` = total plus the deposits that counted. `parts` are
    the sums by rule. `points_used` of the shopper's; `points_estimate` HQ may credit. `rules`: the rule book's version.
    """

    lines: tuple[PricedLine, ...]
    gifts: tuple[GiftLine, ...]
    total_fen: Fen
    saved_fen: Fen
    invoice_fen: Fen
    parts: tuple[Part, ...]
    whys: tuple[Why, ...]
    whynots: tuple[WhyNot, ...]
    points_used: int = 0
    points_estimate: int = 0
    free_delivery: bool = False
    rules: str = ""
