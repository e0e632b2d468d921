"""A basket whose payment nobody can tell the result of leaves its till by a press, without scripts and by keys."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from edge.daemon import Shop
from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Said
from edge.domain.payments import Channel, Manner, PayEvent
from edge.domain.staff import Operator, Role
from edge.records.payments import AttemptRow
from tests.kiosk_ui.browsing import Watch
from tests.kiosk_ui.conftest import LEAD_TOKEN, PretendHq, Site, browser_like, signed_in
from tests.kiosk_ui.test_selling import TEA, stock, submit

WHO = Operator("2001", "", Role.LEAD, "T1")
SET_ASIDE = "先放一边，继续收银"
COUNT_TONES = """() => {
    const make = AudioContext.prototype.createOscillator, html = document.documentElement;
    AudioContext.prototype.createOscillator = function () {
        html.dataset.tones = Number(html.dataset.tones ?? 0) + 1;
        return make.call(this);
    };
}"""


def lost(shop: Shop, nonce: str) -> tuple[str, AttemptRow]:
    """A basket at T1 that was charged, and no answer came."""
    room, tender = shop.store.sales, shop.store.tender
    basket = room.scan(TEA, WHO, f"scan-{nonce}").basket
    began = room.checkout.pay(basket, 5990, WHO, f"pay-{nonce}")
    with shop.books.ledger.transaction() as tx:
        row = tender.begin.due(tx, began.payment, WHO)
        wish = (f"code-{nonce}", "sha")
        attempt = tender.begin.new(tx, row, Channel.WECHAT, Manner.CODE, None, WHO, wish)
        attempt = tender.settling.move(tx, attempt, PayEvent.SUBMIT)
        return basket, tender.settling.move(tx, attempt, PayEvent.LOSE)


def comes_to(shop: Shop, attempt: AttemptRow, event: PayEvent) -> None:
    """The provider's word comes after all, and the store does what it does by itself."""
    with shop.books.ledger.transaction() as tx:
        shop.store.tender.settling.move(tx, shop.books.payments.known(attempt.number, tx), event)
    shop.store.sales.checkout.turn()


def test_a_till_goes_on_and_the_page_says_how_it_ended(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    stock(hq)
    shop.store.sales.shifts.open(0, WHO, "float-01")
    basket, attempt = lost(shop, "one")
    page = submit(desk, desk.get("/cashier/sale").text, "aside").text
    assert "正在确认的单" in page
    assert "支付结果待确认，请勿重复收款" in page
    assert "失败" not in page
    assert "1 单正在确认支付" in desk.get("/cashier/").text
    assert submit(desk, page, "scan", text=TEA).status_code == 200
    wrong = {"basket": basket, "yuan": "59.90", "shown": "5990", "nonce": "nonce-0001"}
    refused = desk.post("/cashier/sale/cash", data=wrong)
    assert refused.status_code == 409
    assert "仍在确认" in refused.text
    submit(desk, desk.get("/cashier/sale").text, "cash", -1, yuan="60")
    comes_to(shop, attempt, PayEvent.PAY)
    page = desk.get("/cashier/sale").text
    sale = shop.books.sales.of_basket(basket)
    assert sale is not None
    assert "已付款，已成单" in page
    assert sale.receipt in page
    assert "正在确认支付" not in desk.get("/cashier/").text


def test_one_without_money_is_among_the_suspended_ones(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    stock(hq)
    shop.store.sales.shifts.open(0, WHO, "float-01")
    basket, attempt = lost(shop, "one")
    submit(desk, desk.get("/cashier/sale").text, "aside")
    comes_to(shop, attempt, PayEvent.REFUSE)
    page = desk.get("/cashier/sale").text
    assert "没有收到款，已挂单" in page
    page = submit(desk, page, "resume").text
    here = shop.store.sales.selling.at("T1")
    assert here is not None
    assert (here.basket, here.aside) == (basket, False)
    assert shop.store.sales.checkout.asides() == ()


def shut_and_paid(shop: Shop, nonce: str = "one") -> str:
    """A basket of T1, whose till was closed before its money came."""
    shop.store.sales.shifts.open(0, WHO, f"float-{nonce}")
    basket, attempt = lost(shop, nonce)
    shop.store.sales.checkout.set_aside(basket, WHO, f"aside-{nonce}")
    shop.store.sales.shifts.count({}, WHO, f"count-{nonce}")
    shop.store.sales.shifts.close(WHO, f"close-{nonce}")
    comes_to(shop, attempt, PayEvent.PAY)
    return basket


def test_a_lead_sees_to_money_of_a_till_that_stays_shut(
    desk: FlaskClient, app: Any, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    basket = shut_and_paid(shop)
    assert "1 单收款未了结" in desk.get("/cashier/").text
    page = desk.get("/cashier/calls").text
    assert "收款未了结" in page
    assert "¥59.90" in page
    assert "已到账，待成单" in page, "the strip says it"
    assert "需店长处理" in page
    form = {"basket": basket, "nonce": "nonce-0001"}
    assert desk.post("/cashier/calls/money/finish", data=form).status_code == 403
    lead = signed_in(browser_like(app), "2001", "T2")
    refused = lead.post("/cashier/calls/money/finish", data=form)
    assert refused.status_code == 409, "this till is shut too"
    assert "开班" in refused.text
    shop.store.sales.shifts.open(0, Operator("2001", "", Role.LEAD, "T2"), "float-02")
    assert "在本台成单" in lead.get("/cashier/calls").text
    told = lead.post("/cashier/calls/money/finish", data=form)
    sale = shop.books.sales.of_basket(basket)
    assert sale is not None
    assert (told.status_code, told.headers["Location"]) == (303, f"/cashier/sale/done/{sale.sale}")
    assert sale.station == "T2"
    assert "收款未了结" not in desk.get("/cashier/calls").text


def test_what_a_lead_gives_back_in_cash_is_said_on_the_page(
    desk: FlaskClient, hq: PretendHq, shop: Shop, app: Any
) -> None:
    stock(hq)
    shop.store.sales.shifts.open(0, WHO, "float-01")
    basket = shop.store.sales.scan(TEA, WHO, "scan-1").basket
    began = shop.store.sales.checkout.pay(basket, 5990, WHO, "pay-1")
    shop.store.tender.cash(began.payment, 2000, WHO, "notes")
    page = submit(desk, desk.get("/cashier/sale").text, "unpay").text
    assert "请从钱箱取出现金 ¥20.00 退还顾客" in page
    assert "取消支付退还现金" in desk.get("/cashier/sale/shift").text
    basket, attempt = part_in_cash(shop)
    shop.store.sales.checkout.set_aside(basket, WHO, "aside-1")
    comes_to(shop, attempt, PayEvent.REFUSE)
    page = desk.get("/cashier/calls").text
    assert "只收到一部分：现金 ¥20.00 在 T1 钱箱" in page
    body = {"basket": basket, "nonce": "nonce-0001"}
    api = app.test_client()
    api.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    (one,) = api.get("/api/v1/stations/T1/baskets/aside").json["baskets"]
    assert (one["how"], one["cash_fen"]) == ("part", 2000)
    refused = api.post("/api/v1/stations/T1/baskets/aside/finish", json=body)
    assert (refused.status_code, refused.json["code"]) == (409, "not_paid")
    lead = signed_in(browser_like(app), "2001", "T2")
    page = lead.get("/cashier/calls").text
    assert 'action="/cashier/calls/money/give-back"' in page
    assert "在本台成单" not in page, "it is not paid"
    told = lead.post("/cashier/calls/money/give-back", data=body, follow_redirects=True).text
    assert "请从钱箱取出现金 ¥20.00 退还顾客" in told
    again = api.post("/api/v1/stations/T1/baskets/aside/give-back", json=body)
    assert (again.status_code, again.json["state"]) == (200, "suspended")


def part_in_cash(shop: Shop) -> tuple[str, AttemptRow]:
    """A basket at T1 of which 20.00 were paid in cash; the rest was charged, and no answer came."""
    room, tender = shop.store.sales, shop.store.tender
    basket = room.selling.at("T1")
    assert basket is not None
    began = room.checkout.pay(basket.basket, 5990, WHO, "pay-2")
    tender.cash(began.payment, 2000, WHO, "notes-2")
    with shop.books.ledger.transaction() as tx:
        row, wish = tender.begin.due(tx, began.payment, WHO), ("code-2", "sha")
        attempt = tender.begin.new(tx, row, Channel.WECHAT, Manner.CODE, None, WHO, wish)
        attempt = tender.settling.move(tx, attempt, PayEvent.SUBMIT)
        return basket.basket, tender.settling.move(tx, attempt, PayEvent.LOSE)


def test_a_payment_with_an_alarm_is_a_leads_to_look_at(
    desk: FlaskClient, app: Any, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    shop.store.sales.shifts.open(0, WHO, "float-01")
    _, attempt = lost(shop, "one")
    comes_to(shop, attempt, PayEvent.GIVE_UP)
    with shop.books.ledger.transaction() as tx:
        late, row = Answer(Said.PAID, fen=Fen(5990)), shop.books.payments.known(attempt.number, tx)
        shop.store.tender.settling.move(tx, row, PayEvent.PAY_LATE, late)
    page = desk.get("/cashier/calls").text
    assert "放弃之后才收到款" in page
    assert attempt.number in page
    data = {"number": attempt.number, "nonce": "nonce-0001"}
    assert desk.post("/cashier/calls/money/seen", data=data).status_code == 403
    lead = signed_in(browser_like(app), "2001", "T2")
    assert lead.post("/cashier/calls/money/seen", data=data).status_code == 303
    assert attempt.number not in desk.get("/cashier/calls").text


def test_a_program_sets_aside_and_reads_the_list(app: Any, hq: PretendHq, shop: Shop) -> None:
    stock(hq)
    api = app.test_client()
    api.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    here = "/api/v1/stations/T1"
    shop.store.sales.shifts.open(0, WHO, "float-01")
    basket, attempt = lost(shop, "one")
    body = {"basket": basket, "nonce": "nonce-0001"}
    for _ in range(2):
        told = api.post(f"{here}/basket/set-aside", json=body)
        assert (told.status_code, told.json["state"], told.json["aside"]) == (200, "paying", True)
    assert api.get(f"{here}/basket").json["basket"] is None
    (one,) = api.get(f"{here}/baskets/aside").json["baskets"]
    assert (one["basket"], one["fen"], one["how"]) == (basket, 5990, "unknown")
    comes_to(shop, attempt, PayEvent.PAY)
    (one,) = api.get(f"{here}/baskets/aside").json["baskets"]
    assert (one["how"], bool(one["receipt"])) == ("sold", True)
    fresh = api.post(f"{here}/basket/open", json={"nonce": "nonce-0002"}).json["basket"]
    refused = api.post(f"{here}/basket/set-aside", json={"basket": fresh, "nonce": "nonce-0003"})
    assert (refused.status_code, refused.json["code"]) == (409, "nothing_unclear")


@pytest.mark.parametrize(
    ("language", "viewport"), [("zh", (1280, 800)), pytest.param("en", (1920, 1080), marks=pytest.mark.slow)]
)
def test_by_keys_and_sound(site: Site, watch: Watch, language: str, viewport: tuple[int, int]) -> None:
    stock(site.hq)
    seen = watch(site, language, viewport={"width": viewport[0], "height": viewport[1]})
    seen.sign_in("2001")
    site.shop.store.sales.shifts.open(20_000, WHO, "float-01")
    basket, attempt = lost(site.shop, "one")
    page = seen.page
    page.goto(site.url + "/cashier/sale")
    page.wait_for_selector("form[action$=aside] button")
    seen.sound(f"{language} unknown")
    page.keyboard.press("Alt+a")
    page.wait_for_selector(".sale-waiting")
    seen.sound(f"{language} set aside")
    assert site.shop.store.sales.selling.at("T1") is None
    page.evaluate(COUNT_TONES)
    comes_to(site.shop, attempt, PayEvent.PAY)
    page.wait_for_selector(".sale-waiting a[href^='/cashier/sale/done/']")
    page.wait_for_selector("html[data-tones='2']", state="attached")
    page.wait_for_selector("#strip .way-news.sold")
    seen.sound(f"{language} sold meanwhile")
    assert site.shop.books.sales.of_basket(basket) is not None


def test_nothing_is_set_aside_while_the_shopper_can_still_pay(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    stock(hq)
    shop.store.sales.shifts.open(0, WHO, "float-01")
    basket = shop.store.sales.scan(TEA, WHO, "scan-1").basket
    shop.store.sales.checkout.pay(basket, 5990, WHO, "pay-1")
    assert SET_ASIDE not in desk.get("/cashier/sale").text
    refused = desk.post("/cashier/sale/aside", data={"basket": basket, "nonce": "nonce-0001"})
    assert refused.status_code == 409
    assert "不能先放一边" in refused.text
