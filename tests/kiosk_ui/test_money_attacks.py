"""Money and goods are not had by asking oddly: quantities, prices, refunds, stacks, numbers, notes, races."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.daemon import Shop
from edge.domain.notes import card_in
from tests.kiosk_ui.conftest import LEAD_TOKEN, TOKEN, PretendHq, browser_like, signed_in
from tests.kiosk_ui.test_customers import coupon_text
from tests.kiosk_ui.test_selling import TEA, stock

HERE = "/api/v1/stations/T1"
CARD = "4111 1111 1111 1111"  # the test number that every card scheme prints
HUGE = (0, -1, 10**18, 10**19, 2**63, 1000, True, "1", 1.5, 0.1 + 0.2, None)


@pytest.fixture
def api(app: Flask, hq: PretendHq, shop: Shop) -> FlaskClient:
    stock(hq)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    shop.store.sales.shifts.open(100_000, shop.store.staff.api_client(LEAD_TOKEN, "T1"), "float-nonce")
    return client


@pytest.fixture
def basket(api: FlaskClient) -> dict[str, Any]:
    """Two pieces of tea at 59.90."""
    return ask(api, "/basket/add", sku="A1", qty=2, nonce="basket-nonce")


def ask(api: FlaskClient, path: str, station: str = "T1", **body: Any) -> dict[str, Any]:
    answer = api.post(f"/api/v1/stations/{station}{path}", json=body)
    assert isinstance(answer.json, dict)
    return answer.json


def code(api: FlaskClient, path: str, station: str = "T1", **body: Any) -> str:
    return str(ask(api, path, station, **body).get("code"))


def books(shop: Shop) -> list[Any]:
    """All that money and goods are counted by."""
    read = shop.books.ledger.read()
    tables = ("sale", "sale_line", "sale_tender", "movement", "journal", "basket_line", "refund_line")
    known = {row[0] for row in read.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [
        read.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()  # noqa: S608 - names of ours
        for name in tables
        if name in known
    ]


def sold(api: FlaskClient, basket: dict[str, Any]) -> dict[str, Any]:
    body = {"basket": basket["basket"], "given_fen": 20_000, "shown_fen": basket["cash_fen"]}
    return ask(api, "/basket/cash", **body, nonce="cash-nonce")


@pytest.mark.parametrize("qty", HUGE, ids=str)
def test_43_no_quantity_but_a_whole_one_within_reason(
    api: FlaskClient, shop: Shop, basket: dict[str, Any], qty: object
) -> None:
    before = books(shop)
    assert code(api, "/basket/add", sku="A1", qty=qty, nonce="attack-nonce") == "bad_request"
    if qty != 0 or qty is False:  # nought takes the line out, which is meant
        asked = {"basket": basket["basket"], "qty": qty, "nonce": "attack-nonce"}
        assert code(api, "/basket/lines/1", **asked) == "bad_request"
    wish = {"qty": qty if qty not in (-1, 1000) else 10**7, "reason": "receipt", "station": "T1"}
    moved = api.post("/api/v1/stock/A1/moves", json=wish | {"nonce": "attack-nonce"})
    assert moved.json is not None
    assert moved.json["code"] == "bad_request"
    assert books(shop) == before


@pytest.mark.parametrize("field", ["price", "fen", "unit_fen", "total_fen", "discount", "fixed_fen", "grams"])
def test_44_a_price_from_outside_is_no_field(api: FlaskClient, shop: Shop, field: str) -> None:
    before = books(shop)
    more: dict[str, Any] = {field: 1, "nonce": "attack-nonce"}
    assert code(api, "/basket/add", sku="A1", **more) == "bad_request"
    assert code(api, "/basket/scan", text=TEA, **more) == "bad_request"
    assert books(shop) == before


def test_44_a_total_that_was_tampered_with_buys_nothing(
    api: FlaskClient, shop: Shop, basket: dict[str, Any]
) -> None:
    name = basket["basket"]
    for shown in (0, 1, 11_979, 11_981, 10**9):
        body = {"basket": name, "shown_fen": shown, "nonce": "attack-nonce"}
        assert code(api, "/basket/pay", **body) == "total_changed"
        assert code(api, "/basket/cash", **body, given_fen=10**9) == "total_changed"
    body = {"basket": name, "given_fen": 11_979, "shown_fen": 11_980, "nonce": "attack-nonce"}
    assert code(api, "/basket/cash", **body) == "not_paid"
    assert code(api, "/basket/complete", basket=name, nonce="attack-nonce") == "not_paid"
    assert shop.store.sales.checkout.last("T1") is None


def test_44_a_stale_price_is_told_before_money_changes_hands(
    api: FlaskClient, hq: PretendHq, basket: dict[str, Any]
) -> None:
    hq.put("z:prices:CN", "price", "A1", {"sku": "A1", "fen": 6990, "book": "b2"})
    told = api.get(HERE + "/basket").json
    assert told is not None
    assert (told["total_fen"], told["newer"]) == (11_980, True)  # what it said when it was scanned
    name = basket["basket"]
    assert ask(api, "/basket/reprice", basket=name, nonce="reprice-nonce")["total_fen"] == 13_980
    body = {"basket": name, "given_fen": 20_000, "shown_fen": 11_980, "nonce": "attack-nonce"}
    assert code(api, "/basket/cash", **body) == "total_changed"


def test_44_a_cut_by_hand_is_a_leads_and_within_the_limit(
    api: FlaskClient, app: Flask, shop: Shop, basket: dict[str, Any]
) -> None:
    cut = {"basket": basket["basket"], "reason": "dented", "nonce": "attack-nonce"}
    for fen in (11_981, 10**9):
        assert code(api, "/basket/lines/1/cut", **cut, fen=fen) == "cut_refused"
    for odd in (-1, 10**18, 0.5):
        assert code(api, "/basket/lines/1/cut", **cut, fen=odd) == "bad_request"
    desk = signed_in(browser_like(app), "1001")
    form = {"basket": basket["basket"], "line": "1", "yuan": "1", "reason": "dented", "nonce": "attack-nonce"}
    assert desk.post("/cashier/sale/cut", data=form).status_code == 403
    here = shop.store.sales.selling.at("T1")
    assert here is not None
    assert here.lines[0].cut_fen == 0


def piece(qty: int = 1, line: int = 1) -> dict[str, Any]:
    return {"line": line, "qty": qty, "condition": "intact", "reason": "no_reason", "fate": "shelf"}


def test_45_nobody_gets_back_more_than_was_paid_nor_twice(
    api: FlaskClient, shop: Shop, basket: dict[str, Any]
) -> None:
    sale = sold(api, basket)
    back: dict[str, Any] = {"source": "sale", "ref": sale["sale"]}
    assert code(api, "/returns/preview", **back, lines=[piece(3)]) == "return_too_many"
    twice = {**back, "lines": [piece(), piece(2)], "shown_fen": 11_980, "nonce": "attack-nonce"}
    assert code(api, "/returns/accept", **twice) in {"return_too_many", "nothing_to_return"}
    more = {**back, "lines": [piece(2)], "shown_fen": 11_981, "nonce": "attack-nonce"}
    assert code(api, "/returns/accept", **more) == "refund_changed"
    good = {**back, "lines": [piece(2)], "shown_fen": 11_980, "nonce": "return-nonce"}
    first, again = ask(api, "/returns/accept", **good), ask(api, "/returns/accept", **good)
    assert (first["refund_fen"], again["ret"]) == (11_980, first["ret"])
    before = books(shop)
    assert code(api, "/returns/accept", **good | {"nonce": "another-nonce"}) == "return_too_many"
    assert code(api, "/returns/accept", **good | {"lines": [piece()]}) == "nonce_reused"
    assert books(shop) == before


def test_45_a_sale_of_nobody_and_of_another_store_needs_hq(api: FlaskClient) -> None:
    lines: dict[str, Any] = {"lines": [piece()], "shown_fen": 1, "nonce": "attack-nonce"}
    assert code(api, "/returns/accept", source="sale", ref="no-such-sale", **lines) in {
        "purchase_unknown",
        "return_needs_hq",
    }
    assert code(api, "/returns/find", text="S00007T1-000001") in {"purchase_unknown", "return_needs_hq"}


def test_46_nothing_costs_less_than_nothing(
    api: FlaskClient, hq: PretendHq, shop: Shop, basket: dict[str, Any]
) -> None:
    public = hq.key.public_key().public_bytes_raw().hex()
    hq.put("g:keys:CN", "coupon_key", "1", {"kid": 1, "public": public, "not_after": ""})
    one, two = (coupon_text(hq, coupon=f"B{n}", fen=99_999_999, nonce=f"{n:020x}") for n in (1, 2))
    held = ask(api, "/coupons/hold", code=one, order=basket["basket"], nonce="hold-nonce-1")
    ask(api, "/coupons/hold", code=two, order=basket["basket"], nonce="hold-nonce-2")
    cut = {"basket": basket["basket"], "fen": 100, "reason": "dented", "nonce": "cut-nonce-1"}
    ask(api, "/basket/lines/1/cut", **cut)
    told = api.get(HERE + "/basket").json
    assert told is not None
    assert (told["total_fen"], told["saved_fen"]) == (0, 11_980)
    assert all(line["net_fen"] >= 0 for line in told["lines"])
    assert held["result"] == "ok"
    assert code(api, "/coupons/redeem", hold=held["hold"], fen=-1, nonce="attack-nonce") == "bad_request"
    again = {"code": one, "order": "another", "nonce": "attack-nonce"}
    assert code(api, "/coupons/hold", **again) in {"coupon_held", "coupon_used"}
    assert shop.store.sales.checkout.last("T1") is None


@pytest.mark.parametrize("more", [{"currency": "USD"}, {"given": "100.00"}, {"rate": 7}])
def test_47_there_is_one_currency_and_it_is_no_field(
    api: FlaskClient, basket: dict[str, Any], more: dict[str, Any]
) -> None:
    body = {"basket": basket["basket"], "given_fen": 11_980, "shown_fen": 11_980, "nonce": "attack-nonce"}
    assert code(api, "/basket/cash", **body, **more) == "bad_request"


def test_48_one_number_is_one_wish_and_a_replay_hears_the_first_answer(
    api: FlaskClient, shop: Shop, basket: dict[str, Any]
) -> None:
    body = {"basket": basket["basket"], "given_fen": 20_000, "shown_fen": 11_980, "nonce": "cash-nonce-1"}
    first, again = ask(api, "/basket/cash", **body), ask(api, "/basket/cash", **body)
    assert {**first, "repeat": True} == again
    before = books(shop)
    for path, other in (
        ("/basket/cash", body | {"given_fen": 12_000}),
        ("/basket/scan", {"text": TEA, "nonce": "cash-nonce-1"}),
        ("/basket/unpay", {"basket": basket["basket"], "nonce": "cash-nonce-1"}),
        ("/shift/cash", {"kind": "out", "fen": 100, "reason": "change", "nonce": "cash-nonce-1"}),
    ):
        answer = api.post(HERE + path, json=other)
        assert (answer.status_code, answer.json["code"]) == (409, "nonce_reused"), path  # type: ignore[index]
    assert api.post("/api/v1/stations/T2/basket/cash", json=body).status_code == 409
    assert books(shop) == before


@pytest.mark.parametrize("note", [CARD, CARD.replace(" ", ""), f"card {CARD.replace(' ', '-')}, please"])
def test_49_no_card_number_is_kept_in_a_note(
    api: FlaskClient, app: Flask, shop: Shop, basket: dict[str, Any], note: str
) -> None:
    before = books(shop)
    name = basket["basket"]
    for path, body in (
        ("/basket/void", {"basket": name, "reason": note}),
        ("/basket/lines/1/cut", {"basket": name, "fen": 1, "reason": note}),
        ("/shift/cash", {"kind": "drop", "fen": 1, "reason": note}),
    ):
        answer = api.post(HERE + path, json=body | {"nonce": "attack-nonce"})
        assert answer.status_code == 422, path
        assert answer.json is not None
        assert answer.json["code"] == "card_in_note"
        assert "4111" not in answer.text.replace(" 1111", "", 1)
    desk = signed_in(browser_like(app), "2001")
    form = {"basket": name, "reason": note, "nonce": "attack-nonce"}
    answer = desk.post("/cashier/sale/void", data=form)
    assert answer.status_code == 422
    assert note not in answer.text
    assert books(shop) == before


def test_49_other_numbers_stay_words() -> None:
    for text in ("4111111111111112", "13800005678", "WX2026112200017", "1" * 20, "damaged 4/12"):
        assert card_in(text) == "", text
    assert card_in("x 4111-1111-1111-1111 y") == "1111"


def test_nobody_reaches_into_another_stations_basket(api: FlaskClient, basket: dict[str, Any]) -> None:
    body = {"basket": basket["basket"], "nonce": "attack-nonce"}
    assert code(api, "/basket/void", "T2", **body, reason="mine") == "no_basket"
    assert code(api, "/basket/lines/1", "T2", **body, qty=1) == "no_basket"
    assert code(api, "/basket/pay", "T2", **body, shown_fen=11_980) == "no_basket"
    api.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    assert code(api, "/basket/void", **body, reason="mine") == "out_of_scope"


def test_a_wallets_code_is_taken_only_while_a_payment_is_open(
    api: FlaskClient, basket: dict[str, Any]
) -> None:
    pay_code = "131234567890123456"
    answer = api.post(HERE + "/basket/scan", json={"text": pay_code, "nonce": "attack-nonce"})
    assert (answer.status_code, answer.json["code"]) == (422, "pay_code_elsewhere")  # type: ignore[index]
    assert pay_code not in answer.text
    assert basket["units"] == 2


def test_two_who_pay_at_once_make_one_sale(app: Flask, shop: Shop, basket: dict[str, Any]) -> None:
    said: list[dict[str, Any]] = []
    line = threading.Barrier(4)

    def pay(number: int) -> None:
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
        body = {"basket": basket["basket"], "given_fen": 20_000, "shown_fen": 11_980}
        line.wait()
        said.append(ask(client, "/basket/cash", **body, nonce=f"racing-nonce-{number}"))

    rivals = [threading.Thread(target=pay, args=(number,)) for number in range(4)]
    for one in rivals:
        one.start()
    for one in rivals:
        one.join()
    assert len({one["sale"] for one in said if "sale" in one}) == 1
    assert {one.get("code", "ok") for one in said} <= {"ok", "no_basket", "pay_first", "payment_over"}
    assert shop.books.ledger.read().execute("SELECT count(*), sum(net_fen) FROM sale").fetchone() == (
        1,
        11_980,
    )
