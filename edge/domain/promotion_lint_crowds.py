"""Rule books in which more rules may meet on one basket than a till weighs: said at HQ, before a shopper sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from edge.domain import promotion_lines, promotion_totals
from edge.domain.promotion_lines import SINGLE
from edge.domain.promotion_pass import group_of
from edge.domain.promotion_rules import ANY, NOWHERE, Rule, Scope

BIG_PIECES, BIG_LINES = 300, 60
"""A big basket of a shop; what is weighed goes up with both."""
MOST_SETS = promotion_lines.MOST_WORK // (BIG_PIECES * BIG_LINES)
"""Rules that make sets of the same goods, of which a till still weighs each in such a basket."""


def book_warnings(rules: Iterable[Rule]) -> list[tuple[Rule, str]]:
    """Where some of the rules would be left out (`crowded`) in a big basket, with the numbers; on the rule that makes
    it too many, the last to begin."""
    listed = sorted((rule for rule in rules if not rule.ended), key=lambda one: (one.starts, one.rule))
    lines = [rule for rule in listed if rule.level == "line"]
    sets = [rule for rule in lines if not isinstance(rule.benefit, SINGLE)]
    whole = [rule for rule in listed if rule.level == "order"]
    set_words = (
        (
            "{n} rules make sets of the same goods at that time: in a basket of {pieces} pieces on {lines} lines a till"
            " weighs {most}, the highest priorities, and leaves the others out"
        )
        .replace("{pieces}", str(BIG_PIECES))
        .replace("{lines}", str(BIG_LINES))
    )
    piece_words = "{n} rules may take something off one piece beside each other: {most} do"
    whole_words = "{n} rules on the whole basket may act beside each other: {most} do, the highest priorities"
    asked = (
        (sets, MOST_SETS, set_words, False),
        (lines, promotion_lines.MOST_BESIDE, piece_words, True),
        (whole, promotion_totals.MOST_BESIDE, whole_words, True),
    )
    return [
        (rule, words.format(n=n, most=most))
        for some, most, words, together in asked
        for rule, n in _crowds(some, most, together=together)
    ]


def _crowds(rules: Sequence[Rule], most: int, *, together: bool) -> Iterator[tuple[Rule, int]]:
    """Each rule that meets `most` or more when it begins, and how many they are with it; `rules` as they begin."""
    for place, rule in enumerate(rules):
        there = [rule, *(other for other in rules[:place] if _meets(rule, other))]
        number = len(_beside(there)) if together else len(there)
        if number > most:
            yield rule, number


def _meets(rule: Rule, other: Rule) -> bool:
    """Whether a basket that is priced at the beginning of `rule` may be under both."""
    if other.ends and other.ends <= rule.starts:
        return False
    for mine, theirs in (
        (rule.channels, other.channels),
        (rule.stores, other.stores),
        (rule.tiers, other.tiers),
    ):
        if mine and theirs and not set(mine) & set(theirs):
            return False
    return _same_goods(rule.include, other.include)


def _same_goods(one: Scope, other: Scope) -> bool:
    """Whether a product may be in both; only products named one by one tell for certain that none is."""
    if NOWHERE in (one, other):
        return True
    only = [not (scope.categories or scope.brands or scope.tags) for scope in (one, other)]
    return not all(only) or bool(set(one.skus) & set(other.skus))


def _beside(rules: Sequence[Rule]) -> list[Rule]:
    """Those that act together as a till chooses them: the highest priority first, each with all before it."""
    chosen: list[Rule] = []
    for rule in sorted(rules, key=lambda one: (-one.priority, one.rule)):
        if all(_allow(rule, other) for other in chosen):
            chosen.append(rule)
    return chosen


def _allow(one: Rule, other: Rule) -> bool:
    mine, theirs = group_of(one), group_of(other)
    both = (ANY in one.stack or theirs in one.stack) and (ANY in other.stack or mine in other.stack)
    return mine != theirs and both
