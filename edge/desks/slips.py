"""Slips as facts of the shop: pure, from an order or a hand-over to what stands on the paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from config.device_schema import PrinterSettings
from devices.slip import (
    Align,
    Cell,
    Code128,
    Columns,
    Ean13,
    Feed,
    Pair,
    Qr,
    Rule,
    Slip,
    SlipPart,
    Text,
)
from edge.domain.orders import Order
from edge.domain.views import DeviceHealth, JobView, LineState, LineWord, StationView
from edge.records.pickups import PickupRow
from edge.records.replica import ShopRow


def pickup_slip(
    row: PickupRow, order: Order | None, shop: ShopRow | None, station: StationView, staff: str, at: datetime
) -> Slip:
    """The slip of a hand-over; `at` in the store's zone. The QR is the order's number, never its code."""
    head: list[SlipPart] = []
    if shop is not None:
        head.append(Text(shop.name_zh, bold=True, align=Align.CENTER))
        head.append(Text(shop.name_en, align=Align.CENTER))
    head += [
        Feed(),
        Text("取货单尾号 / Order", align=Align.CENTER),
        Text(row.order[-4:], scale=4, bold=True, align=Align.CENTER),
        Text("已核销 Collected", scale=2, bold=True, align=Align.CENTER),
        Rule(),
    ]
    items: list[SlipPart] = []
    for _, _, name_zh, name_en, qty in row.lines:
        items += [Pair(name_zh, f"×{qty}", bold=True), Text(name_en)]
    if not row.lines:
        items.append(Text("订单未同步，商品由店长核对 / Order not synced, goods checked by the lead"))
    total = sum(line[4] for line in row.lines)
    facts: list[SlipPart] = [
        Rule(),
        Pair("本次件数 / Items", str(total), bold=True),
        *([Pair("尚待取 / Left", str(row.left_units))] if row.left_units else []),
        Pair("订单号 / Order no.", row.order),
        *([Pair("渠道 / Channel", order.channel)] if order else []),
        Pair("时间 / Time", f"{at:%Y-%m-%d %H:%M:%S}"),
        Pair("柜台 / Desk", f"{station.label_zh} {station.label_en}"),
        Pair("店员 / Staff", staff),
        *([Text("离线核销，稍后同步 / Handed over offline")] if row.offline else []),
        Feed(),
        Qr(row.order, module=6),
        Text("退换货请携带本单 / Keep this slip for returns", align=Align.CENTER),
    ]
    if shop is not None and shop.phone:
        facts.append(Text(f"{shop.address_zh}  {shop.phone}", align=Align.CENTER))
    return Slip(title=f"{row.order[-4:]} 已核销", parts=(*head, *items, *facts))


def marked(slip: Slip, copy: int) -> Slip:
    """The same slip as a copy that nobody can take for the original."""
    mark: tuple[SlipPart, ...] = (
        Text(f"补打 {copy} / REPRINT {copy}", scale=2, bold=True, align=Align.CENTER),
        Rule(),
    )
    return msgspec.structs.replace(slip, parts=(*mark, *slip.parts))


def test_page(name: str, settings: PrinterSettings) -> Slip:
    """What a person should look at: edges, sizes, every lane of characters, codes."""
    columns = settings.columns
    ruler = "".join(str((column + 1) % 10) for column in range(columns))
    parts: tuple[SlipPart, ...] = (
        Text("打印测试 / TEST PAGE", scale=2, bold=True, align=Align.CENTER),
        Text(name, align=Align.CENTER),
        Rule(),
        Text(ruler),
        Pair("左 left", "右 right"),
        Pair("字符集 / charset", settings.charset),
        Pair("列数 / columns", str(columns)),
        Pair("金额 / amount", "¥1,234.50"),
        Text("标点：，。；「」（）《》……×÷±℃"),
        Text("外文 Café Zürich €5 Ωμέγα"),
        Text("繁體與罕用字 龍鳳呈祥 镕 囍 㐀 喆"),
        Columns((Cell("品名 item", 2), Cell("数量", 1, Align.CENTER), Cell("¥59.90", 1, Align.RIGHT))),
        Text("大字 Big", scale=3, bold=True),
        Feed(),
        Qr("STORE-EDGE TEST 打印测试"),
        Code128("TEST-0123456789"),
        Ean13("690123456789"),
        Text("若有方框或乱码，请检查 charset 设置", align=Align.CENTER),
        Text("Boxes or rubbish above: check the charset setting", align=Align.CENTER),
    )
    return Slip("打印测试 / test page", parts)


_LINE = {LineWord.UP: "已连接 up", LineWord.DOWN: "已断开 down", LineWord.ALONE: "未配置 alone"}


def status_slip(
    line: LineState, devices: Sequence[DeviceHealth], jobs: Sequence[JobView], version: str, at: datetime
) -> Slip:
    """How the store is, for whoever stands at it without a screen: the line, the devices, slips that are not done
    with. `at` in the store's zone; `jobs` newest first. Nothing personal is on it."""
    open_jobs = [job for job in jobs if job.state not in _DONE]
    age = "-" if line.age_s is None else f"{line.age_s / 60:.0f} min"
    parts: list[SlipPart] = [
        Text("状态 / STATUS", scale=2, bold=True, align=Align.CENTER),
        Text(f"{at:%Y-%m-%d %H:%M:%S}", align=Align.CENTER),
        Rule(),
        Pair("总部线路 / HQ line", _LINE[line.word], bold=True),
        Pair("数据时间 / age of data", age),
        Pair("待上传 / to be sent", str(line.outbox)),
        *([Pair("故障 / trouble", line.trouble)] if line.trouble else []),
        Rule(),
        Text("设备 / devices", bold=True),
        *(_device(one) for one in devices),
        *([] if devices else [Text("-")]),
        Rule(),
        Pair("未完成小票 / slips open", str(len(open_jobs)), bold=True),
        *(
            Columns((Cell(f"#{job.id} {job.printer}", 2), Cell(f"{job.state} {job.reason}", 3, Align.RIGHT)))
            for job in open_jobs[:_MOST_JOBS]
        ),
        Rule(),
        Text(f"Store Edge {version}", align=Align.CENTER),
    ]
    return Slip("状态 / status", tuple(parts))


_DONE = frozenset({"printed", "sent", "cancelled", "redirected", "expired"})
_MOST_JOBS = 12


def _device(one: DeviceHealth) -> SlipPart:
    word = f"{one.state} {one.detail}".rstrip()
    return Columns((Cell(one.name, 2), Cell(one.kind, 2), Cell(word, 3, Align.RIGHT)))
