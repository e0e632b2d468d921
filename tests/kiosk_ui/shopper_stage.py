"""A shopper's page whose states the test sets: the real frame, script and styles, and a session of two words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, render_template_string
from waitress.server import create_server
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.daemon import build_shop
from edge.domain.idle import Waits, idle_of
from edge.domain.screens import Screen
from kiosk_ui import shopper
from kiosk_ui.live import LiveServer
from kiosk_ui.web import create_app
from tests.kiosk_ui.conftest import settings_in

HOME = "/style/lane/"
_PAGE = """{% extends "shopper/frame.html" %}
{% block ears %} data-live-port="{{ live_port }}" data-topics="station:T1"
 data-stage="{{ home }}stage" data-touch="{{ home }}touch" data-every-ms="99999999"{% endblock %}
{% block stage %}<div class="hero"><h1>{{ shown.name }}</h1><p id="words">{{ words }}</p></div>{% endblock %}
{% block bar %}<button class="go" type="button">GO</button>{% endblock %}"""


@dataclass
class Lane:
    """What the page shows, and what it asked for."""

    url: str = ""
    state: str = "attract"
    words: str = ""
    key: int = 0
    asked: list[str] = field(default_factory=list)
    live: LiveServer | None = None

    def show(self, state: str, words: str = "") -> None:
        """The store decides: the page is told to look."""
        self.state, self.words, self.key = state, words, self.key + 1
        if self.live is not None:
            self.live.poke("station:T1")


def _routes(app: Flask, lane: Lane) -> None:
    def page() -> WerkzeugResponse:
        idle = idle_of("kiosk", lane.state, Waits())
        shown = shopper.Shown(
            lane.state, str(lane.key), idle, tone="ok", say=lane.words, dark=lane.state == "attract"
        )
        facts: dict[str, Any] = {"screen": Screen("test", "T1", "kiosk"), "shown": shown, "home": HOME}
        return Response(render_template_string(_PAGE, words=lane.words, **facts))

    def touched() -> Response:
        lane.asked.append("touch")
        return Response(status=204)

    def wiped() -> WerkzeugResponse:
        lane.asked.append(f"wipe {lane.state}")
        lane.show("attract")
        return shopper.forget(redirect(HOME, 303))

    app.add_url_rule(HOME, view_func=page, endpoint="stage_page")
    app.add_url_rule(f"{HOME}stage", view_func=page, endpoint="stage_part")
    app.add_url_rule(f"{HOME}touch", view_func=touched, methods=["POST"], endpoint="stage_touch")
    app.add_url_rule(f"{HOME}wipe", view_func=wiped, methods=["POST"], endpoint="stage_wipe")


@contextmanager
def standing(folder: Path) -> Iterator[Lane]:
    """The lane on a real port, with a real stream of events."""
    settings = settings_in(folder)
    shop = build_shop(settings, bytes(range(32)), {})
    lane = Lane(live=LiveServer("127.0.0.1", 0, lambda _origin: True))
    assert lane.live is not None
    app = create_app(shop.store, settings, lane.live.start())
    _routes(app, lane)
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    lane.url = f"http://127.0.0.1:{server.effective_port}{HOME}"
    yield lane
    server.task_dispatcher.shutdown()
    lane.live.stop()
    shop.books.close()
