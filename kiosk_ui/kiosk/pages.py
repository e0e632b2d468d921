"""The shopper's kiosk: one address, what it shows stands at the store, and a touch is a form."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.lane_refusals import LaneMovedOn
from edge.domain.lane_session import IDLE_NAMES, Place
from edge.domain.lane_views import LaneView
from edge.domain.refusals import BadRequest, NonceReused, Refusal
from edge.domain.screens import Screen, ScreenKind
from edge.store import Store
from kiosk_ui import qr, shopper, wedge
from kiosk_ui.kiosk import words
from kiosk_ui.language import language
from kiosk_ui.screens import here
from kiosk_ui.security import noticed
from kiosk_ui.shopper import Shown

HOME = "/kiosk/"
_KIND: ScreenKind = "kiosk"
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,44}")
_NUMBER = re.compile(r"-?\d{1,6}", re.ASCII)
_ENDS = frozenset({"leave", "paper"})
"""Acts by which a shopper says that they are done; going back to the first page is none."""
_DARK = frozenset({Place.ATTRACT, Place.CLOSED})


class KioskPages:
    """Works without scripts; with them, only the state is exchanged."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._desk = store.lane

    def blueprint(self) -> Blueprint:
        """The routes under /kiosk."""
        site = Blueprint("kiosk", __name__, url_prefix="/kiosk")
        site.add_url_rule("/", view_func=self.page)
        site.add_url_rule("/stage", view_func=self.stage, endpoint="stage")
        for name in ("do", "wedge", "wipe", "touch", "help"):
            site.add_url_rule(f"/{name}", view_func=getattr(self, name), methods=["POST"], endpoint=name)
        return site

    def page(self) -> WerkzeugResponse:
        """GET /kiosk/: what the kiosk shows now."""
        return self._shown(here(_KIND))

    def stage(self) -> WerkzeugResponse:
        """GET /kiosk/stage?have=KEY: the state for htmx, 204 where the page has it already.

        A page of somebody whom the store wiped is loaded anew, in the shop's own language.
        """
        screen = here(_KIND)
        had = request.args.get("have", "").partition(":")[0]
        view = self._desk.view(screen.station)
        if had and had not in {"attract", "closed"} and view.place in _DARK:
            return _anew()
        return self._shown(screen, view)

    def do(self) -> WerkzeugResponse:
        """POST do, nonce and what the page asks for: one act, named by the button that was touched."""
        screen = here(_KIND)
        said = request.form.get("do", "")
        verb, _, rest = said.partition(" ")
        act, nonce = _ACTS.get(verb), request.form.get("nonce", "")
        if act is None or not _NONCE.fullmatch(nonce):
            raise BadRequest(why="do" if act is None else "nonce")
        # One number a page: with it each button is one wish, however often it is touched.
        wish = f"{nonce}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
        try:
            act(self._store, screen.station, rest, wish)
        except BadRequest:
            raise
        except (LaneMovedOn, NonceReused) as stale:
            noticed(stale)  # a scan or another touch came first: what is there now is the answer
        except Refusal as refusal:
            noticed(refusal)
            self._desk.say(screen.station, refusal)
        if verb in _ENDS and self._desk.resting(screen.station):
            return _anew()
        return self._shown(screen) if shopper.is_partial() else redirect(HOME, 303)

    def wedge(self) -> Response:
        """POST text, seq: a scanner typed into this page (`static/wedge.js`)."""
        return wedge.taken(self._store, here(_KIND).station)

    def wipe(self) -> WerkzeugResponse:
        """POST: the shopper is gone, or says so; a member's panel alone only hides."""
        screen = here(_KIND)
        self._desk.idle(screen.station)
        answer = redirect(HOME, 303)
        return shopper.forget(answer) if self._desk.resting(screen.station) else answer

    def touch(self) -> Response:
        """POST: somebody is still there."""
        self._desk.touch(here(_KIND).station)
        return Response(status=204)

    def help(self) -> WerkzeugResponse:
        """POST nonce: somebody is called to the kiosk."""
        self._desk.help(here(_KIND).station, request.form.get("nonce", ""))
        return redirect(HOME, 303)

    def _shown(self, screen: Screen, view: LaneView | None = None) -> WerkzeugResponse:
        view = view or self._desk.view(screen.station)
        shown = Shown(
            name=view.place.value,
            key=words.digest(view, language()),
            idle=self._store.screens.idle(_KIND, IDLE_NAMES[view.place]),
            tone=words.tone(view),
            say=words.says(view),
            dark=view.place in _DARK,
        )
        facts = {"view": view, "words": words.kiosk_words, "qr_of": qr.drawn}
        return make_response(shopper.page(f"kiosk/{view.place.value}.html", screen, shown, **facts))


def _anew() -> WerkzeugResponse:
    """The first page, for the next shopper: in the shop's own language, nothing of the last one's kept."""
    if not shopper.is_partial():
        return shopper.forget(redirect(HOME, 303))
    answer = Response(status=200)
    answer.headers["HX-Redirect"] = HOME
    return shopper.forget(answer)


Act = Callable[[Store, str, str, str], object]


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise BadRequest(why="number")
    return int(text)


def _field(name: str, most: int) -> str:
    return request.form.get(name, "").strip()[:most]


def _look_up(store: Store, station: str, rest: str, _wish: str) -> object:
    kind, _, more = rest.partition(" ")
    page, _, word = more.partition(" ")
    return store.lane.look_up(station, kind, word, _number(page or "0"))


def _count(store: Store, station: str, rest: str, wish: str) -> object:
    line, _, by = rest.partition(" ")
    return store.lane.count(station, _number(line), _number(by), wish)


def _collect(store: Store, station: str, _rest: str, wish: str) -> object:
    return store.lane.collect(station, _field("digits", 16), wish)


def _phone(store: Store, station: str, _rest: str, wish: str) -> object:
    return store.lane.by_phone(station, _field("phone", 20), wish)


def _answer(store: Store, station: str, _rest: str, wish: str) -> object:
    return store.lane.answer(station, request.form.getlist("chip"), wish)


_ACTS: dict[str, Act] = {
    "begin": lambda store, station, _rest, _wish: store.lane.begin(station),
    "go": lambda store, station, rest, _wish: store.lane.go(station, rest),
    "leave": lambda store, station, _rest, _wish: store.lane.leave(station),
    "find": _look_up,
    "take": lambda store, station, rest, wish: store.lane.take(station, rest, wish),
    "count": _count,
    "remove": lambda store, station, rest, wish: store.lane.remove(station, _number(rest), wish),
    "again": lambda store, station, rest, wish: store.lane.again(station, wish, yes=rest == "yes"),
    "stranger": lambda store, station, _rest, _wish: store.lane.stranger(station),
    "forget": lambda store, station, rest, _wish: store.lane.forget(station, rest),
    "on": lambda store, station, _rest, wish: store.lane.forward(station, wish),
    "nobody": lambda store, station, _rest, wish: store.lane.nobody(station, wish),
    "join": lambda store, station, _rest, wish: store.lane.join(station, wish),
    "phone": _phone,
    "tick": lambda store, station, rest, wish: store.lane.tick(station, rest, wish, on=True),
    "untick": lambda store, station, rest, wish: store.lane.tick(station, rest, wish, on=False),
    "drop": lambda store, station, rest, wish: store.lane.drop(station, rest, wish),
    "park": lambda store, station, _rest, wish: store.lane.park(station, wish),
    "qr": lambda store, station, rest, wish: store.lane.show_qr(station, rest, wish),
    "cancel": lambda store, station, _rest, _wish: store.lane.cancel(station),
    "paper": lambda store, station, rest, _wish: store.lane.receipt(station, rest),
    "rate": lambda store, station, rest, _wish: store.lane.rate(station, _number(rest)),
    "answer": _answer,
    "collect": _collect,
    "help": lambda store, station, _rest, wish: store.lane.help(station, wish),
}
