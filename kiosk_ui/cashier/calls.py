"""INTERVENE: who waits for a person, how long, and what may be said about it; who goes, goes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, redirect, request
from flask_babel import gettext, ngettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest, NotSignedIn, Refusal
from edge.domain.staff import Operator
from edge.domain.tickets import Outcome, Ticket, TicketKind
from edge.store import Store
from kiosk_ui import money_words, words
from kiosk_ui.cashier.asked import nonce_of, text_of
from kiosk_ui.cashier.home import onward
from kiosk_ui.cashier.lanes import WORDS, LaneActs
from kiosk_ui.cashier.stage import Stage
from kiosk_ui.language import told

_HERE = "/cashier/calls"
KINDS = {
    TicketKind.HELP: _l("呼叫店员"),
    TicketKind.COMPLAINT: _l("投诉"),
    TicketKind.BRING: _l("请拿商品"),
    TicketKind.AGE: _l("核对年龄"),
    TicketKind.UNKNOWN_ITEM: _l("商品未识别"),
    TicketKind.PRICE_ZERO: _l("商品无价格"),
    TicketKind.MAX_QTY: _l("数量超出上限"),
    TicketKind.SPOT_CHECK: _l("抽查"),
    TicketKind.VOID_LIMIT: _l("删除商品过多"),
    TicketKind.WEIGHT: _l("重量不符"),
}
SIGNS = {
    TicketKind.HELP: "user",
    TicketKind.COMPLAINT: "info",
    TicketKind.BRING: "package",
    TicketKind.AGE: "id-card",
    TicketKind.UNKNOWN_ITEM: "scan-barcode",
    TicketKind.PRICE_ZERO: "triangle-alert",
    TicketKind.MAX_QTY: "shopping-bag",
    TicketKind.SPOT_CHECK: "shield-check",
    TicketKind.VOID_LIMIT: "delete",
    TicketKind.WEIGHT: "weight",
}
OUTCOMES = {
    Outcome.APPROVED: _l("已同意"),
    Outcome.DENIED: _l("已拒绝"),
    Outcome.HELPED: _l("已处理"),
    Outcome.WITHDRAWN: _l("顾客已取消"),
}
ACTS = {Outcome.APPROVED: _l("同意"), Outcome.DENIED: _l("拒绝"), Outcome.HELPED: _l("处理完毕")}

Show = Callable[[Stage, Operator], WerkzeugResponse]


class CallPages:
    """Every action is a form that works by itself and leads back to the list."""

    def __init__(self, store: Store, operator: Callable[[], Operator], show: Show) -> None:
        self._store = store
        self._desk = store.front.tickets
        self._money = store.sales.money
        self._operator = operator
        self._show = show

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/calls", view_func=self.page, endpoint="calls")
        for name in ("take", "leave", "close"):
            path = f"/calls/{name}"
            site.add_url_rule(path, view_func=getattr(self, name), methods=["POST"], endpoint=f"calls_{name}")
        for name in ("finish", "give_back", "again", "seen"):
            path = f"/calls/money/{name.replace('_', '-')}"
            site.add_url_rule(path, view_func=getattr(self, name), methods=["POST"], endpoint=f"money_{name}")

        LaneActs(self._store, self._done).add_to(site)

    def page(self) -> WerkzeugResponse:
        """GET /cashier/calls: the queue."""
        operator = self._operator()
        return self._show(calls_stage(self._store, operator), operator)

    def take(self) -> WerkzeugResponse:
        """POST ticket, nonce: whoever is signed in goes there."""
        return self._done(lambda who: self._desk.take(text_of("ticket"), who, nonce_of()))

    def leave(self) -> WerkzeugResponse:
        """POST ticket, nonce: somebody else is to go."""
        return self._done(lambda who: self._desk.leave(text_of("ticket"), who, nonce_of()))

    def close(self) -> WerkzeugResponse:
        """POST ticket, outcome, nonce: how it ended."""
        try:
            outcome = Outcome(request.form.get("outcome", ""))
        except ValueError:
            raise BadRequest(why="outcome") from None
        return self._done(lambda who: self._desk.close(text_of("ticket"), outcome, who, nonce_of()))

    def finish(self) -> WerkzeugResponse:
        """POST basket, nonce: a lead sells here what was paid at a till that stays shut."""
        operator = self._operator()
        try:
            sale = self._money.finish(text_of("basket"), operator, nonce_of())
        except (NotSignedIn, BadRequest):
            raise
        except Refusal as refusal:
            return self._show(calls_stage(self._store, operator, refusal), operator)
        return onward(f"/cashier/sale/done/{sale.sale}")

    def give_back(self) -> WerkzeugResponse:
        """POST basket, nonce: a lead gives that money back; cash comes out of this desk's drawer."""
        nonce_of()
        return self._done(lambda who: self._money.give_back(text_of("basket"), who))

    def again(self) -> WerkzeugResponse:
        """POST number, nonce: refunds that were refused are asked for once more."""
        nonce_of()
        return self._done(lambda who: self._money.again(text_of("number"), who))

    def seen(self) -> WerkzeugResponse:
        """POST number, nonce: a lead has looked at the payment."""
        nonce_of()
        return self._done(lambda who: self._money.seen(text_of("number"), who))

    def _done(self, act: Callable[[Operator], object]) -> WerkzeugResponse:
        operator = self._operator()
        try:
            act(operator)
        except (NotSignedIn, BadRequest):
            raise
        except Refusal as refusal:
            return self._show(calls_stage(self._store, operator, refusal), operator)
        if request.headers.get("HX-Request") == "true":
            return self._show(calls_stage(self._store, operator), operator)
        return redirect(_HERE, 303)

    def kept(self, have: str, operator: Operator) -> Stage | None:
        """The list stays on the screen until something is scanned there."""
        kind, _, rest = have.partition(":")
        current = self._store.scans.current(operator.station)
        if kind != "calls" or rest.partition(":")[0] != str(current.id if current else 0):
            return None
        return calls_stage(self._store, operator)


def calls_stage(store: Store, operator: Operator, refusal: Refusal | None = None) -> Stage:
    """INTERVENE: the longest waiting first, then what somebody sees to, then what is over."""
    queue, ended = store.front.tickets.queue(), store.front.tickets.ended(6)
    money, troubles = store.sales.money.baskets(), store.sales.money.troubles()
    given = [(one, store.sales.money.handed_out(one.basket)) for one in store.sales.checkout.asides()]
    facts = {
        "money": [(one, _ago(store, one.at)) for one in money],
        "troubles": troubles,
        "given": [(one, fen) for one, fen in given if fen],
        "money_words": money_words,
        "queue": queue,
        "lanes": (lanes := store.lane.watch.tiles()),
        "lane_words": WORDS,
        "ended": ended,
        "refusal": told(refusal) if refusal else None,
        "kinds": KINDS,
        "signs": SIGNS,
        "outcomes_word": lambda word: OUTCOMES[Outcome(word)],
        "acts": ACTS,
        "waits": {one.ticket: waits(one) for one in (*queue, *ended)},
    }
    current = store.scans.current(operator.station)
    looks = [(one.ticket, one.state, one.staff, one.level, waits(one)) for one in queue]
    seen = [(one.station, one.word, one.units, one.fen, one.paused) for one in lanes]
    digest = hashlib.sha256(
        repr((looks, seen, ended, money, troubles, refusal and refusal.code)).encode()
    ).hexdigest()[:12]
    status = refusal.status if refusal and request.headers.get("HX-Request") != "true" else 200
    return Stage("calls", f"calls:{current.id if current else 0}:{digest}", facts, status)


def waits(one: Ticket) -> str:
    """How long somebody waited: by five seconds at first, by minutes later."""
    if one.wait_s < 120:
        return str(gettext("%(n)s 秒", n=one.wait_s // 5 * 5 if one.state.value == "open" else one.wait_s))
    return str(ngettext("%(num)s 分钟", "%(num)s 分钟", one.wait_s // 60))


def _ago(store: Store, at: str) -> str:
    return words.ago((store.status.now() - datetime.fromisoformat(at)).total_seconds())
