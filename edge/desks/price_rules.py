"""The rules a till prices by: HQ's versions in force at a moment of the store's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.desks.status import StatusDesk
from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_rules import Rule, TierTerms
from edge.records.price_rules import PriceRules


@dataclass(frozen=True)
class PriceRuleDesk:
    """Rules by moment; and, for the desks of coupons and members, those of now."""

    rules: PriceRules
    status: StatusDesk

    def at(self, local: datetime) -> RuleBook:
        """The book of a moment, naive, on the store's clock: what a basket opened then is priced by."""
        return self.rules.as_of(local)

    def now(self) -> RuleBook:
        """The book of this moment."""
        return self.at(self.status.local(self.status.now()).replace(tzinfo=None))

    def coupon_rule(self, terms: str) -> Rule | None:
        """The rule of level coupon with this id, the terms that coupons of HQ's name; None: none in force."""
        rule = self.now().rule(terms)
        return rule if rule is not None and rule.level == "coupon" else None

    def tier(self, tier: str) -> TierTerms | None:
        """What a member tier gets now; None: HQ has said nothing of it."""
        return self.now().tiers.get(tier)
