"""HOME and the ways from it: every kind of scan has a place, every tile a page, calls and the own day, the lock."""

from __future__ import annotations

import itertools
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.daemon import Shop
from edge.domain.receipt_numbers import is_receipt_number
from edge.domain.scanned import ScanKind
from edge.domain.staff import Operator, Role
from edge.domain.tickets import TicketKind
from kiosk_ui.cashier.nav import WAYS
from kiosk_ui.cashier.places import PLACES
from tests.kiosk_ui.conftest import BADGE, HERE, PretendHq, browser_like, signed_in

GTIN = "6901234567892"
CASHIER = Operator("1001", "李晓云", Role.CASHIER, "T1")
N = (f"home-nonce-{n:06}" for n in itertools.count())


def typed(desk: FlaskClient, text: str) -> str:
    return desk.post("/cashier/scan", data={"text": text, "nonce": next(N)}, follow_redirects=True).text


def tea(hq: PretendHq) -> None:
    hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)


def till(shop: Shop) -> None:
    shop.store.sales.shifts.open(10_000, CASHIER, next(N))


def test_every_kind_of_code_has_a_place() -> None:
    assert set(PLACES) == set(ScanKind)


WAYS_OF_SCANS = {
    ScanKind.PICKUP_DIGITS: ("48151623", 'data-key="found:'),
    ScanKind.COUPON: ("CP1.ABCDEF", 'data-key="coupon:'),
    ScanKind.MEMBER: ("MB1.ABCDEF", 'data-key="member:'),
    ScanKind.BADGE: (BADGE, "扫到一张工牌"),
    ScanKind.PAY_WECHAT: ("134567890123456789", "付款码"),
    ScanKind.PAY_ALIPAY: ("281234567890123456", "付款码"),
    ScanKind.PAY_UNIONPAY: ("6212345678901234567", "付款码"),
    ScanKind.PAY_OTHER: ("hQVDUFYwMWEXTwigAAADMwEBAQ==", "付款码"),
    ScanKind.GTIN: (GTIN, "龙井茶"),
    ScanKind.VARIABLE: ("2123456789010", 'data-key="product:'),
    ScanKind.GS1: (f"https://id.example/01/0{GTIN}", "龙井茶"),
    ScanKind.ORDER: ("WX2026112200017", 'data-key="found:'),
    ScanKind.URL: ("https://x.example/", "这是网址"),
    ScanKind.UNKNOWN: ("nothing of ours", "未识别"),
}


@pytest.mark.parametrize("kind", list(ScanKind))
def test_a_scan_on_home_leads_to_its_place(
    desk: FlaskClient, hq: PretendHq, shop: Shop, kind: ScanKind
) -> None:
    if kind is ScanKind.CARD:
        pytest.skip("this shop has no plastic cards; with them tests/kiosk_ui/test_customers.py")
    hq.order()
    tea(hq)
    text, says = (hq.code(), 'data-key="found:') if kind is ScanKind.PICKUP else WAYS_OF_SCANS[kind]
    assert shop.store.catalogue.read(text).kind in {kind, ScanKind.UNKNOWN, ScanKind.GTIN}
    assert says in typed(desk, text)
    if kind.value.startswith("pay"):
        kept = shop.books.ledger.read().execute("SELECT DISTINCT text FROM scan").fetchall()
        assert kept == [("",)], "a payment code is kept nowhere"


def test_goods_begin_a_sale_and_then_go_straight_into_it(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    tea(hq)
    till(shop)
    page = typed(desk, GTIN)
    (scan,) = re.findall(r'action="/cashier/to-sale".*?name="scan" value="(\d+)"', page)
    went = desk.post("/cashier/to-sale", data={"scan": scan, "nonce": next(N)})
    assert went.location == "/cashier/sale"
    again = desk.post("/cashier/scan", data={"text": GTIN, "nonce": next(N)})
    assert again.location == "/cashier/sale"
    basket = shop.store.sales.selling.at("T1")
    assert basket is not None
    assert basket.units == 2
    htmx = desk.post("/cashier/scan", data={"text": GTIN}, headers={"HX-Request": "true"})
    assert (htmx.status_code, htmx.headers["HX-Redirect"]) == (204, "/cashier/sale")
    assert "本台有未完成的购物篮 · 3 件" in desk.get("/cashier/").text


def test_a_suspended_basket_is_taken_up_at_another_desk(
    app: Flask, desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    tea(hq)
    till(shop)
    basket = shop.store.sales.selling.add("A1", CASHIER, next(N))
    put_aside = shop.store.sales.selling.suspend(basket.basket, CASHIER, next(N))
    other = signed_in(browser_like(app), "2001", "T2")
    shop.store.sales.shifts.open(0, Operator("2001", "张", Role.LEAD, "T2"), next(N))
    page = typed(other, put_aside.code)
    assert "挂单，1 件商品" in page
    (scan,) = re.findall(r'action="/cashier/to-sale".*?name="scan" value="(\d+)"', page)
    assert other.post("/cashier/to-sale", data={"scan": scan, "nonce": next(N)}).location == "/cashier/sale"
    assert shop.store.sales.selling.at("T2") is not None
    assert 'id="tile-suspended"' in desk.get("/cashier/").text


def test_a_receipt_leads_to_its_return(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    tea(hq)
    till(shop)
    basket = shop.store.sales.selling.add("A1", CASHIER, next(N))
    sale = shop.store.sales.checkout.cash(basket.basket, 10_000, 5990, CASHIER, next(N))
    assert is_receipt_number(sale.receipt)
    page = typed(desk, sale.receipt)
    assert f"小票 {sale.receipt}" in page
    (scan,) = re.findall(r'action="/cashier/to-return".*?name="scan" value="(\d+)"', page)
    went = desk.post("/cashier/to-return", data={"scan": scan, "nonce": next(N)})
    assert went.location == "/cashier/return"
    assert "龙井茶" in desk.get("/cashier/return").text
    assert "¥59.90" in desk.get("/cashier/").text, "and the day's sales on HOME"


def test_every_way_and_every_tile_leads_to_a_page_that_marks_itself(desk: FlaskClient) -> None:
    home = desk.get("/cashier/").text
    tiles = re.findall(r'id="tile-[a-z]+" href="([^"]+)"', home)
    assert len(tiles) == 8
    for path in {*tiles, *(way.href for way in WAYS)}:
        page = desk.get(path)
        assert page.status_code == 200, path
        marked = re.findall(
            r'href="([^"]+)" accesskey="." aria-keyshortcuts="[^"]+" aria-current="page"', page.text
        )
        assert marked == [path if path != "/cashier/queue" else "/cashier/"], path
        assert "数据" in page.text or "独立运行" in page.text, f"{path}: how old the data are"


def test_the_navigation_follows_what_is_on_the_stage(desk: FlaskClient) -> None:
    def marked(path: str) -> list[str]:
        return re.findall(
            r'href="([^"]+)" accesskey="." aria-keyshortcuts="[^"]+" aria-current', desk.get(path).text
        )

    assert marked("/cashier/strip?at=home&have=coupon:3") == ["/cashier/"]
    assert marked("/cashier/strip?have=coupon:3") == ["/cashier/coupon"]
    assert marked("/cashier/nav?at=sale&have=basket:1") == ["/cashier/sale"]


def test_a_call_rings_on_every_page_and_is_seen_to(desk: FlaskClient, shop: Shop) -> None:
    one = shop.store.front.tickets.open(TicketKind.HELP, "G1", "", next(N))
    page = desk.get("/cashier/calls").text
    assert "呼叫店员" in page
    assert "处理完毕" not in page, "first somebody goes there"
    data = {"ticket": one.ticket, "nonce": next(N)}
    assert desk.post("/cashier/calls/take", data=data).location == "/cashier/calls"
    assert "处理完毕" in desk.get("/cashier/calls").text
    done = desk.post("/cashier/calls/close", data={**data, "nonce": next(N), "outcome": "helped"})
    assert done.location == "/cashier/calls"
    assert "没有人在等" in desk.get("/cashier/calls").text
    late = desk.post("/cashier/calls/close", data={**data, "nonce": next(N), "outcome": "helped"})
    assert (late.status_code, "这条呼叫已经结束" in late.text) == (409, True)
    odd = desk.post("/cashier/calls/close", data={**data, "nonce": next(N), "outcome": "burnt"})
    assert odd.status_code == 400


def test_a_cashier_is_not_offered_what_needs_the_lead(desk: FlaskClient, shop: Shop) -> None:
    one = shop.store.front.tickets.open(TicketKind.PRICE_ZERO, "T2", "", next(N), sku="A1")
    assert "需店长同意" in desk.get("/cashier/calls").text
    data = {"ticket": one.ticket, "nonce": next(N), "outcome": "approved"}
    assert desk.post("/cashier/calls/close", data=data).status_code == 403


def test_a_guide_sees_their_own_day_and_nobody_elses(
    app: Flask, desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    tea(hq)
    till(shop)
    for guide in ("1001", "2001"):
        basket = shop.store.sales.selling.add("A1", CASHIER, next(N))
        shop.store.sales.selling.guide(basket.basket, guide, CASHIER, next(N))
        shop.store.sales.checkout.cash(basket.basket, 10_000, 5990, CASHIER, next(N))
    mine = desk.get("/cashier/mine").text
    assert mine.count("小票 T1-") == 1
    lead = signed_in(browser_like(app), "2001", "T2")
    theirs = lead.get("/cashier/mine").text
    assert theirs.count("小票 T1-") == 1
    assert re.findall(r"小票 (\S+?)<", mine) != re.findall(r"小票 (\S+?)<", theirs)


def idle(shop: Shop, minutes: float) -> None:
    with shop.books.ledger.transaction() as tx:
        tx.execute("UPDATE session SET seen_ms = ?", (shop.books.clock.mono_ms() - int(minutes * 60_000),))


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(desk: FlaskClient, shop: Shop) -> None:
    idle(shop, 4.9)
    for look in ("stage", "strip", "nav?at=home", "sale/stage", "return/stage"):
        assert desk.get(f"/cashier/{look}").status_code in {200, 204}
    idle_ms = (
        shop.books.clock.mono_ms()
        - shop.books.ledger.read().execute("SELECT seen_ms FROM session").fetchone()[0]
    )
    assert idle_ms > 4.8 * 60_000, "a look is no touch"
    idle(shop, 5.1)
    locked = desk.get("/cashier/stage", headers={"HX-Request": "true", "Origin": HERE})
    assert (locked.status_code, locked.headers["HX-Redirect"]) == (401, "/cashier/sign-in")


def test_a_touch_or_a_scan_keeps_the_desk_open(desk: FlaskClient, shop: Shop) -> None:
    idle(shop, 4.9)
    assert desk.get("/cashier/").status_code == 200
    row = shop.books.ledger.read().execute("SELECT seen_ms FROM session").fetchone()
    assert shop.books.clock.mono_ms() - row[0] < 60_000
    idle(shop, 30)
    shop.store.scans.type_in("something", "T1")
    assert desk.get("/cashier/stage").status_code == 200


def test_nobody_is_locked_out_while_money_is_under_way(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    tea(hq)
    till(shop)
    basket = shop.store.sales.selling.add("A1", CASHIER, next(N))
    shop.store.sales.checkout.pay(basket.basket, 5990, CASHIER, next(N))
    assert shop.books.payments.at_station("T1") is not None
    idle(shop, 60)
    assert desk.get("/cashier/sale/stage").status_code == 200
    shop.store.sales.checkout.unpay(basket.basket, CASHIER)
    assert desk.get("/cashier/sale/stage").status_code == 303
