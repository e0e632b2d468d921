"""The desk without JavaScript: plain forms, 303 and pages, over the real store."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.daemon import Shop
from tests.kiosk_ui.conftest import BADGE, ORDER, PaperPrinter, PretendHq, browser_like, signed_in
from tests.kiosk_ui.forms import FORM, submit


def type_in(client: FlaskClient, text: str) -> str:
    answer = client.post("/cashier/scan", data={"text": text}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def test_scan_hand_over_slip_home(
    desk: FlaskClient, hq: PretendHq, shop: Shop, printer: PaperPrinter
) -> None:
    hq.order()
    page = type_in(desk, hq.code())
    for shown in ("A-07", "0017", "王*", "5678", "¥1,325.00", "狮峰龙井", "确认交付"):
        assert shown in page
    assert hq.code() not in page
    done = submit(desk, page, "redeem")
    assert done.status_code == 200
    assert done.request.path.startswith("/cashier/handed/")
    assert "已交付" in done.text
    assert "小票排队中" in done.text
    assert done.headers["Refresh"] == "4; url=/cashier/"
    assert shop.store.printing.turn("P1")
    assert len(printer.slips) == 1
    home = desk.get("/cashier/").text
    assert "刚刚交付 #0017" in home
    assert "小票已打印" in home


def test_a_form_sent_twice_hands_over_once(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    hq.order()
    page = type_in(desk, hq.code())
    first = submit(desk, page, "redeem")
    second = submit(desk, page, "redeem")
    assert (first.request.path, second.status_code) == (second.request.path, 200)
    assert shop.store.pickup.counts().handed_today == 1


def test_putting_back_frees_the_order(desk: FlaskClient, hq: PretendHq, app: Flask) -> None:
    hq.order()
    page = type_in(desk, hq.code())
    other = signed_in(browser_like(app), "2001", "T2")
    assert "1号服务台 正在处理此订单" in type_in(other, "48151623")
    assert "请扫描任意条码" in submit(desk, page, "dismiss").text
    assert "A-07" in other.get("/cashier/").text


def test_a_part_by_quantity_then_the_rest(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order(mode="quantity")
    page = type_in(desk, hq.code())
    part = submit(desk, page, "redeem", 0, **{"qty-1": "1", "qty-2": "0"})
    assert "还剩 2 件" in part.text
    again = type_in(desk, hq.code())
    assert "已取 1 件" in again
    too_many = submit(desk, again, "redeem", 0, **{"qty-1": "2"})
    assert too_many.status_code == 422
    assert "数量不符" in too_many.text
    assert "已交付" in submit(desk, again, "redeem", 1).text


def test_nothing_chosen_is_refused_and_a_whole_order_offers_no_part(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order(mode="quantity")
    page = type_in(desk, hq.code())
    assert submit(desk, page, "redeem", 0, **{"qty-1": "0"}).status_code == 422
    hq.order("WX2026112200018", numeric_code="22223333")
    assert "只交付一部分" not in type_in(desk, "22223333")


def test_the_balance_due_is_named_on_the_button(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order(due_fen=3050)
    page = type_in(desk, hq.code())
    assert "已收 ¥30.50，确认交付" in page
    assert "已交付" in submit(desk, page, "redeem").text


def test_what_why_what_now(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order(state="picking")
    page = type_in(desk, hq.code())
    assert "未备好" in page
    assert "通知拣货员加急" in page
    assert "确认交付" not in page
    assert "请扫描任意条码" in submit(desk, page, "dismiss").text


def test_only_a_lead_may_force_what_has_not_arrived(desk: FlaskClient, hq: PretendHq, app: Flask) -> None:
    code = hq.code("WX2026112299999")
    page = type_in(desk, code)
    assert "订单尚未同步到本店" in page
    assert "店长强制交付" not in page
    lead = signed_in(browser_like(app), "2001", "T2")
    assert "已交付" in submit(lead, type_in(lead, code), "redeem").text


def test_a_payment_code_is_named_and_kept_nowhere(desk: FlaskClient, shop: Shop) -> None:
    answer = desk.post("/cashier/scan", data={"text": "134567890123456789"})
    assert answer.status_code == 422
    assert "付款码" in answer.text
    assert "134567890123456789" not in answer.text
    assert "付款码" in desk.get("/cashier/stage").text, "the words stay until somebody has read them"
    assert shop.books.ledger.read().execute("SELECT DISTINCT text FROM scan").fetchall() == [("",)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("MB1.ABCDEF", "<h1>会员"),
        ("CP1.ABCDEF", "<h1>优惠券"),
        ("hello", "未识别"),
        ("https://x.example/", "这是网址，不是商品或凭证"),
        ("6901234567892", "没有找到这件商品"),
        (BADGE, "扫到一张工牌"),
    ],
)
def test_other_codes_are_answered_by_what_they_are(desk: FlaskClient, text: str, says: str) -> None:
    assert says in type_in(desk, text)


def test_a_product_at_the_desk_shows_price_and_stock(desk: FlaskClient, hq: PretendHq) -> None:
    hq.product("A1", "6901234567892", "龙井茶", "Longjing tea", "茶", 5990, 12)
    page = type_in(desk, "6901234567892")
    for shown in ("龙井茶", "¥59.90", "有货", "本店 12 件"):
        assert shown in page


def test_four_digits_list_orders_and_no_address_holds_them(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order()
    answer = desk.post("/cashier/scan", data={"text": "5678"})
    assert answer.status_code == 200
    assert "找到 1 个订单" in answer.text
    page = submit(desk, answer.text, "open")
    assert page.request.path == "/cashier/"
    assert "A-07" in page.text
    assert "没有找到订单" in desk.post("/cashier/candidates", data={"text": "0000"}).text


def test_a_lead_takes_it_back_and_prints_again(
    desk: FlaskClient, hq: PretendHq, shop: Shop, app: Flask
) -> None:
    hq.order()
    done = submit(desk, type_in(desk, hq.code()), "redeem")
    assert "撤销须店长" in done.text
    assert "撤销交付" not in done.text
    assert shop.store.printing.turn("P1")
    again = submit(desk, done.text, "reprint")
    assert again.status_code == 200
    assert "Refresh" not in again.headers
    assert shop.store.printing.jobs(1)[0].copy == 1
    lead = signed_in(browser_like(app), "2001")
    back = submit(lead, lead.get(done.request.path).text, "annul")
    assert "交付已撤销" in back.text
    assert "撤销交付" not in back.text


def test_a_cashier_cannot_take_back_by_hand_made_form(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order()
    done = submit(desk, type_in(desk, hq.code()), "redeem")
    pickup = done.request.path.rsplit("/", 1)[1]
    answer = desk.post("/cashier/annul", data={"pickup": pickup, "nonce": "n" * 12})
    assert answer.status_code == 403
    assert "权限不足" in answer.text


def test_fragments_come_only_when_the_stage_would_change(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    hq.order()
    key = re.search(r'data-key="(home:[0-9a-f]+)"', desk.get("/cashier/stage").text)
    assert key is not None
    assert desk.get(f"/cashier/stage?have={key[1]}").status_code == 204
    shop.store.scans.type_in(hq.code(), "T1")
    found = desk.get("/cashier/stage?have=home")
    assert found.status_code == 200
    assert "<html" not in found.text
    key = re.search(r'data-key="([^"]+)"', found.text)
    assert key is not None
    assert desk.get("/cashier/stage", query_string={"have": key[1]}).status_code == 204
    assert desk.get("/cashier/stage?have=candidates").status_code == 200


def test_the_list_stays_until_a_scan_comes(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    hq.order()
    assert desk.get("/cashier/stage?have=candidates:0").status_code == 204
    shop.store.scans.type_in(hq.code(), "T1")
    assert "A-07" in desk.get("/cashier/stage?have=candidates:0").text


def test_rail_and_strip_travel_together(desk: FlaskClient, shop: Shop) -> None:
    shop.store.status.device("P1", "printer", "blocked", "OUT_OF_PAPER")
    shop.store.status.device("far", "scanner", "online", station="T2")
    answer = desk.get("/cashier/strip").text
    assert 'id="rail" hx-swap-oob' in answer
    assert 'id="notice" hx-swap-oob' in answer
    assert "缺纸" in answer
    assert "far" not in answer


def test_every_form_carries_a_nonce(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order(mode="quantity")
    for page in (type_in(desk, hq.code()), desk.post("/cashier/scan", data={"text": "5678"}).text):
        forms = list(FORM.finditer(page))
        assert forms
        assert all('name="nonce"' in form["inside"] for form in forms)


def test_a_page_that_waits_makes_no_further_wrong_tries(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order()
    key = re.search(r'data-key="(refused:[^"]+)"', type_in(desk, "00000001"))
    assert key is not None
    for _ in range(10):
        assert desk.get("/cashier/stage", query_string={"have": key[1]}).status_code == 204
    assert "A-07" in type_in(desk, "48151623")


def test_the_order_number_can_be_scanned_too(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order()
    assert "A-07" in type_in(desk, ORDER)


def test_goods_that_became_ready_are_put_on_a_shelf(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    hq.order(state="picking", shelf="")
    page = type_in(desk, hq.code())
    assert "未备好" in page
    assert "货已备好" not in page  # without the scan of a bag's label that is a lead's word
    assert 'href="/cashier/picks"' in page
    signed_in(desk, "2001")
    page = type_in(desk, hq.code())
    assert "货已备好" in page
    assert submit(desk, page, "shelve", shelf="<b>").status_code == 400
    ready = submit(desk, page, "shelve", shelf="b-03")
    assert "B-03" in ready.text
    assert "确认交付" in ready.text
    assert [e.d["state"] for e in shop.books.journal.pending(0, 9, 1 << 20)] == ["packed", "ready"]


def test_the_success_stays_though_an_older_scan_waits(desk: FlaskClient, hq: PretendHq) -> None:
    hq.order()
    hq.order("WX2026112200028", numeric_code="11112222", shelf="B-12")
    type_in(desk, "11112222")
    done = submit(desk, type_in(desk, hq.code()), "redeem")
    key = re.search(r'data-key="(handed:[^"]+)"', done.text)
    assert key is not None
    assert desk.get(f"/cashier/stage?have={key[1]}").status_code == 204
    assert "B-12" in desk.get("/cashier/").text, "then that customer"


def test_the_lead_finds_the_record_of_a_colleagues_hand_over(
    desk: FlaskClient, hq: PretendHq, app: Flask
) -> None:
    hq.order()
    submit(desk, type_in(desk, hq.code()), "redeem")
    desk.post("/cashier/sign-out")
    lead = signed_in(browser_like(app), "2001", "T1")
    page = type_in(lead, hq.code())
    assert "订单尾号" in page
    assert "0017" in page
    record = re.search(r'href="(/cashier/handed/[^"]+)"', page)
    assert record is not None
    assert "已撤销" in submit(lead, lead.get(record[1]).text, "annul").text
