"""How the ages of HQ's data are spoken of to whoever looks after the line."""

from __future__ import annotations

from flask_babel import gettext, ngettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from edge.domain.upkeep import DataAge

_CLASSES = {
    "orders": _l("订单"),
    "cmd": _l("总部指令"),
    "stock": _l("库存"),
    "staff": _l("员工"),
    "quota": _l("门店配额"),
    "coupon": _l("券"),
    "member": _l("会员"),
    "config": _l("设置"),
    "price": _l("价格"),
    "catalog": _l("商品"),
    "keys": _l("取货密钥"),
    "shops": _l("门店资料"),
    "promo": _l("促销"),
    "nodes": _l("其他网点"),
    "returns": _l("退货"),
}
_WORDS = {
    "fresh": (_l("最新"), "check"),
    "ageing": (_l("变旧"), "timer"),
    "alarm": (_l("太旧"), "triangle-alert"),
    "stale": (_l("过期"), "octagon-x"),
}


def name(age: DataAge) -> str:
    """A class of data in a word; an unknown one is shown as it is."""
    return str(_CLASSES.get(age.name, age.name))


def word(age: DataAge) -> str:
    """How it stands, in a word."""
    return str(gettext("未收到")) if age.age_s is None else str(_WORDS[age.word][0])


def icon(age: DataAge) -> str:
    """The shape beside the word."""
    return "hourglass" if age.age_s is None else _WORDS[age.word][1]


def tone(age: DataAge) -> str:
    """Fresh | ageing | alarm | stale | never: which class of the style sheet."""
    return "never" if age.age_s is None else age.word


def lasting(seconds: int) -> str:
    """A length of time, coarse."""
    if seconds < 60:
        return str(gettext("不到 1 分钟"))
    if seconds < 3600:
        return str(ngettext("%(num)s 分钟", "%(num)s 分钟", seconds // 60))
    if seconds < 2 * 86_400:
        return str(ngettext("%(num)s 小时", "%(num)s 小时", seconds // 3600))
    return str(ngettext("%(num)s 天", "%(num)s 天", seconds // 86_400))
