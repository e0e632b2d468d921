"""How drawers and their openings are said on a screen."""

from __future__ import annotations

from flask_babel import gettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from edge.domain.drawers import DrawerView, Opening, Outcome, Reason
from kiosk_ui import words

_REASONS = {
    Reason.CHANGE: _l("找零、换钱"),
    Reason.GIVE_BACK: _l("退还现金"),
    Reason.COUNT: _l("清点"),
    Reason.NO_SALE: _l("无销售开箱"),
    Reason.OTHER: _l("其他原因"),
    Reason.UNASKED: _l("没有指令：钥匙或强行打开"),
}
_OUTCOMES = {
    Outcome.ASKED: _l("正在打开"),
    Outcome.PULSING: _l("正在打开"),
    Outcome.OK: _l("已打开"),
    Outcome.BLOCKED: _l("没有打开，也不会再打开"),
    Outcome.UNCERTAIN: _l("不确定，请看一眼钱箱"),
}
_FAULTS = {
    "ALREADY_OPEN": _l("本来就开着"),
    "TOO_LATE": _l("等得太久"),
    "NOT_OPENED": _l("没有看到它打开：上锁或卡住"),
    "INTERRUPTED": _l("服务中断"),
    "UNCONFIRMED": _l("打印机没有确认"),
    "SENT_ONLY": _l("此打印机无法确认"),
}


def reason(value: Reason) -> str:
    """Why a drawer is opened."""
    return str(_REASONS[value])


def outcome(value: Opening) -> str:
    """How an opening went, with its cause where there is one."""
    said = str(_OUTCOMES[value.outcome])
    if not value.fault:
        return said
    cause = str(_FAULTS[value.fault]) if value.fault in _FAULTS else words.fault(value.fault)
    return str(gettext("%(said)s（%(cause)s）", said=said, cause=cause))


def drawer(value: DrawerView) -> str:
    """Whether a drawer stands open, as far as its sensor tells."""
    if value.is_open is None:
        return str(gettext("看不到开关状态"))
    if not value.is_open:
        return str(gettext("关着"))
    minutes = int(value.open_s) // 60
    if minutes < 1:
        return str(gettext("开着"))
    return str(gettext("已开着 %(num)s 分钟", num=minutes))
