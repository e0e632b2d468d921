"""What acted and what did not, in words for the shopper and the cashier, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from edge.domain.baskets import Code, PartKind, Why, WhyNot
from edge.domain.money import short, yuan
from edge.domain.orders import Fen
from edge.domain.promotion_rules import (
    Bundle,
    CountOff,
    FixedPrice,
    Gift,
    Inflate,
    Ladder,
    NthOff,
    Off,
    Percent,
    PointsPay,
    Rule,
    Step,
    UnitOff,
)


def zhe(off_mille: int) -> str:
    """What is paid, as 折: 100 off is 9折, 150 off is 8.5折."""
    paid = f"{(1000 - off_mille) / 100:.2f}".rstrip("0").rstrip(".")
    return f"{paid}折"


def percent(off_mille: int) -> str:
    """What is taken off, in percent."""
    return f"{off_mille / 10:.1f}".removesuffix(".0") + "%"


def benefit_words(rule: Rule, step: Step | None = None) -> tuple[str, str]:
    """What a rule gives, (zh, en), to follow on "可" and "to get"; `step` of a ladder, else its first."""
    benefit = rule.benefit
    if isinstance(benefit, Gift):
        return _gift(benefit)
    if isinstance(benefit, Off | Ladder | Inflate | PointsPay):
        return _off_in_all(benefit, step)
    return _off_goods(benefit)


def _off_goods(benefit: Percent | FixedPrice | UnitOff | NthOff | CountOff | Bundle) -> tuple[str, str]:
    match benefit:
        case Percent(off_mille=mille):
            said = f"享{zhe(mille)}", f"{percent(mille)} off"
        case FixedPrice(fen=fen):
            said = f"享特价 {short(fen)} 元", f"the price of {short(fen)}"
        case UnitOff(fen=fen):
            said = f"每件减 {short(fen)} 元", f"{short(fen)} off each"
        case NthOff(n=n, off_mille=mille):
            rate = {500: "半价", 1000: "免费"}.get(mille, zhe(mille))
            said = f"享第 {n} 件{rate}", f"{percent(mille)} off one of every {n}"
        case CountOff(steps=steps):
            first = min(steps, key=lambda one: one.at_least)
            said = f"享 {first.at_least} 件{zhe(first.off_mille)}", f"{percent(first.off_mille)} off all"
        case Bundle(off_mille=0, fen=fen):
            said = f"享组合价 {short(fen)} 元", f"the set for {short(fen)}"
        case Bundle(off_mille=mille):
            said = f"享组合{zhe(mille)}", f"{percent(mille)} off the set"
    return said


def _off_in_all(benefit: Off | Ladder | Inflate | PointsPay, step: Step | None) -> tuple[str, str]:
    match benefit:
        case Off(fen=fen):
            said = f"减 {short(fen)} 元", f"{short(fen)} off"
        case Ladder(steps=steps):
            meant = step or min(steps, key=lambda one: one.at_least)
            said = f"减 {short(meant.fen)} 元", f"{short(meant.fen)} off"
            if meant.off_mille:
                said = f"享{zhe(meant.off_mille)}", f"{percent(meant.off_mille)} off"
        case Inflate(k_mille=k):
            said = f"享定金 {k / 1000:g} 倍抵扣", f"the deposit counted {k / 1000:g} times"
        case PointsPay(points=points, fen=fen):
            said = f"用 {points} 积分抵 {short(fen)} 元", f"{short(fen)} for {points} points"
    return said


def _gift(benefit: Gift) -> tuple[str, str]:
    gift = benefit.gifts[0]
    if gift.pay_fen:
        for_money = short(gift.pay_fen)
        return f"加 {for_money} 元换购{gift.name_zh}", f"{gift.name_en} for {for_money}"
    return f"得赠品{gift.name_zh}", f"{gift.name_en} as a gift"


def name_of(rule: Rule, name: str) -> tuple[str, str]:
    """A rule as it is called, (zh, en)."""
    return rule.name_zh or rule.name_en or name, rule.name_en or rule.name_zh or name


_REASONS: Mapping[Code, tuple[str, str]] = {
    "threshold": ("还差 {missing}可{gain}", "{missing} more to get {gain}"),
    "tier": ("此优惠仅限指定会员等级", "for members of certain tiers only"),
    "offline": ("活动暂不可用（门店离线）", "not available while the shop is offline"),
    "better": ("已享受更优惠的活动", "a better offer was applied"),
    "stack": ("不可与已享受的活动同享", "cannot be combined with an offer that was applied"),
    "cap": ("已达优惠上限", "the limit of this offer was reached"),
    "stock": ("赠品已领完", "the gift is out of stock here"),
    "declined": ("顾客已放弃赠品", "the gift was declined"),
    "offered": ("可{gain}", "available: {gain}"),
    "unless": ("所购商品已享受其他优惠", "these goods are reduced by another offer already"),
    "scope": ("所购商品不在适用范围", "for other goods only"),
    "not_now": ("不适用于本店、本渠道或当前时间", "not for this shop, this way of buying or this time"),
    "spent": ("优惠名额已用完", "this offer is used up"),
    "crowded": ("同时适用的活动过多，本活动未参与计算", "too many offers at once: this one was left out"),
}


def why_not(rule: Rule, name: str, code: Code, missing: int, step: Step | None) -> WhyNot:
    """Why a rule did not act."""
    zh, en = _REASONS[code]
    if "{" in zh:
        gain, gain_en = benefit_words(rule, step)
        pieces = _of(rule) == "qty"
        zh = zh.format(missing=f"{missing} 件" if pieces else f"{yuan(missing)} 元", gain=gain)
        en = en.format(missing=_pieces(missing) if pieces else f"{yuan(missing)} yuan", gain=gain_en)
    name_zh, name_en = name_of(rule, name)
    return WhyNot(name, rule.version, code, missing, f"{name_zh}：{zh}", f"{name_en}: {en}")


def _pieces(count: int) -> str:
    return "1 piece" if count == 1 else f"{count} pieces"


def _of(rule: Rule) -> str:
    if isinstance(rule.benefit, Ladder):
        return rule.benefit.of
    if isinstance(rule.benefit, CountOff | NthOff | Bundle):
        return "qty"
    return rule.threshold.of if rule.threshold else "fen"


def why(rule: str, version: int, kind: PartKind, fen: Fen, named: tuple[str, str]) -> Why:
    """What acted and what it took off."""
    return Why(rule, version, kind, fen, f"{named[0]}：减 {yuan(fen)} 元", f"{named[1]}: {yuan(fen)} off")
