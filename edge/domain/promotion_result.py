"""Step 9 and the answer: the missing coin shared out, every piece with its parts, the sums by rule and their words."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edge.domain.baskets import GiftLine, Part, PartKind, Priced, PricedLine, UnitShare, Why
from edge.domain.orders import Fen
from edge.domain.promotion_pass import Pass
from edge.domain.promotion_rules import TierTerms
from edge.domain.promotion_shares import Taken, share
from edge.domain.promotion_words import name_of, why

_KINDS: tuple[PartKind, ...] = (
    "manual",
    "line",
    "tier",
    "order",
    "coupon",
    "deposit",
    "points",
    "gift",
    "rounding",
)
_PLAIN = {
    "manual": ("手工优惠", "Manual reduction"),
    "deposit": ("定金抵扣", "Deposit"),
    "rounding": ("抹零", "Cash rounding"),
    "tier": ("会员折扣", "Member discount"),
}


def priced(run: Pass, tier: TierTerms | None, points_used: int) -> Priced:
    """Everything that came out of a pricing."""
    _round(run)
    lines = tuple(_lines(run))
    total = sum(line.net_fen for line in lines) + sum(gift.priced.net_fen for gift in run.gifts)
    sums = _sums([*lines, *(gift.priced for gift in run.gifts)])
    given = Fen(sum(part.fen - part.paid_fen for part in sums if part.kind not in ("points", "gift")))
    paid_before = sum(part.paid_fen for part in sums)
    return Priced(
        lines=lines,
        gifts=tuple(run.gifts),
        total_fen=Fen(total),
        saved_fen=given,
        invoice_fen=Fen(total + paid_before),
        parts=sums,
        whys=tuple(_why(run, part, tier) for part in sums),
        whynots=tuple(sorted(set(run.whynots), key=lambda one: (one.rule, one.code, one.missing))),
        points_used=points_used,
        points_estimate=(total + paid_before) * tier.points_per_100_yuan // 10_000 if tier else 0,
        free_delivery=bool(tier and tier.free_delivery),
        rules=run.book.version,
    )


def _lines(run: Pass) -> Iterable[PricedLine]:
    net, parts = run.pieces.net, run.pieces.parts
    for position, item in enumerate(run.asked.items):
        units = tuple(
            UnitShare(Fen(net[unit]), tuple(map(_part, parts[unit])))
            for unit in run.pieces.units((position,))
        )
        due = Fen(sum(unit.net_fen for unit in units))
        yield PricedLine(item.line, item.sku, item.qty, Fen(item.unit_fen * item.qty), due, units)


def _part(taken: Taken) -> Part:
    return Part(taken.rule, taken.version, taken.kind, Fen(taken.fen), Fen(taken.paid), taken.points)


def _round(run: Pass) -> None:
    """Leaves what is less than the smallest coin, off goods and offers in the proportion of what is due."""
    step = run.asked.cash_step_fen
    on_offers = sum(gift.priced.net_fen for gift in run.gifts)
    off = (sum(run.pieces.net) + on_offers) % step if step else 0
    if not off:
        return
    on_goods, on_gifts = share(off, [sum(run.pieces.net), on_offers])
    goods = run.pieces.shared(on_goods, range(len(run.pieces.net)))
    run.pieces.take("cash", 0, "rounding", "cash", goods)
    amounts = share(on_gifts, [gift.priced.net_fen for gift in run.gifts])
    run.gifts = [_rounded(gift, fen) for gift, fen in zip(run.gifts, amounts, strict=True)]


def _rounded(gift: GiftLine, off: int) -> GiftLine:
    if not off:
        return gift
    line = gift.priced
    shares = share(off, [unit.net_fen for unit in line.units])
    units = tuple(
        UnitShare(Fen(unit.net_fen - fen), (*unit.parts, Part("cash", 0, "rounding", Fen(fen))))
        if fen
        else unit
        for unit, fen in zip(line.units, shares, strict=True)
    )
    rounded = msgspec.structs.replace(line, net_fen=Fen(line.net_fen - off), units=units)
    return msgspec.structs.replace(gift, priced=rounded)


def _sums(lines: Iterable[PricedLine]) -> tuple[Part, ...]:
    """What every rule took off in all, in the order of work, then by rule."""
    found: dict[tuple[PartKind, str, int], list[int]] = {}
    for line in lines:
        for unit in line.units:
            for part in unit.parts:
                sums = found.setdefault((part.kind, part.rule, part.version), [0, 0, 0])
                sums[0] += part.fen
                sums[1] += part.paid_fen
                sums[2] += part.points
    ranked = sorted(found, key=lambda key: (_KINDS.index(key[0]), key[1], key[2]))
    return tuple(
        Part(key[1], key[2], key[0], Fen(found[key][0]), Fen(found[key][1]), found[key][2]) for key in ranked
    )


def _why(run: Pass, part: Part, tier: TierTerms | None) -> Why:
    terms = {one.coupon: one.rule for one in run.asked.coupons}
    rule = terms.get(part.rule) or run.book.rule(part.rule)
    if part.kind == "tier" and tier:
        named = (tier.name_zh or _PLAIN["tier"][0], tier.name_en or _PLAIN["tier"][1])
    elif part.kind in _PLAIN or rule is None:
        named = _PLAIN.get(part.kind, (part.rule, part.rule))
    else:
        named = name_of(rule, part.rule)
    return why(part.rule, part.version, part.kind, part.fen, named)
