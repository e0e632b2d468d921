"""The pickers' pages: waves with their clocks, the next item, what is short, bags and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.picking import RejectReason, ShortReason
from edge.domain.refusals import BadRequest, NotSignedIn, Refusal, UnknownThing
from edge.domain.scanned import ScanKind
from edge.domain.staff import Operator
from edge.domain.views import SeenScan
from edge.store import Store
from kiosk_ui import pick_words
from kiosk_ui.cashier.asked import nonce_of, number_of, text_of
from kiosk_ui.cashier.stage import Stage, fresh_nonce
from kiosk_ui.language import told

LIST, WORK = "/cashier/picks", "/cashier/picks/work"
_GOODS = frozenset({ScanKind.GTIN, ScanKind.GS1, ScanKind.UNKNOWN})
_LABELS = frozenset({ScanKind.ORDER, ScanKind.UNKNOWN})

Show = Callable[[Stage, Operator], WerkzeugResponse]
Refuse = Callable[[Refusal, Operator], WerkzeugResponse]


class PickPages:
    """Every action is a form that works by itself and leads back to the list or to the work."""

    def __init__(self, store: Store, operator: Callable[[], Operator], show: Show, refuse: Refuse) -> None:
        self._store = store
        self._operator = operator
        self._show = show
        self._refuse = refuse

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        site.add_url_rule("/picks", view_func=self.page, endpoint="picks")
        site.add_url_rule("/picks/work", view_func=self.work, endpoint="picks_work")
        site.add_url_rule("/picks/order/<order>", view_func=self.order, endpoint="picks_order")
        acts = "claim accept reject take short settle substitute pack shelve label leave put_back".split()
        for name in acts:
            path = f"/picks/{name.replace('_', '-')}"
            site.add_url_rule(path, view_func=getattr(self, name), methods=["POST"], endpoint=f"picks_{name}")

    # ---- looking ----

    def page(self) -> WerkzeugResponse:
        """GET /cashier/picks: the waves."""
        operator = self._operator()
        return self._show(list_stage(self._store, operator), operator)

    def work(self) -> WerkzeugResponse:
        """GET /cashier/picks/work: what is in this person's hands."""
        operator = self._operator()
        return self._show(
            work_stage(self._store, operator, self._store.scans.current(operator.station)), operator
        )

    def order(self, order: str) -> WerkzeugResponse:
        """GET /cashier/picks/order/<order>: its lines, and what may be said about it before it is picked."""
        operator = self._operator()
        return self._show(order_stage(self._store, order, operator), operator)

    # ---- acting ----

    def claim(self) -> WerkzeugResponse:
        """POST wave, nonce: takes a wave, or one order by its number."""
        desk, wave = self._store.backroom.picking, text_of("wave")
        return self._done(lambda who, nonce: desk.claim(wave, who, nonce), WORK)

    def accept(self) -> WerkzeugResponse:
        """POST order, nonce: the store takes the order on."""
        desk, order = self._store.backroom.picking, text_of("order")
        return self._done(lambda who, nonce: desk.accept(order, who, nonce), LIST)

    def reject(self) -> WerkzeugResponse:
        """POST order, reason [, line], nonce: the store turns the order down."""
        desk, order, line = self._store.backroom.shorts, text_of("order"), number_of("line", 0)
        try:
            reason = RejectReason(text_of("reason"))
        except ValueError:
            raise BadRequest(why="reason") from None
        return self._done(lambda who, nonce: desk.reject(order, reason, who, nonce, line), LIST)

    def take(self) -> WerkzeugResponse:
        """POST scan: the station's newest scan counts for the pick; once, however often it is asked."""
        operator, scan = self._operator(), number_of("scan")
        try:
            text = self._store.scans.text(scan, operator.station)
        except UnknownThing:  # taken before: a page that was late asks again
            return self._after(operator, WORK)
        try:
            self._store.backroom.picking.scan(text, operator, f"scan-{operator.station}-{scan}")
        except NotSignedIn:
            raise
        except Refusal as refusal:
            self._store.scans.dismiss(scan, operator.station)
            return self._show(work_stage(self._store, operator, None, refusal, scan), operator)
        self._store.scans.dismiss(scan, operator.station)
        return self._after(operator, WORK)

    def short(self) -> WerkzeugResponse:
        """POST order, line, reason, nonce: what is left of the line is not there."""
        desk, order, line = self._store.backroom.shorts, text_of("order"), number_of("line")
        try:
            reason = ShortReason(text_of("reason"))
        except ValueError:
            raise BadRequest(why="reason") from None
        return self._done(lambda who, nonce: desk.short(order, line, reason, who, nonce), WORK)

    def settle(self) -> WerkzeugResponse:
        """POST order, nonce: the order goes on without what is short."""
        desk, order = self._store.backroom.shorts, text_of("order")
        return self._done(lambda who, nonce: desk.settle(order, who, nonce), WORK)

    def substitute(self) -> WerkzeugResponse:
        """POST order, line, sku, nonce: another product stands for the short one."""
        desk, order, line = self._store.backroom.shorts, text_of("order"), number_of("line")
        sku = text_of("sku")
        return self._done(lambda who, nonce: desk.substitute(order, line, sku, who, nonce), WORK)

    def pack(self) -> WerkzeugResponse:
        """POST order, nonce: the goods are in their bag."""
        desk, order = self._store.backroom.packing, text_of("order")
        return self._done(lambda who, nonce: desk.pack(order, who, nonce), WORK)

    def shelve(self) -> WerkzeugResponse:
        """POST label, shelf [, scan], nonce: the label was scanned and the bag lies there."""
        desk, label, shelf = self._store.backroom.packing, text_of("label").upper(), text_of("shelf")
        scan = number_of("scan", 0)

        def act(who: Operator, nonce: str) -> None:
            desk.shelve(label, shelf, who, nonce)
            if scan:
                self._store.scans.dismiss(scan, who.station)

        return self._done(act, WORK)

    def label(self) -> WerkzeugResponse:
        """POST order, nonce: the bag's label once more."""
        desk, order = self._store.backroom.packing, text_of("order")
        return self._done(lambda who, nonce: desk.label_again(order, who, nonce), WORK)

    def leave(self) -> WerkzeugResponse:
        """POST nonce: lays everything down for others."""
        desk = self._store.backroom.picking
        return self._done(desk.leave, LIST)

    def put_back(self) -> WerkzeugResponse:
        """POST order, nonce: the goods lie in their places again."""
        desk, order = self._store.backroom.shorts, text_of("order")
        return self._done(lambda who, nonce: desk.put_back(order, who, nonce), LIST)

    def _done(self, act: Callable[[Operator, str], object], to: str) -> WerkzeugResponse:
        operator, nonce = self._operator(), nonce_of()
        try:
            act(operator, nonce)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            if to == WORK:
                return self._show(work_stage(self._store, operator, None, refusal), operator)
            return self._refuse(refusal, operator)
        return self._after(operator, to)

    def _after(self, operator: Operator, to: str) -> WerkzeugResponse:
        """For htmx the stage at once; for a form without scripts the way back to its page."""
        if request.headers.get("HX-Request") != "true":
            return redirect(to, 303)
        if to == LIST:
            return self._show(list_stage(self._store, operator), operator)
        return self._show(
            work_stage(self._store, operator, self._store.scans.current(operator.station)), operator
        )

    # ---- beside the other stages ----

    def wants(self, scan: SeenScan | None, operator: Operator) -> Stage | None:
        """The work, where what was scanned belongs to it: goods while somebody picks, a bag's label."""
        if scan is None or scan.kind not in _GOODS | _LABELS:
            return None
        hands = self._store.backroom.board.in_hands(operator)
        goods = scan.kind in _GOODS and any(hands.way)
        if goods or (scan.kind in _LABELS and _label(self._store, scan)):
            return work_stage(self._store, operator, scan)
        return None

    def kept(self, have: str, operator: Operator) -> Stage | None:
        """The stage that a page of ours goes on showing until something else was scanned."""
        kind, known = have.partition(":")[0], have.rpartition(":")[2]
        current = self._store.scans.current(operator.station)
        if kind not in ("picks", "pick"):
            return None
        if current is not None and self.wants(current, operator) is None:
            # What waited already when the page was opened waits on; only a new scan takes its place.
            if known != str(current.id):
                return None
            current = None
        if kind == "picks" and current is None:
            return list_stage(self._store, operator)
        return work_stage(self._store, operator, current)


def list_stage(store: Store, operator: Operator) -> Stage:
    """PICK_LIST: waves, the most urgent first, and goods that are to be put back."""
    board = store.backroom.board
    waves, back = board.waves(operator), board.put_back()
    hands = board.in_hands(operator)
    facts = {"waves": waves, "back": back, "hands": hands, "pick_words": pick_words}
    seen = [
        (one.order, one.state, one.picker, one.clock.tone, one.picked)
        for wave in waves
        for one in wave.orders
    ]
    clocks = [pick_words.left(one.clock) for wave in waves for one in wave.orders]
    looks = _digest((seen, clocks, back, len(hands.orders)))
    return Stage("picks", f"picks:{looks}:{_newest(store, operator)}", facts)


def work_stage(
    store: Store, operator: Operator, scan: SeenScan | None, refusal: Refusal | None = None, at: int = 0
) -> Stage:
    """PICK: the next item, or the bags. A scan that waits is taken by a form of its own; a refusal stands above."""
    board = store.backroom.board
    hands = board.in_hands(operator)
    label = _label(store, scan) if scan is not None else ""
    taking = scan if scan is not None and scan.kind in _GOODS and not label else None
    choices = {one.line: store.backroom.shorts.choices(one.line.order, one.line.line) for one in hands.shorts}
    facts = {
        "hands": hands,
        "scan": scan,
        "taking": taking,
        "label": label,
        "label_order": store.backroom.packing.order_of_label(label) if label else "",
        "choices": choices,
        "refusal": told(refusal) if refusal else None,
        "pick_words": pick_words,
        "shorts": pick_words.SHORTS,
        "reasons": [RejectReason.NOT_IN_STOCK, RejectReason.BUSY, RejectReason.CLOSING],
        "nonce": fresh_nonce(),
    }
    done = sum(one.picked for one in hands.orders)
    looks = _digest((hands, taking.id if taking else 0, label, refusal.code if refusal else ""))
    if refusal is not None:
        # Within the page a wrong scan is no error of the exchange: it is what the stage says.
        status = 200 if request.headers.get("HX-Request") == "true" else refusal.status
        return Stage("pick", f"error:pick{at}:{looks}", facts, status)
    return Stage("pick", f"pick:{done}:{looks}:{_newest(store, operator)}", facts)


def order_stage(store: Store, order: str, operator: Operator) -> Stage:
    """One order before it is picked: its lines, accept, or turn down."""
    found = store.backroom.board.order(order, operator)
    lines = store.backroom.board.lines(order)
    facts = {
        "one": found,
        "lines": lines,
        "rejects": list(RejectReason),
        "pick_words": pick_words,
        "nonce": fresh_nonce(),
    }
    return Stage("pick_order", f"error:{order}", facts, 200 if found else 404)


def back_beside(store: Store) -> dict[str, object]:
    """What every page of the desk says of picking: figures, and the most urgent clock in words."""
    counts = store.backroom.board.counts()
    return {"picking": counts, "picking_left": pick_words.left(counts.urgent) if counts.urgent else ""}


def _label(store: Store, scan: SeenScan) -> str:
    """The bag's label that a scan is, "" where it is none."""
    try:
        text = store.scans.text(scan.id, scan.station)
    except Refusal:
        return ""
    return text if store.backroom.packing.order_of_label(text) else ""


def _newest(store: Store, operator: Operator) -> int:
    """The number of the scan that waits at the station, 0 for none."""
    current = store.scans.current(operator.station)
    return current.id if current else 0


def _digest(seen: object) -> str:
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:12]
