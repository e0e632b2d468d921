"""HOME: what waits in the shop as tiles, the day in figures, and the ways from a scan to another page."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext, ngettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import NotSignedIn, Refusal
from edge.domain.staff import Operator
from edge.domain.today import Today
from edge.domain.views import HandedOver, LineWord
from edge.store import Store
from kiosk_ui import pick_words, words
from kiosk_ui.cashier.asked import nonce_of, number_of
from kiosk_ui.cashier.lanes import WORDS as LANE_WORDS
from kiosk_ui.cashier.lanes import most_urgent
from kiosk_ui.cashier.stage import Stage
from kiosk_ui.language import pick

_GOOD = frozenset({"online", "near_end", "ready", "closed", "open"})
_STOCK_S = 15.0
"""How long the count of stock alerts is believed: it asks after every product with a least number."""

Refuse = Callable[[Refusal, Operator], WerkzeugResponse]


@dataclass(frozen=True)
class Tile:
    """One thing that may wait: how much, a line about the most urgent of it, its page. tone: "", lead, warn, stop."""

    name: str
    label: str
    figure: int
    note: str
    href: str
    sign: str
    tone: str = ""


class HomePages:
    """The stage HOME, and what a scan on it can lead to with one touch."""

    def __init__(self, store: Store, operator: Callable[[], Operator], refuse: Refuse) -> None:
        self._store = store
        self._operator = operator
        self._refuse = refuse
        self._stock: tuple[float, int] = (0.0, 0)

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        for name in ("to_sale", "to_return"):
            path = f"/{name.replace('_', '-')}"
            site.add_url_rule(path, view_func=getattr(self, name), methods=["POST"], endpoint=name)

    def stage(self, operator: Operator, last_pickup: str) -> Stage:
        """HOME as it is now."""
        today = self._store.front.today.figures()
        tiles = tuple(self._tiles(operator, today))
        last = self._last(operator, last_pickup)
        basket = self._store.sales.selling.at(operator.station)
        facts = {"tiles": tiles, "today": today, "last": last, "basket": basket}
        done = (last.pickup, last.job_state, last.annulled) if last else ()
        looks = (tiles, today, done, (basket.version, basket.basket) if basket else "")
        return Stage("home", f"home:{hashlib.sha256(repr(looks).encode()).hexdigest()[:12]}", facts)

    def to_sale(self) -> WerkzeugResponse:
        """POST scan, nonce: what was scanned is sold: goods begin a basket, a basket's number takes it up again."""
        operator, scan, nonce = self._operator(), number_of("scan"), nonce_of()
        try:
            text = self._store.scans.text(scan, operator.station)
            self._store.sales.scan(text, operator, nonce)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        self._store.scans.dismiss(scan, operator.station)
        return redirect("/cashier/sale", 303)

    def to_return(self) -> WerkzeugResponse:
        """POST scan, nonce: a receipt's or order's number lays that purchase on the desk for a return."""
        operator, scan = self._operator(), number_of("scan")
        nonce_of()
        try:
            self._store.return_work.begin(self._store.scans.text(scan, operator.station), operator)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            return self._refuse(refusal, operator)
        self._store.scans.dismiss(scan, operator.station)
        return redirect("/cashier/return", 303)

    def _last(self, operator: Operator, pickup: str) -> HandedOver | None:
        try:
            last = self._store.hand_over.handed(pickup) if pickup else None
        except Refusal:  # an old cookie; the page does without it
            return None
        return last if last is not None and last.station == operator.station else None

    def _tiles(self, operator: Operator, today: Today) -> Iterator[Tile]:
        store = self._store
        counts, picking = store.pickup.counts(), store.backroom.board.counts()
        note = (
            ngettext("%(num)s 单过期待下架", "%(num)s 单过期待下架", counts.expired) if counts.expired else ""
        )
        yield Tile("ready", gettext("待取货"), counts.ready, note, "/cashier/queue", "package", "lead")
        urgent = picking.urgent
        tone = "" if urgent is None else {"soon": "warn", "over": "stop"}.get(urgent.tone.value, "")
        note = gettext("最急 %(left)s", left=pick_words.left(urgent)) if urgent else ""
        yield Tile("picks", gettext("待拣货"), picking.open, note, "/cashier/picks", "timer", tone)
        yield self._calls()
        pending = today.refunds_pending
        note = gettext("待退款") if pending else ""
        yield Tile("return", gettext("退货"), pending, note, "/cashier/return", "undo-2")
        disputed = store.customers.coupons.disputes()
        note = gettext("总部未认可") if disputed else ""
        yield Tile("coupon", gettext("核销券"), disputed, note, "/cashier/coupon", "gift", "warn")
        waiting = store.sales.selling.suspended()
        unclear = store.sales.checkout.clarifying()
        note = self._since(waiting[-1].changed_at) if waiting else ""
        if unclear:
            note = ngettext("%(num)s 单正在确认支付", "%(num)s 单正在确认支付", len(unclear))
        figure, tone = len(waiting) + len(unclear), "warn" if unclear else "lead"
        yield Tile("suspended", gettext("已挂单"), figure, note, "/cashier/sale", "shopping-bag", tone)
        yield Tile("stock", gettext("库存提醒"), self._alerts(), "", "/cashier/stock", "archive", "warn")
        yield self._devices(operator)
        yield from self._lanes()

    def _calls(self) -> Tile:
        queue, money = self._store.front.tickets.queue(), self._store.sales.money.baskets()
        waiting = [one for one in queue if one.state.value == "open"]
        level = max((one.level for one in waiting), default=0)
        # In steps of ten seconds: the tile need not change with every look.
        seconds = waiting[0].wait_s // 10 * 10 if waiting else 0
        note = gettext("最久 %(n)s 秒", n=seconds) if seconds else ""
        if money:
            note = ngettext("%(num)s 单收款未了结", "%(num)s 单收款未了结", len(money))
            level = max(level, 1)
        tone = ("lead", "warn", "stop")[level]
        return Tile(
            "calls", gettext("呼叫与干预"), len(queue) + len(money), note, "/cashier/calls", "lightbulb", tone
        )

    def _lanes(self) -> Iterator[Tile]:
        """How many kiosks are not free, and the one that wants somebody most; no tile where there is no kiosk."""
        lanes = self._store.lane.watch.tiles()
        if not lanes:
            return
        worst = most_urgent(lanes)
        busy = sum(one.word != "free" for one in lanes)
        tone = {"unclear": "stop", "checking": "warn", "paused": "warn", "closed": "warn"}.get(
            worst.word, "lead"
        )
        note = f"{pick(worst.label_zh, worst.label_en)} · {LANE_WORDS[worst.word]}"
        label = gettext("自助机状态")
        yield Tile("lanes", label, busy, note, "/cashier/calls#lanes", "scan-barcode", tone)

    def _devices(self, operator: Operator) -> Tile:
        status, slips = self._store.status, self._store.pickup.counts().slips_waiting
        here = [one for one in status.devices() if one.station in {"", operator.station}]
        bad = sum(one.state not in _GOOD for one in here)
        down = status.line().word is LineWord.DOWN
        note = gettext("总部连接中断") if down else ""
        if slips and not note:
            note = ngettext("%(num)s 张小票待打印", "%(num)s 张小票待打印", slips)
        # One figure for what wants a hand: devices, and the line as one of them.
        return Tile(
            "devices",
            gettext("设备与线路"),
            bad + down,
            note,
            "/cashier/till",
            "printer",
            "stop" if bad else "warn",
        )

    def _since(self, at: str) -> str:
        then = datetime.fromisoformat(at)
        return str(gettext("最早 %(ago)s", ago=words.ago((self._store.status.now() - then).total_seconds())))

    def _alerts(self) -> int:
        at, total = self._stock
        if time.monotonic() - at > _STOCK_S or not at:
            total = self._store.goods.alerts().total
            self._stock = time.monotonic(), total
        return total


def onward(to: str) -> WerkzeugResponse:
    """To another page, also for htmx, which would put that page's content onto this one."""
    if request.headers.get("HX-Request") != "true":
        return redirect(to, 303)
    answer = Response(status=204)
    answer.headers["HX-Redirect"] = to
    return answer
