"""What a price costs: 30 lines under 200 active rules, beside one look at every line under every rule."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime

from bench.rounds import Row, interleaved
from edge.domain.baskets import CouponTerms, Item, PriceAsked, Shopper
from edge.domain.promotion_book import RuleBook, in_scope
from edge.domain.promotion_rules import (
    Benefit,
    Bundle,
    BundlePart,
    CountOff,
    FixedPrice,
    Gift,
    GiftItem,
    Ladder,
    Level,
    NthOff,
    Off,
    Percent,
    Rule,
    Scope,
    Step,
    Threshold,
    TierTerms,
    UnitOff,
)
from edge.domain.promotions import price

LINES, RULES = 30, 200
EACH = 60
GOAL_S = 0.005


def rows(rounds: int) -> list[Row]:
    """The bench `price`."""
    book, asked = RuleBook(_rules(), [TierTerms("gold", 1, 100)]), _asked()
    said = price(asked, book)
    passes = {
        "price": lambda: _cpu(lambda: price(asked, book)),
        "look": lambda: _cpu(lambda: _look(book.rules, asked.items)),
    }
    figures = interleaved(passes, rounds=rounds, each=EACH)
    mine, floor = figures["price"], figures["look"]
    acting, count = len({part.rule for part in said.parts}), sum(item.qty for item in asked.items)
    what = (
        f"{LINES} lines, {count} pieces, {RULES} active rules of which {acting} act; "
        "processor time; floor: the scope of each rule asked of each line, and nothing reckoned"
    )
    return [
        Row(
            name="price",
            what=what,
            subject=f"{mine.p50 * 1e3:.2f} / {mine.p99 * 1e3:.2f} ms",
            floor=f"{floor.p50 * 1e3:.2f} / {floor.p99 * 1e3:.2f} ms",
            ratio=f"{mine.p50 / floor.p50:.1f}",
            goal="p50 below 5 ms of processor time",
            met=mine.p50 < GOAL_S,
        )
    ]


def _cpu(work: Callable[[], object]) -> float:
    """Seconds of this thread's own processor time: nothing is waited for here, and the neighbours' time is theirs."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _look(rules: tuple[Rule, ...], items: tuple[Item, ...]) -> int:
    return sum(in_scope(rule, item) for item in items for rule in rules)


def _asked() -> PriceAsked:
    chance = random.Random(7)  # noqa: S311 - the same basket every time
    items = tuple(
        Item(
            line=n,
            sku=f"P{n}",
            gtin="",
            name_zh=f"商品{n}",
            name_en=f"Thing {n}",
            qty=1 + n % 3,
            unit_fen=chance.randrange(500, 30_000),
            category=f"c{n % 10}",
            brand=f"b{n % 6}",
            tags=frozenset({f"t{n % 4}"}),
            flags=frozenset({"tier_ok"}) if n % 5 else frozenset(),
        )
        for n in range(1, LINES + 1)
    )
    coupon = CouponTerms("c1", Rule("c1", 1, "coupon", Off(2000), threshold=Threshold(10_000)))
    return PriceAsked(
        items,
        "S1",
        "pos",
        datetime.fromisoformat("2026-11-11T12:00"),
        Shopper("gold"),
        (coupon,),
        stock={"G1": 5},
    )


def _rules() -> list[Rule]:
    """As a chain has them: most name goods, some a category or a brand, a few all goods."""
    chance = random.Random(11)  # noqa: S311 - the same rules every time
    made: list[Callable[[], tuple[Level, Benefit]]] = [
        lambda: ("line", Percent(chance.randrange(50, 400))),
        lambda: ("line", FixedPrice(chance.randrange(300, 20_000))),
        lambda: ("line", UnitOff(chance.randrange(50, 3000))),
        lambda: ("line", NthOff(2, 500)),
        lambda: ("line", CountOff((Step(2, off_mille=100), Step(3, off_mille=200)))),
        lambda: ("line", _bundle(chance)),
        lambda: ("order", Off(chance.randrange(500, 5000))),
        lambda: ("order", Ladder((Step(20_000, 2000), Step(50_000, 8000)))),
        lambda: ("gift", Gift((GiftItem("G1", "杯", "cup", 1900),))),
    ]
    found = []
    for n in range(RULES):
        level, benefit = made[n % len(made)]()
        least = Threshold(chance.randrange(10_000, 90_000)) if level in ("order", "gift") else None
        scope, group = _scope(n, chance), f"g{n % 12}"
        found.append(
            Rule(f"r{n:03}", 1, level, benefit, include=scope, threshold=least, priority=n % 5, group=group)
        )
    return found


def _bundle(chance: random.Random) -> Bundle:
    parts = tuple(BundlePart(Scope(skus=(f"P{chance.randrange(1, 60)}",))) for _ in range(2))
    return Bundle(parts, fen=chance.randrange(500, 9000))


def _scope(n: int, chance: random.Random) -> Scope:
    if n % 20 == 0:
        return Scope()
    if n % 5 == 0:
        return Scope(categories=(f"c{chance.randrange(10)}",))
    if n % 7 == 0:
        return Scope(brands=(f"b{chance.randrange(6)}",))
    return Scope(skus=tuple(f"P{chance.randrange(1, 120)}" for _ in range(8)))
