"""Price rules from a file at HQ to the till: judged whole, published by version, priced by in the store."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from edge.cli import main
from edge.desks.price_rules import PriceRuleDesk as TillRules
from edge.domain.promotion_rules import Off, Rule, TierTerms
from edge.records.price_rules import PriceRules
from sync.hub.price_rules import PriceRuleDesk
from sync.hub.publishing import NotPossible
from sync.hub.sheet import Sheet
from sync.messages import Price
from tests.sync.shop_floor import Stores

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
M30 = {
    "rule": "m30",
    "version": 1,
    "level": "order",
    "benefit": {"do": "off", "fen": 3000},
    "threshold": {"at_least": 20000},
    "name_zh": "满200减30",
    "name_en": "30 off 200",
    "starts": "2026-11-23T00:00",
}
GOLD = {
    "tier": "gold",
    "version": 1,
    "off_mille": 100,
    "name_zh": "金卡",
    "name_en": "Gold",
    "starts": "2026-11-23T00:00",
}


def sheet(*rows: Any) -> Sheet:
    return Sheet(io.BytesIO("\n".join(json.dumps(row) for row in rows).encode()))


def states(desk: PriceRuleDesk) -> list[tuple[str, int, str]]:
    return [(row["rule"], row["version"], row["state"]) for row in desk.listed()]


def test_a_file_is_published_whole_or_not_at_all(hub: Any) -> None:
    hub.desk.publish_prices([Price("A", 10_000, "b1")])
    desk = PriceRuleDesk(hub.engine, lambda: AT)
    deposit = {
        **M30,
        "rule": "d",
        "level": "deposit",
        "threshold": None,
        "include": {"skus": ["A"]},
        "benefit": {"do": "inflate", "k_mille": 2000, "deposit_fen": 2001},
    }
    bad = sheet(M30, {**M30, "version": "1"}, {**M30, "surprise": 1}, deposit, M30, {**GOLD, "starts": ""})
    judged, changed = desk.take(bad)
    assert changed == 0
    assert [line for line, _ in judged.problems] == [2, 3, 4, 5, 6]
    assert [words for _, words in judged.problems][2].startswith("the deposit of 2001 fen is more than 20 %")
    assert desk.listed() == []
    assert desk.take(sheet(M30, GOLD))[1] == 2
    assert desk.take(sheet(M30, GOLD)) == (desk.judge(sheet(M30, GOLD)), 0)
    assert states(desk) == [("m30", 1, "to come"), ("gold", 1, "to come")]


@on_sqlite
def test_a_version_that_is_published_is_never_rewritten(hub: Any) -> None:
    desk = PriceRuleDesk(hub.engine, lambda: AT)
    desk.take(sheet(M30))
    judged, _ = desk.take(sheet({**M30, "name_en": "another"}))
    assert judged.problems == ((1, "version 1 is not above 1, which is published"),)
    assert desk.take(sheet({**M30, "version": 2, "starts": "2026-11-24T00:00"}))[1] == 1
    later = PriceRuleDesk(hub.engine, lambda: AT.replace(day=25))
    assert states(later) == [("m30", 1, "replaced"), ("m30", 2, "in force")]
    # A month after it was replaced no basket can need it any more.
    much_later = PriceRuleDesk(hub.engine, lambda: AT.replace(month=12, day=30))
    much_later.publish([Rule("x", 1, "order", Off(1), name_zh="x", name_en="x", starts="2026-12-01T00:00")])
    assert states(much_later) == [("m30", 2, "in force"), ("x", 1, "in force")]
    with pytest.raises(NotPossible, match="starts is missing"):
        desk.publish([Rule("y", 1, "order", Off(1), name_zh="y", name_en="y")])


CELLS = """rule,version,level,name_zh,name_en,do,with,threshold,include,starts,windows,tier,off_percent,vs_promo
half,1,line,第二件半价,Second half,nth,n=2 percent=50,,category:tea,2026-12-01T00:00,1-5 18:00-20:00;d8,,,
lad,1,order,阶梯,Ladder,ladder,300:40 500:80,,,2026-12-01T00:00,,,,
two,1,order,两件,Two,ladder,2pcs:10% 3pcs:20%,,,2026-12-01T00:00,,,,
off,1,order,满减,Off,off,yuan=10.50 every=yes,99.90,sku:A tag:x,2026-12-01T00:00,,,,
,1,,银卡,Silver,,,,,2026-12-01T00:00,,silver,12.5,stack
"""


@on_sqlite
def test_rules_of_a_spreadsheet(hub: Any) -> None:
    desk = PriceRuleDesk(hub.engine, lambda: AT)
    judged = desk.judge(Sheet(io.BytesIO(CELLS.encode())))
    assert judged.problems == ()
    half, ladder, two, off, silver = judged.said
    assert isinstance(half, Rule)
    assert [(w.days, w.month_days, w.start, w.end) for w in half.windows] == [
        ((1, 2, 3, 4, 5), (), "18:00", "20:00"),
        ((), (8,), "00:00", "24:00"),
    ]
    assert (half.include.categories, half.benefit.off_mille) == (("tea",), 500)  # type: ignore[union-attr]
    assert [(s.at_least, s.fen) for s in ladder.benefit.steps] == [(30000, 4000), (50000, 8000)]  # type: ignore[union-attr]
    assert [(s.at_least, s.off_mille) for s in two.benefit.steps] == [(2, 100), (3, 200)]  # type: ignore[union-attr]
    assert isinstance(off, Rule)
    assert (off.benefit, off.threshold.at_least, off.include.tags) == (Off(1050, every=True), 9990, ("x",))  # type: ignore[union-attr]
    assert silver == TierTerms(
        "silver", 1, 125, "stack", name_zh="银卡", name_en="Silver", starts="2026-12-01T00:00"
    )
    wrong = CELLS.replace("n=2 percent=50", "n=two").replace("300:40", "300").replace("12.5", "1250")
    problems = desk.judge(Sheet(io.BytesIO(wrong.encode()))).problems
    assert [line for line, _ in problems] == [2, 3, 6]


@on_sqlite
def test_a_till_prices_by_the_versions_of_its_moment(hub: Any, floor: Stores) -> None:
    store = floor("S1")
    hq = PriceRuleDesk(hub.engine, lambda: AT)
    hq.publish([Rule("m", 1, "order", Off(100), name_zh="减", name_en="Off", starts="2020-01-01T00:00")])
    hq.publish([TierTerms("gold", 1, 100, name_zh="金", name_en="Gold", starts="2020-01-01T00:00")])
    hq.publish(
        [
            Rule("m", 2, "order", Off(200), name_zh="减", name_en="Off", starts="2090-01-01T00:00"),
            Rule("c", 1, "coupon", Off(5), name_zh="券", name_en="Coupon", starts="2020-01-01T00:00"),
        ]
    )
    store.settle()
    till = TillRules(PriceRules(store.books.ledger), store.status)
    today = till.now()
    assert [(rule.rule, rule.version) for rule in today.rules] == [("c", 1), ("m", 1)]
    later = till.at(datetime.fromisoformat("2090-01-01T00:00"))
    assert [(rule.rule, rule.version) for rule in later.rules] == [("c", 1), ("m", 2)]
    coupon, tier = till.coupon_rule("c"), till.tier("gold")
    assert (coupon and coupon.benefit, tier and tier.off_mille) == (Off(5), 100)
    assert (till.coupon_rule("m"), till.tier("silver")) == (None, None)
    assert till.now() is till.now()
    hq.publish(
        [Rule("m", 3, "order", Off(1), name_zh="减", name_en="Off", starts="2021-01-01T00:00", ended=True)]
    )
    store.settle()
    assert [rule.rule for rule in till.now().rules] == ["c"]


def test_the_command_names_lines_and_changes_nothing_when_it_only_looks(tmp_path: Any) -> None:
    file, database = tmp_path / "r.ndjson", str(tmp_path / "hub.db")
    coming = {**M30, "starts": "2099-01-01T00:00"}
    file.write_text(json.dumps({**coming, "name_en": ""}) + "\n" + json.dumps(coming) + "\n", "utf-8")
    run = CliRunner()
    done = run.invoke(main, ["hub", "promotions", "lint", str(file), "--database", database])
    assert (done.exit_code, "line 1: name_en is blank" in done.output) == (1, True)
    file.write_text(json.dumps(coming) + "\n", "utf-8")
    assert run.invoke(main, ["hub", "promotions", "lint", str(file), "--database", database]).exit_code == 0
    assert "m30" not in run.invoke(main, ["hub", "promotions", "list", "--database", database]).output
    done = run.invoke(main, ["hub", "promotions", "import", str(file), "--database", database, "--json"])
    assert json.loads(done.output) == {"read": 1, "problems": 0, "warnings": 0, "changed": 1}
    listed = run.invoke(main, ["hub", "promotions", "list", "--database", database, "--json"]).output
    assert json.loads(listed)["state"] == "to come"
