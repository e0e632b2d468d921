"""The slip of a payment whose result nobody knows yet: what the shopper takes along."""

from __future__ import annotations

from datetime import datetime

from devices.slip import Align, Code128, Feed, Pair, Rule, Slip, SlipPart, Text
from edge.domain.money import yuan
from edge.domain.payments import Channel
from edge.domain.views import StationView
from edge.records.payments import AttemptRow
from edge.records.replica import ShopRow

PAID_BY = {
    Channel.CASH: "现金 Cash",
    Channel.WECHAT: "微信支付 WeChat Pay",
    Channel.ALIPAY: "支付宝 Alipay",
    Channel.UNIONPAY: "云闪付 UnionPay",
}
"""How slips name a tender, in both languages."""


def unsure_slip(row: AttemptRow, shop: ShopRow | None, station: StationView, at: datetime) -> Slip:
    """`支付结果待确认`; `at` in the store's zone. Nothing of the shopper's code is on it."""
    parts: list[SlipPart] = []
    if shop is not None:
        parts.append(Text(shop.name_zh, bold=True, align=Align.CENTER))
        parts.append(Text(shop.name_en, align=Align.CENTER))
    parts += [
        Feed(),
        Text("支付结果待确认", scale=2, bold=True, align=Align.CENTER),
        Text("PAYMENT BEING CONFIRMED", bold=True, align=Align.CENTER),
        Rule(),
        Pair("金额 / Amount", f"¥{yuan(row.fen)}", bold=True),
        Pair("方式 / By", PAID_BY[row.channel]),
        Pair("时间 / Time", f"{at:%Y-%m-%d %H:%M:%S}"),
        Pair("柜台 / Desk", f"{station.label_zh} {station.label_en}"),
        Text("支付单号 / Payment no."),
        Text(row.number, bold=True, align=Align.CENTER),
        Code128(row.number),
        Rule(),
        Text("网络恢复后系统会自动确认：若未成交，款项将原路退回。请勿重复付款。"),
        Text(
            "It is settled as soon as the line is back. If there is no sale, the money goes back by itself. "
            "Please do not pay again."
        ),
    ]
    if shop is not None and shop.phone:
        parts.append(Pair("门店电话 / Phone", shop.phone, bold=True))
    return Slip(f"{row.number[-4:]} 支付结果待确认", tuple(parts))
