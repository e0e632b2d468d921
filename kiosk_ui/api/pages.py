"""/api/v1: the same desks for programs, by bearer token, JSON in and out, problem+json for every refusal."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint, Response, current_app, jsonify, request

from edge.domain.refusals import BadRequest, NotAllowed, UnknownThing
from edge.domain.staff import Operator
from edge.domain.views import Found, HandedOver, RedeemRequest
from edge.store import Store
from kiosk_ui.api.answered import JobQueued, RedeemDone, RedeemFound, ScanKept, StatusTold
from kiosk_ui.api.asked import AnnulAsked, RedeemAsked, ScanAsked, StatusSlipAsked
from kiosk_ui.api.benefits import BenefitsApi
from kiosk_ui.api.calls import call, call_of, open_call
from kiosk_ui.api.counter import CounterApi
from kiosk_ui.api.customers import CustomersApi
from kiosk_ui.api.described import openapi
from kiosk_ui.api.goods import GoodsApi
from kiosk_ui.api.metrics import MetricsApi
from kiosk_ui.api.picking import PickingApi
from kiosk_ui.api.returns import ReturnsApi
from kiosk_ui.api.selling import SellingApi
from kiosk_ui.api.strict_json import read_body
from kiosk_ui.api.tickets import TicketsApi
from kiosk_ui.api.till import TillApi
from kiosk_ui.api.wish_numbers import Numbers, ended
from kiosk_ui.security import at

_NAME = re.compile(r"[^/\x00-\x1f\x7f-\x9f]{1,64}")
_READY = {"zh": "可以交付", "en": "Ready to hand over"}
_HANDED = {"zh": "已核销，请交付商品", "en": "Redeemed, hand over the goods"}
_PARTLY = {"zh": "已部分核销，余下商品可再次领取", "en": "Redeemed in part, the rest can be collected later"}
_ANNULLED = {"zh": "交付已撤销，请收回商品", "en": "Hand-over undone, take the goods back"}


class ApiPages:
    """Every call names its station; the token must be allowed to act there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def blueprint(self) -> Blueprint:
        """The routes under /api/v1."""
        site = Blueprint("api", __name__, url_prefix="/api/v1")
        site.add_url_rule("/pickups/redeem", view_func=self.redeem, methods=["POST"])
        site.add_url_rule("/pickups/annul", view_func=self.annul, methods=["POST"])
        site.add_url_rule("/scans", view_func=self.scan, methods=["POST"])
        site.add_url_rule("/status", view_func=self.status)
        site.add_url_rule("/slips/status", view_func=self.status_slip, methods=["POST"])
        site.add_url_rule("/openapi.json", view_func=self.openapi)
        TicketsApi(self._store, self._client).add_to(site)
        TillApi(self._store, self._client).add_to(site)
        BenefitsApi(self._store, self._client).add_to(site)
        PickingApi(self._store, self._client).add_to(site)
        SellingApi(self._store, self._client).add_to(site)
        ReturnsApi(self._store, self._client).add_to(site)
        MetricsApi(self._store).add_to(site)
        for api in (GoodsApi, CounterApi, CustomersApi):
            api(self._store, self._client).add_to(site)
        site.before_request(self._in_scope)
        site.after_request(ended)
        return site

    @open_call()
    def openapi(self) -> Response:
        """GET: this API as OpenAPI 3.1."""
        return jsonify(openapi(current_app, _version()))

    @call("pickup", asked=RedeemAsked, answer=(RedeemFound, RedeemDone))
    def redeem(self) -> Response:
        """POST {code, station, nonce, dry_run?, lines?, settled?, forced?}: hands over; dry_run only looks."""
        asked = read_body(RedeemAsked)
        operator = self._client(asked.station)
        if asked.dry_run:
            return jsonify(_found(self._store.pickup.look(asked.code, operator)))
        wish = RedeemRequest(
            nonce=asked.nonce,
            code=asked.code,
            lines=asked.lines,
            settled=asked.settled,
            forced=asked.forced,
        )
        return jsonify(_handed(self._store.hand_over.redeem(wish, operator)))

    @call("pickup", asked=AnnulAsked, answer=RedeemDone)
    def annul(self) -> Response:
        """POST {pickup, nonce, station}: takes a hand-over back."""
        asked = read_body(AnnulAsked)
        operator = self._client(asked.station)
        return jsonify(_handed(self._store.hand_over.annul(asked.pickup, asked.nonce, operator)))

    @call("scan", asked=ScanAsked, answer=ScanKept, status=202)
    def scan(self) -> tuple[Response, int]:
        """POST {text, station, nonce}: as if a scanner had read it there; 202, the station's screen shows it."""
        asked = read_body(ScanAsked)
        operator = self._client(asked.station)
        seen = self._store.scans.type_in(
            asked.text, asked.station, f"{operator.staff}:{asked.station}", asked.nonce
        )
        return jsonify(result="ok", scan=seen.id, kind=seen.kind.value, station=seen.station), 202

    @call(
        "status", answer=StatusTold, query={"station": {"type": "string", "minLength": 1, "required": True}}
    )
    def status(self) -> Response:
        """GET ?station=ID: the line to HQ, the devices, the version."""
        station = request.args.get("station", "")
        if not station:
            raise BadRequest(why="station")
        self._client(station)
        line = self._store.status.line()
        devices = [
            {
                "name": d.name,
                "kind": d.kind,
                "state": d.state,
                "pos_state": self._store.status.state(d.name).value,
                "detail": d.detail,
                "station": d.station,
            }
            for d in self._store.status.devices()
        ]
        updates = [
            {"device": one.device, "status": one.status.value, "at": one.at.isoformat()}
            for one in self._store.status.updates(20)
        ]
        told = {"word": line.word.value, "age_s": line.age_s, "outbox": line.outbox, "trouble": line.trouble}
        ages = [
            {"name": one.name, "age_s": one.age_s, "worst_s": one.worst_s, "word": one.word}
            for one in self._store.status.ages()
        ]
        return jsonify(
            result="ok", version=_version(), line=told, ages=ages, devices=devices, updates=updates
        )

    @call("status", asked=StatusSlipAsked, answer=JobQueued, status=202)
    def status_slip(self) -> tuple[Response, int]:
        """POST {printer, station, nonce}: queues a slip that says how the store is; 202, role lead."""
        asked = read_body(StatusSlipAsked)
        operator = self._client(asked.station)
        job = self._store.upkeep.status_slip(asked.printer, asked.nonce, _version(), operator)
        return jsonify(result="ok", job={"id": job.id, "state": job.state, "reason": job.reason}), 202

    def _client(self, station: str) -> Operator:
        at(station)
        return self._store.staff.api_client(_token(), station)

    def _in_scope(self) -> None:
        """Before every call: the program's scopes allow it. A call that says no scope is nobody's."""
        found = call_of(current_app.view_functions.get(request.endpoint or ""))
        if found is None:
            raise NotAllowed
        if found.scope:
            self._store.staff.api_scope(_token(), found.scope)
            Numbers(self._store, _token()).begin()
        # No name of anything is longer or has such characters: looked for nowhere, not even cut to fit.
        for name in (request.view_args or {}).values():
            if isinstance(name, str) and not _NAME.fullmatch(name):
                raise UnknownThing


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _found(found: Found) -> dict[str, object]:
    """What a program needs to show before it redeems: nothing personal."""
    return {
        "result": "ok",
        "dry_run": True,
        "words": _READY,
        "order": found.order.order,
        "tail": found.order.tail,
        "state": found.state.value,
        "shelf": found.shelf,
        "must_settle_fen": found.must_settle_fen,
        "lead_only": found.lead_only is not None,
        "lines": [
            {
                "line": line.line,
                "sku": line.sku,
                "name": {"zh": line.name_zh, "en": line.name_en},
                "qty": line.qty,
                "left": line.left,
            }
            for line in found.lines
        ],
    }


def _handed(done: HandedOver) -> dict[str, object]:
    words = _ANNULLED if done.annulled else _PARTLY if done.left_units else _HANDED
    return {
        "result": "ok",
        "dry_run": False,
        "words": words,
        "order": done.order,
        "tail": done.tail,
        "state": done.state.value,
        "pickup": done.pickup,
        "at": done.at.isoformat(),
        "handed": [{"name": {"zh": zh, "en": en}, "qty": qty} for zh, en, qty in done.handed],
        "left_units": done.left_units,
        "annul_until": done.annul_until.isoformat(),
        "annulled": done.annulled,
        "offline": done.offline,
        "job": {"id": done.job, "state": done.job_state, "reason": done.job_reason},
        "repeat": done.repeat,
    }


def _version() -> str:
    try:
        return version("store-edge")
    except PackageNotFoundError:  # run from a plain checkout
        return "0"
