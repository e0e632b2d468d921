"""The way of a screen into the shop: the page with the code, store IT's form, the cookie and what it opens."""

from __future__ import annotations

import contextlib
import re
import secrets
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.playlists import Media
from edge.daemon import Shop
from edge.desks.media import Unwhole
from edge.domain.screen_refusals import ScreenUnbound
from edge.domain.screens import Screen, ScreenKind
from kiosk_ui.screens import here
from tests.kiosk_ui.conftest import PretendHq, browser_like, signed_in


@pytest.fixture
def lead(app: Flask, hq: PretendHq) -> FlaskClient:
    assert hq is not None
    return signed_in(browser_like(app), "2001")


def code_on(screen: FlaskClient, kind: str) -> str:
    assert screen.post("/screen/pair", data={"kind": kind}).status_code == 303
    page = screen.get(f"/screen/pair?kind={kind}")
    assert page.headers["Refresh"] == "3", "the page looks again by itself, script or not"
    found = re.search(r">(\d{3} \d{3})<", page.text)
    assert found
    return found[1]


def bind(lead: FlaskClient, code: str, station: str) -> int:
    data = {"code": code, "station": station, "nonce": secrets.token_urlsafe(18)}
    return lead.post("/it/screens/bind", data=data).status_code


def bound(app: Flask, lead: FlaskClient, kind: str, station: str) -> FlaskClient:
    screen = browser_like(app)
    assert bind(lead, code_on(screen, kind), station) == 303
    assert "data-auto" in screen.get(f"/screen/pair?kind={kind}").text
    answer = screen.post("/screen/pair/take", data={"kind": kind})
    assert (answer.status_code, answer.location) == (303, f"/{kind}/")
    return screen


def stands(app: Flask, cookies: str, kind: ScreenKind) -> str:
    """Where `here` sees a browser with these cookies; "" where it sends it away."""
    headers, address = {"Cookie": cookies}, {"REMOTE_ADDR": "10.0.0.7"}
    with app.test_request_context("/x", headers=headers, environ_base=address):
        with contextlib.suppress(ScreenUnbound):
            return here(kind).station
        return ""


def jar(client: FlaskClient, name: str) -> str:
    cookie = client.get_cookie(name, "127.0.0.1")
    return "" if cookie is None else f"{name}={cookie.value}"


def test_a_screen_is_bound_on_the_it_page_and_opens_its_own_pages_only(
    app: Flask, lead: FlaskClient, shop: Shop
) -> None:
    screen = bound(app, lead, "guide", "G1")
    cookie = screen.get_cookie("screen_guide", "127.0.0.1")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Strict")
    assert stands(app, jar(screen, "screen_guide"), "guide") == "G1"
    other: tuple[ScreenKind, ...] = ("kiosk", "display")
    for kind in other:
        assert stands(app, f"screen_{kind}={cookie.value}", kind) == "", (
            "a token of one kind is none of another"
        )
    # It is no session of staff's, and one of staff's is no screen.
    for closed in ("/it/", "/cashier/", "/cashier/stage"):
        answer = screen.get(closed)
        assert (answer.status_code, "/cashier/sign-in" in answer.location) == (303, True), closed
    assert stands(app, jar(lead, "se_session"), "guide") == ""
    page = lead.get("/it/").text
    assert "在线" in page
    assert "导购屏" in page
    revoke = {"screen": shop.store.screens.all()[0].id, "nonce": secrets.token_urlsafe(18)}
    assert lead.post("/it/screens/revoke", data=revoke).status_code == 303
    assert stands(app, jar(screen, "screen_guide"), "guide") == ""
    assert screen.get("/screen/pair?kind=guide").status_code == 200


@pytest.mark.parametrize(
    ("code", "station", "status"),
    [("000000", "G1", 422), ("12345", "G1", 400), ("letters", "G1", 400), ("000000", "G9", 404)],
)
def test_a_wrong_code_is_answered_in_words(
    app: Flask, lead: FlaskClient, code: str, station: str, status: int
) -> None:
    screen = browser_like(app)
    if code_on(screen, "guide") == code:  # one in a million
        pytest.skip("the screen shows the very code")
    answer = lead.post("/it/screens/bind", data={"code": code, "station": station, "nonce": "n" * 20})
    assert answer.status_code == status
    assert bind(lead, code_on(browser_like(app), "guide"), "T1") == 422, "a guide screen is no till's display"


def test_only_a_lead_binds(app: Flask, desk: FlaskClient, shop: Shop) -> None:
    code = code_on(browser_like(app), "display")
    assert bind(desk, code, "T1") == 403
    assert bind(browser_like(app), code, "T1") == 303  # to the sign-in page
    assert shop.store.screens.all() == ()


def test_this_machines_own_browser_needs_no_code_but_a_proxy_is_no_browser(
    app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Screen("local-guide-G1", "G1", "guide")
    monkeypatch.setattr(type(shop.store.screens), "local", lambda _desk, _kind: own)
    seen = []
    for address, more in (
        ("127.0.0.1", {}),
        ("::1", {}),
        ("10.0.0.7", {}),
        ("", {}),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}),
    ):
        with app.test_request_context("/x", headers=more, environ_base={"REMOTE_ADDR": address}):
            seen.append("")
            with contextlib.suppress(ScreenUnbound):
                seen[-1] = here("guide").station
    assert seen == ["G1", "G1", "", "", ""]


def test_the_page_is_whole_in_each_step_and_its_mistakes_are_the_clients(client: FlaskClient) -> None:
    choice = client.get("/screen/pair").text
    assert choice.count('href="?kind=') == 3
    assert 'action="/screen/pair" data-auto' in client.get("/screen/pair?kind=kiosk").text
    assert client.get("/screen/pair?kind=till").status_code == 400
    assert client.post("/screen/pair", data={"kind": "till"}).status_code == 400
    answer = client.post("/screen/pair/take", data={"kind": "kiosk"})
    assert (answer.status_code, answer.location) == (303, "/screen/pair?kind=kiosk")
    first = code_on(client, "kiosk")
    assert code_on(client, "kiosk") == first, "asked again, it is still the same code"
    client.set_cookie("pairing_kiosk", "x" * 2000, domain="127.0.0.1")
    assert code_on(client, "kiosk") != first


@pytest.mark.parametrize("ease", ["large", "low", "voice"])
def test_a_reading_aid_is_turned_on_and_off_and_leads_back(client: FlaskClient, ease: str) -> None:
    def kept() -> str:
        cookie = client.get_cookie("se_ease", "127.0.0.1")
        return "" if cookie is None else cookie.value

    answer = client.post("/screen/ease", data={"ease": ease, "next": "/kiosk/"})
    assert (answer.status_code, answer.location, kept()) == (303, "/kiosk/", ease)
    client.post("/screen/ease", data={"ease": "gigantic", "next": "//evil.example"})
    assert kept() == ease
    client.post("/screen/ease", data={"ease": ease, "next": "/kiosk/"})
    assert kept() == ""


def test_a_sentence_is_read_aloud_for_screens_only_where_the_box_can_speak(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    screen = browser_like(app)  # this machine's own guide screen
    stranger = {"environ_base": {"REMOTE_ADDR": "10.0.0.7", "HTTP_ORIGIN": "http://127.0.0.1"}}
    assert screen.post("/screen/say", data={"text": "请出示付款码"}).status_code == 204, "no voice here"
    assert screen.post("/screen/say", data={"text": ""}).status_code == 400
    assert screen.post("/screen/say", data={"text": "x"}, **stranger).status_code == 303


def test_own_screens_and_stations_stand_on_the_devices_page(
    app: Flask, lead: FlaskClient, shop: Shop
) -> None:
    """A local screen is listed with when it was there, has no button, and what belongs to its station is named."""
    own = next(iter(shop.store.screens.own()))
    assert own.seen_s is None
    page = lead.get("/it/").text
    part = page[page.index(f'id="screen-{own.id}"') :].split("</li>")[0]
    assert "revoke" not in part
    assert "还没有出现" in part
    assert browser_like(app).get(f"/{own.kind}/").status_code == 200
    part = (page := lead.get("/it/").text)[page.index(f'id="screen-{own.id}"') :].split("</li>")[0]
    assert "在线" in part
    for place in shop.store.screens.fittings():
        shown = page[page.index(f'id="place-{place.station}"') :].split("</ul>")[0]
        assert all(f"<b>{name}</b>" in shown for _, name in place.devices)
    assert any(place.devices for place in shop.store.screens.fittings())


def test_a_file_that_no_screen_can_show_is_told_on_the_devices_page(lead: FlaskClient, shop: Shop) -> None:
    shelf, sha = shop.store.guide.media, "ab" * 32
    folder = shop.books.hq.path.with_name("media")
    folder.mkdir(exist_ok=True)
    (folder / sha).write_bytes(b"other bytes")
    with pytest.raises(Unwhole):
        shelf.step(Media(sha, 11, "png"), None)
    page = lead.get("/it/").text
    assert sha[:12] in page
    assert "校验值不符" in page
    assert not shelf.unplayable(sha, "G1"), "nobody speaks of a file that is not here"
    shelf.tidy([])
    assert sha[:12] not in lead.get("/it/").text
