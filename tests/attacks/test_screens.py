"""Request 35 of the list: a shopper's screen holds a token for months, and whoever takes it opens that screen only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.schema import parse
from edge.daemon import Shop
from edge.domain.screens import KINDS, Screen, ScreenKind
from edge.domain.staff import Operator, Role
from kiosk_ui.guide.pages import _ACTS as GUIDE_ACTS
from kiosk_ui.kiosk.pages import _ACTS as KIOSK_ACTS
from kiosk_ui.web import create_app
from tests.attacks.test_requests import path_of
from tests.founded import founded_shop
from tests.kiosk_ui.conftest import STORE, PaperPrinter, PretendHq, browser_like

STATIONS: dict[ScreenKind, str] = {"kiosk": "K1", "guide": "G1", "display": "T1"}
SHARED = ("/screen/privacy/", "/screen/pair", "/screen/say")
"""What every screen may ask for: its privacy page, its own way in, a sentence of its own pages read aloud."""
_LEAD = Operator("2001", "李", Role.LEAD, "T1")


class House(NamedTuple):
    """A shop's pages, and a bound browser of each kind elsewhere in the house."""

    app: Flask
    held: dict[ScreenKind, FlaskClient]
    shop: Shop


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
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
    yield House(app, held, shop)
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
def test_35_a_screens_token_changes_no_answer_but_its_own_pages(house: House, kind: ScreenKind) -> None:
    stranger = browser_like(house.app)
    stranger.environ_base["REMOTE_ADDR"] = "10.0.0.99"
    nobody, screen = _answers(house.app, stranger, kind), _answers(house.app, house.held[kind], kind)
    opened = {path for (method, path), said in nobody.items() if screen[method, path] != said}
    assert {path for path in opened if not path.startswith((f"/{kind}/", *SHARED))} == set()
    assert f"/{kind}/" in opened, "its own it does open"


MARK = "QXZHOSTILE"
HOSTILE = (
    MARK + "x" * 10_000,
    f"{MARK}\x00\x1b@\x1d\x11",
    f"{MARK}\u202e\u2066\ufeff\U0001f4a9\U000e0041",
    f"{MARK}\" OR name:* NEAR(a b) -- '; DROP TABLE sale",
    f"<script>alert('{MARK}')</script>{{{{7*7}}}}%s%n",
    f"../../{MARK}",
    f"-1 {MARK}",
    f"99999999999999999999 {MARK}",
    f"{MARK} {MARK} {MARK}",
)
"""What may stand behind a verb where a page would put a letter, a category, a SKU, a page, a number."""
_VERBS: dict[ScreenKind, tuple[str, ...]] = {"kiosk": tuple(KIOSK_ACTS), "guide": tuple(GUIDE_ACTS)}


@pytest.mark.parametrize("kind", _VERBS)
def test_19_20_words_that_no_page_of_ours_sends_are_mistakes_and_are_not_kept(
    house: House, kind: ScreenKind
) -> None:
    client, read = house.held[kind], house.shop.books.ledger.read()
    for number, (verb, words) in enumerate((v, w) for v in _VERBS[kind] for w in HOSTILE):
        form = {"do": f"{verb} {words}", "nonce": f"hostile-{kind}-{number:05}"}
        answer = client.post(f"/{kind}/do", data=form)
        assert answer.status_code < 500, (verb, words[:60])
        page = client.get(f"/{kind}/")
        assert page.status_code == 200, (verb, words[:60])
        for text in (answer.text, page.text):
            assert f"<script>alert('{MARK}" not in text
            assert "49" not in re.findall(rf"{MARK}.{{0,40}}?(49)", text)
        assert client.post(f"/{kind}/wedge", data={"text": words, "seq": str(number)}).status_code < 500
        client.post(f"/{kind}/wipe")
    kept = [
        (name, row)
        for (name,) in read.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for row in read.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - the schema's own names
        if MARK in repr(row)
    ]
    # What a scanner reads is kept for a while, whatever it is, cut to the longest code.
    assert {name for name, _ in kept} <= {"scan"}
    assert all(len(repr(row)) < 5_000 for _, row in kept)
