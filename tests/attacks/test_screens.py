"""Request 35 of the list: a shopper's screen holds a token for months, and whoever takes it opens that screen only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.schema import parse
from edge.domain.screens import KINDS, Screen, ScreenKind
from edge.domain.staff import Operator, Role
from kiosk_ui.web import create_app
from tests.attacks.test_requests import path_of
from tests.founded import founded_shop
from tests.kiosk_ui.conftest import STORE, PaperPrinter, PretendHq, browser_like

STATIONS: dict[ScreenKind, str] = {"kiosk": "K1", "guide": "G1", "display": "T1"}
SHARED = ("/screen/privacy/", "/screen/pair", "/screen/say")
"""What every screen may ask for: its privacy page, its own way in, a sentence of its own pages read aloud."""
_LEAD = Operator("2001", "李", Role.LEAD, "T1")


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, dict[ScreenKind, FlaskClient]]]:
    """The pages of a shop, and a bound browser of each kind elsewhere in the house."""
    folder: Path = tmp_path_factory.mktemp("screens")
    kinds = {"K1": "kiosk", "G1": "guide", "T1": "cashier"}
    stations = {name: {"kind": kind, "label_zh": name, "label_en": name} for name, kind in kinds.items()}
    settings = parse({"store": {"id": STORE, "state_dir": str(folder)}, "stations": stations})
    shop = founded_shop(settings, bytes(range(32)), {"P1": PaperPrinter()})
    PretendHq(shop).open()
    app = create_app(shop.store, settings, 8771)
    app.config["SERVER_NAME"] = "127.0.0.1"
    held: dict[ScreenKind, FlaskClient] = {}
    for number, kind in enumerate(KINDS):
        client = browser_like(app)
        client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number + 7}"
        assert client.post("/screen/pair", data={"kind": kind}).status_code == 303
        code = re.search(r">(\d{3} \d{3})<", client.get(f"/screen/pair?kind={kind}").text)
        assert code is not None
        screen = shop.store.screens.bind(code[1], STATIONS[kind], _LEAD, secrets.token_urlsafe(18))
        assert isinstance(screen, Screen)
        assert client.post("/screen/pair/take", data={"kind": kind}).location == f"/{kind}/"
        held[kind] = client
    yield app, held
    shop.books.close()


def _answers(app: Flask, client: FlaskClient, kind: ScreenKind) -> dict[tuple[str, str], tuple[int, str]]:
    """Status and target of every address, by method."""
    told = {}
    for rule in app.url_map.iter_rules():
        path = path_of(rule, kind if rule.rule.startswith("/screen/") else "x")
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            answer = client.open(path, method=method, query_string={"kind": kind}, data={})
            assert answer.status_code < 500, (method, path)
            told[method, path] = answer.status_code, (answer.location or "").partition("?")[0]
    return told


@pytest.mark.parametrize("kind", KINDS)
def test_35_a_screens_token_changes_no_answer_but_its_own_pages(
    doors: tuple[Flask, dict[ScreenKind, FlaskClient]], kind: ScreenKind
) -> None:
    app, held = doors
    stranger = browser_like(app)
    stranger.environ_base["REMOTE_ADDR"] = "10.0.0.99"
    nobody, screen = _answers(app, stranger, kind), _answers(app, held[kind], kind)
    opened = {path for (method, path), said in nobody.items() if screen[method, path] != said}
    assert {path for path in opened if not path.startswith((f"/{kind}/", *SHARED))} == set()
    assert f"/{kind}/" in opened, "its own it does open"
