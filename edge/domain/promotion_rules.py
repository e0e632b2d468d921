"""Price rules as HQ writes them: what is in scope, from when, what it takes off, and what goes together."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Level = Literal["line", "order", "coupon", "deposit", "points", "gift"]
Subtotal = Literal["base", "line", "tier", "order", "coupon"]
"""A subtotal of the in-scope goods: of base prices, or after that step."""
Mille = Annotated[int, msgspec.Meta(ge=1, le=1000)]
"""Parts of a thousand taken off: 100 is 9折, 500 half price, 1000 all of it."""
Much = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000_000)]
"""Fen, pieces or points of which there is at least one."""
Some = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000)]
ANY = "*"


class Scope(msgspec.Struct, frozen=True):
    """Goods named by any of these lists; nothing in any list names no goods."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


NOWHERE = Scope()


class Threshold(msgspec.Struct, frozen=True):
    """What the in-scope goods must come to: fen of the subtotal `on`, or pieces. "" is the level's own subtotal."""

    at_least: Much
    of: Literal["fen", "qty"] = "fen"
    on: Literal["", "base", "line", "tier", "order", "coupon"] = ""


class Step(msgspec.Struct, frozen=True):
    """A step of a ladder: from `at_least` on, `fen` or `off_mille` off, one of the two."""

    at_least: Much
    fen: Some = 0
    off_mille: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0


class Percent(msgspec.Struct, frozen=True, tag="percent", tag_field="do"):
    """So much of the price off (限时折扣, 满折, 折扣券); rounded half up a line."""

    off_mille: Mille


class FixedPrice(msgspec.Struct, frozen=True, tag="fixed_price", tag_field="do"):
    """Each piece costs this, where that is less."""

    fen: Some


class UnitOff(msgspec.Struct, frozen=True, tag="unit_off", tag_field="do"):
    """So much off each piece (直降), never below nothing."""

    fen: Much


class NthOff(msgspec.Struct, frozen=True, tag="nth", tag_field="do"):
    """Of every `n` pieces the cheapest has so much off: n 2 and 500 is 第二件半价. `same_sku`: n of one product."""

    n: Annotated[int, msgspec.Meta(ge=2, le=99)]
    off_mille: Mille
    same_sku: bool = False


class CountOff(msgspec.Struct, frozen=True, tag="count", tag_field="do"):
    """N件X折: so many pieces or more, and all of them have the highest reached step off (`off_mille`)."""

    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=20)]


class BundlePart(msgspec.Struct, frozen=True):
    """Any `qty` pieces of these goods."""

    goods: Scope
    qty: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1


class Bundle(msgspec.Struct, frozen=True, tag="bundle", tag_field="do"):
    """These parts together cost `fen` or have `off_mille` off, one of the two; as often as they are there.

    3件99元 is a bundle of one part of three pieces. The dearest pieces go in first.
    """

    parts: Annotated[tuple[BundlePart, ...], msgspec.Meta(min_length=1, max_length=10)]
    fen: Some = 0
    off_mille: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0


class Off(msgspec.Struct, frozen=True, tag="off", tag_field="do"):
    """满减 and 满减券: so much off; `every` time the threshold is reached (每满) or once."""

    fen: Much
    every: bool = False


class Ladder(msgspec.Struct, frozen=True, tag="ladder", tag_field="do"):
    """The highest step that is reached: 满300减40, 满500减80; or 满2件9折, 满3件8折. `of`, `on` as of a threshold."""

    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=20)]
    of: Literal["fen", "qty"] = "fen"
    on: Literal["", "base", "line", "tier", "order", "coupon"] = ""


class Inflate(msgspec.Struct, frozen=True, tag="inflate", tag_field="do"):
    """定金膨胀: a deposit of `deposit_fen` a piece counts for so many thousandths of itself; 2000 is doubled."""

    k_mille: Annotated[int, msgspec.Meta(ge=1000, le=100_000)]
    deposit_fen: Some = 0


class PointsPay(msgspec.Struct, frozen=True, tag="points_pay", tag_field="do"):
    """`points` points pay for `fen`; together at most so much of what is left to pay."""

    points: Much
    fen: Much
    cap_mille: Mille = 1000


class GiftItem(msgspec.Struct, frozen=True):
    """`qty` pieces given for `pay_fen` each (0: 满赠; more: 换购); `listed_fen` is what one is worth on return."""

    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    name_zh: str
    name_en: str
    listed_fen: Some
    pay_fen: Some = 0
    qty: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1


class Gift(msgspec.Struct, frozen=True, tag="gift", tag_field="do"):
    """The first `choose` of these that are there; `every` time the threshold is reached or once."""

    gifts: Annotated[tuple[GiftItem, ...], msgspec.Meta(min_length=1, max_length=50)]
    choose: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    every: bool = False


Benefit = (
    Percent | FixedPrice | UnitOff | NthOff | CountOff | Bundle | Off | Ladder | Inflate | PointsPay | Gift
)

Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Wall = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d)?$")]
"""A moment on the store's own clock, to the minute: 2026-11-11T00:00; "" is open."""


class Window(msgspec.Struct, frozen=True):
    """When a rule holds, by the store's clock: on these weekdays (1 Monday to 7; none: all) and days of the month.

    From `start` up to and without `end`; an `end` before `start` is past midnight and belongs to the day it began.
    """

    days: tuple[Annotated[int, msgspec.Meta(ge=1, le=7)], ...] = ()
    month_days: tuple[Annotated[int, msgspec.Meta(ge=1, le=31)], ...] = ()
    start: Clock = "00:00"
    end: Clock = "24:00"


class Caps(msgspec.Struct, frozen=True):
    """Limits, 0 is none: fen and times (pieces of a line rule, sets, 每满) an order, times a member, fen in all."""

    order_fen: Some = 0
    order_times: Some = 0
    member_times: Some = 0
    budget_fen: Some = 0


class Rule(msgspec.Struct, frozen=True):
    """One rule in one version. `starts`/`ends`: the store's clock; of versions that began, the highest holds.

    `include` empty: all goods. Of one `group` only one rule acts (the highest `priority`) on a piece (level line) or a
    basket (other levels); "" is a group of its own. `stack`: groups of the same level that may act beside it, "*" any,
    none: exclusive; both must allow the other. `unless`: goods on which a rule of these groups acted already are out of
    scope ("*" any). `channels`, `stores`, `tiers`: none named is all. `ended`: this version ends the rule.
    """

    rule: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    level: Level
    benefit: Benefit
    name_zh: str = ""
    name_en: str = ""
    include: Scope = NOWHERE
    exclude: Scope = NOWHERE
    threshold: Threshold | None = None
    priority: int = 0
    group: str = ""
    stack: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    starts: Wall = ""
    ends: Wall = ""
    windows: tuple[Window, ...] = ()
    caps: Caps = Caps()
    needs_online: bool = False
    ended: bool = False

    @property
    def own_group(self) -> str:
        """The group it competes in."""
        return self.group or f"rule:{self.rule}"


class TierTerms(msgspec.Struct, frozen=True):
    """What a member tier gets: `off_mille` on goods flagged tier_ok, delivery, points a 100 yuan paid (an estimate).

    `vs_promo` best: the better of tier and line rules, a set of pieces at a time; stack: on top of line rules.
    """

    tier: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    off_mille: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    vs_promo: Literal["best", "stack"] = "best"
    free_delivery: bool = False
    points_per_100_yuan: Some = 0
    name_zh: str = ""
    name_en: str = ""
    starts: Wall = ""
