"""Prices as a shopper reads them: of one piece, with reasons; for members; and what is on offer today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from edge.desks.price_rules import PriceRuleDesk
from edge.domain.baskets import TIER_OK, Item, PriceAsked, Priced, Shopper
from edge.domain.catalogue import Goods
from edge.domain.guide_views import MemberPrice, PriceTag, Reason
from edge.domain.money import short
from edge.domain.orders import Fen
from edge.domain.promotion_book import RuleBook, in_force, minute
from edge.domain.promotion_rules import NOWHERE, Rule
from edge.domain.promotion_words import benefit_words, name_of
from edge.domain.promotions import price
from edge.domain.views import LineWord

_CHANNEL = "store"
_TIERS = 3
_HINTS = 3
_SAID = frozenset({"threshold", "offered"})
"""Why a rule does not act that a shopper can do something about."""


@dataclass(frozen=True)
class GuidePrices:
    """Prices by the rules of this moment, as a till would for a basket of that piece alone."""

    store: str
    rules: PriceRuleDesk

    def tag(self, goods: Goods) -> PriceTag:
        """What one piece costs, and why; without a price of HQ's only that there is none.

        What is taken off a whole basket is no price of a piece: it is said beside it.
        """
        gross = goods.scanned_fen() or goods.fen
        each = goods.unit if goods.weighed and goods.facts.grams is None else ""
        if gross is None:
            return PriceTag(None)
        priced = self._priced(goods, gross, "")
        book = self.rules.now()
        off = _off(priced, ("line",))
        offers = tuple(Reason(one.zh, one.en) for one in priced.whys if one.kind == "line")
        more = [Reason(*_called(book, one.rule)) for one in priced.whys if one.kind == "order"]
        more += [Reason(one.zh, one.en) for one in priced.whynots if one.code in _SAID]
        members = tuple(self._members(goods, gross, book, Fen(gross - off)))
        was = Fen(gross) if off else None
        return PriceTag(Fen(gross - off), was, each, offers, tuple(dict.fromkeys(more))[:_HINTS], members)

    def short(self, goods: Goods) -> tuple[Fen | None, Fen | None]:
        """What a piece costs, and what it would without offers where that is more."""
        if goods.fen is None:
            return None, None
        off = _off(self._priced(goods, goods.fen, ""), ("line",))
        return Fen(goods.fen - off), goods.fen if off else None

    def today(self) -> list[Rule]:
        """The rules of goods and baskets that hold here now, those with a name, the most urgent first."""
        asked, now = self._asked((), ""), minute(self._local())
        book = self.rules.now()
        found = [
            rule
            for rule in book.rules
            if rule.level in {"line", "order"} and not rule.ended and (rule.name_zh or rule.name_en)
        ]
        found = [rule for rule in found if in_force(rule, asked, now)]
        return sorted(found, key=lambda rule: (rule.ends or "9", rule.include == NOWHERE, rule.rule))

    def _members(self, goods: Goods, gross: Fen, book: RuleBook, shown: Fen) -> Iterator[MemberPrice]:
        if TIER_OK not in goods.flags:
            return
        best = sorted(
            (tier for tier in book.tiers.values() if tier.off_mille), key=lambda one: -one.off_mille
        )
        for tier in best[:_TIERS]:
            fen = Fen(gross - _off(self._priced(goods, gross, tier.tier), ("line", "tier")))
            if fen < shown:
                zh, en = tier.name_zh or tier.name_en or tier.tier, tier.name_en or tier.name_zh or tier.tier
                yield MemberPrice(zh, en, fen)

    def _priced(self, goods: Goods, gross: Fen, tier: str) -> Priced:
        item = Item(
            line=1,
            sku=goods.sku,
            gtin=goods.gtin,
            name_zh=goods.name_zh,
            name_en=goods.name_en,
            qty=1,
            unit_fen=gross,
            category=goods.category,
            brand=goods.brand,
            tags=goods.tags,
            flags=goods.flags,
        )
        return price(self._asked((item,), tier), self.rules.now())

    def _asked(self, items: tuple[Item, ...], tier: str) -> PriceAsked:
        online = self.rules.status.word() is LineWord.UP
        return PriceAsked(items, self.store, _CHANNEL, self._local(), Shopper(tier), online=online)

    def _local(self) -> datetime:
        status = self.rules.status
        return status.local(status.now()).replace(tzinfo=None)


def what_of(rule: Rule) -> tuple[str, str]:
    """What a rule gives and from which sum or number on, (zh, en)."""
    zh, en = benefit_words(rule)
    if rule.threshold is None:
        return zh, en[:1].upper() + en[1:]
    least = rule.threshold.at_least
    if rule.threshold.of == "qty":
        return f"满 {least} 件{zh}", f"From {least} pieces: {en}"
    return f"满 {short(least)} 元{zh}", f"From {short(least)} yuan: {en}"


def _called(book: RuleBook, name: str) -> tuple[str, str]:
    rule = book.rule(name)
    if rule is None:
        return name, name
    (zh, en), (what_zh, what_en) = name_of(rule, name), what_of(rule)
    return f"{zh}：{what_zh}", f"{en}: {what_en}"


def _off(priced: Priced, kinds: tuple[str, ...]) -> int:
    return sum(part.fen for part in priced.parts if part.kind in kinds)
