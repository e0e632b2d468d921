"""How facts are said on a screen: money, ages, states. Every word goes through gettext; nothing is computed here."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext, ngettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from edge.domain.guide_views import StockWord
from edge.domain.orders import OrderState
from edge.domain.scanned import ScanKind
from edge.domain.views import DeviceHealth, LineState, LineWord

FRESH_S = 120
"""HQ's data younger than this are fresh."""

_NOW_S = 10
OLD_S = 900
"""HQ's data older than this are old, and said to be so."""

_STATES = {
    OrderState.ALLOCATED: _l("待接单"),
    OrderState.ACCEPTED: _l("已接单"),
    OrderState.REJECTED: _l("已拒单"),
    OrderState.PICKING: _l("拣货中"),
    OrderState.SHORT: _l("缺货待处理"),
    OrderState.PACKED: _l("已打包"),
    OrderState.READY: _l("待取货"),
    OrderState.HANDING: _l("交付中"),
    OrderState.PARTIAL: _l("部分已取"),
    OrderState.PICKED_UP: _l("已取货"),
    OrderState.EXPIRED: _l("已过期"),
    OrderState.RESTOCKED: _l("已退回货架"),
    OrderState.CANCEL_REQUESTED: _l("取消处理中"),
    OrderState.CANCELLED: _l("已取消"),
}

_KINDS = {
    ScanKind.PICKUP: _l("取货码"),
    ScanKind.PICKUP_DIGITS: _l("数字取货码"),
    ScanKind.COUPON: _l("优惠券"),
    ScanKind.MEMBER: _l("会员码"),
    ScanKind.CARD: _l("会员卡号"),
    ScanKind.BADGE: _l("员工工牌"),
    ScanKind.PAY_WECHAT: _l("微信付款码"),
    ScanKind.PAY_ALIPAY: _l("支付宝付款码"),
    ScanKind.PAY_UNIONPAY: _l("云闪付付款码"),
    ScanKind.PAY_OTHER: _l("付款码"),
    ScanKind.GTIN: _l("商品条码"),
    ScanKind.VARIABLE: _l("称重商品码"),
    ScanKind.GS1: _l("商品条码"),
    ScanKind.ORDER: _l("订单号"),
    ScanKind.URL: _l("网址"),
    ScanKind.UNKNOWN: _l("其他码"),
}

_JOBS = {
    "queued": _l("小票排队中"),
    "sending": _l("小票打印中"),
    "awaiting_confirm": _l("小票等待打印机确认"),
    "printed": _l("小票已打印"),
    "sent": _l("小票已发送，此打印机无法确认，请看一眼出纸口"),
    "blocked": _l("小票等待打印机"),
    "uncertain": _l("小票未确认，请看一眼出纸口"),
    "failed": _l("小票打印失败"),
    "cancelled": _l("小票已取消"),
    "redirected": _l("小票已转到另一台打印机"),
    "expired": _l("小票等待过久，不再打印"),
}

_FAULTS = {
    "DEVICE_ABSENT": _l("未连接"),
    "LANE_ABSENT": _l("所在的通道未连接"),
    "DEVICE_DENIED": _l("没有权限打开"),
    "DEVICE_CLAIMED": _l("被其他程序占用"),
    "DEVICE_OFFLINE": _l("未就绪"),
    "OUT_OF_PAPER": _l("缺纸"),
    "COVER_OPEN": _l("机盖未关"),
    "UNCONFIRMED": _l("未确认"),
    "SENT_ONLY": _l("未确认"),
    "TOO_SLOW": _l("线路太慢，无法打印图形"),
    "SEEN": _l("店员已确认"),
    "BAD_SOURCE": _l("无法读取"),
    "IDENTITY_CHANGED": _l("这里换了一台设备，请门店 IT 确认"),
    "INTERRUPTED": _l("打印中断"),
}

_DEVICES = {
    "online": _l("正常"),
    "near_end": _l("纸快用完"),
    "out_of_paper": _l("缺纸"),
    "cover_open": _l("机盖未关"),
    "offline": _l("未就绪"),
    "absent": _l("未连接"),
    "blocked": _l("需要处理"),
    "uncertain": _l("未确认"),
    "error": _l("故障"),
    "unknown": _l("状态未知"),
    "ready": _l("可用"),
    "closed": _l("关着"),
    "open": _l("开着"),
    "open_long": _l("开着太久"),
}

_FLAGS = {
    "alcohol": _l("含酒类，请核对年龄"),
    "age": _l("需核对年龄"),
    "short": _l("部分缺货"),
    "gift": _l("含赠品"),
    "fragile": _l("易碎"),
    "chilled": _l("冷藏"),
    "frozen": _l("冷冻"),
}

_SALE_REASONS = {
    "damaged": _l("商品有瑕疵"),
    "price_match": _l("价格保护"),
    "goodwill": _l("客诉补偿"),
    "staff": _l("员工价"),
    "customer_left": _l("顾客离开"),
    "mistake": _l("录入有误"),
    "test": _l("测试"),
    "other": _l("其他"),
}

_LINES = {LineWord.ALONE: _l("独立运行"), LineWord.UP: _l("已连接总部"), LineWord.DOWN: _l("总部连接中断")}

_STOCK = {
    StockWord.PLENTY: _l("有货"),
    StockWord.FEW: _l("少量"),
    StockWord.NONE: _l("暂时缺货"),
    StockWord.ASK: _l("请向店员确认"),
}


def state(value: OrderState) -> str:
    """An order state in one word."""
    return str(_STATES[value])


def scan_kind(value: ScanKind) -> str:
    """What was scanned, in one word."""
    return str(_KINDS[value])


def job(value: str) -> str:
    """How a slip stands; "" when there is none."""
    return str(_JOBS.get(value, ""))


def fault(code: str) -> str:
    """A device fault's code in words; an unknown code is shown as it is."""
    return str(_FAULTS.get(code, code))


def device(value: DeviceHealth) -> str:
    """How a device is: its fault where it has one, else its state."""
    return fault(value.detail) if value.detail in _FAULTS else str(_DEVICES.get(value.state, value.state))


def flag(value: str) -> str:
    """A flag of an order line in words; an unknown flag is shown as it is."""
    return str(_FLAGS.get(value, value))


def line(value: LineState) -> str:
    """The line to HQ in a word or two."""
    return str(_LINES[value.word])


def stock(value: StockWord) -> str:
    """How much there is, as a shopper is told."""
    return str(_STOCK[value])


def money(fen: int) -> str:
    """¥12.50 from 1250 fen."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}¥{yuan:,}.{rest:02}"


def sale_reason(value: str) -> str:
    """Why a price was cut or a basket given up; an unknown reason is shown as it is."""
    return str(_SALE_REASONS.get(value, value))


def yuan_to_fen(text: str) -> int | None:
    """Fen from what a person types (12.5, ¥12.50, 1,200): None where it is no sum, or one with parts of a fen."""
    plain = text.strip().removeprefix("¥").replace(",", "").replace("。", ".")
    whole, _, rest = plain.partition(".")
    digits = f"{whole or '0'}{rest.ljust(2, '0')}"
    if not plain or len(rest) > 2 or not digits.isascii() or not digits.isdecimal() or len(whole) > 9:
        return None
    return int(digits)


def ago(seconds: float) -> str:
    """An age in words, coarse on purpose: nobody counts seconds after the first minute."""
    whole = max(0, int(seconds))
    if whole < _NOW_S:
        return str(gettext("刚刚"))
    if whole < 60:
        return str(ngettext("%(num)s 秒前", "%(num)s 秒前", whole))
    if whole < 3600:
        return str(ngettext("%(num)s 分钟前", "%(num)s 分钟前", whole // 60))
    if whole < 2 * 86_400:
        return str(ngettext("%(num)s 小时前", "%(num)s 小时前", whole // 3600))
    return str(ngettext("%(num)s 天前", "%(num)s 天前", whole // 86_400))


def data_age(seconds: float | None) -> str:
    """How old HQ's data are, as a sentence; None: they never came."""
    if seconds is None:
        return str(gettext("尚未收到总部数据"))
    if seconds < _NOW_S:
        return str(gettext("数据刚刚更新"))
    return str(gettext("数据更新于 %(age)s", age=ago(seconds)))


def freshness(value: LineState) -> str:
    """Fresh | ageing | old: chooses the shape beside the words."""
    if value.word is LineWord.DOWN or value.age_s is None or value.age_s > OLD_S:
        return "old"
    return "fresh" if value.age_s <= FRESH_S else "ageing"


def clock(moment: datetime) -> str:
    """14:05; the caller has put the moment into the store's zone."""
    return f"{moment:%H:%M}"
