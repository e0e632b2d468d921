"""Price rules judged, told apart by moment, and explained; the wire's form and the domain's are one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from edge.domain.baskets import Item, PriceAsked, Shopper
from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_lint import book_problems, rule_problems, tier_problems
from edge.domain.promotion_lint_crowds import MOST_SETS, book_warnings
from edge.domain.promotion_rules import Rule, TierTerms
from edge.domain.promotions import price
from sync.selling_rules import PriceRule, TierWord

NOW = datetime.fromisoformat("2026-11-22T12:00")
GOOD: dict[str, Any] = {
    "rule": "r",
    "version": 1,
    "level": "order",
    "benefit": {"do": "off", "fen": 3000},
    "threshold": {"at_least": 20000},
    "name_zh": "满200减30",
    "name_en": "30 off 200",
    "starts": "2026-12-01T00:00",
}


def a_rule(**more: Any) -> Rule:
    return msgspec.convert({**GOOD, **more}, Rule)


def _benefit(level: str, do: str, **more: Any) -> dict[str, Any]:
    return {"level": level, "threshold": None, "benefit": {"do": do, **more}}


LADDER = [{"at_least": 30000, "fen": 4000}, {"at_least": 50000, "fen": 8000}]
GIFT = {"sku": "G", "name_zh": "杯", "name_en": "cup", "listed_fen": 1900}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no beginning": ({"starts": ""}, "starts is missing"),
    "in the past": ({"starts": "2026-11-22T11:59"}, "is over already"),
    "no such day": ({"starts": "2027-02-30T00:00"}, "not a day of the calendar"),
    "over before it began": ({"ends": "2026-12-01T00:00"}, "it never opens"),
    "an empty window": ({"windows": [{"start": "10:00", "end": "10:00"}]}, "window 1 never opens"),
    "no Sunday in a Monday": (
        {"ends": "2026-12-02T00:00", "windows": [{"days": [7], "start": "10:00"}]},
        "window 1 never opens between",
    ),
    "no 31st": (
        {"ends": "2026-12-31T00:00", "windows": [{"month_days": [31]}]},
        "window 1 never opens between",
    ),
    "after hours": (
        {"ends": "2026-12-01T10:00", "windows": [{"start": "10:00", "end": "12:00"}]},
        "window 1 never opens between",
    ),
    "no name": ({"name_zh": " "}, "name_zh is blank"),
    "gives more than it asks": ({"threshold": {"at_least": 2999}}, "more than has to be bought"),
    "not of its level": (_benefit("line", "off", fen=1), "level line cannot do off"),
    "a later subtotal": ({"threshold": {"at_least": 5000, "on": "coupon"}}, "comes before the subtotal"),
    "every without": (
        {"threshold": None, "benefit": {"do": "off", "fen": 1, "every": True}},
        "needs a threshold",
    ),
    "all of it": (_benefit("line", "percent", off_mille=1000), "gives the goods away"),
    "ladder upside down": (_benefit("order", "ladder", steps=LADDER[::-1]), "out of order"),
    "ladder that gives less": (
        _benefit("order", "ladder", steps=[LADDER[0], {"at_least": 50000, "fen": 4000}]),
        "gives no more",
    ),
    "ladder of nothing": (_benefit("order", "ladder", steps=[{"at_least": 1}]), "fen or off_mille"),
    "ladder of two kinds": (
        _benefit("order", "ladder", steps=[LADDER[0], {"at_least": 50000, "off_mille": 100}]),
        "all take fen or all",
    ),
    "a bundle for nothing": (
        _benefit("line", "bundle", parts=[{"goods": {"skus": ["A"]}}]),
        "a price (fen) or off_mille",
    ),
    "a bundle of anything": (_benefit("line", "bundle", fen=1, parts=[{"goods": {}}]), "names no goods"),
    "a dear gift": (_benefit("gift", "gift", gifts=[{**GIFT, "pay_fen": 2000}]), "costs more"),
    "a gift and an offer": (
        _benefit("gift", "gift", gifts=[GIFT, {**GIFT, "pay_fen": 100}]),
        "two rules",
    ),
    "too many chosen": (_benefit("gift", "gift", gifts=[GIFT], choose=2), "choose 2 of 1"),
    "a budget offline": ({"caps": {"budget_fen": 1000}}, "needs needs_online"),
    "stacks with itself": ({"group": "g", "stack": ["g"]}, "can never stack with itself"),
    "nothing left": ({"include": {"skus": ["A"]}, "exclude": {"skus": ["A", "B"]}}, "takes away everything"),
    "a blank name of goods": ({"include": {"tags": [" "]}}, "blank name"),
    "a deposit of a quarter": (
        {**_benefit("deposit", "inflate", k_mille=2000, deposit_fen=2500), "include": {"skus": ["A"]}},
        "more than 20 %",
    ),
    "a deposit on what has no price": (
        {**_benefit("deposit", "inflate", k_mille=2000, deposit_fen=1), "include": {"skus": ["Z"]}},
        "no price of Z",
    ),
    "a deposit for all goods": (_benefit("deposit", "inflate", k_mille=2000), "names SKUs"),
    "a deposit that is more than the price": (
        {**_benefit("deposit", "inflate", k_mille=6000, deposit_fen=2000), "include": {"skus": ["A"]}},
        "count for more than",
    ),
}


@pytest.mark.parametrize(("more", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_bad_rule_is_told_why(more: dict[str, Any], words: str) -> None:
    problems = rule_problems(a_rule(**more), NOW, {"A": 10_000}.get)
    assert len(problems) == 1, problems
    assert words in problems[0]


RIGHT: tuple[dict[str, Any], ...] = (
    {},
    {"starts": "2026-11-22T12:00"},
    {"ends": "2026-12-08T00:00", "windows": [{"days": [7], "start": "22:00", "end": "02:00"}]},
    # Opened the evening before, and still open when the rule begins.
    {"ends": "2026-12-01T01:00", "windows": [{"start": "22:00", "end": "02:00"}]},
    {**_benefit("deposit", "inflate", k_mille=2000, deposit_fen=2000), "include": {"skus": ["A"]}},
    {"ended": True, "name_zh": ""},
)


@pytest.mark.parametrize("more", RIGHT)
def test_a_good_rule_passes(more: dict[str, Any]) -> None:
    assert rule_problems(a_rule(**more), NOW, {"A": 10_000}.get) == []


def test_groups_that_can_never_stack_are_named() -> None:
    one = a_rule(rule="a", group="x", stack=["y"])
    alone, willing = a_rule(rule="b", group="y"), a_rule(rule="b", group="y", stack=["x"])
    assert [words for _, words in book_problems([one, alone])] == [
        "can never stack with y: no rule there allows x"
    ]
    assert book_problems([one, willing]) == []
    assert "which no rule of level order has" in book_problems([one])[0][1]
    assert "which nobody has" in book_problems([a_rule(unless=["nought"])])[0][1]
    assert book_problems([a_rule(unless=["*", "tier", "manual"])]) == []


def crowd(number: int, **more: Any) -> list[Rule]:
    return [
        a_rule(rule=f"c{n:02}", stack=["*"], starts=f"2026-12-01T00:{n:02}", **more) for n in range(number)
    ]


def test_more_rules_than_a_till_weighs_are_a_warning_with_their_number() -> None:
    assert book_warnings(crowd(8)) == []
    found = [(rule.rule, words.split()[0]) for rule, words in book_warnings(crowd(10))]
    assert found == [("c08", "9"), ("c09", "10")], "on those that make it too many"
    assert "8 do" in book_warnings(crowd(9))[0][1]
    # They never meet: another's time is over, other shops, groups that exclude each other.
    apart = [msgspec.structs.replace(rule, ends="2026-12-01T00:09") for rule in crowd(8)]
    assert book_warnings([*apart, a_rule(rule="z", stack=["*"], starts="2026-12-01T00:09")]) == []
    assert book_warnings([*crowd(8, stores=["S1"]), a_rule(rule="z", stack=["*"], stores=["S2"])]) == []
    assert book_warnings([*crowd(8), a_rule(rule="z")]) == []


def test_sets_of_the_same_goods_are_counted_and_those_of_others_are_not() -> None:
    made: dict[str, Any] = _benefit("line", "nth", n=2, off_mille=500)
    goods = [{"include": {"skus": [f"A{n}"]}} for n in range(MOST_SETS + 1)]
    same = [a_rule(rule=f"s{n:02}", **made, include={"categories": ["tea"]}) for n in range(MOST_SETS + 1)]
    ((last, words),) = book_warnings(same)
    assert (last.rule, words.split()[0]) == (f"s{MOST_SETS:02}", str(MOST_SETS + 1))
    assert book_warnings([a_rule(rule=f"s{n}", **made, **more) for n, more in enumerate(goods)]) == []


def test_a_till_does_leave_out_what_the_warning_is_about() -> None:
    """Nine rules on the whole basket that all allow each other: eight act."""
    book = RuleBook([msgspec.structs.replace(rule, starts="") for rule in crowd(9)], ())
    item = Item(1, "A", "", "茶", "tea", 1, 100_000)
    said = price(PriceAsked((item,), "S1", "store", NOW, Shopper()), book)
    assert len(said.parts) == 8
    assert [why.code for why in said.whynots] == ["crowded"]


def test_a_tier_is_judged() -> None:
    terms = TierTerms("gold", 1, 100, name_zh="金卡", name_en="Gold", starts="2026-12-01T00:00")
    assert tier_problems(terms, NOW) == []
    assert len(tier_problems(msgspec.structs.replace(terms, off_mille=950, name_en="", starts=""), NOW)) == 3


def test_the_wires_form_and_the_stores_form_say_the_same() -> None:
    def plain(kind: Any) -> Any:
        text = msgspec.json.encode(msgspec.json.schema(kind)).decode()
        return text.replace("PriceRule", "Rule").replace("TierWord", "TierTerms")

    assert plain(PriceRule) == plain(Rule)
    assert plain(TierWord) == plain(TierTerms)


def test_a_book_is_what_had_begun_then_and_its_name_says_which_versions() -> None:
    rules = [a_rule(), a_rule(version=2, starts="2026-12-05T00:00"), a_rule(rule="gone", ended=True)]
    before, first, second = (
        RuleBook.as_of(rules, (), datetime.fromisoformat(day))
        for day in ("2026-11-30T23:59", "2026-12-01T00:00", "2026-12-05T00:00")
    )
    assert [[rule.version for rule in book.rules] for book in (before, first, second)] == [[], [1], [2]]
    assert len({before.version, first.version, second.version}) == 3
    assert (
        RuleBook.as_of(rules[::-1], (), datetime.fromisoformat("2026-12-02T09:00")).version == first.version
    )


def test_what_is_short_of_a_rule_is_said_as_a_cashier_says_it() -> None:
    item = Item(1, "A", "", "茶", "Tea", 1, 18_800)
    asked = PriceAsked((item,), "S1", "pos", datetime.fromisoformat("2026-12-01T12:00"), Shopper())
    said = price(asked, RuleBook([a_rule()]))
    assert [(one.zh, one.en) for one in said.whynots] == [
        ("满200减30：还差 12.00 元可减 30 元", "30 off 200: 12.00 yuan more to get 30 off")
    ]
    two = price(
        msgspec.structs.replace(asked, items=(msgspec.structs.replace(item, qty=2),)), RuleBook([a_rule()])
    )
    assert [(one.zh, one.en) for one in two.whys] == [("满200减30：减 30.00 元", "30 off 200: 30.00 off")]
