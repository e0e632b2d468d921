"""The slip of a return: what came back, what goes back and how, or that it is still to come. Pure."""

from __future__ import annotations

from collections.abc import Callable

from config.selling_schema import SellingSettings
from devices.slip import Align, Code128, Feed, Pair, Rule, Slip, SlipPart, Text
from edge.domain.money import yuan
from edge.domain.return_views import CameBack, GoesBack, Returned
from edge.records.replica import ShopRow

Say = Callable[[str, str], str]
_KINDS = {
    "cash": ("现金", "Cash"),
    "wechat": ("微信支付", "WeChat Pay"),
    "alipay": ("支付宝", "Alipay"),
    "unionpay": ("云闪付", "UnionPay"),
    "hq": ("总部原路退回", "By head office"),
}
_STATES = {
    "refunded": ("已退", "refunded"),
    "refunding": ("待退款", "pending"),
    "refund_failed": ("待处理", "being looked at"),
    "refused": ("未退", "refused"),
}


def return_slip(done: Returned, store: str, shop: ShopRow | None, rules: SellingSettings) -> Slip:
    """What the customer takes along; large and at the top whether the money is there or still to come."""
    english = rules.receipt_language == "en"
    say = _english if english else _chinese
    parts: list[SlipPart] = [
        *_head(done, store, shop, say),
        Rule(),
        *(part for line in done.lines for part in _line(line, say)),
        Rule(),
        *_sums(done, say),
        *(_part(one, english=english) for one in done.parts),
        *_points(done, say),
    ]
    if done.pending:
        days = rules.refund_days
        parts.append(
            Text(
                say(
                    f"款项将原路退回，预计 {days} 个工作日内到账，请保留本单",
                    f"The money goes back the way it came, within {days} working days; keep this slip",
                )
            )
        )
    phone = rules.complaint_phone or (shop.phone if shop is not None else "")
    if phone:
        parts.append(Pair(say("咨询电话", "Questions"), phone))
    parts += [Feed(), Code128(done.receipt)]
    return Slip(f"{done.receipt} {say('退货单', 'Return')}", tuple(parts))


def _chinese(zh: str, _en: str) -> str:
    return zh


def _english(_zh: str, en: str) -> str:
    return en


def _head(done: Returned, store: str, shop: ShopRow | None, say: Say) -> list[SlipPart]:
    headline = say("待退款", "REFUND PENDING") if done.pending else say("已退款", "REFUNDED")
    if not done.refund_fen:
        headline = say("无需退款", "NOTHING TO REFUND")
    name = [Text(say(shop.name_zh, shop.name_en), align=Align.CENTER)] if shop is not None else []
    return [
        Text(say("退货单", "Return"), scale=2, bold=True, align=Align.CENTER),
        *name,
        Text(f"{say('门店', 'Store')} {store}", align=Align.CENTER),
        Text(headline, scale=2, bold=True, align=Align.CENTER),
        Rule(),
        Pair(say("退货单号", "Return no."), done.receipt, bold=True),
        Pair(say("原单号", "Bought by"), done.shown),
        Pair(say("时间", "Time"), f"{done.at:%Y-%m-%d %H:%M:%S}"),
        Pair(say("柜台", "Desk"), done.station),
        Pair(say("店员", "Staff"), done.staff),
    ]


def _line(line: CameBack, say: Say) -> list[SlipPart]:
    return [Text(say(line.name_zh, line.name_en), bold=True), Pair(f"× {line.qty}", yuan(line.fen))]


def _sums(done: Returned, say: Say) -> list[SlipPart]:
    parts: list[SlipPart] = []
    if done.gift_fen:
        parts.append(Pair(say("扣除未退赠品", "Gifts kept"), f"-{yuan(done.gift_fen)}"))
    if done.broken_fen:
        parts.append(Pair(say("优惠调整", "Rules no longer met"), yuan(-done.broken_fen)))
    if done.rounded_fen:
        parts.append(Pair(say("现金抹零", "Cash rounding"), yuan(-done.rounded_fen)))
    about = say("约 ", "about ") if done.estimate else ""
    parts.append(Pair(say("应退", "To be refunded"), f"{about}¥{yuan(done.refund_fen)}", bold=True))
    return parts


def _points(done: Returned, say: Say) -> list[SlipPart]:
    taken, given = say("扣回积分", "Points taken back"), say("退回积分", "Points given back")
    both = ((taken, done.points_lost), (given, done.points_given))
    return [Pair(words, str(points)) for words, points in both if points]


def _part(one: GoesBack, *, english: bool) -> Pair:
    kind = _KINDS.get(one.kind, (one.kind, one.kind))[english]
    state = _STATES.get(one.state, (one.state, one.state))[english]
    return Pair(f"{kind} {state}", yuan(one.fen))
