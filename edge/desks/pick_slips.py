"""The papers of a parcel: the label on its bag, the rider's waybill, the card inside; of people only what is masked."""

from __future__ import annotations

from datetime import datetime

from devices.slip import Align, Code128, Feed, Pair, Qr, Rule, Slip, SlipPart, Text
from edge.domain.orders import Order
from edge.domain.picking import PickLine
from edge.records.replica import ShopRow

CARRIERS = {"own": "门店骑手 / our rider", "third": "第三方骑手 / carrier", "": "—"}
_SERVICE = {"pickup": "到店自提 / PICKUP", "delivery": "外送 / DELIVERY"}


def bag_label(order: Order, label: str, lines: tuple[PickLine, ...], promised: datetime | None) -> Slip:
    """What is stuck to the bag. Its Code 128 and its QR say `label`, which only this bag carries."""
    pieces = sum(line.picked for line in lines)
    missing = sum(line.shorted for line in lines)
    parts: list[SlipPart] = [
        Text(_SERVICE.get(order.service, order.service), bold=True, align=Align.CENTER),
        Text(order.tail, scale=4, bold=True, align=Align.CENTER),
        Pair("件数 / Items", str(pieces), bold=True),
        *([Pair("缺 / Short", str(missing), bold=True)] if missing else []),
        *([Pair("承诺 / By", f"{promised:%m-%d %H:%M}", bold=True)] if promised else []),
        Pair("顾客 / Customer", f"{order.name_masked} {order.phone_tail}".strip()),
        Pair("渠道 / Channel", order.channel),
        Feed(),
        Code128(label),
        Qr(label, module=5),
    ]
    return Slip(f"袋签 {order.tail}", tuple(parts))


def waybill(
    order: Order, label: str, lines: tuple[PickLine, ...], shop: ShopRow | None, at: datetime
) -> Slip:
    """The rider's paper: where from, which ring, whose rider, how many pieces. The address is in the rider's app."""
    parts: list[SlipPart] = [
        Text("配送单 / WAYBILL", scale=2, bold=True, align=Align.CENTER),
        Text(order.tail, scale=3, bold=True, align=Align.CENTER),
        Pair("承运 / Carrier", CARRIERS.get(order.carrier, order.carrier)),
        *([Pair("运单 / No.", order.waybill)] if order.waybill else []),
        *([Pair("区域 / Ring", order.ring, bold=True)] if order.ring else []),
        Pair("订单 / Order", order.order),
        Pair("件数 / Items", str(sum(line.picked for line in lines))),
        Pair("顾客 / Customer", f"{order.name_masked} {order.phone_tail}".strip()),
        Pair("出单 / Printed", f"{at:%m-%d %H:%M}"),
        *([Text(f"{shop.name_zh} {shop.phone}".strip())] if shop else []),
        Rule(),
        Code128(order.waybill or label),
        Text("骑手凭 8 位取件码或二维码取件", align=Align.CENTER),
        Text("Rider shows 8 digits or the QR", align=Align.CENTER),
    ]
    return Slip(f"配送单 {order.tail}", tuple(parts))


def package_card(order: Order, shop: ShopRow | None) -> Slip:
    """The card in the parcel: a word of thanks, and HQ's QR for this order's channel."""
    parts: list[SlipPart] = [
        Text("感谢您的选购", scale=2, bold=True, align=Align.CENTER),
        Text("Thank you for shopping with us", align=Align.CENTER),
        *([Text(f"{shop.name_zh} · {shop.name_en}", align=Align.CENTER)] if shop else []),
        Rule(),
        Qr(order.card, module=6),
        Text("扫码加入会员社群", align=Align.CENTER),
        Text("Scan to join us", align=Align.CENTER),
        Pair("渠道 / Channel", order.channel),
        Pair("订单 / Order", order.order),
    ]
    return Slip(f"包裹卡 {order.tail}", tuple(parts))
