"""The guide screen and the pictures drawn for it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from config.playlists import Slide
from devices.ports import Reading, Scan
from edge.daemon import Shop
from kiosk_ui.pictures import draw
from tests.kiosk_ui.conftest import PretendHq

GTIN = "6901234567892"


@pytest.fixture
def tea(hq: PretendHq) -> None:
    hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)


@pytest.mark.usefixtures("tea")
def test_attract_product_unknown_and_back(client: FlaskClient, shop: Shop) -> None:
    page = client.get("/guide/G1").text
    assert "扫一扫商品条码" in page
    shop.store.scans.type_in(GTIN, "G1")
    frame = client.get("/guide/G1/frame").text
    for shown in ("龙井茶", "59.90", "有货", "本店现有 12 件", "数据刚刚更新", "/picture/A1.svg"):
        assert shown in frame
    assert "<html" not in frame
    shop.store.scans.type_in("nothing of ours", "G1")
    assert "没认出这个码" in client.get("/guide/G1/frame").text


@pytest.mark.usefixtures("tea")
def test_an_old_scan_is_forgotten(client: FlaskClient, shop: Shop) -> None:
    old = datetime.now(UTC) - timedelta(seconds=91)
    shop.store.scans.receive(Scan("S2", "G1", 1, old, Reading(GTIN, GTIN.encode())))
    assert "扫一扫商品条码" in client.get("/guide/G1").text


@pytest.mark.usefixtures("tea")
def test_a_frame_comes_only_when_it_differs(client: FlaskClient, shop: Shop) -> None:
    shop.store.scans.type_in(GTIN, "G1")
    frame = client.get("/guide/G1/frame").text
    key = frame.split('data-key="', 1)[1].split('"', 1)[0]
    assert client.get("/guide/G1/frame", query_string={"have": key}).status_code == 204
    assert client.get("/guide/G1/frame?have=other").status_code == 200


def test_few_none_and_unknown_stock_are_said_in_words(client: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    for on_hand, word in ((3, "少量"), (0, "暂时缺货")):
        hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, on_hand)
        shop.store.scans.type_in(GTIN, "G1")
        assert word in client.get("/guide/G1").text


@pytest.mark.parametrize(
    "hint", ["茶", "milk", "水果", "", "数码", "no such thing", "酒", "衣", "book", "家居"]
)
def test_a_picture_is_an_svg_and_always_the_same(hint: str) -> None:
    drawn = draw("SKU-1", hint)
    assert drawn == draw("SKU-1", hint)
    assert drawn != draw("SKU-2", hint)
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own text


def test_a_picture_can_run_nothing_and_quotes_nobody(client: FlaskClient) -> None:
    answer = client.get("/picture/%22%3E%3Cscript%3E.svg?c=%3Cscript%3E")
    assert answer.status_code == 200
    assert answer.content_type.startswith("image/svg+xml")
    assert "script" not in answer.text
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "max-age" in answer.headers["Cache-Control"]


@pytest.mark.usefixtures("tea")
def test_a_screen_that_nobody_uses_shows_hqs_slides_in_turn_with_todays_price(
    client: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    slides = (
        Slide("新茶 <上市>", "New tea", "买一送一", "", sku="A1", seconds=20),
        Slide("鲜奶", "Fresh milk", sku="sold elsewhere"),
    )
    monkeypatch.setattr(shop.books.playlists, "slides", lambda station: slides if station == "G1" else ())
    at = [datetime(2026, 1, 5, 10, 0, 0, tzinfo=UTC)]
    monkeypatch.setattr(shop.books.clock, "now", lambda: at[0])
    shown = client.get("/guide/G1").text
    for words in ("新茶 &lt;上市&gt;", "买一送一", "¥59.90", "/picture/A1.svg", "扫一扫商品条码"):
        assert words in shown
    key = shown.partition('data-key="')[2].partition('"')[0]
    assert client.get(f"/guide/G1/frame?have={key}").status_code == 204
    at[0] += timedelta(seconds=20)
    after = client.get(f"/guide/G1/frame?have={key}")
    assert after.status_code == 200
    assert "鲜奶" in after.text
    assert "¥" not in after.text
