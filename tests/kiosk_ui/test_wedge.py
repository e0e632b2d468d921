"""What a page posts when a scanner typed into it: one scan each, however often it is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.daemon import Shop
from tests.kiosk_ui.conftest import browser_like, signed_in

GTIN = "6901234567892"
CASHIER, GUIDE = "/cashier/wedge", "/guide/wedge"


def posted(client: FlaskClient, to: str, text: str = GTIN, seq: str = "7000000000001") -> Any:
    return client.post(to, data={"text": text, "seq": seq}, headers={"HX-Request": "true"})


def kinds(shop: Shop, station: str) -> list[tuple[str, str]]:
    return [(scan.device, scan.kind.value) for scan in shop.store.scans.feed(station, 50)]


@pytest.mark.parametrize(("to", "station"), [(CASHIER, "T1"), (GUIDE, "G1")])
def test_it_is_a_scan_of_that_station_once(desk: FlaskClient, shop: Shop, to: str, station: str) -> None:
    for _ in range(3):
        assert posted(desk, to).status_code == 204
    assert kinds(shop, station) == [("browser", "gtin")]
    assert posted(desk, to, seq="7000000000002").status_code == 204  # scanned again by a person
    assert len(kinds(shop, station)) == 2


def test_told_again_after_a_restart_or_at_the_same_moment_it_is_one_scan(
    desk: FlaskClient, app: Flask, shop: Shop
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: posted(browser_like(app), GUIDE).status_code, range(8)))
    assert answers == [204] * 8
    shop.store.scans._paces.clear()  # all that the desk holds in memory of them
    assert posted(desk, GUIDE).status_code == 204
    assert len(kinds(shop, "G1")) == 1


def test_eight_digits_are_what_any_scanner_makes_of_them(desk: FlaskClient, shop: Shop) -> None:
    posted(desk, CASHIER, "96385074")
    assert kinds(shop, "T1") == [("browser", "gtin")]  # typed by hand it would be a pickup number


def test_a_separator_arrives(desk: FlaskClient, shop: Shop) -> None:
    posted(desk, CASHIER, "0106901234567892" + "10AB\x1d21XY")
    current = shop.store.scans.current("T1")
    assert current is not None
    assert shop.store.scans.text(current.id, "T1") == "0106901234567892" + "10AB\x1d21XY"


def test_a_payment_code_is_said_and_not_kept(desk: FlaskClient, shop: Shop) -> None:
    pay = "134567890123456789"
    assert posted(desk, CASHIER, pay).status_code == 204
    assert posted(desk, CASHIER, pay).status_code == 204  # told again
    assert kinds(shop, "T1") == [("browser", "pay_wechat")]
    rows = shop.books.ledger.read().execute("SELECT text FROM scan").fetchall()
    assert [tuple(row) for row in rows] == [("",)]
    assert "付款码" in desk.get("/cashier/stage").text


@pytest.mark.parametrize(
    ("text", "seq"),
    [("abc", "1"), ("x" * 1025, "1"), ("", "1"), (GTIN, ""), (GTIN, "-1"), (GTIN, "9" * 16), (GTIN, "１２")],
)
def test_nonsense_is_refused(desk: FlaskClient, shop: Shop, text: str, seq: str) -> None:
    assert posted(desk, CASHIER, text, seq).status_code == 400
    assert kinds(shop, "T1") == []


@pytest.mark.usefixtures("hq")
def test_nobody_signed_in_and_no_such_screen(client: FlaskClient, shop: Shop) -> None:
    answer = posted(client, CASHIER)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/cashier/sign-in")
    assert (
        posted(client, "/guide/T1/wedge").status_code == 404
    )  # a screen names no station: it is bound to one
    from_afar = client.post(GUIDE, data={"text": GTIN, "seq": "1"}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert from_afar.status_code != 204
    assert kinds(shop, "T1") == []


@pytest.mark.usefixtures("hq")
def test_another_site_cannot_scan(app: Flask, shop: Shop) -> None:
    client = signed_in(browser_like(app), "1001")
    for origin in ("http://evil.example", "null", ""):
        client.environ_base["HTTP_ORIGIN"] = origin
        assert posted(client, CASHIER).status_code == 421
        assert posted(client, GUIDE).status_code == 421
    assert kinds(shop, "T1") == []


@pytest.mark.usefixtures("hq")
def test_no_page_scans_faster_than_a_hand(client: FlaskClient, shop: Shop) -> None:
    answers = [posted(client, GUIDE, seq=str(number)).status_code for number in range(25)]
    assert answers == [204] * 20 + [429] * 5
    assert posted(client, GUIDE, seq="3").status_code == 204  # known: only its answer was lost
    assert len(kinds(shop, "G1")) == 20
