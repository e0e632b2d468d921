"""Rules are HQ's data: whatever is in them, a till answers while somebody waits for it."""

from __future__ import annotations

import sys
from datetime import datetime
from types import FrameType

import pytest

from edge.domain.baskets import Item, PriceAsked, Priced
from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_lines import MOST_BESIDE
from edge.domain.promotion_rules import Bundle, BundlePart, NthOff, Off, Percent, Rule, Scope
from edge.domain.promotion_totals import MOST_BESIDE as MOST_BESIDE_WHOLE
from edge.domain.promotions import price

NOON = datetime.fromisoformat("2026-11-11T12:00")
TEA = Scope(categories=("tea",))


def basket(lines: int, qty: int) -> tuple[Item, ...]:
    return tuple(
        Item(n, f"S{n}", "", "茶", "tea", qty, 1000 + n * 7, category="tea") for n in range(1, lines + 1)
    )


def bundles(count: int) -> list[Rule]:
    return [
        Rule(f"b{n:04}", 1, "line", Bundle((BundlePart(TEA, 2 + n % 5),), off_mille=100 + n % 800))
        for n in range(count)
    ]


def steps(items: tuple[Item, ...], rules: list[Rule]) -> tuple[int, Priced]:
    """Calls of the pricing's own functions: work that no busy machine changes."""
    book, calls = RuleBook(rules), 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > 2_000_000:
            raise TimeoutError

    asked = PriceAsked(items, "S1", "store", NOON)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        priced = price(asked, book)
    finally:
        sys.setprofile(before)
    return calls, priced


@pytest.mark.parametrize(
    ("items", "rules"),
    [
        (basket(50, 2), bundles(300)),
        (basket(25, 4), [Rule(f"p{n}", 1, "line", Percent(1 + n % 90), stack=("*",)) for n in range(300)]),
        (basket(25, 4), [Rule(f"o{n}", 1, "order", Off(1), stack=("*",)) for n in range(300)]),
    ],
    ids=["sets", "beside each other", "on the whole basket"],
)
def test_rules_in_crowds_do_not_hold_up_a_till(items: tuple[Item, ...], rules: list[Rule]) -> None:
    calls, priced = steps(items, rules)
    assert calls <= 2_000_000
    assert 0 < priced.total_fen < sum(item.unit_fen * item.qty for item in items)
    assert sum(line.net_fen for line in priced.lines) == priced.total_fen


def test_what_is_left_out_is_the_lowest_in_rank_and_is_said() -> None:
    rules = [Rule(f"n{n}", 1, "line", NthOff(99, 500), priority=-n) for n in range(9)]
    # A rule on one product costs a till next to nothing, and acts in any crowd.
    own = Rule("own", 1, "line", NthOff(2, 500), include=Scope(skus=("S1",)), priority=-9)
    _, priced = steps(basket(100, 9), [*rules, own])
    left = [why.rule for why in priced.whynots if why.code == "crowded"]
    assert sorted(left) == ["n6", "n7", "n8"]


@pytest.mark.parametrize(("level", "most"), [("line", MOST_BESIDE), ("order", MOST_BESIDE_WHOLE)])
def test_so_many_rules_act_beside_each_other_and_no_more(level: str, most: int) -> None:
    rules = [Rule(f"p{n:02}", 1, level, Percent(100), stack=("*",)) for n in range(20)]  # type: ignore[arg-type]
    _, priced = steps(basket(1, 1), rules)
    acted = {part.rule for part in priced.parts}
    assert len(acted) == most


def test_one_rule_over_a_whole_basket_always_acts() -> None:
    rule = Rule("n", 1, "line", NthOff(2, 500))
    _, priced = steps(basket(4, 999), [rule])
    assert {part.rule for part in priced.parts} == {"n"}
