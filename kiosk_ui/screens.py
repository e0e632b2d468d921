"""A screen's way in: the cookie that says where it stands, and the page with the code for one that stands nowhere."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Flask, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest
from edge.domain.screen_refusals import ScreenUnbound
from edge.domain.screens import KINDS, Screen, ScreenKind
from edge.store import Store
from kiosk_ui.language import keep
from kiosk_ui.security import at

HOMES: dict[ScreenKind, str] = {"kiosk": "/kiosk/", "guide": "/guide/", "display": "/display/"}
"""Where each kind of screen lives; its cookie opens these pages and no others."""
_PLACE = "store_edge_screens"
_YEAR_S = 365 * 86_400
_LOOK_S = 3


def here(kind: ScreenKind) -> Screen:
    """The screen that asks; raises ScreenUnbound, which sends the page to `/screen/pair`."""
    doors: ScreenPages = current_app.extensions[_PLACE]
    return doors.here(kind)


def _cookie(kind: ScreenKind, what: str = "screen") -> str:
    """__Host- needs https; on loopback there is none."""
    return f"__Host-{what}_{kind}" if request.is_secure else f"{what}_{kind}"


class ScreenPages:
    """The pairing page: works without JavaScript, on the shop's own network, without HQ."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def install(self, app: Flask) -> None:
        """The routes under /screen, and `here` for the views of this app."""
        site = Blueprint("screen", __name__, url_prefix="/screen")
        site.add_url_rule("/pair", view_func=self.page, endpoint="pair")
        site.add_url_rule("/pair", view_func=self.ask, methods=["POST"], endpoint="ask")
        site.add_url_rule("/pair/take", view_func=self.take, methods=["POST"], endpoint="take")
        app.register_blueprint(site)
        app.extensions[_PLACE] = self

    def here(self, kind: ScreenKind) -> Screen:
        """By the cookie, or because the settings call this machine's own browser that screen."""
        screen = self._bound(kind)
        if screen is None and _on_this_machine():
            screen = self._store.screens.local(kind)
        if screen is None:
            raise ScreenUnbound(kind=kind)
        at(screen.station)
        return screen

    def page(self) -> WerkzeugResponse:
        """GET /screen/pair?kind=K: which kind, the code, or the last step; looks again by itself."""
        if "kind" not in request.args:
            return make_response(render_template("shopper/pair.html", kind="", pairing=None, step="kind"))
        kind = _kind(request.args["kind"])
        if self._bound(kind) is not None:
            return redirect(HOMES[kind], 303)
        pairing = self._store.screens.pairing(self._secret(kind))
        step = "ask" if pairing is None else "take" if pairing.bound else "code"
        page = make_response(render_template("shopper/pair.html", kind=kind, pairing=pairing, step=step))
        if step == "code":
            page.headers["Refresh"] = str(_LOOK_S)
        return page

    def ask(self) -> WerkzeugResponse:
        """POST kind: a code for this browser."""
        kind = _kind(request.form.get("kind", ""))
        answer = redirect(f"/screen/pair?kind={kind}", 303)
        if self._store.screens.pairing(self._secret(kind)) is None:
            pairing = self._store.screens.ask(kind, request.remote_addr or "")
            keep(answer, _cookie(kind, "pairing"), pairing.secret, pairing.left_s)
        return answer

    def take(self) -> WerkzeugResponse:
        """POST kind: store IT entered the code, the screen takes its token."""
        kind = _kind(request.form.get("kind", ""))
        token = self._store.screens.taken(self._secret(kind))
        if token is None:
            return redirect(f"/screen/pair?kind={kind}", 303)
        answer = redirect(HOMES[kind], 303)
        keep(answer, _cookie(kind), token, _YEAR_S)
        return answer

    def _bound(self, kind: ScreenKind) -> Screen | None:
        screen = self._store.screens.at(request.cookies.get(_cookie(kind), "")[:64])
        return screen if screen is not None and screen.kind == kind else None

    def _secret(self, kind: ScreenKind) -> str:
        return request.cookies.get(_cookie(kind, "pairing"), "")[:64]


def _kind(text: str) -> ScreenKind:
    if text not in KINDS:
        raise BadRequest(why="kind")
    return text


def _on_this_machine() -> bool:
    """Whether the browser runs on this box; what a proxy passes on does not count."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
