"""The price of a basket: one pure function over whole fen, in the order of work that HQ and stores share."""

from __future__ import annotations

from edge.domain.baskets import PriceAsked, Priced
from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_gifts import gifts
from edge.domain.promotion_lines import line_rules
from edge.domain.promotion_pass import Pass
from edge.domain.promotion_result import priced
from edge.domain.promotion_tenders import deposits, points
from edge.domain.promotion_tier import tier_discount
from edge.domain.promotion_totals import coupons, next_steps, order_rules


def price(asked: PriceAsked, rules: RuleBook) -> Priced:
    """Prices a basket; the same whatever the order of rules, coupons or deposits.

    1 base price, 2 line rules, 3 tier, 4 order rules, 5 coupons, 6 deposits, 7 points, 8 gifts, 9 rounding of cash.
    """
    run = Pass(asked, rules)
    pieces = run.pieces
    for position, item in enumerate(asked.items):
        units = pieces.units((position,))
        off = pieces.shared(min(item.manual_off_fen, item.unit_fen * item.qty), units)
        pieces.take("manual", 0, "manual", "manual", off)
    pieces.mark("base")
    together = line_rules(run)
    pieces.mark("line")
    tier = tier_discount(run, together)
    pieces.mark("tier")
    order_rules(run)
    pieces.mark("order")
    coupons(run)
    pieces.mark("coupon")
    next_steps(run)
    deposits(run)
    used = points(run)
    gifts(run)
    return priced(run, tier, used)
