"""The pages and the API, put together: one Flask application over the store's desks."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from types import TracebackType

from flask import Flask, Response, redirect, request, url_for
from flask_babel import Babel  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as WerkzeugResponse

from config.schema import Settings
from edge.domain.refusals import Refusal
from edge.store import Store
from kiosk_ui import (
    answers,
    brand,
    guards,
    language,
    recovering,
    security,
    shopper,
    style,
    trail,
    voice,
    words,
)
from kiosk_ui.api.pages import ApiPages
from kiosk_ui.cashier.nav import nav_facts
from kiosk_ui.cashier.pages import CashierPages
from kiosk_ui.cashier.stage import fresh_nonce
from kiosk_ui.display.pages import DisplayPages
from kiosk_ui.guide.pages import GuidePages
from kiosk_ui.icons import Icons
from kiosk_ui.it.pages import ItPages
from kiosk_ui.kiosk.pages import KioskPages
from kiosk_ui.late_urls import LateRule
from kiosk_ui.pictures import draw
from kiosk_ui.screens import ScreenPages

_ROOM = Path(__file__).parent
_MOST_BYTES = 1024 * 1024


class _Site(Flask):
    """Flask, except that an unexpected error is logged once, by `answers.broken`, with its trace id."""

    url_rule_class = LateRule

    def log_exception(
        self,
        exc_info: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> None:
        """Does nothing here."""


def create_app(store: Store, settings: Settings, live_port: int) -> Flask:
    """The whole web side. `live_port`: where LiveServer listens, 0: pages poll instead."""
    app = _Site("kiosk_ui", root_path=str(_ROOM))
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(_ROOM / "translations")
    app.config["BABEL_DEFAULT_LOCALE"] = "zh_Hans_CN"
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=language.locale)
    trail.install(app, store.figures.requests.took)
    security.install(app, frozenset(settings.stations))
    guards.install(app, settings, live_port)
    _errors(app)
    _vocabulary(app, store, settings, live_port)
    app.register_blueprint(language.blueprint())
    app.register_blueprint(CashierPages(store).blueprint())
    app.register_blueprint(GuidePages(store).blueprint())
    app.register_blueprint(DisplayPages(store).blueprint())
    app.register_blueprint(KioskPages(store).blueprint())
    ScreenPages(store).install(app)
    shopper.install(app, store)
    brand.install(app, store, settings)
    recovering.install(app)
    voice.install(app)
    style.install(app, store)
    app.register_blueprint(ItPages(store).blueprint())
    app.register_blueprint(ApiPages(store).blueprint())
    app.add_url_rule("/", view_func=_door, endpoint="door")
    app.add_url_rule("/picture/<sku>.svg", view_func=_Pictures(store).show, endpoint="picture")
    return app


def _errors(app: Flask) -> None:
    app.register_error_handler(Refusal, answers.refused)
    app.register_error_handler(HTTPException, answers.http_error)
    app.register_error_handler(InternalServerError, answers.broken)


def _vocabulary(app: Flask, store: Store, settings: Settings, live_port: int) -> None:
    """What every template may say."""

    def local_clock(moment: datetime) -> str:
        return words.clock(store.status.local(moment))

    @cache
    def asset(name: str) -> str:
        digest = hashlib.sha256((_ROOM / "static" / name).read_bytes()).hexdigest()[:12]
        return url_for("static", filename=name, v=digest)

    app.jinja_env.globals.update(
        asset=asset,
        clock=local_clock,
        icon=Icons(),
        fresh_nonce=fresh_nonce,
        language=language.language,
        language_tag=language.language_tag,
        languages=language.NAMES,
        live_port=live_port,
        now=store.status.now,
        nav_of=partial(nav_facts, store),
        pick=language.pick,
        store_number=settings.store.id,
        words_of=words,
    )


def _door() -> WerkzeugResponse:
    return redirect("/cashier/", 303)


class _Pictures:
    def __init__(self, store: Store) -> None:
        self._guide = store.guide

    def show(self, sku: str) -> Response:
        """A product's picture; `c` describes it where the catalogue does not know it."""
        product = self._guide.product(sku)
        hint = request.args.get("c", "")[:80]
        if product is not None:
            hint = f"{product.category} {product.name_zh} {product.name_en}"
        answer = Response(draw(sku[:64], hint), mimetype="image/svg+xml")
        answer.headers["Cache-Control"] = "public, max-age=86400"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer
