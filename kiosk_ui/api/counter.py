"""/api/v1/pickups and what lies behind the counter: orders found, slips again, shelves, labels, papers, histories."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from edge.domain.refusals import UnknownThing
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.api.answered import JobQueued
from kiosk_ui.api.calls import call
from kiosk_ui.api.counter_told import (
    CandidatesTold,
    HistoryTold,
    LaidDown,
    OrderFindAsked,
    PapersTold,
    PlaceAsked,
    QueueTold,
)
from kiosk_ui.api.picking_answered import PackDone, StepDone, WantedTold
from kiosk_ui.api.picking_asked import StepAsked
from kiosk_ui.api.strict_json import read_body


class CounterApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses."""

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._store = store
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        here = "/stations/<station>"
        for path, view, method in (
            (f"{here}/pickups", self.queue, "GET"),
            ("/pickups/find", self.find, "POST"),
            ("/pickups/shelve", self.shelve, "POST"),
            ("/pickups/<pickup>/reprint", self.reprint, "POST"),
            ("/picks/leave", self.leave, "POST"),
            ("/picks/<order>/label", self.label, "POST"),
            (f"{here}/stock/papers", self.papers, "GET"),
            (f"{here}/stock/<sku>/history", self.history, "GET"),
            ("/stock/<sku>/count", self.ask, "POST"),
        ):
            endpoint = f"counter_{view.__name__}"
            site.add_url_rule(path, view_func=view, methods=[method], endpoint=endpoint)

    @call("pickup", answer=QueueTold)
    def queue(self, station: str) -> Response:
        """GET: how many orders wait, are prepared, are late."""
        self._client(station)
        now = self._store.pickup.counts()
        return jsonify(
            result="ok",
            ready=now.ready,
            preparing=now.preparing,
            late=now.late,
            handed_today=now.handed_today,
            expired=now.expired,
            slips_waiting=now.slips_waiting,
        )

    @call("pickup", asked=OrderFindAsked, answer=CandidatesTold)
    def find(self) -> Response:
        """POST {text, station}: orders by phone tail, number or its end, masked; changes nothing."""
        asked = read_body(OrderFindAsked)
        found = self._store.pickup.candidates(asked.text, self._client(asked.station))
        orders = [
            {
                "order": one.order,
                "tail": one.tail,
                "name": one.name_masked,
                "phone_tail": one.phone_tail,
                "state": one.state.value,
                "shelf": one.shelf,
                "units": one.units,
                "first": {"zh": one.first_zh, "en": one.first_en},
            }
            for one in found
        ]
        return jsonify(result="ok", orders=orders)

    @call("pickup", asked=PlaceAsked, answer=StepDone)
    def shelve(self) -> Response:
        """POST {order, shelf, station, nonce}: its goods lie there; past picking and label only role lead may."""
        asked = read_body(PlaceAsked)
        operator = self._client(asked.station)
        state = self._store.fulfilment.shelve(asked.order, asked.shelf.strip().upper(), operator)
        return jsonify(result="ok", order=asked.order, state=state.value)

    @call("pickup", asked=StepAsked, answer=JobQueued, status=202)
    def reprint(self, pickup: str) -> tuple[Response, int]:
        """POST {station, nonce}: the slip of a hand-over once more, marked 补打."""
        asked = read_body(StepAsked)
        job = self._store.printing.reprint(pickup, asked.nonce, self._client(asked.station))
        return jsonify(result="ok", job={"id": job.id, "state": job.state, "reason": job.reason}), 202

    @call("picks", asked=StepAsked, answer=LaidDown)
    def leave(self) -> Response:
        """POST {station, nonce}: everything in the caller's hands that is not packed; others may go on with it."""
        asked = read_body(StepAsked)
        left = self._store.backroom.picking.leave(self._client(asked.station), asked.nonce)
        return jsonify(result="ok", orders=left)

    @call("picks", asked=StepAsked, answer=PackDone)
    def label(self, order: str) -> Response:
        """POST {station, nonce}: the label of a bag once more, marked as a copy."""
        asked = read_body(StepAsked)
        done = self._store.backroom.packing.label_again(order, self._client(asked.station), asked.nonce)
        return jsonify(result="ok", order=order, label=done.label, repeat=done.repeat)

    @call("stock", answer=PapersTold)
    def papers(self, station: str) -> Response:
        """GET: deliveries that HQ announced."""
        self._client(station)
        papers = [
            {"paper": paper, "source": source, "due": due, "units": units}
            for paper, source, due, units in self._store.goods.papers()
        ]
        return jsonify(result="ok", papers=papers)

    @call("stock", answer=HistoryTold)
    def history(self, station: str, sku: str) -> Response:
        """GET: a product's newest movements here."""
        self._client(station)
        if self._store.guide.product(sku) is None:
            raise UnknownThing
        moves = [
            {"n": n, "units": units, "reason": reason, "paper": paper, "at": at, "staff": staff}
            for n, units, reason, paper, at, staff in self._store.goods.history(sku)
        ]
        return jsonify(result="ok", sku=sku, moves=moves)

    @call("stock", asked=StepAsked, answer=WantedTold)
    def ask(self, sku: str) -> Response:
        """POST {station, nonce}: somebody should count this; a product that waits for it waits once."""
        asked = read_body(StepAsked)
        self._store.backroom.counting.ask(sku, self._client(asked.station))
        return jsonify(result="ok", sku=sku)
