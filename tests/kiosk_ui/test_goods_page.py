"""Goods looked up at the desk: what a cashier types, and what a scanner types into the same field."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge.search_child import Job, run
from tests.kiosk_ui.browsing import CHROMIUM, GTIN, Watch
from tests.kiosk_ui.conftest import PretendHq, Site

CATALOG = "g:catalog:CN"


def stock_up(hq: PretendHq) -> None:
    rows: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
        ("A1", GTIN, "云岫 明前龙井 50克", "Yunxiu Longjing, 50 g", {"brand": "云岫", "place": "A-07"}),
        ("A2", "6901234567908", "山止 明前龙井 100克", "Shanzhi Longjing, 100 g", {}),
        (
            "W1",
            "6901234567915",
            "一江 黄酒 500毫升",
            "Yijiang Rice Wine, 500 ml",
            {"flags": ["alcohol"], "zone": "酒水", "place": "C-02", "min_stock": 5},
        ),
    )
    for sku, gtin, zh, en, more in rows:
        hq.product(sku, gtin, zh, en, "tea", 5990, 3)
        facts = {"sku": sku, "gtin": gtin, "name_zh": zh, "name_en": en, "category": "tea", **more}
        hq.put(CATALOG, "product", sku, facts)
    hq.put(CATALOG, "barcode", "16901234567899", {"gtin": "16901234567899", "sku": "A1", "units": 12})
    books = hq.shop.books
    run(Job(str(books.hq.path), str(books.names.path), books.hq.key.hex(), whole=True))


@pytest.mark.parametrize(
    ("typed", "shown", "hidden"),
    [
        ("龙井", ["A1", "A2"], ["W1"]),
        ("lj", ["A1", "A2"], ["W1"]),
        ("yx lj", ["A1"], ["A2"]),
        ("rice w", ["W1", "仅售成年人", "C-02", "待补货"], ["A1"]),
        ("W", ["W1"], ["A1"]),
        (GTIN, ["A1", "A-07", "¥59.90"], ["A2"]),
        ("16901234567899", ["A1", "12"], ["A2"]),
        ("]d201" + "0" + GTIN + "17301231\x1d10LOT7", ["A1", "LOT7", "2030-12-31"], ["A2"]),
        ("没有的", ["没有找到这种商品"], ["A1"]),
        ("<b>", ["没有找到这种商品"], ["<b>"]),
    ],
)
def test_what_is_typed_finds_goods(
    desk: FlaskClient, hq: PretendHq, typed: str, shown: list[str], hidden: list[str]
) -> None:
    stock_up(hq)
    asked = desk.post("/cashier/goods", data={"q": typed, "nonce": "n" * 12})
    assert asked.status_code == 303
    page = desk.get(asked.location).text
    stage = page.partition('id="stage"')[2].partition("<aside")[0]
    assert [text for text in shown if text not in stage] == []
    assert [text for text in hidden if re.search(rf">\s*{text}\b|{text} ·", stage)] == []


@pytest.mark.parametrize("code", ["134567890123456789", "2812345678901234", "99345678901234567"])
def test_a_wallets_code_in_the_field_reaches_no_address(desk: FlaskClient, hq: PretendHq, code: str) -> None:
    stock_up(hq)
    answer = desk.post("/cashier/goods", data={"q": code, "nonce": "n" * 12})
    assert code not in (answer.location or "")
    assert code not in answer.text
    assert code not in desk.get("/cashier/goods", query_string={"q": code}).text


def test_a_sheet_by_number_and_one_that_is_not_there(desk: FlaskClient, hq: PretendHq) -> None:
    stock_up(hq)
    assert "A-07" in desk.get("/cashier/goods?sku=A1").text
    gone = desk.get("/cashier/goods?sku=Z9")
    assert gone.status_code == 404
    assert "未识别的商品条码" in gone.text


@pytest.mark.browser
@pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed")
@pytest.mark.parametrize(("language", "width", "height"), [("zh", 1280, 800), ("en", 1920, 1080)])
def test_the_page_is_sound(watch: Watch, site: Site, language: str, width: int, height: int) -> None:
    stock_up(site.hq)
    desk = watch(site, language, viewport={"width": width, "height": height})
    desk.sign_in()
    desk.page.goto(site.url + "/cashier/goods")
    desk.sound("asked nothing")
    desk.page.fill("#goods-q", "lj")
    desk.page.press("#goods-q", "Enter")
    desk.page.wait_for_selector(".goods-row")
    desk.sound("list")
    desk.page.fill("#goods-q", "W1")
    desk.page.press("#goods-q", "Enter")
    desk.page.wait_for_selector(".goods-sheet")
    desk.sound("sheet")


def test_a_name_in_the_scan_field_is_looked_up(desk: FlaskClient, hq: PretendHq) -> None:
    stock_up(hq)
    answer = desk.post("/cashier/scan", data={"text": "龙井", "nonce": "n" * 12})
    assert answer.status_code == 303
    assert "A2" in desk.get(answer.location).text


def test_an_expired_batch_is_stopped_where_it_is_scanned(desk: FlaskClient, hq: PretendHq) -> None:
    stock_up(hq)
    for until, said in (("200101", "已过期：2020-01-01（批次 L1）"), ("301231", "云岫 明前龙井 50克")):
        desk.post("/cashier/scan", data={"text": f"]d2010{GTIN}17{until}10L1", "nonce": "n" * 12})
        assert said in desk.get("/cashier/").text
