"""The counter's pages and API under attack: what fills a shop's lists, what makes a till wait, what crosses over."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.daemon import Shop
from edge.desks.basket_work import MOST_IN_ALL
from tests.kiosk_ui.conftest import LEAD_TOKEN, PretendHq, browser_like, signed_in
from tests.kiosk_ui.test_home import idle
from tests.kiosk_ui.test_selling import stock

HERE = "/api/v1/stations/T1"


@pytest.fixture
def api(app: Flask, hq: PretendHq, shop: Shop) -> FlaskClient:
    stock(hq)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    shop.store.sales.shifts.open(100_000, shop.store.staff.api_client(LEAD_TOKEN, "T1"), "float-nonce")
    return client


def ask(api: FlaskClient, path: str, nonce: str, **body: Any) -> dict[str, Any]:
    answer = api.post(HERE + path, json=body | {"nonce": f"nonce-{nonce}"})
    assert isinstance(answer.json, dict)
    return answer.json


def test_nobody_fills_the_list_of_those_who_wait_for_a_person(
    api: FlaskClient, app: Flask, shop: Shop
) -> None:
    said = [ask(api, "/tickets", f"t{n:06}", kind="unknown_item", sku=f"x{n}") for n in range(30)]
    assert {one.get("code", "ok") for one in said} == {"ok", "too_many_calls"}
    assert len(shop.store.front.tickets.queue()) == 10
    # What stands is the same ticket still, a shopper's own bell rings, and one that ended makes room.
    again = ask(api, "/tickets", "again-1", kind="unknown_item", sku="x3")
    assert again["ticket"]["ticket"] == said[3]["ticket"]["ticket"]
    assert ask(api, "/tickets", "help-1", kind="help")["result"] == "ok"
    path = f"/tickets/{said[0]['ticket']['ticket']}/withdraw"
    assert ask(api, path, "withdraw-1")["result"] == "ok"
    assert ask(api, "/tickets", "t-last-1", kind="unknown_item", sku="x99")["result"] == "ok"
    desk = signed_in(browser_like(app), "1001")
    assert len(desk.get("/cashier/calls").data) < 60_000


def test_a_basket_takes_no_more_pieces_than_are_priced_at_once(api: FlaskClient, hq: PretendHq) -> None:
    for sku in ("Q1", "Q2", "Q3"):
        hq.product(sku, "", f"茶 {sku}", f"tea {sku}", "tea", 1000, 5)
    for sku in ("Q1", "Q2"):
        assert ask(api, "/basket/add", f"add-{sku}", sku=sku, qty=999)["result"] == "ok"
    refused = ask(api, "/basket/add", "add-last", sku="Q3", qty=MOST_IN_ALL - 2 * 999 + 1)
    assert refused["code"] == "too_many_pieces"
    last = ask(api, "/basket/add", "add-fits", sku="Q3", qty=MOST_IN_ALL - 2 * 999)
    line = last["lines"][-1]["line"]
    more = ask(api, f"/basket/lines/{line}", "qty-more", basket=last["basket"], qty=3)
    assert more["code"] == "too_many_pieces"
    fewer = ask(api, f"/basket/lines/{line}", "qty-less", basket=last["basket"], qty=1)
    assert fewer["units"] == MOST_IN_ALL - 1


def test_nobody_fills_the_list_of_baskets_that_wait(api: FlaskClient, shop: Shop) -> None:
    said = []
    for n in range(53):
        basket = ask(api, "/basket/add", f"add-{n:05}", sku="A1", qty=1)["basket"]
        answer = ask(api, "/basket/suspend", f"susp-{n:05}", basket=basket)
        said.append(answer["code"] if "status" in answer else "ok")
    assert said == ["ok"] * 50 + ["too_many_suspended"] * 3
    # Every one that waits is on the list from which it is taken up again, and what could not be put aside stays.
    assert len(shop.store.sales.selling.suspended()) == 50
    here = shop.store.sales.selling.at("T1")
    assert here is not None
    assert sum(line.qty for line in here.lines) == 3


@pytest.mark.parametrize(
    "path", ["/it/board", "/it/cameras/none", "/it/papers/1.png", "/cashier/member/join/none"]
)
def test_no_page_that_looks_by_itself_keeps_a_desk_unlocked(
    app: Flask, hq: PretendHq, shop: Shop, path: str
) -> None:
    assert hq is not None
    lead = signed_in(browser_like(app), "2001")
    idle(shop, 4.9)
    read = "SELECT seen_ms FROM session"
    seen = shop.books.ledger.read().execute(read).fetchone()
    assert lead.get(path).status_code in {200, 204, 404, 409, 410}
    assert shop.books.ledger.read().execute(read).fetchone() == seen, "a look is no touch"
    # A person's own step is one.
    lead.get("/cashier/")
    assert shop.books.ledger.read().execute(read).fetchone() > seen
