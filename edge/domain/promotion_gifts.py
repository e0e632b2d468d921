"""Step 8, gifts and offers for money: lines of their own, as far as the shop has them and the shopper wants them."""

from __future__ import annotations

from edge.domain.baskets import GiftLine, Part, PricedLine, UnitShare
from edge.domain.orders import Fen
from edge.domain.promotion_pass import Candidate, Pass, beside
from edge.domain.promotion_rules import Gift, GiftItem


def gifts(run: Pass) -> None:
    """Adds the gifts of rules and of coupons that were shown, the highest priority first."""
    found = [*run.by_level.get("gift", ()), *run.by_level.get("coupon", ())]
    stock, given = dict(run.asked.stock), list[Candidate]()
    for one in sorted(found, key=lambda one: one.order):
        if not isinstance(one.rule.benefit, Gift):
            continue
        units = run.pieces.untouched(run.pieces.units(one.positions), one.rule.unless)
        if not units:
            run.refuse(one, "unless" if one.positions else "scope")
        elif not run.meets(one, units):
            run.refuse(one, "threshold", run.short_of(one, units))
        elif any(one.group == other.group for other in given):
            run.refuse(one, "better")
        elif not all(beside(one, other) for other in given if other.rule.level == one.rule.level):
            run.refuse(one, "stack")
        elif _give(run, one, one.rule.benefit, units, stock):
            given.append(one)


def _give(run: Pass, one: Candidate, benefit: Gift, units: list[int], stock: dict[str, int]) -> bool:
    """Gives what is there; says why not where nothing is given."""
    times = min(_times(run, one, units) if benefit.every else 1, run.times_left(one.rule))
    there = [gift for gift in benefit.gifts if stock.get(gift.sku, 0) >= gift.qty][: benefit.choose]
    if not there:
        run.refuse(one, "stock")
        return False
    if one.name in run.asked.declined_gifts:
        run.refuse(one, "declined")
        return False
    wanted = [gift for gift in there if not gift.pay_fen or one.name in run.asked.taken_offers]
    if len(wanted) < len(there):
        run.refuse(one, "offered")
    for gift in wanted:
        sets = min(times, stock[gift.sku] // gift.qty)
        stock[gift.sku] -= sets * gift.qty
        run.gifts.append(_line(run, one, gift, sets * gift.qty))
    return bool(wanted)


def _times(run: Pass, one: Candidate, units: list[int]) -> int:
    wanted = one.rule.threshold
    return run.reached(units, one.rule, wanted.of, wanted.on) // wanted.at_least if wanted else 1


def _line(run: Pass, one: Candidate, gift: GiftItem, qty: int) -> GiftLine:
    """A line of the gift's own; its number counts on from the basket's last."""
    number = max((item.line for item in run.asked.items), default=0) + len(run.gifts) + 1
    off = gift.listed_fen - gift.pay_fen
    parts = (Part(one.name, one.rule.version, "gift", Fen(off)),) if off else ()
    unit = UnitShare(Fen(gift.pay_fen), parts)
    gross, net = Fen(gift.listed_fen * qty), Fen(gift.pay_fen * qty)
    priced = PricedLine(number, gift.sku, qty, gross, net, (unit,) * qty)
    return GiftLine(one.name, one.rule.version, gift.name_zh, gift.name_en, Fen(gift.listed_fen), priced)
