"""What is wrong with HQ's price rules, in words for who wrote them: one at a time, then all together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from edge.domain.promotion_lint_times import start_problems, time_problems
from edge.domain.promotion_pass import group_of
from edge.domain.promotion_rules import (
    ANY,
    NOWHERE,
    Bundle,
    CountOff,
    FixedPrice,
    Gift,
    Inflate,
    Ladder,
    Level,
    NthOff,
    Off,
    Percent,
    PointsPay,
    Rule,
    Scope,
    Step,
    TierTerms,
    UnitOff,
)

_FITS: Mapping[Level, tuple[type, ...]] = {
    "line": (Percent, FixedPrice, UnitOff, NthOff, CountOff, Bundle),
    "order": (Percent, Off, Ladder),
    "coupon": (Percent, Off, Ladder, Gift),
    "deposit": (Inflate,),
    "points": (PointsPay,),
    "gift": (Gift,),
}
_KNOWN_SUBTOTALS: Mapping[Level, frozenset[str]] = {
    "line": frozenset({"", "base"}),
    "order": frozenset({"", "base", "line", "tier"}),
    "coupon": frozenset({"", "base", "line", "tier", "order"}),
    "deposit": frozenset({""}),
    "points": frozenset({"", "base", "line", "tier", "order", "coupon"}),
    "gift": frozenset({"", "base", "line", "tier", "order", "coupon"}),
}
MOST_DEPOSIT_MILLE = 200
"""A deposit is at most a fifth of the price (Civil Code of the PRC, art. 586): what is more is no deposit in law."""

PriceOf = Callable[[str], int | None]
"""SKU -> fen, None: HQ knows no price."""


def rule_problems(rule: Rule, now: datetime | None = None, price_of: PriceOf = lambda _: None) -> list[str]:
    """What is wrong with one rule. `now`: naive, the chain's clock; what is new must not begin before it."""
    found = list(time_problems(rule, now))
    if not rule.ended:
        found += [*_words(rule), *_benefit(rule), *_amounts(rule), *_limits(rule), *_scopes(rule)]
        found += _prices(rule, price_of)
    return found


def _words(rule: Rule) -> Iterator[str]:
    for name in ("name_zh", "name_en"):
        text = getattr(rule, name)
        if not text.strip() or len(text) > 60:
            yield f"{name} is blank or longer than 60 characters: receipts and screens show it"


def _benefit(rule: Rule) -> Iterator[str]:
    benefit, wanted = rule.benefit, rule.threshold
    what = str(benefit.__struct_config__.tag)
    if not isinstance(benefit, _FITS[rule.level]):
        yield f"a rule of level {rule.level} cannot do {what}"
    for on in (wanted.on if wanted else "", getattr(benefit, "on", "")):
        if on not in _KNOWN_SUBTOTALS[rule.level]:
            yield f"level {rule.level} comes before the subtotal {on!r} that its threshold is on"
    if isinstance(benefit, Off | Gift) and benefit.every and wanted is None:
        yield f"{what} every time a threshold is reached needs a threshold"


def _amounts(rule: Rule) -> Iterator[str]:
    benefit, wanted = rule.benefit, rule.threshold
    match benefit:
        case Percent(off_mille=1000):
            yield "off_mille 1000 gives the goods away: make a gift of them, or a coupon with a gift"
        case Off(fen=fen) if wanted is not None and wanted.of == "fen" and fen > wanted.at_least:
            yield f"takes off {fen} fen of {wanted.at_least}: more than has to be bought"
        case Ladder(steps=steps, of=of):
            yield from _ladder(steps)
            if wanted is not None:
                yield "a ladder has its thresholds in its steps; it takes no threshold beside them"
            if any(step.fen > step.at_least for step in steps) and of == "fen":
                yield "a step takes off more than has to be bought"
        case CountOff(steps=steps):
            yield from _ladder(steps)
            if any(step.fen for step in steps):
                yield "steps of count take off_mille"
        case Bundle(fen=fen, off_mille=mille):
            if bool(fen) == bool(mille):
                yield "a bundle has a price (fen) or off_mille, one of the two"
        case Gift():
            yield from _gift(benefit)
        case _:
            return


def _ladder(steps: Sequence[Step]) -> Iterator[str]:
    """Steps must go up, in what they ask and in what they give."""
    if any(bool(step.fen) == bool(step.off_mille) for step in steps):
        yield "each step has fen or off_mille, one of the two"
    if len({bool(step.fen) for step in steps}) > 1:
        yield "the steps of one ladder all take fen or all take off_mille"
        return
    for low, high in itertools.pairwise(steps):
        if high.at_least <= low.at_least:
            yield f"the ladder is out of order: {high.at_least} stands after {low.at_least}"
        elif (high.fen, high.off_mille) <= (low.fen, low.off_mille):
            yield f"the step at {high.at_least} gives no more than the one at {low.at_least}"


def _gift(benefit: Gift) -> Iterator[str]:
    if benefit.choose > len(benefit.gifts):
        yield f"choose {benefit.choose} of {len(benefit.gifts)} gifts"
    if len({bool(gift.pay_fen) for gift in benefit.gifts}) > 1:
        yield "gifts and offers for money are two rules: a shopper declines the one and takes the other"
    for gift in benefit.gifts:
        if gift.pay_fen > gift.listed_fen:
            yield f"gift {gift.sku} costs more ({gift.pay_fen}) than it is listed at ({gift.listed_fen})"


def _limits(rule: Rule) -> Iterator[str]:
    if (rule.caps.budget_fen or rule.caps.member_times) and not rule.needs_online:
        yield "a limit over all stores (budget_fen, member_times) is HQ's to keep: it needs needs_online"
    if rule.level == "coupon" and rule.stack:
        yield "coupons of different groups go together as they are: stack says nothing there"
    if rule.own_group in rule.stack:
        yield f"group {rule.own_group} can never stack with itself: one rule of a group acts"


def _scopes(rule: Rule) -> Iterator[str]:
    listed = {"include": rule.include, "exclude": rule.exclude}
    parts = rule.benefit.parts if isinstance(rule.benefit, Bundle) else ()
    for number, part in enumerate(parts, 1):
        listed[f"part {number} of the bundle"] = part.goods
        if part.goods == NOWHERE:
            yield f"part {number} of the bundle names no goods"
    for where, scope in listed.items():
        if any(not name.strip() for names in _lists(scope) for name in names):
            yield f"{where} holds a blank name"
    included = [set(names) for names in _lists(rule.include)]
    excluded = [set(names) for names in _lists(rule.exclude)]
    if rule.include != NOWHERE and all(a <= b for a, b in zip(included, excluded, strict=True)):
        yield "exclude takes away everything that include names"


def _lists(scope: Scope) -> tuple[tuple[str, ...], ...]:
    return (scope.skus, scope.categories, scope.brands, scope.tags)


def _prices(rule: Rule, price_of: PriceOf) -> Iterator[str]:
    """What only prices can tell: how much of the price a deposit is."""
    if not isinstance(rule.benefit, Inflate):
        return
    deposit = rule.benefit.deposit_fen
    if not rule.include.skus or len(rule.include.skus) != sum(map(len, _lists(rule.include))):
        yield "a deposit is paid for products: include names SKUs and nothing else"
    for sku in rule.include.skus:
        fen = price_of(sku)
        if fen is None:
            yield f"no price of {sku} is known: whether the deposit is within a fifth of it cannot be said"
        elif deposit * 1000 > fen * MOST_DEPOSIT_MILLE:
            yield f"the deposit of {deposit} fen is more than 20 % of the price of {sku} ({fen} fen)"
        elif deposit * rule.benefit.k_mille > fen * 1000:
            yield f"the deposit would count for more than {sku} costs"


def book_problems(rules: Iterable[Rule]) -> list[tuple[Rule, str]]:
    """What is wrong with rules beside each other: groups that can never stack, names of groups that nobody has."""
    listed = [rule for rule in rules if not rule.ended]
    groups: dict[tuple[Level, str], list[Rule]] = {}
    for rule in listed:
        groups.setdefault((rule.level, group_of(rule)), []).append(rule)
    known = {name for _, name in groups} | {ANY, "tier", "manual"}
    found = []
    for rule in listed:
        mine = group_of(rule)
        for name in rule.stack:
            if name in (ANY, mine):
                continue
            others = groups.get((rule.level, name))
            if not others:
                found.append((rule, f"stack names the group {name}, which no rule of level {rule.level} has"))
            elif not any(ANY in other.stack or mine in other.stack for other in others):
                found.append((rule, f"can never stack with {name}: no rule there allows {mine}"))
        found += [
            (rule, f"unless names the group {name}, which nobody has")
            for name in rule.unless
            if name not in known
        ]
    return found


def tier_problems(terms: TierTerms, now: datetime | None = None) -> list[str]:
    """What is wrong with a tier's terms."""
    found = list(start_problems(terms, now))
    if not terms.name_zh.strip() or not terms.name_en.strip():
        found.append("name_zh or name_en is blank: receipts and screens show them")
    if terms.off_mille > 900:
        found.append(f"off_mille {terms.off_mille} leaves less than a tenth of the price")
    return found
