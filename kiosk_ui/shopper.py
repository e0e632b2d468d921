"""What every shopper's page is made of: the frame, the state it shows, how it is to be read, and forgetting it all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.idle import NEVER, Idle
from edge.domain.refusals import UnknownThing
from edge.domain.screens import Screen
from edge.store import Store
from kiosk_ui import words
from kiosk_ui.language import COOKIE as LANGUAGE
from kiosk_ui.language import keep
from kiosk_ui.screens import HOMES, here

EASES = ("large", "low", "voice")
"""Large print, low reach, read aloud: chosen by the shopper, kept until the wipe."""
_EASE = "se_ease"
_PLACE = "store_edge_ageing"
_BACK = re.compile(r"/(?:kiosk|guide|display|style)/[a-z/]{0,60}")


@dataclass(frozen=True)
class Shown:
    """One state of a shopper's screen, as the frame needs to know it.

    `name` is the state's name in `edge.domain.idle.STATES`; `key` changes when the page would look different.
    `tone` ok | error | attention is heard once a key. `say` is read aloud where the shopper asked for that:
    a sentence that stands on the page too. `dark` is for attracting; `quiet` leaves header and footer away.
    """

    name: str
    key: str
    idle: Idle = NEVER
    tone: str = ""
    say: str = ""
    dark: bool = False
    quiet: bool = False


def page(template: str, screen: Screen, shown: Shown, **facts: object) -> WerkzeugResponse:
    """A whole page, or for htmx only the state; where the page has this very state (`?have=KEY`) 204, or only
    the clock and the line where those are not what it shows (`&seen=` what `line-now` has).

    The template extends `shopper/frame.html` and fills `stage` and `bar`.
    """
    ageing: Callable[[], str] = current_app.extensions[_PLACE]
    seen = ageing()
    if is_partial() and request.method == "GET" and request.args.get("have") == shown.key:
        if request.args.get("seen", seen) == seen:
            return Response(status=204)
        return make_response(render_template("shopper/aged.html", seen=seen))
    return make_response(
        render_template(template, screen=screen, shown=shown, home=HOMES[screen.kind], seen=seen, **facts)
    )


def is_partial() -> bool:
    """Whether htmx asks for the state only."""
    return request.headers.get("HX-Request") == "true"


def eases() -> tuple[str, ...]:
    """What this shopper asked for, of EASES."""
    chosen = request.cookies.get(_EASE, "").split(".")
    return tuple(ease for ease in EASES if ease in chosen)


def forget(answer: WerkzeugResponse) -> WerkzeugResponse:
    """The wipe's part in the browser: language and reading aids go back to the shop's own."""
    for name in (LANGUAGE, _EASE):
        answer.delete_cookie(name, path="/", httponly=True, samesite="Strict", secure=request.is_secure)
    # What the browser itself may still hold of the pages before: nothing is cached, this says it once more.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def install(app: Flask, store: Store) -> None:
    """POST /screen/ease, GET /screen/privacy/<kind>, and what the shoppers' templates may say."""
    site = Blueprint("ease", __name__, url_prefix="/screen")
    site.add_url_rule("/ease", view_func=_change, methods=["POST"], endpoint="change")

    def privacy(kind: str) -> WerkzeugResponse:
        """GET /screen/privacy/<kind>: what this screen does with what one shows it; needs no line."""
        if kind not in HOMES:
            raise UnknownThing
        screen = here(kind)
        shown = Shown("privacy", "privacy", store.screens.idle("kiosk", "privacy"))
        return page("shopper/privacy.html", screen, shown)

    site.add_url_rule("/privacy/<kind>", view_func=privacy, endpoint="privacy")
    app.register_blueprint(site)

    def ageing() -> str:
        """Changes when the clock or the line would be said in other words."""
        line = store.status.line()
        said = (words.freshness(line), words.line(line), words.data_age(line.age_s))
        clock = words.clock(store.status.local(store.status.now()))
        return hashlib.sha256("\n".join((*said, clock)).encode()).hexdigest()[:8]

    app.extensions[_PLACE] = ageing

    def station_of(screen: Screen) -> object:
        return store.staff.station(screen.station)

    app.jinja_env.globals.update(
        is_partial=is_partial, eases=eases, line_of=store.status.line, station_of=station_of
    )


def _change() -> WerkzeugResponse:
    """POST ease, next: turns one reading aid on or off and goes back."""
    back, ease, chosen = request.form.get("next", ""), request.form.get("ease", ""), list(eases())
    answer = redirect(back if _BACK.fullmatch(back) else "/", 303)
    if ease in EASES:
        chosen = [one for one in EASES if (one in chosen) != (one == ease)]
        keep(answer, _EASE, ".".join(chosen))
    return answer
