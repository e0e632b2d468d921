"""How a kiosk says what it shows: what to do about a refusal, why a person has to look, a wait, a receipt's way."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

from flask_babel import gettext, ngettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from edge.domain.lane_session import Place
from edge.domain.lane_views import LaneView
from edge.domain.tickets import TicketKind
from kiosk_ui import words
from kiosk_ui.guide.words import FACES, category, chips
from kiosk_ui.language import language, pick

_ASK_STAFF = _l("请点右上角“帮助”呼叫店员")
_NEXT = {
    "lane_unknown": _l("请换一面再扫；不影响其他商品"),
    "tobacco_at_desk": _l("请到人工台购买，其余商品可继续结算"),
    "lane_full": _l("请先结算，或转到人工台继续"),
    "lane_closed": _l("请到人工台，店员会为您服务"),
    "pay_later": _l("请先点“结算”，再出示付款码"),
    "wallets_away": _l("可转到人工台用现金付款，商品不用重新扫"),
    "wallets_offline": _l("可转到人工台用现金付款，商品不用重新扫"),
    "finish_first": _l("然后再扫取货码"),
    "pickup_digits": _l("请输入 8 位取货码；6 位取货码后面接着输手机尾号 4 位"),
    "invalid_code": _l("请核对后重新输入或再扫一次"),
    "check_pending": _l("请稍候，或移除需要核对的商品"),
    "product_in_pay": _l("要加商品，请先点“返回修改”"),
    "no_pay_code": _l("请打开微信或支付宝的付款码"),
    "pay_code_used": _l("请刷新付款码后再扫"),
    "member_code_old": _l("请刷新手机上的会员码再扫"),
    "member_unknown": _l("也可以不用会员，直接继续"),
    "too_many_tries": _l("请稍等一会儿再试，或请店员帮忙"),
    "weigh_first": _l("请把商品放到秤上，再选一次"),
    "expired_batch": _l("请放回商品，换一件再扫"),
    "wrong_store": _l("请前往该门店取货"),
    "not_ready": _l("备好后会通知您；也可请店员看一看"),
    "already_collected": _l("如有疑问，请到服务台核对"),
    "not_recognised": _l("请换一面再扫；不影响其他商品"),
    "total_changed": _l("价格已更新，请再点一次“结算”"),
}
"""What a shopper can do now, by the refusal's code; for all others there are people."""
_CHECKS = {
    TicketKind.AGE: (_l("酒类等商品，店员看一眼就好"), "id-card"),
    TicketKind.MAX_QTY: (_l("数量较多，请店员确认"), "shopping-bag"),
    TicketKind.UNKNOWN_ITEM: (_l("条码不认识，请店员看一看"), "scan-barcode"),
    TicketKind.PRICE_ZERO: (_l("没有价格，请店员确认"), "tag"),
    TicketKind.SPOT_CHECK: (_l("随机核对，谢谢配合"), "shield-check"),
    TicketKind.VOID_LIMIT: (_l("移除的商品较多，请店员看一眼"), "delete"),
    TicketKind.WEIGHT: (_l("重量不符，请店员看一眼"), "weight"),
}
_SAYS = {
    Place.MEMBER: _l("有会员码吗？"),
    Place.COUPONS: _l("已为您选好最省的券"),
    Place.BAGS: _l("需要购物袋吗？"),
    Place.HELP: _l("店员马上就来"),
    Place.INTERVENTION: _l("请店员看一眼就好"),
    Place.PAY: _l("请出示付款码"),
    Place.USERPAYING: _l("请在手机上输入密码"),
    Place.UNKNOWN: _l("正在确认支付结果，请勿重复付款"),
    Place.DONE: _l("支付成功，谢谢惠顾"),
    Place.PARKED: _l("请到人工台继续"),
    Place.PICKUP: _l("找到您的订单了"),
}
_TONES = {
    Place.DONE: "ok",
    Place.PICKUP: "ok",
    Place.INTERVENTION: "attention",
    Place.UNKNOWN: "attention",
    Place.USERPAYING: "attention",
}


def onward(code: str) -> str:
    """What the shopper does now."""
    return str(_NEXT.get(code, _ASK_STAFF))


def check(kind: TicketKind) -> str:
    """Why a person has to look."""
    return str(_CHECKS[kind][0])


def check_icon(kind: TicketKind) -> str:
    """Its sign."""
    return _CHECKS[kind][1]


def wait(seconds: int) -> str:
    """About how long people wait."""
    if seconds < 60:
        return str(gettext("大约 %(n)s 秒", n=seconds))
    return str(ngettext("大约 %(num)s 分钟", "大约 %(num)s 分钟", -(-seconds // 60)))


def says(view: LaneView) -> str:
    """What is read aloud: a sentence that stands on the page too."""
    if view.said[0]:
        return view.said[1]
    if view.place is Place.BASKET and view.here.said("flash") and view.rows:
        return words.money(view.total_fen)
    return str(_SAYS.get(view.place, ""))


def tone(view: LaneView) -> str:
    """What is heard when the page changes."""
    if view.said[0]:
        return "error"
    if view.here.said("again"):
        return "attention"
    if view.place is Place.BASKET:
        return "ok" if view.here.said("flash") else ""
    return _TONES.get(view.place, "")


def digest(view: LaneView, tongue: str) -> str:
    """Changes when the page would look different; seconds that the page counts by itself do not."""
    payment, attempt = view.payment, view.payment.attempt if view.payment else None
    paying = (
        (payment.state, payment.due_fen, payment.qr, payment.holds, payment.cancelling) if payment else ()
    )
    trying = (
        (attempt.number, attempt.state, attempt.qr, attempt.call_staff, attempt.cancelling) if attempt else ()
    )
    calls = [(one.need.key, one.ticket and (one.ticket.state, one.ticket.outcome)) for one in view.checks]
    parts = (
        (view.place, view.closed, view.here.rev, view.total_fen, view.saved_fen, paying, trying, calls),
        (
            view.wallets,
            view.printer,
            view.phones,
            view.wait_s,
            view.help and (view.help.state, view.help.outcome),
            tongue,
        ),
        (view.papers, view.join and (view.join.url, view.join.result), view.member and view.member.who),
        [(one.name, one.held, one.fen, one.why) for one in view.coupons],
        view.bill and (view.bill.basket.basket, view.bill.basket.version),
    )
    return f"{view.place.value}:{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"


def told(zh: str, en: str) -> str:
    """Words of the shop's rules; the catalogue has their Traditional form."""
    return str(gettext(zh)) if language() == "hant" else pick(zh, en)


kiosk_words = SimpleNamespace(
    told=told,
    onward=onward,
    check=check,
    check_icon=check_icon,
    wait=wait,
    category=category,
    chips=chips,
    faces=FACES,
)
