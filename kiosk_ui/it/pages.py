"""The page for whoever looks after the devices: what there is, how it is, and the few things to do about it."""

from __future__ import annotations

import base64
import hashlib
import re

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest, NotAllowed
from edge.domain.staff import Act, Operator
from edge.store import Store
from kiosk_ui import pick_words, words
from kiosk_ui.cashier.entrance import whoever
from kiosk_ui.cashier.stage import fresh_nonce
from kiosk_ui.it import data_words, device_words
from kiosk_ui.it import screens as screen_words

_HERE = "/it/"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_LOOKS = frozenset({"it.board", "it.paper", "it.camera"})
"""What a page asks by itself: nobody sits there because of it."""
_UNSAID = "-"  # stands for the nonce where two looks at the board are compared


class ItPages:
    """Signed in as at the desk; leads only. Every action is a form that works by itself."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def blueprint(self) -> Blueprint:
        """The routes under /it."""
        site = Blueprint("it", __name__, url_prefix="/it")
        site.add_url_rule("/", view_func=self.home)
        site.add_url_rule("/board", view_func=self.board)
        site.add_url_rule("/papers/<int(max=999999999999999):job>.png", view_func=self.paper)
        site.add_url_rule("/cameras/<name>", view_func=self.camera)
        for name in ("test", "cancel", "settle", "accept"):
            site.add_url_rule(f"/{name}", view_func=getattr(self, name), methods=["POST"])
        screen_words.ItScreens(self._store, self._operator).rules(site)
        return site

    def home(self) -> str:
        """GET /it/: everything at one glance."""
        operator = self._operator()
        station = self._store.staff.station(operator.station)
        facts = self._facts(operator)
        facts["screen_address"] = f"{request.host}/screen/pair"
        facts["stations"] = self._store.staff.stations()
        return render_template("it/page.html", operator=operator, station=station, **facts)

    def board(self) -> Response:
        """GET /it/board?have=KEY: the same as a fragment, or 204 when the page has it already."""
        facts = self._facts(self._operator())
        if request.args.get("have") == facts["key"]:
            return Response(status=204)
        return make_response(render_template("it/board.html", **facts))

    def paper(self, job: int) -> Response:
        """GET /it/papers/<job>.png: what a job puts on paper."""
        answer = Response(self._store.upkeep.paper(job, self._operator()), mimetype="image/png")
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer

    def camera(self, name: str) -> str:
        """GET /it/cameras/<name>: what the camera sees now, as a fragment; nothing of it is kept."""
        operator = self._operator()
        look = self._store.upkeep.look(name, operator)
        picture = "" if look is None else base64.b64encode(look.jpeg).decode()
        return render_template("it/camera.html", look=look, picture=picture, say=device_words)

    def test(self) -> WerkzeugResponse:
        """POST printer, nonce: a test page takes its turn among the slips."""
        operator = self._operator()
        nonce = _field("nonce", _NONCE)
        self._store.upkeep.test(_field("printer", _NAME), nonce, operator)
        return redirect(_HERE, 303)

    def cancel(self) -> WerkzeugResponse:
        """POST job: takes a waiting slip out of the queue."""
        operator = self._operator()
        self._store.upkeep.cancel(int(_field("job", _NUMBER)), operator)
        return redirect(_HERE, 303)

    def settle(self) -> WerkzeugResponse:
        """POST job, came_out=1|0: what became of a slip of unknown fate."""
        operator = self._operator()
        came_out = _field("came_out", re.compile("[01]")) == "1"
        self._store.upkeep.settle(int(_field("job", _NUMBER)), operator, came_out=came_out)
        return redirect(_HERE, 303)

    def accept(self) -> WerkzeugResponse:
        """POST device: the other device found in its place is meant."""
        operator = self._operator()
        self._store.upkeep.accept(_field("device", _NAME), operator)
        return redirect(_HERE, 303)

    def _operator(self) -> Operator:
        operator = whoever(self._store, touch=request.endpoint not in _LOOKS)
        if not operator.may(Act.SERVE_DEVICES):
            raise NotAllowed
        return operator

    def _facts(self, operator: Operator) -> dict[str, object]:
        """What board.html says; `key` changes when it would say something else."""
        status = self._store.status
        board = self._store.upkeep.board(operator)
        facts: dict[str, object] = {
            "board": board,
            "health_of": {card.health.name: card.health for card in board.devices},
            "say": device_words,
            "say_data": data_words,
            "stock": self._store.goods.alerts(),
            "pick_words": pick_words,
            "say_screens": screen_words,
            "screens": self._store.screens.own() + self._store.screens.all(),
            "fittings": self._store.screens.fittings(),
            "spoilt": self._store.guide.media.spoilt(),
            "since": lambda at: words.ago(max(0.0, (status.now() - at).total_seconds())),
            "printers": sorted(self._store.upkeep.printers),
        }
        said = render_template("it/board.html", **facts, nonce=_UNSAID, key="")
        return {**facts, "nonce": fresh_nonce(), "key": hashlib.sha256(said.encode()).hexdigest()[:16]}


def _field(name: str, shape: re.Pattern[str]) -> str:
    value = request.form.get(name, "")
    if not shape.fullmatch(value):
        raise BadRequest(why=name)
    return value
