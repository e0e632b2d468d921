"""The kiosks on INTERVENE: how busy each is, and what staff do there without walking."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint
from flask_babel import lazy_gettext as _l  # type: ignore[import-untyped]
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.lane_views import LaneTile
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.cashier.asked import nonce_of, text_of

WORDS = {
    "free": _l("空闲"),
    "shopping": _l("购物中"),
    "checking": _l("等待店员"),
    "paying": _l("付款中"),
    "unclear": _l("支付待确认"),
    "paused": _l("已暂停"),
    "closed": _l("未开放"),
}
"""How a kiosk stands."""
_URGENCY = ("unclear", "checking", "paused", "closed", "paying", "shopping", "free")
Done = Callable[[Callable[[Operator], object]], WerkzeugResponse]


def most_urgent(lanes: Sequence[LaneTile]) -> LaneTile:
    """The kiosk that wants somebody most; of several the one that has waited longest."""
    return min(lanes, key=lambda one: (_URGENCY.index(one.word), -one.since_s))


class LaneActs:
    """`done` does an act as whoever is signed in, and shows the list again."""

    def __init__(self, store: Store, done: Done) -> None:
        self._watch = store.lane.watch
        self._done = done

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        for name in ("pause", "resume", "free"):
            view = getattr(self, name)
            site.add_url_rule(
                f"/calls/lane/{name}", view_func=view, methods=["POST"], endpoint=f"lane_{name}"
            )

    def pause(self) -> WerkzeugResponse:
        """POST station: nobody begins there any more."""
        return self._done(lambda who: self._watch.pause(text_of("station"), who, on=True))

    def resume(self) -> WerkzeugResponse:
        """POST station: it is open again."""
        return self._done(lambda who: self._watch.pause(text_of("station"), who, on=False))

    def free(self) -> WerkzeugResponse:
        """POST station, nonce: the next shopper is let in while a payment is unclear."""
        return self._done(lambda who: self._watch.free(text_of("station"), who, nonce_of()))
