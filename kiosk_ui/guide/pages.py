"""The guide screen: full-screen, for shoppers, with nothing to sign in to and nothing personal on it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, request, send_file
from flask_babel import lazy_gettext as _l  # type: ignore[import-untyped]
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.guide_refusals import ScreenMovedOn
from edge.domain.guide_session import IDLE_NAMES, Place
from edge.domain.idle import Idle
from edge.domain.refusals import BadRequest, Refusal, UnknownThing
from edge.domain.screens import Screen, ScreenKind
from edge.store import Store
from kiosk_ui import qr, shopper, wedge
from kiosk_ui.guide.paying import PAY_ACTS, PAY_SAYS, PAY_TONES
from kiosk_ui.guide.words import digest, guide_words
from kiosk_ui.language import language, told
from kiosk_ui.screens import here
from kiosk_ui.shopper import Shown

_log = logging.getLogger("store_edge.media")
HOME = "/guide/"
_KIND: ScreenKind = "guide"
_THANKS = Idle(3)
"""Thanks stand three seconds; the next one may want to say something, too."""
_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TONES = PAY_TONES | {Place.PRODUCT: "ok", Place.CALLED: "ok", Place.JOINED: "ok", Place.UNKNOWN: "error"}
_SAYS = PAY_SAYS | {
    Place.CALLED: _l("店员马上把商品拿来"),
    Place.JOINED: _l("欢迎加入"),
    Place.THANKS: _l("谢谢您的反馈"),
    Place.UNKNOWN: _l("没认出这个码"),
    Place.DESK: _l("请到服务台出示此码"),
}
_TYPES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
    b"\x1a\x45\xdf\xa3": "video/webm",
}


class GuidePages:
    """One address: what the screen shows stands at the store, and a touch is a form."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._desk = store.guide

    def blueprint(self) -> Blueprint:
        """The routes under /guide."""
        site = Blueprint("guide", __name__, url_prefix="/guide")
        site.add_url_rule("/", view_func=self.page)
        site.add_url_rule("/stage", view_func=self.page, endpoint="stage")
        for name in ("do", "wedge", "wipe", "touch", "help", "unplayable"):
            site.add_url_rule(f"/{name}", view_func=getattr(self, name), methods=["POST"], endpoint=name)
        site.add_url_rule("/media/<sha256>", view_func=self.media)
        return site

    def page(self) -> WerkzeugResponse:
        """GET /guide/: what the screen shows now; GET /guide/stage?have=KEY: for htmx, 204 where it is the same."""
        return self._shown(here(_KIND))

    def do(self) -> WerkzeugResponse:
        """POST do, nonce (and chip): one act, named by the button that was touched."""
        screen = here(_KIND)
        verb, _, rest = request.form.get("do", "").partition(" ")
        act = _ACTS.get(verb)
        if act is None:
            raise BadRequest(why="do")
        refusal: Refusal | None = None
        try:
            act(self._store, screen.station, rest, request.form.get("nonce", ""))
        except (BadRequest, UnknownThing):
            raise
        except ScreenMovedOn:
            pass  # somebody else's touch, or a scan, came first: what is there now is the answer
        except Refusal as said:
            refusal = said
        if refusal is None and not shopper.is_partial():
            return redirect(HOME, 303)
        return self._shown(screen, refusal)

    def wedge(self) -> Response:
        """POST text, seq: a scanner typed into this page (`static/wedge.js`)."""
        return wedge.taken(self._store, here(_KIND).station)

    def wipe(self) -> WerkzeugResponse:
        """POST: the shopper is done, or gone; everything goes back to the shop's own."""
        self._desk.rest(here(_KIND).station)
        return shopper.forget(redirect(HOME, 303))

    def touch(self) -> Response:
        """POST: somebody is still there."""
        self._desk.touch(here(_KIND).station)
        return Response(status=204)

    def help(self) -> WerkzeugResponse:
        """POST nonce: somebody is called to the screen."""
        screen = here(_KIND)
        self._desk.help(screen.station, request.form.get("nonce", ""))
        return redirect(HOME + "?help=1", 303)

    def media(self, sha256: str) -> WerkzeugResponse:
        """GET /guide/media/<sha256>: a picture or video of a slide, whole or by Range; never changes."""
        return media_file(self._store, sha256)

    def unplayable(self) -> Response:
        """POST media: this browser cannot show that file of a slide."""
        return cannot_show(self._store, here(_KIND).station)

    def _local(self) -> datetime:
        status = self._store.status
        return status.local(status.now())

    def _shown(self, screen: Screen, refusal: Refusal | None = None) -> WerkzeugResponse:
        view = self._desk.view(screen.station)
        place = view.here.place
        helped = request.args.get("help") == "1"
        shown = Shown(
            name=place.value,
            key=f"{digest(view, language())}{':r' if refusal else ''}",
            idle=_THANKS if place is Place.THANKS else self._store.screens.idle(_KIND, IDLE_NAMES[place]),
            tone="error" if refusal else _TONES.get(place, ""),
            say=str(_SAYS.get(place, "")),
            dark=place is Place.ATTRACT,
            quiet=place is Place.ATTRACT,
        )
        words = told(refusal) if refusal else None
        template = f"guide/{place.value}.html"
        facts = {"view": view, "words": guide_words, "refusal": words, "helped": helped, "qr": qr.drawn}
        facts["now_local"] = self._local
        answer = shopper.page(template, screen, shown, **facts)
        if refusal is not None and not shopper.is_partial():
            answer.status_code = refusal.status
        return answer


def media_file(store: Store, sha256: str) -> WerkzeugResponse:
    """A file of the media shelf by its name; raises UnknownThing."""
    path = store.guide.media.by_name(sha256) if _SHA.fullmatch(sha256) else None
    if path is None:
        raise UnknownThing
    with path.open("rb") as file:
        head = file.read(4)
    kind = next((kind for mark, kind in _TYPES.items() if head.startswith(mark)), "video/mp4")
    answer = make_response(send_file(path.resolve(), kind, conditional=True, etag=sha256, max_age=86_400))
    # Named by its content: it may be kept, unlike every page.
    answer.headers["Cache-Control"] = "private, immutable, max-age=86400"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def cannot_show(store: Store, station: str) -> Response:
    """Leaves a file of the media shelf out at this screen and says so on /it/; raises UnknownThing."""
    sha256 = request.form.get("media", "")
    if not _SHA.fullmatch(sha256) or not store.guide.media.unplayable(sha256, station):
        raise UnknownThing
    _log.warning("a screen cannot show a file of a slide", extra={"media": sha256[:12], "station": station})
    return Response(status=204)


Act = Callable[[Store, str, str, str], object]


def _chips(store: Store, station: str, _rest: str, nonce: str) -> object:
    return store.guide.answer(station, request.form.getlist("chip"), nonce)


def _category(store: Store, station: str, rest: str, _nonce: str) -> object:
    page, _, word = rest.partition(" ")
    return store.guide.category(station, word, page)


def _letters(store: Store, station: str, rest: str, _nonce: str) -> object:
    page, _, letters = rest.partition(" ")
    typed = request.form.get("typed", "").strip()
    return store.guide.letters(station, letters or typed, page or "0")


def _phone(store: Store, station: str, rest: str, nonce: str) -> object:
    purpose, _, option = rest.partition(" ")
    return store.guide.to_phone(station, purpose, option, nonce)


def _open(store: Store, station: str, rest: str, _nonce: str) -> object:
    how, _, sku = rest.partition(" ")
    return store.guide.open(station, sku, how)


_ACTS: dict[str, Act] = {
    **PAY_ACTS,
    "home": lambda store, station, _rest, _nonce: store.guide.home(station),
    "back": lambda store, station, _rest, _nonce: store.guide.back(station),
    "rest": lambda store, station, _rest, _nonce: store.guide.rest(station),
    "pause": lambda store, station, _rest, _nonce: store.guide.pause(station, still=True),
    "play": lambda store, station, _rest, _nonce: store.guide.pause(station, still=False),
    "offers": lambda store, station, _rest, _nonce: store.guide.offers(station),
    "category": _category,
    "letters": _letters,
    "letter": lambda store, station, rest, _nonce: store.guide.letter(station, rest),
    "letter-back": lambda store, station, _rest, _nonce: store.guide.letter(station, ""),
    "letters-clear": lambda store, station, _rest, _nonce: store.guide.letters(station, ""),
    "open": _open,
    "order": lambda store, station, _rest, _nonce: store.guide.order(station),
    "phone": _phone,
    "bring": lambda store, station, _rest, nonce: store.guide.bring(station, nonce),
    "join": lambda store, station, _rest, nonce: store.guide.join(station, nonce),
    "ask": lambda store, station, _rest, _nonce: store.guide.ask(station),
    "rate": lambda store, station, rest, _nonce: store.guide.rate(station, rest),
    "answer": _chips,
}
