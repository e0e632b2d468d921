"""How returns are said on a screen. Every word goes through gettext; nothing is computed here."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l  # type: ignore[import-untyped]

CONDITIONS = {
    "intact": _l("完好"),
    "soiled": _l("污损"),
    "incomplete": _l("缺件"),
    "wrong_item": _l("错货"),
}
REASONS = {
    "no_reason": _l("无理由"),
    "quality": _l("质量问题"),
    "wrong_item": _l("发错商品"),
    "damaged": _l("运输损坏"),
    "not_as_shown": _l("与描述不符"),
    "other": _l("其他"),
}
FATES = {
    "shelf": _l("上架"),
    "repair": _l("维修"),
    "scrap": _l("报废"),
    "depot": _l("退仓"),
}
TENDERS = {
    "cash": _l("现金"),
    "wechat": _l("微信支付"),
    "alipay": _l("支付宝"),
    "unionpay": _l("云闪付"),
    "hq": _l("总部原路退回"),
}
STATES = {
    "refunding": _l("待退款"),
    "refunded": _l("已退款"),
    "refund_failed": _l("退款失败，待处理"),
    "refused": _l("总部未退"),
}


def tender(kind: str) -> str:
    """How money goes back; a way that this release does not know is shown as it is."""
    return str(TENDERS.get(kind, kind))


def state(value: str) -> str:
    """Where a part of the money is."""
    return str(STATES.get(value, value))
