"""The price of a basket: one pure function over whole fen, in the order of work that HQ and stores share."""

from __future__ import annotations

from edge.domain.baskets import PriceAsked, Priced
from edge.domain.promotion_book import RuleBook


def price(asked: PriceAsked, rules: RuleBook) -> Priced:
    """Prices a basket; the same whatever the order of rules, coupons or deposits.

    1 base price, 2 line rules, 3 tier, 4 order rules, 5 coupons, 6 deposits, 7 points, 8 gifts, 9 rounding of cash.
    """
    raise NotImplementedError
