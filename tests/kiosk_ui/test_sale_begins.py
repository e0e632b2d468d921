"""The station's scanner begins a sale: no basket open, nothing to press, and nothing lost that belongs elsewhere."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from edge.daemon import Shop
from tests.kiosk_ui.browsing import Watch
from tests.kiosk_ui.conftest import LEAD_TOKEN, PretendHq, Site
from tests.kiosk_ui.test_selling import CUP, TEA, last, stock, submit

PAY = "131234567890123456"


def begun(shop: Shop) -> None:
    shop.store.sales.shifts.open(0, shop.store.staff.api_client(LEAD_TOKEN, "T1"), "float-01")


def test_what_the_scanner_read_waits_on_the_sale_page_and_begins_one_basket(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    shop.store.scans.type_in(TEA, "T1", device="scanner")
    assert "/cashier/sale/take" not in desk.get("/cashier/sale").text, "no till, no sale"
    begun(shop)
    page = desk.get("/cashier/sale").text
    assert "load, submit" in page
    for _ in range(2):  # a page that was late asks again
        again = submit(desk, page, "take")
    assert "共 1 件" in again.text
    assert shop.store.scans.current("T1") is None
    assert "共 1 件" in desk.get("/cashier/sale").text


def test_a_member_s_code_first_begins_a_basket_and_an_unknown_one_says_so(
    desk: FlaskClient, shop: Shop
) -> None:
    begun(shop)
    answer = submit(desk, desk.get("/cashier/sale").text, "scan", text="MB1.ABC")
    assert answer.status_code in {404, 422}
    assert shop.store.sales.selling.at("T1") is not None
    shop.store.sales.selling.void(
        shop.store.sales.selling.at("T1").basket,  # type: ignore[union-attr]
        "mistake",
        shop.store.staff.api_client(LEAD_TOKEN, "T1"),
        "void-0001",
    )
    shop.store.scans.type_in("6901234567915", "T1", device="scanner")
    refused = submit(desk, desk.get("/cashier/sale").text, "take")
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert shop.store.scans.current("T1") is None, "it is not offered again"


def test_a_pickup_code_and_a_wallet_s_code_are_pointed_home(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    begun(shop)
    hq.order()
    shop.store.scans.type_in("48151623", "T1")
    page = desk.get("/cashier/sale").text
    assert "去工作台" in page
    assert "/cashier/sale/take" not in page
    assert "王*" in desk.get("/cashier/").text, "the order still waits there"


def test_the_next_shopper_s_first_item_leaves_the_page_of_the_last_sale(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    begun(shop)
    page = submit(desk, desk.get("/cashier/sale").text, "scan", text=TEA).text
    page = submit(desk, page, "cash", -1, yuan="100").text
    key = re.findall(r'data-key="(done:[^"]*)"', page)[0]
    assert desk.get("/cashier/sale/stage", query_string={"have": key}).status_code == 204
    shop.store.scans.type_in(CUP, "T1", device="scanner")
    onward = desk.get("/cashier/sale/stage", query_string={"have": key})
    assert onward.status_code == 200
    assert "共 1 件" in submit(desk, onward.text, "take").text
    assert last(shop).net_fen == 5990


def test_in_a_browser_nobody_presses_anything(watch: Watch, site: Site) -> None:
    stock(site.hq)
    begun(site.shop)
    desk = watch(site, "en")
    desk.sign_in()
    desk.page.goto(site.url + "/cashier/sale")
    desk.page.wait_for_selector(".sale-start")
    site.shop.store.scans.type_in(TEA, "T1", device="scanner")
    desk.page.wait_for_selector(".sale-lines tbody tr")
    site.shop.store.scans.type_in(CUP, "T1", device="scanner")
    desk.page.wait_for_selector(".sale-lines tbody tr:nth-child(2)")
    desk.sound("two by the scanner")
