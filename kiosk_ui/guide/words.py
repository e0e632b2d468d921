"""How the guide screen says what it shows: departments, distances, ways to get something, and a digest of it all."""

from __future__ import annotations

import hashlib
from datetime import datetime
from types import SimpleNamespace

from flask_babel import gettext, ngettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from edge.domain.guide_views import GuideView, NearWord
from kiosk_ui import words
from kiosk_ui.language import language, pick

_CATEGORIES = {
    "tea": _l("茶叶"),
    "homeware": _l("家居器皿"),
    "snacks": _l("休闲零食"),
    "drinks": _l("酒水饮料"),
    "fresh": _l("生鲜果蔬"),
    "homecare": _l("家清用品"),
    "beauty": _l("美妆个护"),
    "stationery": _l("文具"),
    "toys": _l("玩具"),
    "clothing": _l("服饰"),
    "food": _l("食品"),
}
"""Departments that HQ names by an English word; any other word is shown as it is."""
_WAYS = {
    "pickup_there": (_l("到%(name)s自提"), "store"),
    "pickup_here": (_l("调货到本店自提"), "package"),
    "next_day": (_l("送到家 · 次日达"), "truck"),
    "instant": (_l("送到家 · 即时达"), "bike"),
}
_NEAR = {
    NearWord.NOW: _l("可立即自提"),
    NearWord.LATER: _l("少量，先问店员"),
    NearWord.ASK: _l("请向店员确认"),
}
CHIPS = {
    "fast": _l("服务快"),
    "slow": _l("等太久"),
    "friendly": _l("店员热情"),
    "unfriendly": _l("店员冷淡"),
    "stock": _l("想要的没货"),
    "price": _l("价格"),
    "queue": _l("排队"),
    "clean": _l("环境"),
    "other": _l("其他"),
}
_GOOD, _BAD = (
    ("friendly", "fast", "stock", "price", "clean"),
    ("stock", "slow", "unfriendly", "price", "queue"),
)
FACES = (
    ("1", "angry", _l("很不满意")),
    ("2", "frown", _l("不满意")),
    ("3", "meh", _l("一般")),
    ("4", "smile", _l("满意")),
    ("5", "laugh", _l("很满意")),
)


def category(word: str) -> str:
    """A department's name."""
    known = _CATEGORIES.get(word)
    return word if known is None else str(known)


def distance(km10: int) -> str:
    """How far a store is."""
    if km10 <= 0:
        return ""
    return f"{km10 * 100} m" if km10 < 10 else f"{km10 / 10:.1f} km"


def near(word: NearWord) -> str:
    """Whether it can be collected there."""
    return str(_NEAR[word])


def way(kind: str, name: str) -> str:
    """A way to get a product."""
    return str(_WAYS[kind][0]) % {"name": name}


def way_icon(kind: str) -> str:
    """The icon of a way."""
    return _WAYS[kind][1]


def ready(moment: datetime | None, now: datetime) -> str:
    """When it is ready: today at 14:05, tomorrow, or the day."""
    if moment is None:
        return ""
    days, at = (moment.date() - now.date()).days, words.clock(moment)
    if days <= 0:
        return str(gettext("今天 %(at)s 前", at=at))
    if days == 1:
        return str(gettext("明天 %(at)s 前", at=at))
    return str(gettext("%(month)s 月 %(day)s 日前", month=moment.month, day=moment.day))


def until(moment: datetime | None) -> str:
    """How long an offer lasts."""
    if moment is None:
        return ""
    return str(gettext("至 %(month)s 月 %(day)s 日", month=moment.month, day=moment.day))


def stars(stars10: int) -> str:
    """A rating with one decimal."""
    return f"{stars10 / 10:.1f}"


def chips(score: str) -> tuple[tuple[str, str], ...]:
    """At most five reasons that fit a face."""
    return tuple((one, str(CHIPS[one])) for one in (_GOOD if score in {"4", "5"} else _BAD))


def reviews(count: int) -> str:
    """How many rated it."""
    return str(ngettext("%(num)s 条评价", "%(num)s 条评价", count))


def rule_words(zh: str, en: str) -> str:
    """Words of the shop's rules; the catalogue has their Traditional form."""
    return str(gettext(zh)) if language() == "hant" else pick(zh, en)


def _ordered(view: GuideView) -> object:
    order = view.order
    if order is None:
        return None
    attempt = order.payment.attempt if order.payment is not None else None
    stands = (attempt.state, attempt.call_staff, attempt.cancelling) if attempt is not None else None
    return stands, order.wallets, order.said, order.help


def digest(view: GuideView, language: str) -> str:
    """Changes when something else is to be said; ages and seconds left are no reason, they would wake an idle page."""
    here, product, slide = view.here, view.product, view.slide
    told = [words.freshness(view.line), language]
    if product is not None:
        told += [str(product.on_hand), product.stock.value, repr(product.price)]
        told += [f"{one.node}{one.word}" for one in product.near]
    seen = (slide.number, slide.media, slide.price_fen, slide.title_zh) if slide else None
    parts = (
        *(here.place.value, here.rev, told, seen, view.paused, view.closed, view.quiet),
        *(view.call, view.url, view.strip, view.listing),
        _ordered(view),
    )
    return f"{here.place.value}:{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"


guide_words = SimpleNamespace(
    told=rule_words,
    category=category,
    distance=distance,
    near=near,
    way=way,
    way_icon=way_icon,
    ready=ready,
    until=until,
    stars=stars,
    chips=chips,
    reviews=reviews,
    faces=FACES,
)
