"""Money that waits for a person, in words: what is the matter with a payment, and what became of a basket set aside."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from edge.domain.payments import Channel
from edge.domain.selling import AsideBasket, Cleared
from kiosk_ui import words

_CHANNELS: Mapping[Channel, object] = {
    Channel.CASH: _l("现金"),
    Channel.WECHAT: _l("微信支付"),
    Channel.ALIPAY: _l("支付宝"),
    Channel.UNIONPAY: _l("云闪付"),
}
_ALARMS: Mapping[str, tuple[object, object]] = {
    "LATE": (_l("放弃之后才收到款"), _l("款项已自动原路退回，请留意退款结果")),
    "STUCK": (_l("撤销没有结果"), _l("系统继续询问 24 小时；请凭付款单号联系收款方")),
    "AMOUNT": (_l("实收金额与应收不符"), _l("系统正在整笔撤销；请凭付款单号联系收款方")),
    "REFUND_FAILED": (_l("退款被拒绝"), _l("可再次申请退款；仍不成功请联系收款方")),
    "CHANNEL_MISSING": (_l("此支付方式已从设置中去掉"), _l("款项仍待处理；恢复设置后自动继续")),
}


def channel(value: Channel) -> str:
    """A way to pay."""
    return str(_CHANNELS[value])


def alarm(code: str) -> tuple[str, str]:
    """(what is the matter, what to do) of a payment's alarm."""
    what, then = _ALARMS.get(code, (code, ""))
    return str(what), str(then)


def news(one: AsideBasket) -> str:
    """What became of a basket that was set aside, in a line; "" while nobody knows."""
    sum_ = words.money(one.fen)
    match one.how:
        case Cleared.SOLD:
            return str(gettext("%(sum)s 已到账，已成单", sum=sum_))
        case Cleared.SUSPENDED:
            return str(gettext("%(sum)s 没有收到款，已挂单", sum=sum_))
        case Cleared.PAID:
            return str(gettext("%(sum)s 已到账，待成单", sum=sum_))
        case Cleared.PART:
            return str(gettext("%(sum)s 只收到一部分，待退款", sum=sum_))
        case _:
            return ""
