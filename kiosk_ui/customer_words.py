"""How coupons and members are said on a screen. Every word goes through gettext; nothing is computed here."""

from __future__ import annotations

from flask_babel import gettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from edge.domain.counter_views import CouponView
from edge.domain.coupons import OfflineClass

KINDS = {
    "cash": _l("抵扣券"),
    "gift": _l("礼品券"),
    "sample": _l("小样券"),
    "repurchase": _l("复购券"),
    "voucher": _l("团购券"),
}
STATES = {
    "issued": _l("未使用"),
    "locked": _l("已占用"),
    "redeemed": _l("已核销"),
    "returned": _l("已退回"),
    "expired": _l("已过期"),
    "void": _l("已作废"),
}
TRUSTS = {
    "code": _l("动态会员码，已验签"),
    "card": _l("实体卡号：只显示等级，不能抵扣积分"),
    "phone": _l("手机号查询：请口头核对"),
}
BADGES = {"birthday": _l("生日礼遇待领取"), "new": _l("新会员"), "vip": _l("重点服务")}
REASONS = {
    "identity": _l("核对本人"),
    "delivery": _l("补充配送联系方式"),
    "complaint": _l("处理投诉"),
    "after_sales": _l("售后联系"),
}
JOINED = {"joined": _l("顾客已入会"), "declined": _l("顾客未入会")}
CODES = {
    "COUPON_USED_TWICE": _l("别处已核销"),
    "COUPON_NOT_HERE": _l("非本店券"),
    "COUPON_REVOKED": _l("已作废"),
    "UNKNOWN_COUPON": _l("总部无此券"),
}


def offline(view: CouponView) -> str:
    """What may be done with it while the line is down."""
    if view.offline is OfflineClass.A:
        return str(gettext("断网可用"))
    return str(gettext("断网限额可用") if view.offline is OfflineClass.B else gettext("需联网"))


def badge(word: str) -> str:
    """A flag of HQ's; one that this release does not know is shown as it is."""
    return str(BADGES.get(word, word))


def code(word: str) -> str:
    """Why HQ did not take a use for good."""
    return str(CODES.get(word, word))
