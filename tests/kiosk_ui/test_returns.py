"""The RETURN page and its API: goods come back without scripts, by keyboard alone, and by another program."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.daemon import Shop
from edge.domain.refusals import PayCodeElsewhere
from edge.domain.return_views import Returned
from edge.domain.selling import Sale
from tests.kiosk_ui.browsing import Watch
from tests.kiosk_ui.conftest import LEAD_TOKEN, PretendHq, Site
from tests.kiosk_ui.test_selling import CUP, FIELD, TEA, stock

FORM = re.compile(
    r'<form[^>]*action="/cashier/return/(?P<to>[a-z/]+)"[^>]*>(?P<inside>.*?)</form>', re.DOTALL
)
WINE = "6901234567915"


def submit(client: FlaskClient, page: str, to: str, **more: str) -> Any:
    """Sends a form of the page the way a browser without scripts does, and follows its 303."""
    forms = [found["inside"] for found in FORM.finditer(page) if found["to"] == to]
    assert forms, f"no form {to}"
    fields = {found["name"]: found["value"] for found in FIELD.finditer(forms[0])}
    return client.post(f"/cashier/return/{to}", data=fields | more, follow_redirects=True)


def sell(shop: Shop, *codes: str, tag: str = "a") -> Sale:
    who = shop.store.staff.api_client(LEAD_TOKEN, "T1")
    room = shop.store.sales
    if room.shifts.at("T1") is None:
        room.shifts.open(20_000, who, "float-0001")
    for n, code in enumerate(codes):
        basket = room.scan(code, who, f"scan-{tag}-{n}")
    total = int(room.selling.bill(basket).total_fen)
    return room.checkout.cash(basket.basket, total, total, who, f"cash-{tag}")


def newest(shop: Shop) -> Returned:
    return shop.store.returns.recent(1)[0]


def test_goods_come_back_without_scripts_from_receipt_to_exchange(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    hq.product("W1", WINE, "干红葡萄酒", "Cabernet", "wine", 9900, 3)
    sale = sell(shop, TEA, TEA, CUP)
    page = desk.get("/cashier/return").text
    assert "没有待退的款项" in page
    page = submit(desk, page, "scan", text=sale.receipt).text
    assert "无理由还剩 7 天" in page
    wrong = submit(desk, page, "scan", text=WINE)
    assert (wrong.status_code, "此商品不在这笔交易中" in wrong.text) == (422, True)
    page = submit(desk, page, "scan", text=TEA).text
    assert "¥59.90" in page
    page = submit(desk, page, "scan", text=TEA).text
    third = submit(desk, page, "scan", text=TEA)
    assert (third.status_code, "超过可退数量" in third.text) == (422, True)
    line = sale.lines[0].line
    said = {f"condition-{line}": "soiled", f"reason-{line}": "quality", f"qty-{line}": "1"}
    page = submit(desk, page, "put", **said, **{f"fate-{line}": "shelf"}).text
    assert re.search(r'value="repair" selected', page), "soiled goods do not go on the shelf"
    stale = submit(desk, page, "accept", shown="1")
    assert (stale.status_code, "¥59.90" in stale.text) == (409, True)
    page = submit(desk, page, "accept").text
    done = newest(shop)
    assert (done.refund_fen, done.lines[0].fate, done.pending) == (5990, "repair", False)
    assert done.receipt in page
    assert "退货完成" in page
    assert submit(desk, page, "reprint").status_code == 200
    sale_page = submit(desk, page, "exchange").text
    assert "扫描第一件商品" in sale_page
    sold = sell(shop, CUP, tag="b")
    fact = next(
        event
        for event in reversed(shop.books.journal.pending(0, 500, 1 << 22))
        if event.k == "sale.completed"
    )
    assert fact.d["exchange"] == done.ret
    assert sold.net_fen == 12_900
    assert "已换货" in desk.get(f"/cashier/return/done/{done.ret}").text


def scanned_up(desk: FlaskClient, shop: Shop, other: Sale, sale: Sale) -> str:
    """The page with `sale` on the desk, after what the station's scanner read that named nothing, or `other`."""
    scans = shop.store.scans
    with pytest.raises(PayCodeElsewhere):
        scans.type_in("131234567890123456", "T1", device="scanner")
    early = desk.get("/cashier/return").text
    assert ('role="alert"' in early, "/return/take" in early) == (True, False)
    scans.type_in(TEA, "T1", device="scanner")
    assert "去工作台" in desk.get("/cashier/return").text, "goods name no purchase"
    scans.type_in("SE-nobody-knows-it", "T1", device="scanner")
    refused = submit(desk, desk.get("/cashier/return").text, "take")
    assert (refused.status_code, scans.current("T1")) == (404, None)
    scans.type_in(other.receipt, "T1", device="scanner")
    page = desk.get("/cashier/return").text
    assert "load, submit" in page
    for _ in range(2):  # a page that was late asks again
        assert other.receipt in submit(desk, page, "take").text
    scans.type_in(sale.receipt, "T1", device="scanner")
    page = desk.get("/cashier/return").text
    assert (sale.receipt in page, other.receipt in page) == (True, False), "another purchase takes its place"
    return page


def test_the_same_form_twice_counts_once_and_odd_fields_are_refused(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    sale, other = sell(shop, TEA, TEA), sell(shop, TEA, tag="o")
    page = scanned_up(desk, shop, other, sale)
    for _ in range(2):
        again = submit(desk, page, "scan", text=TEA).text
    assert "共 1 件" in again
    for _ in range(2):
        assert desk.post("/cashier/return/wedge", data={"text": TEA, "seq": "7"}).status_code == 204
    assert "共 2 件" in desk.get("/cashier/return").text
    work = shop.store.return_work.at("T1")
    assert work is not None
    nonce = {"work": work.work, "nonce": "nonce-0001"}
    for wrong in ({}, {"qty-1": "x"}, {"qty-1": "1", "fate-1": "moon"}, {"qty-1": "1", "reason-1": ""}):
        assert desk.post("/cashier/return/put", data=nonce | wrong).status_code == 400
    assert desk.post("/cashier/return/put", data=nonce | {"qty-1": "9"}).status_code == 422
    assert desk.post("/cashier/return/put", data=nonce | {"qty-1": "1", "work": "none"}).status_code == 404
    assert desk.post("/cashier/return/lift", data=nonce | {"why": "x"}).status_code == 403
    assert desk.get("/cashier/return/done/none").status_code == 404
    page = submit(desk, desk.get("/cashier/return").text, "drop").text
    assert "扫描顾客的小票" in page
    assert submit(desk, page, "scan", text="NOPE-1").status_code == 404
    pay = submit(desk, page, "scan", text="131234567890123456")
    assert pay.status_code == 422
    assert "131234567890123456" not in pay.text


@pytest.fixture
def api(app: Flask, hq: PretendHq) -> Any:
    stock(hq)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    return client


def test_another_program_takes_goods_back_and_asks_again_without_paying_twice(api: Any, shop: Shop) -> None:
    sale = sell(shop, TEA, TEA)
    here = "/api/v1/stations/T1/returns"
    found = api.post(here + "/find", json={"text": sale.receipt}).json
    assert (found["ref"], found["lines"][0]["left"], found["no_reason_until"] < found["fault_until"]) == (
        sale.sale,
        2,
        True,
    )
    goods = {"line": found["lines"][0]["line"], "qty": 1, "condition": "intact", "reason": "no_reason"}
    asked = {"source": "sale", "ref": sale.sale, "lines": [goods | {"fate": "shelf"}]}
    told = api.post(here + "/preview", json=asked).json
    assert (told["refund_fen"], told["tenders"], told["whole"]) == (
        5990,
        [{"kind": "cash", "fen": 5990}],
        False,
    )
    body = asked | {"shown_fen": 5990, "nonce": "nonce-0001"}
    wrong = api.post(here + "/accept", json=body | {"shown_fen": 1})
    assert (wrong.status_code, wrong.json["code"]) == (409, "refund_changed")
    first, again = (api.post(here + "/accept", json=body).json for _ in range(2))
    assert (first["repeat"], again["repeat"], first["ret"] == again["ret"]) == (False, True, True)
    seen: Any = api.get(f"{here}/booked/{first['ret']}").json
    assert seen["parts"] == [{"kind": "cash", "fen": 5990, "state": "refunded"}]
    assert [one["ret"] for one in api.get(here).json["returns"]] == [first["ret"]]
    forced = api.post(here + "/accept", json=body | {"nonce": "nonce-0002", "forced": True})
    assert (forced.status_code, forced.json["code"]) == (422, "why_missing")
    odd = api.post(here + "/preview", json=asked | {"lines": [goods | {"fate": "moon"}]})
    assert odd.status_code == 400


def test_a_return_by_keyboard_alone_and_every_state_is_sound(site: Site, watch: Watch) -> None:
    stock(site.hq)
    for tag, language, viewport in (("a", "zh", (1280, 800)), ("b", "en", (1920, 1080))):
        sale = sell(site.shop, TEA, CUP, tag=tag)
        seen = watch(site, language, viewport={"width": viewport[0], "height": viewport[1]})
        seen.sign_in("1001")
        page = seen.page
        page.goto(site.url + "/cashier/return")
        page.wait_for_selector(".sale-start")
        seen.sound(f"{language} find")
        seen.type_in(sale.receipt, ".return-lines")
        seen.type_in(TEA, "tr.coming")
        seen.sound(f"{language} counted")
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.sale-pay .primary')"):
                break
        page.keyboard.press("Enter")
        page.wait_for_selector(".sale-done")
        assert newest(site.shop).shown == sale.receipt
        seen.sound(f"{language} done")
