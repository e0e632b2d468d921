"""Words for picking and stock: reasons, clocks, kinds of movement, why something is to be counted."""

from __future__ import annotations

from flask_babel import gettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from edge.domain.picking import Countdown, RejectReason, ShortReason

SHORTS = {
    ShortReason.NOT_IN_STOCK: (_l("货架无货"), _l("账面清零")),
    ShortReason.MISMATCH: (_l("数量不符"), _l("账面扣减")),
    ShortReason.DAMAGED: (_l("商品破损"), _l("转为不可售")),
    ShortReason.WORN: (_l("陈旧磨损"), _l("转为不可售")),
}
"""What is wrong on the shelf, and what that does to the books."""

_REJECTS = {
    RejectReason.NOT_IN_STOCK: _l("货架无货"),
    RejectReason.MISMATCH: _l("数量不符"),
    RejectReason.DAMAGED: _l("商品破损"),
    RejectReason.WORN: _l("陈旧磨损"),
    RejectReason.BUSY: _l("门店忙，来不及备货"),
    RejectReason.CLOSING: _l("临近打烊"),
}
REASONS = {
    "receipt": _l("到货"),
    "transfer": _l("调拨"),
    "damage": _l("报损出库"),
    "return": _l("退货入库"),
    "adjust": _l("调整"),
    "sale": _l("销售"),
    "sample": _l("试用装"),
    "gift": _l("赠品"),
    "short": _l("拣货缺货"),
    "substitute": _l("替换"),
    "pickup": _l("取货交付"),
    "pickup_annulled": _l("撤销交付"),
    "counted": _l("盘点差异"),
}
SHIFTS = {
    "damaged": _l("破损，转为不可售"),
    "worn": _l("陈旧，转为不可售"),
    "mended": _l("已修复，恢复可售"),
    "scrapped": _l("报废，不可售品出库"),
}
_WHY = {
    "cycle": _l("轮盘"),
    "negative": _l("账面异常"),
    "short": _l("拣货缺货"),
    "asked": _l("同事要求"),
}
_DOUBTS = {"negative": _l("账面为负"), "oversold": _l("已超卖")}
_CHECKS = {"pending": _l("等待总部核对"), "same": _l("与总部一致"), "differs": _l("与总部不一致，总部已立案")}
_CARRIERS = {"own": _l("门店骑手"), "third": _l("第三方骑手")}
_NODES = {"store": _l("门店"), "warehouse": _l("仓库"), "forward": _l("前置仓")}


def short(reason: str) -> str:
    """Why a line is short."""
    return str(SHORTS[ShortReason(reason)][0]) if reason else ""


def reject(reason: RejectReason) -> str:
    """Why an order is turned down."""
    return str(_REJECTS[reason])


def moved(reason: str) -> str:
    """Why stock moved; an unknown reason is shown as it is."""
    return str(REASONS.get(reason, reason))


def why(word: str) -> str:
    """Why a product is to be counted."""
    return str(_WHY.get(word, word))


def doubt(kind: str) -> str:
    """What is wrong with a product's figures."""
    return str(_DOUBTS.get(kind, kind))


def check(word: str) -> str:
    """How the night's comparison with HQ ended."""
    return str(_CHECKS.get(word, word))


def carrier(word: str) -> str:
    """Whose rider comes."""
    return str(_CARRIERS.get(word, word))


def node(kind: str) -> str:
    """What kind of place holds stock."""
    return str(_NODES.get(kind, kind))


def left(clock: Countdown) -> str:
    """The time to a promise, in minutes; beyond it, by how many it is late."""
    minutes = abs(clock.left_s) // 60
    if clock.left_s < 0:
        return str(gettext("超时 %(n)s 分", n=minutes))
    if minutes >= 120:
        return str(gettext("%(n)s 小时", n=minutes // 60))
    return str(gettext("%(n)s 分", n=minutes))
