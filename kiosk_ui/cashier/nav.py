"""The one navigation of all cashier pages: where one can go, what waits there, where one is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from flask_babel import lazy_gettext as _l  # type: ignore[import-untyped]

from edge.domain.selling import AsideBasket, Cleared
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui import money_words
from sync.messages import stamp


@dataclass(frozen=True)
class Way:
    """A page: its name, words, sign and key (with Alt); `waits` how much there is to do, `loud` whether at once."""

    name: str
    label: object
    href: str
    sign: str
    key: str


WAYS = (
    Way("home", _l("工作台"), "/cashier/", "scan-line", "1"),
    Way("sale", _l("收银"), "/cashier/sale", "shopping-bag", "2"),
    Way("picks", _l("拣货"), "/cashier/picks", "timer", "3"),
    Way("return", _l("退货"), "/cashier/return", "undo-2", "4"),
    Way("coupon", _l("优惠券"), "/cashier/coupon", "gift", "5"),
    Way("member", _l("会员"), "/cashier/member", "user", "6"),
    Way("goods", _l("查商品"), "/cashier/goods", "scan-barcode", "7"),
    Way("stock", _l("库存"), "/cashier/stock", "package", "8"),
    Way("calls", _l("呼叫"), "/cashier/calls", "lightbulb", "9"),
    Way("till", _l("钱箱"), "/cashier/till", "archive", "0"),
    Way("mine", _l("我的"), "/cashier/mine", "id-card", "m"),
)
_STAGES = {
    "pick": "picks",
    "pick_order": "picks",
    "gift": "coupon",
    "join": "member",
    "product": "goods",
    "count": "stock",
    "counts": "stock",
    "counted": "stock",
    "stock_product": "stock",
}
"""Stages that belong to a page of another name."""
_NEWS = timedelta(minutes=10)
_NAMES = frozenset(way.name for way in WAYS)


def page_of(stage: str) -> str:
    """The page that a stage belongs to; HOME for what a scan brings up there."""
    name = _STAGES.get(stage, stage)
    return name if name in _NAMES else "home"


def page_now() -> str:
    """The page that a look of the browser's is for: `have` begins with its stage's name, `at` names the page."""
    at, have = request.args.get("at", ""), request.args.get("have", "")
    if at in _NAMES:
        return at
    return "picks" if have.startswith("error:pick") else page_of(have.partition(":")[0])


def nav_facts(store: Store, operator: Operator, here: str) -> dict[str, object]:
    """What the navigation shows beside its words: counts by page, the pages that want somebody at once, the line."""
    queue = store.front.tickets.queue()
    picking = store.backroom.board.counts()
    asides = store.sales.checkout.asides()
    open_money = store.sales.money.baskets(asides)
    waits = {
        "home": store.pickup.counts().ready,
        "sale": len(store.sales.selling.suspended()) + len(store.sales.checkout.clarifying(asides)),
        "picks": picking.open,
        "calls": len(queue) + len(open_money),
    }
    loud = {"calls"} if any(one.level for one in queue) else set[str]()
    if picking.calling:
        loud.add("picks")
    return {
        "ways": WAYS,
        "here": here,
        "waits": waits,
        "loud": loud,
        "calling": [one for one in queue if one.state.value == "open"],
        "news": _news(store, asides),
        "line": store.status.line(),
        "station": store.staff.station(operator.station),
    }


def _news(store: Store, asides: Iterable[AsideBasket]) -> tuple[str, str] | None:
    """(how, words) of the newest end that a basket set aside came to, while it is news."""
    since = stamp(store.status.now() - _NEWS)
    ended = [one for one in asides if one.how is not Cleared.UNKNOWN and one.at >= since]
    newest = max(ended, key=lambda one: one.at, default=None)
    return None if newest is None else (newest.how.value, money_words.news(newest))
