"""The touches of paying an order at the guide screen, and what is heard and read aloud meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import lazy_gettext as _l  # type: ignore[import-untyped]

from edge.domain.guide_session import Place
from edge.store import Store

Act = Callable[[Store, str, str, str], object]

PAY_ACTS: Mapping[str, Act] = {
    "here": lambda store, station, option, nonce: store.guide.choose(station, option, nonce),
    "agree": lambda store, station, _rest, _nonce: store.guide.pay.confirm(station),
    "cancel": lambda store, station, _rest, _nonce: store.guide.pay.cancel(station),
}
"""What a button says -> what it does; nothing of a price is read from a page."""
PAY_TONES = {
    Place.CHECK: "attention",
    Place.PAY: "ok",
    Place.USERPAYING: "attention",
    Place.CLEARING: "attention",
    Place.ORDERED: "ok",
    Place.LAPSED: "error",
}
PAY_SAYS = {
    Place.WHO: _l("请出示会员码"),
    Place.CHECK: _l("总部确认的价格有变化"),
    Place.PAY: _l("请出示付款码"),
    Place.PAYING: _l("正在付款"),
    Place.USERPAYING: _l("请在手机上输入密码"),
    Place.CLEARING: _l("请勿重复付款"),
    Place.ORDERED: _l("付款成功"),
    Place.LAPSED: _l("这个订单等得太久，已经取消"),
}
