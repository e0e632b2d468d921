"""The rules of one moment, by what they name: which of them touch a basket is looked up and not searched for."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from edge.domain.baskets import Item, PriceAsked
from edge.domain.promotion_rules import NOWHERE, Rule, Scope, TierTerms, Window

_MINUTE = "%Y-%m-%dT%H:%M"


class RuleBook:
    """Rules and tiers in the versions of one moment. Made once, then read by any number of baskets and threads.

    `version` is the same wherever the same versions are in force; receipts and sales name it.
    """

    def __init__(self, rules: Iterable[Rule] = (), tiers: Iterable[TierTerms] = ()) -> None:
        """Of several versions of a rule the highest counts."""
        newest: dict[str, Rule] = {}
        for rule in rules:
            if rule.rule not in newest or newest[rule.rule].version < rule.version:
                newest[rule.rule] = rule
        self.rules = tuple(rule for _, rule in sorted(newest.items()) if not rule.ended)
        terms: dict[str, TierTerms] = {}
        for tier in tiers:
            if tier.tier not in terms or terms[tier.tier].version < tier.version:
                terms[tier.tier] = tier
        self.tiers = dict(sorted(terms.items()))
        self.version = _digest(self.rules, self.tiers.values())
        self._by_id = {rule.rule: rule for rule in self.rules}
        self.points = tuple(rule for rule in self.rules if rule.level == "points")
        self._wide: list[int] = []
        self._named: dict[tuple[str, str], list[int]] = defaultdict(list)
        for n, rule in enumerate(self.rules):
            if rule.include == NOWHERE:
                self._wide.append(n)
            for key in _keys(rule.include):
                self._named[key].append(n)

    @classmethod
    def as_of(cls, rules: Iterable[Rule], tiers: Iterable[TierTerms], local: datetime) -> RuleBook:
        """The book of a moment: of every rule and tier the highest version that had begun then, by the store's clock.

        Give a basket the book of the moment it was opened, and its rules stay as they were until it is paid.
        """
        now = minute(local)
        return cls((rule for rule in rules if rule.starts <= now), (t for t in tiers if t.starts <= now))

    def rule(self, name: str) -> Rule | None:
        """The rule of this id, in the version of this book."""
        return self._by_id.get(name)

    def touching(self, items: Sequence[Item]) -> dict[int, list[int]]:
        """Number of a rule -> positions of the items in its scope, in order; rules that touch nothing are left out.

        Goods at a frozen price are in nobody's scope.
        """
        found: dict[int, list[int]] = {}
        rules, named = self.rules, self._named
        for position, item in enumerate(items):
            if item.price_fixed:
                continue
            mine = set(self._wide)
            for key in _keys_of(item):
                mine.update(named.get(key, ()))
            for n in mine:
                exclude = rules[n].exclude
                if exclude is not NOWHERE and names(exclude, item):
                    continue
                found.setdefault(n, []).append(position)
        return found


def names(scope: Scope, item: Item) -> bool:
    """Whether a list of this scope names the item."""
    return (
        item.sku in scope.skus
        or item.category in scope.categories
        or item.brand in scope.brands
        or not item.tags.isdisjoint(scope.tags)
    )


def in_scope(rule: Rule, item: Item) -> bool:
    """Whether a rule may act on an item at all."""
    if item.price_fixed or (rule.include != NOWHERE and not names(rule.include, item)):
        return False
    return not names(rule.exclude, item)


def minute(local: datetime) -> str:
    """A moment of the store's clock as rules write it."""
    return local.strftime(_MINUTE)


def in_force(rule: Rule, asked: PriceAsked, now: str) -> bool:
    """Whether a rule holds in this store, on this channel, at this moment; `now` is that as `minute` gives it."""
    if (rule.stores and asked.store not in rule.stores) or (
        rule.channels and asked.channel not in rule.channels
    ):
        return False
    if rule.starts > now or (rule.ends and now >= rule.ends):
        return False
    return not rule.windows or any(_open(window, asked.local) for window in rule.windows)


def _open(window: Window, local: datetime) -> bool:
    clock = local.strftime("%H:%M")
    if window.start < window.end:
        return window.start <= clock < window.end and _on(window, local)
    if clock >= window.start:
        return _on(window, local)
    return clock < window.end and _on(window, local - timedelta(days=1))


def _on(window: Window, day: datetime) -> bool:
    if window.days and day.isoweekday() not in window.days:
        return False
    return not window.month_days or day.day in window.month_days


def _keys(scope: Scope) -> Iterable[tuple[str, str]]:
    for kind, listed in (
        ("sku", scope.skus),
        ("category", scope.categories),
        ("brand", scope.brands),
        ("tag", scope.tags),
    ):
        for name in set(listed):
            yield kind, name


def _keys_of(item: Item) -> Iterable[tuple[str, str]]:
    yield "sku", item.sku
    yield "category", item.category
    yield "brand", item.brand
    for tag in item.tags:
        yield "tag", tag


def _digest(rules: Iterable[Rule], tiers: Iterable[TierTerms]) -> str:
    text = [f"{rule.rule}@{rule.version}" for rule in rules]
    text += [f"tier:{tier.tier}@{tier.version}" for tier in tiers]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:12]
