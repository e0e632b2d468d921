"""The living style page: every tone with its contrast, every component and every state, in each language and scheme."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask, render_template, request

from edge.domain.idle import NEVER
from edge.domain.refusals import NotAllowed, UnknownThing
from edge.domain.screens import Screen
from edge.domain.staff import Act, Operator
from edge.store import Store
from kiosk_ui import brand, qr
from kiosk_ui.cashier.entrance import whoever
from kiosk_ui.shopper import Shown
from kiosk_ui.tones import Tone, contrast, declared, tones

_STATIC = Path(__file__).parent / "static"
DESK, SHOPPER = 4.5, 7.0
"""The least contrast of words on a desk's page and on a shopper's screen."""
PAIRS = (
    ("--ink", ("--paper", "--night", "--sheet", "--brand-glaze", "--brand-mist")),
    ("--ink-2", ("--paper", "--night", "--sheet")),
    ("--brand", ("--paper", "--sheet")),
    ("--on-glaze", ("--brand-glaze",)),
    ("--on-deep", ("--brand-deep",)),
    ("--on-deep-2", ("--brand-deep",)),
    ("--on-brand", ("--brand",)),
    ("--ok", ("--paper", "--sheet", "--ok-wash")),
    ("--warn", ("--paper", "--sheet", "--warn-wash")),
    ("--stop", ("--paper", "--sheet", "--stop-wash")),
)
"""Words and the grounds on which they may stand."""
STATES = (
    "attract", "rows", "empty", "long", "tiles", "keypad", "code", "waiting", "offline", "trouble", "refused",
    "done", "asking", "closed",
)  # fmt: skip


def measured(shopper: bool, own: str = "", *, dark: bool) -> list[tuple[str, str, Tone, Tone, float]]:
    """(words, ground, their tones, their contrast) of every pair, for a brand's colour or the house's."""
    css = (_STATIC / "tokens.css").read_text("utf-8")
    if shopper:
        css += (_STATIC / "shopper.css").read_text("utf-8")
    if own:
        css += brand.stylesheet(own)
    seen = tones(declared(css), dark=dark)
    return [
        (word, ground, seen[word], seen[ground], contrast(seen[word], seen[ground]))
        for word, grounds in PAIRS
        for ground in grounds
        if ground in seen
    ]


def install(app: Flask, store: Store) -> None:
    """GET /style and /style/shopper/<state>, for whoever may serve devices."""
    site = Blueprint("style", __name__, url_prefix="/style")

    def allowed() -> Operator:
        operator = whoever(store, touch=False)
        if not operator.may(Act.SERVE_DEVICES):
            raise NotAllowed
        return operator

    def index() -> str:
        allowed()
        dark = request.args.get("scheme") == "dark"
        tables = {name: measured(name == "shopper", dark=dark) for name in ("desk", "shopper")}
        return render_template(
            "style/index.html", tables=tables, dark=dark, states=STATES, least=(DESK, SHOPPER)
        )

    def state(name: str) -> str:
        if name not in STATES:
            raise UnknownThing
        screen = Screen("style", allowed().station, "kiosk")
        dark = request.args.get("scheme") == "dark" or name in {"attract", "closed"}
        shown = Shown(name, f"style:{name}", NEVER, dark=dark, quiet=name == "attract")
        code = qr.drawn("https://example.invalid/j/0123456789abcdef")
        return render_template(
            "style/shopper.html", screen=screen, shown=shown, home="/style/", seen="", code=code
        )

    site.add_url_rule("", view_func=index, endpoint="index")
    site.add_url_rule("/shopper/<name>", view_func=state, endpoint="shopper")
    app.register_blueprint(site)
