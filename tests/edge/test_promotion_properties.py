"""What holds for every basket and every set of rules: sums to the fen, nothing below nothing, no order that counts."""

from __future__ import annotations

import random
from datetime import datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.baskets import CouponTerms, Deposit, Item, PriceAsked, Priced, Shopper
from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_rules import (
    Benefit,
    Bundle,
    BundlePart,
    Caps,
    CountOff,
    FixedPrice,
    Gift,
    GiftItem,
    Ladder,
    Level,
    NthOff,
    Off,
    Percent,
    PointsPay,
    Rule,
    Scope,
    Step,
    Threshold,
    TierTerms,
    UnitOff,
)
from edge.domain.promotion_shares import half_up, share
from edge.domain.promotions import price

NOON = datetime.fromisoformat("2026-11-11T12:00")
SKUS = ("A", "B", "C", "D")
NAMES = st.sampled_from(SKUS)
MILLE = st.integers(1, 1000)
FEN = st.integers(1, 20_000)
SCOPES = st.one_of(
    st.just(Scope()),
    st.builds(Scope, skus=st.lists(NAMES, min_size=1, max_size=3).map(tuple)),
    st.builds(Scope, categories=st.sampled_from([("tea",), ("toy",), ("tea", "toy")])),
    st.builds(Scope, tags=st.just(("new",))),
)
STEPS = st.lists(
    st.one_of(
        st.builds(Step, at_least=st.integers(1, 30_000), fen=FEN),
        st.builds(Step, at_least=st.integers(1, 30_000), off_mille=MILLE),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
COUNTS = st.lists(st.builds(Step, at_least=st.integers(1, 6), off_mille=MILLE), min_size=1, max_size=3).map(
    tuple
)
SETS = st.lists(
    st.builds(BundlePart, goods=SCOPES.filter(lambda s: s != Scope()), qty=st.integers(1, 3)),
    min_size=1,
    max_size=3,
).map(tuple)
LINE = st.one_of(
    st.builds(Percent, off_mille=MILLE),
    st.builds(FixedPrice, fen=st.integers(0, 20_000)),
    st.builds(UnitOff, fen=FEN),
    st.builds(NthOff, n=st.integers(2, 4), off_mille=MILLE, same_sku=st.booleans()),
    st.builds(CountOff, steps=COUNTS),
    st.builds(Bundle, parts=SETS, fen=st.integers(0, 20_000)),
    st.builds(Bundle, parts=SETS, off_mille=MILLE),
)
WHOLE = st.one_of(
    st.builds(Percent, off_mille=MILLE),
    st.builds(Off, fen=FEN, every=st.booleans()),
    st.builds(Ladder, steps=STEPS),
    st.builds(Ladder, steps=COUNTS, of=st.just("qty")),
)
POINTS = st.builds(PointsPay, points=st.integers(1, 200), fen=st.integers(1, 200), cap_mille=MILLE)
GIFTS = st.builds(
    Gift,
    gifts=st.lists(
        st.builds(
            GiftItem,
            sku=NAMES,
            name_zh=st.just("赠"),
            name_en=st.just("gift"),
            listed_fen=st.integers(500, 900),
            pay_fen=st.integers(0, 500),
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    every=st.booleans(),
)
GROUPS = st.sampled_from(["", "g1", "g2", "g3"])
STACKS = st.sampled_from([(), ("*",), ("g1",), ("g2", "g3")])


def _rules(level: Level, benefits: st.SearchStrategy[Benefit]) -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        rule=st.integers(0, 40).map(lambda n: f"{level}{n}"),
        version=st.just(1),
        level=st.just(level),
        benefit=benefits,
        include=SCOPES,
        exclude=st.one_of(st.just(Scope()), st.builds(Scope, skus=st.tuples(NAMES))),
        threshold=st.one_of(
            st.none(),
            st.builds(Threshold, at_least=st.integers(1, 5), of=st.just("qty")),
            st.builds(Threshold, at_least=st.integers(1, 30_000)),
        ),
        priority=st.integers(0, 2),
        group=GROUPS,
        stack=STACKS,
        unless=st.sampled_from([(), (), ("*",), ("g1",), ("tier",)]),
        caps=st.one_of(
            st.just(Caps()), st.builds(Caps, order_fen=st.integers(0, 5000), order_times=st.integers(0, 3))
        ),
    )


RULES = st.lists(
    st.one_of(
        _rules("line", LINE),
        _rules("line", LINE),
        _rules("order", WHOLE),
        _rules("points", POINTS),
        _rules("gift", GIFTS),
    ),
    max_size=12,
    unique_by=lambda rule: rule.rule,
)
TIERS = st.builds(
    TierTerms,
    tier=st.just("gold"),
    version=st.just(1),
    off_mille=st.integers(0, 1000),
    vs_promo=st.sampled_from(["best", "stack"]),
)
ITEM = st.builds(
    Item,
    line=st.just(0),
    sku=NAMES,
    gtin=st.just(""),
    name_zh=st.just("货"),
    name_en=st.just("thing"),
    qty=st.integers(1, 5),
    unit_fen=st.integers(0, 20_000),
    category=st.sampled_from(["tea", "toy", ""]),
    tags=st.sampled_from([frozenset(), frozenset({"new"})]),
    flags=st.sampled_from([frozenset(), frozenset({"tier_ok"})]),
    price_fixed=st.sampled_from([False, False, False, True]),
    manual_off_fen=st.sampled_from([0, 0, 0, 99]),
)
ITEMS = st.lists(ITEM, min_size=0, max_size=6).map(
    lambda items: tuple(msgspec.structs.replace(item, line=n) for n, item in enumerate(items, 1))
)
ASKED = st.builds(
    PriceAsked,
    items=ITEMS,
    store=st.just("S1"),
    channel=st.just("pos"),
    local=st.just(NOON),
    shopper=st.builds(Shopper, tier=st.sampled_from(["", "gold"]), points=st.integers(0, 3000)),
    coupons=st.lists(
        _rules("coupon", st.one_of(WHOLE, GIFTS)).map(lambda rule: CouponTerms(rule.rule, rule)), max_size=3
    ).map(tuple),
    deposits=st.lists(
        st.builds(
            Deposit,
            ref=st.sampled_from(["d1", "d2"]),
            paid_fen=st.integers(0, 5000),
            k_mille=st.sampled_from([0, 1000, 1500, 2000]),
            goods=SCOPES,
        ),
        max_size=2,
        unique_by=lambda one: one.ref,
    ).map(tuple),
    points_wanted=st.integers(0, 3000),
    taken_offers=st.sets(st.sampled_from([f"gift{n}" for n in range(41)])).map(frozenset),
    stock=st.dictionaries(NAMES, st.integers(0, 3)),
    cash_step_fen=st.sampled_from([0, 10, 100]),
)
MANY = settings(max_examples=100, deadline=None)


@MANY
@given(ASKED, RULES, TIERS)
def test_every_fen_is_named_once(asked: PriceAsked, rules: list[Rule], tier: TierTerms) -> None:
    said = price(asked, RuleBook(rules, [tier]))
    lines = [*said.lines, *(gift.priced for gift in said.gifts)]
    for line in lines:
        assert len(line.units) == line.qty
        assert sum(unit.net_fen for unit in line.units) == line.net_fen
        assert sum(part.fen for unit in line.units for part in unit.parts) == line.gross_fen - line.net_fen
        for unit in line.units:
            assert unit.net_fen >= 0
            assert unit.net_fen + sum(part.fen for part in unit.parts) == line.gross_fen // line.qty
            assert all(part.fen > 0 and 0 <= part.paid_fen <= part.fen for part in unit.parts)
    assert said.total_fen == sum(line.net_fen for line in lines)
    assert sum(part.fen for part in said.parts) == sum(line.gross_fen - line.net_fen for line in lines)
    if asked.cash_step_fen:
        assert said.total_fen % asked.cash_step_fen == 0
    assert [line.line for line in lines] == sorted({line.line for line in lines})
    assert said.points_used == sum(part.points for part in said.parts) <= asked.shopper.points
    assert said.invoice_fen == said.total_fen + sum(part.paid_fen for part in said.parts)
    assert all(why.zh and why.en for why in said.whys)
    assert all(why.zh and why.en for why in said.whynots)


@MANY
@given(ASKED, RULES, TIERS, st.randoms(use_true_random=False))
def test_no_order_of_rules_coupons_or_deposits_counts(
    asked: PriceAsked, rules: list[Rule], tier: TierTerms, chance: random.Random
) -> None:
    said = price(asked, RuleBook(rules, [tier]))
    for given_in_turn in (rules, coupons := list(asked.coupons), deposits := list(asked.deposits)):
        chance.shuffle(given_in_turn)
    turned = msgspec.structs.replace(asked, coupons=tuple(coupons), deposits=tuple(deposits))
    # Two coupons of one number are one coupon with two terms: which of them is meant nobody can say.
    if len({one.coupon for one in coupons}) == len(coupons):
        assert price(turned, RuleBook(rules, [tier])) == said


@MANY
@given(ASKED, RULES, TIERS)
def test_caps_and_groups_hold(asked: PriceAsked, rules: list[Rule], tier: TierTerms) -> None:
    said = price(asked, RuleBook(rules, [tier]))
    by_id = {rule.rule: rule for rule in rules}
    for part in said.parts:
        if (
            part.rule in by_id
            and by_id[part.rule].caps.order_fen
            and part.kind in ("line", "order", "points")
        ):
            assert part.fen <= by_id[part.rule].caps.order_fen
    order_groups = [by_id[part.rule].own_group for part in said.parts if part.kind == "order"]
    assert len(order_groups) == len(set(order_groups))
    for line in said.lines:
        for unit in line.units:
            mine = [by_id[part.rule] for part in unit.parts if part.kind == "line"]
            for one in mine:
                for other in mine:
                    if one is not other:
                        assert one.own_group != other.own_group
                        assert "*" in one.stack or other.own_group in one.stack


@MANY
@given(ASKED, RULES, TIERS)
def test_it_survives_being_written_down(asked: PriceAsked, rules: list[Rule], tier: TierTerms) -> None:
    back = msgspec.json.decode(msgspec.json.encode(asked), type=PriceAsked)
    rules_back = msgspec.json.decode(msgspec.json.encode(rules), type=list[Rule])
    said = price(back, RuleBook(rules_back, [tier]))
    assert said == price(asked, RuleBook(rules, [tier]))
    assert msgspec.json.decode(msgspec.json.encode(said), type=Priced) == said


@MANY
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=20))
def test_shares_are_the_whole(total: int, weights: list[int]) -> None:
    shares = share(total, weights)
    assert sum(shares) == total
    assert min(shares) >= 0
    if total <= sum(weights):
        assert all(mine <= weight for mine, weight in zip(shares, weights, strict=True))
    whole = sum(weights)
    if whole:
        assert all(
            abs(mine * whole - total * weight) < whole for mine, weight in zip(shares, weights, strict=True)
        )


@given(st.integers(0, 10**9), MILLE)
def test_half_up_is_half_up(fen: int, mille: int) -> None:
    assert abs(half_up(fen, mille) * 1000 - fen * mille) <= 500
    assert (fen * mille % 1000 == 500) <= (half_up(fen, mille) * 1000 - fen * mille == 500)
