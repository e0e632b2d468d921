"""The way to the desk: PIN, badge in the field, badge under the scanner, and the way out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.daemon import Shop
from tests.kiosk_ui.conftest import BADGE, PIN, browser_like, signed_in
from tests.kiosk_ui.forms import submit


def test_nobody_gets_past_the_door(client: FlaskClient) -> None:
    for path in ("/cashier/", "/cashier/stage", "/cashier/strip", "/cashier/handed/x"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/cashier/sign-in")
    for to in ("scan", "redeem", "dismiss", "open", "annul", "reprint", "candidates"):
        assert client.post(f"/cashier/{to}", data={"text": "x"}).location == "/cashier/sign-in"
    partial = client.get("/cashier/stage", headers={"HX-Request": "true"})
    assert (partial.status_code, partial.headers["HX-Redirect"]) == (401, "/cashier/sign-in")


@pytest.mark.usefixtures("hq")
def test_wrong_pin_then_right(client: FlaskClient) -> None:
    wrong = client.post("/cashier/sign-in", data={"staff": "1001", "pin": "0000", "station": "T1"})
    assert wrong.status_code == 401
    assert "工号、PIN 或工牌不正确" in wrong.text
    assert "0000" not in wrong.text
    signed_in(client, "1001")
    assert "李晓云" in client.get("/cashier/").text


@pytest.mark.usefixtures("hq")
def test_a_badge_signs_in_by_field_and_by_scanner(app: Flask, shop: Shop) -> None:
    by_field = browser_like(app)
    assert by_field.post("/cashier/sign-in", data={"badge": BADGE, "station": "T1"}).status_code == 303
    by_scanner = browser_like(app)
    at_t2 = {"staff": "1001", "pin": PIN, "station": "T2"}
    assert by_scanner.post("/cashier/sign-in", data=at_t2).status_code == 303
    by_scanner.post("/cashier/sign-out")
    bell = "/cashier/sign-in/bell?station=T2"
    assert by_scanner.get(bell).status_code == 204
    rung = shop.store.scans.type_in(BADGE, "T2")
    assert by_scanner.get(bell).text == str(rung.id)
    assert browser_like(app).get(bell).status_code == 204, "not for a screen that nobody knows"
    page = by_scanner.get("/cashier/sign-in?station=T2").text
    assert BADGE not in page
    assert "李晓云" in submit(by_scanner, page, "sign-in", 1).text
    assert shop.store.scans.current("T2") is None


@pytest.mark.usefixtures("hq")
def test_a_badge_under_the_scanner_lets_no_stranger_in(app: Flask, shop: Shop, monkeypatch: Any) -> None:
    scan = shop.store.scans.type_in(BADGE, "T1")
    stranger = browser_like(app)
    assert 'data-auto="1"' not in stranger.get("/cashier/sign-in?station=T1").text
    form = {"scan": str(scan.id), "station": "T1"}
    assert stranger.post("/cashier/sign-in", data=form).status_code == 401
    colleague = browser_like(app)
    signed_in(colleague, "1001")
    colleague.post("/cashier/sign-out")
    late = shop.books.clock.now() + timedelta(seconds=31)
    monkeypatch.setattr(shop.books.clock, "now", lambda: late)
    assert colleague.post("/cashier/sign-in", data=form).status_code == 401, "a badge signs in now, not later"
    monkeypatch.undo()
    assert colleague.post("/cashier/sign-in", data=form).status_code == 303


def test_signing_out_ends_the_session(desk: FlaskClient) -> None:
    cookie = desk.get_cookie("se_session", domain="127.0.0.1")
    assert cookie is not None
    assert desk.post("/cashier/sign-out").location == "/cashier/sign-in"
    desk.set_cookie("se_session", cookie.value, domain="127.0.0.1")
    assert desk.get("/cashier/").status_code == 303


def test_an_unknown_station_is_refused(client: FlaskClient) -> None:
    assert (
        client.post("/cashier/sign-in", data={"staff": "1001", "pin": PIN, "station": "G1"}).status_code
        == 400
    )
