"""The SALE page and its API: a sale without scripts, by keyboard alone, and by another program."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.daemon import Shop
from edge.domain.selling import Sale
from edge.domain.staff import Operator, Role
from tests.kiosk_ui.browsing import Watch, Watched
from tests.kiosk_ui.conftest import LEAD_TOKEN, PretendHq, Site

TEA, CUP = "6901234567892", "6901234567908"
FORM = re.compile(r'<form[^>]*action="/cashier/sale/(?P<to>[a-z/]+)"[^>]*>(?P<inside>.*?)</form>', re.DOTALL)
FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*name="(?P<name>[^"]+)"[^>]*value="(?P<value>[^"]*)"')


def stock(hq: PretendHq) -> None:
    hq.product("A1", TEA, "狮峰龙井 明前特级 125 克礼盒", "Longjing tea, gift box 125 g", "tea", 5990, 9)
    hq.product("B2", CUP, "青瓷品茗杯", "Celadon tea cup", "cup", 12_900, 3)


def submit(client: FlaskClient, page: str, to: str, index: int = 0, **more: str) -> Any:
    """Sends a form of the page the way a browser without scripts does, and follows its 303."""
    forms = [found["inside"] for found in FORM.finditer(page) if found["to"] == to]
    assert forms, f"no form {to}"
    fields = {found["name"]: found["value"] for found in FIELD.finditer(forms[index])}
    return client.post(f"/cashier/sale/{to}", data=fields | more, follow_redirects=True)


def last(shop: Shop, station: str = "T1") -> Sale:
    found = shop.store.sales.checkout.last(station)
    assert found is not None
    return found


def test_a_sale_without_scripts_from_float_to_change(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    stock(hq)
    page = desk.get("/cashier/sale").text
    assert "本台还没有开班" in page
    mistyped = submit(desk, page, "shift/begin", float="2oo")
    assert mistyped.status_code == 422
    assert "金额没有看懂" in mistyped.text
    page = submit(desk, mistyped.text, "shift/begin", float="200").text
    for code in (TEA, CUP, TEA):
        page = submit(desk, page, "scan", text=code).text
    assert "¥248.80" in page
    assert "共 3 件" in page
    answer = submit(desk, page, "scan", text="131234567890123456")
    assert answer.status_code == 422
    assert "这是付款码" in answer.text
    assert "131234567890123456" not in answer.text
    page = submit(desk, page, "cash", -1, yuan="250").text
    sale = last(shop)
    assert (sale.net_fen, sale.change_fen) == (24_880, 120)
    assert "¥1.20" in page
    assert sale.receipt in page
    assert submit(desk, page, "reprint").status_code == 200


def test_the_same_form_twice_is_one_act_and_a_foreign_basket_is_nobodys(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    shop.store.sales.shifts.open(0, shop.store.staff.api_client(LEAD_TOKEN, "T1"), "float-01")
    page = desk.get("/cashier/sale").text
    page = submit(desk, page, "scan", text=TEA).text
    for _ in range(2):
        again = submit(desk, page, "qty", 1)
    assert "共 2 件" in again.text
    form = {"basket": "no-such-basket", "line": "1", "nonce": "nonce-0001"}
    assert desk.post("/cashier/sale/remove", data=form).status_code == 409
    for wrong in ({"basket": "", "line": "1"}, {"basket": "b", "line": "x"}):
        assert desk.post("/cashier/sale/remove", data=wrong | {"nonce": "nonce-0002"}).status_code == 400
    for sum_ in ("-1", "1.234", "abc", ""):
        form = {"basket": "b", "yuan": sum_, "shown": "1", "nonce": "nonce-0003"}
        answer = desk.post("/cashier/sale/cash", data=form)
        assert answer.status_code == 422
        assert "金额没有看懂" in answer.text
        assert "共 2 件" in answer.text, "the basket is still there to be paid"


def test_a_page_that_waits_for_money_hears_that_the_store_took_it(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    who = shop.store.staff.api_client(LEAD_TOKEN, "T1")
    room = shop.store.sales
    room.shifts.open(0, who, "float-01")
    basket = room.scan(TEA, who, "scan-001").basket
    began = room.checkout.pay(basket, 5990, who, "pay-0001")
    page = desk.get("/cashier/sale").text
    found = re.search(r'data-key="(paying:[^"]*)"', page)
    assert found is not None
    assert desk.get("/cashier/sale/stage", query_string={"have": found[1]}).status_code == 204
    shop.store.tender.cash(began.payment, 6000, who, "cash-001")
    assert room.checkout.turn()
    answer = desk.get("/cashier/sale/stage", query_string={"have": found[1]}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert last(shop).receipt in answer.text


@pytest.fixture
def api(app: Flask, hq: PretendHq) -> FlaskClient:
    stock(hq)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    return client


def test_another_program_sells_and_asks_again_without_selling_twice(api: FlaskClient, shop: Shop) -> None:
    here = "/api/v1/stations/T1"

    def post(path: str, **body: Any) -> Any:
        answer = api.post(here + path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json

    assert api.get(here + "/basket").json == {"result": "ok", "basket": None}
    post("/shift/open", float_fen=10_000, nonce="nonce-float")
    post("/basket/scan", text=TEA, nonce="nonce-0001")
    basket = post("/basket/scan", text=CUP, nonce="nonce-0002")
    assert (basket["total_fen"], [line["sku"] for line in basket["lines"]]) == (18_890, ["A1", "B2"])
    name = basket["basket"]
    post(f"/basket/lines/{basket['lines'][0]['line']}", basket=name, qty=2, nonce="nonce-0003")
    wrong = api.post(
        here + "/basket/cash", json={"basket": name, "given_fen": 1, "shown_fen": 1, "nonce": "n-000001"}
    )
    said: Any = wrong.json
    assert (wrong.status_code, said["code"]) == (409, "total_changed")
    body = {"basket": name, "given_fen": 30_000, "shown_fen": 24_880, "nonce": "nonce-cash"}
    sale, again = post("/basket/cash", **body), post("/basket/cash", **body)
    assert (sale["change_fen"], sale["repeat"], again["repeat"]) == (5120, False, True)
    assert sale["receipt"] == again["receipt"] == last(shop).receipt
    found: Any = api.get(f"{here}/sales/{sale['receipt']}").json
    assert found["net_fen"] == 24_880
    assert post("/shift/count", pieces={"10000": 3}, nonce="nonce-count")["variance_fen"] == -4880
    closed = post("/shift/close", nonce="nonce-close")
    assert (closed["z"], closed["net_fen"], closed["open"]) == (1, 24_880, False)


@pytest.mark.parametrize(
    ("language", "viewport"), [("zh", (1280, 800)), pytest.param("en", (1920, 1080), marks=pytest.mark.slow)]
)
def test_a_sale_by_keyboard_alone_and_every_state_is_sound(
    site: Site, watch: Watch, language: str, viewport: tuple[int, int]
) -> None:
    stock(site.hq)
    room = site.shop.store.sales
    seen = watch(site, language, viewport={"width": viewport[0], "height": viewport[1]})
    seen.sign_in("2001")
    page = seen.page
    room.shifts.open(20_000, lead := Operator("2001", "", Role.LEAD, "T1"), "float-01")
    page.goto(site.url + "/cashier/sale")
    for code in (TEA, CUP):
        seen.type_in(code, f"text={code}")
    # What was refused stays until something happens, however often the page looks.
    seen.type_in("4006381333931", ".sale-said")
    page.evaluate("document.dispatchEvent(new Event('store:look'))")
    # The browser says every answer that is no 2xx; this one is meant.
    seen.complaints[:] = [told for told in seen.complaints if "422" not in told]
    seen.sound(f"{language} refused")
    assert page.locator(".sale-said").count() == 1
    page.keyboard.press("Alt+s")
    page.wait_for_selector(".sale-waiting")
    seen.sound(f"{language} suspended")
    page.focus(".sale-waiting button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sale-quick")
    basket = room.selling.at("T1")
    assert basket is not None
    room.checkout.pay(basket.basket, 18_890, lead, f"pay-{language}")
    page.goto(site.url + "/cashier/sale")
    seen.sound(f"{language} paying")
    page.keyboard.press("Alt+x")
    page.wait_for_selector(".sale-quick")
    pay_by_keys(page)
    assert last(site.shop).net_fen == 18_890
    seen.sound(f"{language} done")
    train_and_give_up(seen, lead)
    page.goto(site.url + "/cashier/sale/shift")
    seen.sound(f"{language} till")


def pay_by_keys(page: Any) -> None:
    # The first sum is the exact one; it is reached by Tab from the scan box, as everything is.
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.sale-quick') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".sale-done")


def train_and_give_up(seen: Watched, lead: Operator) -> None:
    """A basket of training, and its end with a reason."""
    page, site, room = seen.page, seen.site, seen.site.shop.store.sales
    room.selling.open(lead, "train-01", training=True)
    room.selling.add("A1", lead, "train-02")
    page.goto(site.url + "/cashier/sale")
    page.keyboard.press("Alt+v")
    page.wait_for_selector(".sale-tools select")
    seen.sound("training")
    page.focus(".sale-tools select")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sale-start .primary")
    assert room.selling.at("T1") is None
