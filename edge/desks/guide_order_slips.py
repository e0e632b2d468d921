"""The slip of an order that was paid at a screen: what for, how it comes; no code to collect it by is on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from devices.slip import Align, Code128, Feed, Pair, Rule, Slip, SlipPart, Text
from edge.clock import moment_of
from edge.desks.payment_slips import PAID_BY
from edge.domain.money import yuan
from edge.domain.payments import Channel
from edge.domain.views import StationView
from edge.records.guide_orders import GuideOrderRow
from edge.records.replica import ShopRow
from sync.guiding import Option

_WAYS = {
    "pickup_here": ("调货到本店自提", "Collect at this store"),
    "pickup_there": ("到{}自提", "Collect at {}"),
    "next_day": ("送到家（次日达）", "Delivered next day"),
    "instant": ("送到家（即时达）", "Delivered within the hour"),
}
_NOTES = (
    "取货码在您手机的会员订单里。若总部已无法提供此订单，款项会自动原路退回。",
    "The pickup code is in your member orders on your phone.",
    "Should head office have it no more, the money goes back by itself.",
)


def order_slip(
    row: GuideOrderRow,
    names: tuple[str, str],
    shop: ShopRow | None,
    station: StationView,
    at: datetime,
    local: Callable[[datetime], datetime],
) -> Slip:
    """`names` of the product (zh, en), `at` and what `local` gives in the store's zone. Whose order it is stands
    nowhere on it; who collects shows the code on their phone."""
    way = msgspec.json.decode(row.way, type=Option)
    zh, en = _WAYS[way.kind]
    parts: list[SlipPart] = []
    if shop is not None:
        parts += [
            Text(shop.name_zh, bold=True, align=Align.CENTER),
            Text(shop.name_en, align=Align.CENTER),
        ]
    parts += [
        Feed(),
        Text("订单已付款", scale=2, bold=True, align=Align.CENTER),
        Text("ORDER PAID", bold=True, align=Align.CENTER),
        Rule(),
        Pair("订单尾号 / Order ending", row.order_no[-4:], bold=True),
        Text(f"{names[0]} / {names[1]}"),
        Text(f"{zh.format(way.name_zh)} / {en.format(way.name_en)}"),
        *([Pair("预计 / Ready by", f"{local(moment_of(way.ready)):%m-%d %H:%M}")] if way.ready else []),
        Pair("实付 / Paid", f"¥{yuan(row.fen)}", bold=True),
        Pair("方式 / By", PAID_BY[Channel(row.channel)]),
        Pair("时间 / Time", f"{at:%Y-%m-%d %H:%M:%S}"),
        Pair("屏幕 / Screen", f"{station.label_zh} {station.label_en}"),
        Text("支付单号 / Payment no."),
        Text(row.number, align=Align.CENTER),
        Code128(row.number),
        Rule(),
        *(Text(line) for line in _NOTES),
    ]
    if shop is not None and shop.phone:
        parts.append(Pair("门店电话 / Phone", shop.phone, bold=True))
    return Slip(f"{row.order_no[-4:]} 订单已付款", tuple(parts))
