"""/api/v1/picks, /stock, /counts: preparing orders, pieces of a product, blind counts, for programs."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request

from edge.domain.orders import OrderState
from edge.domain.pick_views import NextItem, PickOrder
from edge.domain.picking import RejectReason, ShortReason
from edge.domain.refusals import BadRequest, UnknownThing
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.api import picking_answered as told
from kiosk_ui.api import picking_asked as asked
from kiosk_ui.api.calls import call
from kiosk_ui.api.strict_json import read_body

_STATION = {"station": {"type": "string", "minLength": 1, "required": True}}


class PickingApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses."""

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._store = store
        self._back = store.backroom
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        for path, view, method in (
            ("/picks", self.picks, "GET"),
            ("/picks/claim", self.claim, "POST"),
            ("/picks/scan", self.scan, "POST"),
            ("/picks/shelve", self.shelve, "POST"),
            ("/picks/<order>/accept", self.accept, "POST"),
            ("/picks/<order>/reject", self.reject, "POST"),
            ("/picks/<order>/short", self.short, "POST"),
            ("/picks/<order>/settle", self.settle, "POST"),
            ("/picks/<order>/substitute", self.substitute, "POST"),
            ("/picks/<order>/pack", self.pack, "POST"),
            ("/picks/<order>/put-back", self.put_back, "POST"),
            ("/stock/alerts", self.alerts, "GET"),
            ("/stock/<sku>", self.stock, "GET"),
            ("/stock/<sku>/moves", self.move, "POST"),
            ("/stock/<sku>/unfit", self.shift, "POST"),
            ("/stock/<sku>/wanted", self.wanted, "POST"),
            ("/counts", self.counts, "GET"),
            ("/counts/<int(max=999999999):task>", self.count, "POST"),
        ):
            site.add_url_rule(path, view_func=view, methods=[method], endpoint=f"back_{view.__name__}")

    # ---- picks ----

    @call("picks", answer=told.PicksTold, query=_STATION)
    def picks(self) -> Response:
        """GET ?station=: waves, and what is in the caller's own hands."""
        operator = self._asking()
        hands = self._back.board.in_hands(operator)
        waves = [
            {"wave": wave.name, "left_s": wave.clock.left_s, "orders": [_order(one) for one in wave.orders]}
            for wave in self._back.board.waves(operator)
        ]
        way = [_item(item) for item in hands.way]
        return jsonify(result="ok", waves=waves, mine=[_order(one) for one in hands.orders], way=way)

    @call("picks", asked=asked.ClaimAsked, answer=told.Claimed)
    def claim(self) -> Response:
        """POST {wave, station, nonce}: takes a wave, or one order."""
        wish = read_body(asked.ClaimAsked)
        taken = self._back.picking.claim(wish.wave, self._client(wish.station), wish.nonce)
        return jsonify(result="ok", orders=list(taken))

    @call("picks", asked=asked.PickScanAsked, answer=told.ScanCounted)
    def scan(self) -> Response:
        """POST {text, station, nonce}: an item counts for the pick."""
        wish = read_body(asked.PickScanAsked)
        done = self._back.picking.scan(wish.text, self._client(wish.station), wish.nonce)
        return jsonify(
            result="ok",
            order=done.order,
            line=done.line,
            sku=done.sku,
            picked=done.picked,
            qty=done.qty,
            left=done.left,
            repeat=done.repeat,
        )

    @call("picks", asked=asked.ShelveAsked, answer=told.StepDone)
    def shelve(self) -> Response:
        """POST {label, shelf, station, nonce}: the label was scanned; the order is ready."""
        wish = read_body(asked.ShelveAsked)
        order = self._back.packing.shelve(wish.label, wish.shelf, self._client(wish.station), wish.nonce)
        return jsonify(result="ok", order=order, state=OrderState.READY.value)

    @call("picks", asked=asked.StepAsked, answer=told.StepDone)
    def accept(self, order: str) -> Response:
        """POST {station, nonce}: the store takes the order on."""
        return self._step(order, self._back.picking.accept)

    @call("picks", asked=asked.StepAsked, answer=told.StepDone)
    def settle(self, order: str) -> Response:
        """POST {station, nonce}: the order goes on without what is short."""
        return self._step(order, self._back.shorts.settle)

    @call("picks", asked=asked.StepAsked, answer=told.StepDone)
    def put_back(self, order: str) -> Response:
        """POST {station, nonce}: goods of an order that nobody collects lie in their places again."""
        return self._step(order, self._back.shorts.put_back)

    @call("picks", asked=asked.RejectAsked, answer=told.StepDone)
    def reject(self, order: str) -> Response:
        """POST {reason, line?, station, nonce}: the store turns the order down."""
        wish = read_body(asked.RejectAsked)
        reason, operator = RejectReason(wish.reason), self._client(wish.station)
        state = self._back.shorts.reject(order, reason, operator, wish.nonce, wish.line)
        return jsonify(result="ok", order=order, state=state.value)

    @call("picks", asked=asked.ShortAsked, answer=told.ShortDone)
    def short(self, order: str) -> Response:
        """POST {line, reason, qty?, station, nonce}: pieces that are not there; gives what may stand for them."""
        wish = read_body(asked.ShortAsked)
        reason, operator = ShortReason(wish.reason), self._client(wish.station)
        state = self._back.shorts.short(order, wish.line, reason, operator, wish.nonce, wish.qty)
        choices = [
            {"sku": one.sku, "name": {"zh": one.name_zh, "en": one.name_en}, "unit_fen": one.unit_fen}
            for one in self._back.shorts.choices(order, wish.line)
        ]
        return jsonify(result="ok", order=order, state=state.value, choices=choices)

    @call("picks", asked=asked.SubstituteAsked, answer=told.StepDone)
    def substitute(self, order: str) -> Response:
        """POST {line, sku, station, nonce}: another product stands for the short one."""
        wish = read_body(asked.SubstituteAsked)
        operator = self._client(wish.station)
        state = self._back.shorts.substitute(order, wish.line, wish.sku, operator, wish.nonce)
        return jsonify(result="ok", order=order, state=state.value)

    @call("picks", asked=asked.StepAsked, answer=told.PackDone)
    def pack(self, order: str) -> Response:
        """POST {station, nonce}: the goods are in their bag; its label is printed."""
        wish = read_body(asked.StepAsked)
        done = self._back.packing.pack(order, self._client(wish.station), wish.nonce)
        return jsonify(result="ok", order=order, label=done.label, repeat=done.repeat)

    def _step(self, order: str, act: Callable[[str, Operator, str], OrderState]) -> Response:
        wish = read_body(asked.StepAsked)
        state = act(order, self._client(wish.station), wish.nonce)
        return jsonify(result="ok", order=order, state=state.value)

    # ---- stock ----

    @call("stock", answer=told.StockTold, query=_STATION)
    def stock(self, sku: str) -> Response:
        """GET ?station=: a product's pieces here and elsewhere."""
        self._asking()
        if self._store.guide.product(sku) is None:
            raise UnknownThing
        now = self._store.goods.buckets(sku)
        nodes = [
            {
                "node": one.node,
                "kind": one.kind,
                "name": {"zh": one.name_zh, "en": one.name_en},
                "sellable": one.sellable,
                "age_s": one.age_s,
            }
            for one in self._store.goods.elsewhere(sku)
        ]
        figures = {"on_hand": now.on_hand, "reserved": now.reserved, "unfit": now.damaged}
        return jsonify(
            result="ok", sku=sku, sellable=now.sellable, in_transit=now.in_transit, elsewhere=nodes, **figures
        )

    @call("stock", answer=told.AlertsTold, query=_STATION)
    def alerts(self) -> Response:
        """GET ?station=: what is low, in doubt, to be counted, different at HQ; how right the books are."""
        self._asking()
        found, right = self._store.goods.alerts(), self._back.watch.accuracy()
        checked = found.checked and {"day": found.checked.day, "word": found.checked.word}
        return jsonify(
            result="ok",
            low=[{"sku": one.sku, "sellable": one.sellable, "min_stock": one.min_stock} for one in found.low],
            doubts=[{"sku": one.sku, "kind": one.kind, "since": one.since} for one in found.doubts],
            counts_open=found.counts_open,
            checked=checked,
            accuracy={"counts": right.right_share, "short_picks": right.short_share},
            low_count=found.low_count,
            doubt_count=found.doubt_count,
        )

    @call("stock", asked=asked.MoveAsked, answer=told.MovedTold)
    def move(self, sku: str) -> Response:
        """POST {qty, reason, ref?, station, nonce}: pieces came or left."""
        wish = read_body(asked.MoveAsked)
        operator = self._client(wish.station)
        done = self._store.goods.move(sku, wish.qty, wish.reason, operator, wish.nonce, ref=wish.ref)
        return jsonify(result="ok", sku=sku, delta=done.delta, on_hand=done.on_hand, repeat=done.repeat)

    @call("stock", asked=asked.ShiftAsked, answer=told.MovedTold)
    def shift(self, sku: str) -> Response:
        """POST {qty, reason, station, nonce}: pieces became unfit, were mended, or scrapped."""
        wish = read_body(asked.ShiftAsked)
        done = self._store.goods.shift(sku, wish.qty, wish.reason, self._client(wish.station), wish.nonce)
        return jsonify(result="ok", sku=sku, delta=done.delta, on_hand=done.on_hand, repeat=done.repeat)

    @call("stock", asked=asked.LostAsked, answer=told.WantedTold)
    def wanted(self, sku: str) -> Response:
        """POST {qty, how, station, nonce}: somebody wanted what is not here."""
        wish = read_body(asked.LostAsked)
        self._store.goods.lost(sku, wish.qty, wish.how, self._client(wish.station), wish.nonce)
        return jsonify(result="ok", sku=sku)

    # ---- counts ----

    @call("stock", answer=told.CountsTold, query=_STATION)
    def counts(self) -> Response:
        """GET ?station=: what is to be counted, without any figure; `upto` belongs into the count's request."""
        operator = self._asking()
        tasks = [
            {
                "task": one.id,
                "sku": one.sku,
                "gtin": one.gtin,
                "name": {"zh": one.name_zh, "en": one.name_en},
                "zone": one.zone,
                "place": one.place,
                "why": one.why,
                "second": one.second,
                "mine": one.mine,
            }
            for one in self._back.counting.tasks(operator)
        ]
        return jsonify(result="ok", upto=self._back.counting.begin(), tasks=tasks)

    @call("stock", asked=asked.CountAsked, answer=told.CountTold)
    def count(self, task: int) -> Response:
        """POST {counted, upto, station, nonce}: `delta` null: another person counts it again first."""
        wish = read_body(asked.CountAsked)
        operator = self._client(wish.station)
        done = self._back.counting.enter(task, wish.counted, wish.upto, operator, wish.nonce)
        return jsonify(result="ok", task=task, sku=done.sku, delta=done.delta, repeat=done.repeat)

    def _asking(self) -> Operator:
        station = request.args.get("station", "")
        if not station:
            raise BadRequest(why="station")
        return self._client(station)


def _order(one: PickOrder) -> dict[str, object]:
    return {
        "order": one.order,
        "state": one.state.value,
        "service": one.service,
        "carrier": one.carrier,
        "units": one.units,
        "picked": one.picked,
        "short": one.shorted,
        "deadline": one.clock.deadline.isoformat(),
        "left_s": one.clock.left_s,
        "tone": one.clock.tone.value,
        "free": one.free,
        "mine": one.mine,
    }


def _item(item: NextItem) -> dict[str, object]:
    return {
        "order": item.line.order,
        "line": item.line.line,
        "sku": item.line.sku,
        "gtin": item.gtin,
        "name": {"zh": item.name_zh, "en": item.name_en},
        "zone": item.line.zone,
        "place": item.line.place,
        "left": item.line.left,
    }
