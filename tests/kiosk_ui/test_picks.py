"""Picking and stock from the desk's pages, without scripts, and over the API."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.schema import Settings
from edge.daemon import Shop
from edge.desks.signals import light_of
from edge.domain.orders import OrderState
from tests.kiosk_ui.back_floor import CUP, TEA, furnish, grown, order
from tests.kiosk_ui.conftest import LEAD_TOKEN, ORDER, TOKEN, PretendHq, settings_in

FORM = re.compile(r'<form[^>]*action="(?P<to>/cashier/[a-z/-]+)"[^>]*>(?P<inside>.*?)</form>', re.DOTALL)
FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*name="(?P<name>[^"]+)"[^>]*value="(?P<value>[^"]*)"')


def press(desk: FlaskClient, page: str, to: str, index: int = 0, **more: Any) -> str:
    """Sends a form as a browser without scripts does; the page that it leads to."""
    forms = [m["inside"] for m in FORM.finditer(page) if m["to"] == f"/cashier/{to}"]
    assert len(forms) > index, f"no form {to}"
    fields = {m["name"]: m["value"] for m in FIELD.finditer(forms[index])}
    answer = desk.post(f"/cashier/{to}", data=fields | more, follow_redirects=True)
    return answer.text


def scan(desk: FlaskClient, shop: Shop, text: str) -> str:
    """An item under the station's scanner, and the page that takes it."""
    shop.store.scans.type_in(text, "T1")
    return press(desk, desk.get("/cashier/").text, "picks/take")


def state(shop: Shop) -> OrderState:
    published = shop.books.replica.order(ORDER)
    assert published is not None
    return shop.books.pickups.fulfilment(published).state


def test_the_way_to_the_shelf_by_pages_alone(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    furnish(hq)
    order(hq, shop)
    page = desk.get("/cashier/picks").text
    assert "领取这一批" in page
    page = press(desk, page, "picks/claim")
    assert "A-09" in page
    assert page.index("青瓷品茗杯") < page.index("狮峰龙井")
    scan(desk, shop, CUP)
    page = scan(desk, shop, TEA)
    assert ">B-02<" in page
    shop.store.scans.type_in("6901234567915", "T1")
    refused = desk.post(
        "/cashier/picks/take", data={"scan": str(_open(shop)), "nonce": "n" * 12}, follow_redirects=True
    )
    assert (refused.status_code, "拿错商品" in refused.text) == (409, True)
    page = scan(desk, shop, TEA)
    page = press(desk, page, "picks/pack")
    assert "请扫描袋签" in page
    ((task, _, _),) = shop.books.picks.live()
    shop.store.scans.type_in(task.label, "T1")
    page = desk.get("/cashier/").text
    assert "袋签正确" in page
    press(desk, page, "picks/shelve", shelf="c-07")
    assert state(shop) is OrderState.READY
    assert "C-07" in desk.post("/cashier/scan", data={"text": ORDER}, follow_redirects=True).text


def _open(shop: Shop) -> int:
    current = shop.store.scans.current("T1")
    assert current is not None
    return current.id


def test_a_scan_that_a_late_page_sends_again_counts_once(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    furnish(hq)
    order(hq, shop)
    press(desk, desk.get("/cashier/picks").text, "picks/claim")
    shop.store.scans.type_in(TEA, "T1")
    wish = {"scan": str(_open(shop)), "nonce": "n" * 12}
    for _ in range(2):
        assert desk.post("/cashier/picks/take", data=wish).status_code == 303
    assert [line.picked for line in shop.books.picks.lines(ORDER)] == [1, 0]


def test_short_and_turned_down(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    furnish(hq)
    order(hq, shop)
    page = press(desk, desk.get("/cashier/picks").text, "picks/claim")
    page = press(desk, page, "picks/short", 1)
    assert "数量不符" in page
    page = press(desk, page, "picks/reject")
    assert state(shop) is OrderState.REJECTED


def test_orders_that_nobody_takes_on_stand_on_every_page(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    order(hq, shop)
    assert "无人接单" not in desk.get("/cashier/").text
    grown(shop, ORDER, 6)
    assert "1 单超过 5 分钟无人接单" in desk.get("/cashier/").text
    press(desk, desk.get("/cashier/picks").text, "picks/accept")
    assert "无人接单" not in desk.get("/cashier/").text


def test_stock_by_pages(desk: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    furnish(hq)
    assert "低于最低库存" in desk.get("/cashier/stock").text
    page = desk.get("/cashier/stock/product", query_string={"q": TEA}).text
    page = press(desk, page, "stock/move", 0, reason="receipt", qty="5", ref="D-1")
    page = press(desk, page, "stock/shift", reason="damaged", qty="2")
    assert shop.store.goods.buckets("A1").sellable == 13
    page = press(desk, page, "stock/ask")
    page = desk.get("/cashier/stock/product", query_string={"q": TEA}).text
    # While it is to be counted, nobody is told how many there should be.
    assert "不显示账面数" in page
    assert ">15<" not in page
    assert ">13<" not in page
    (task,) = shop.store.backroom.counting.tasks(shop.store.staff.api_client(TOKEN, "T1"))
    page = desk.get(f"/cashier/stock/counts/{task.id}").text
    assert "15" not in re.sub(
        r'<input[^>]*>|data-[a-z]+="[^"]*"', "", page.partition("<main")[2].partition("</main")[0]
    )
    assert "差异 -1 件" in press(desk, page, "stock/enter", counted="14")


@pytest.mark.parametrize(
    ("to", "fields"),
    [
        ("picks/claim", {"wave": "07-31T10:00"}),
        ("picks/short", {"order": ORDER, "line": "1", "reason": "because"}),
        ("picks/reject", {"order": ORDER, "reason": "because"}),
        ("picks/shelve", {"label": "BG0000000000", "shelf": "x" * 13}),
        ("picks/take", {"scan": "x"}),
        ("stock/move", {"sku": "A1", "way": "in", "reason": "sale", "qty": "1"}),
        ("stock/move", {"sku": "A1", "way": "in", "reason": "receipt", "qty": "-1"}),
        ("stock/shift", {"sku": "A1", "reason": "mended", "qty": "1"}),
        ("stock/enter", {"task": "1", "upto": "0", "counted": "many"}),
        ("stock/lost", {"sku": "A1", "qty": "0"}),
    ],
)
def test_odd_forms_are_answered(
    desk: FlaskClient, hq: PretendHq, shop: Shop, to: str, fields: dict[str, str]
) -> None:
    furnish(hq)
    before = shop.books.journal.last_seq()
    answer = desk.post(f"/cashier/{to}", data={"nonce": "n" * 12, **fields})
    assert 400 <= answer.status_code < 500
    assert desk.post(f"/cashier/{to}", data=fields).status_code in (400, 404, 409)
    assert shop.books.journal.last_seq() == before


# ---- the API -------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = settings_in(tmp_path)
    kiosk = msgspec.structs.replace(made.api_clients["kiosk"], scopes=("picks", "stock"))
    return msgspec.structs.replace(made, api_clients={**made.api_clients, "kiosk": kiosk})


@pytest.fixture
def api(app: Flask, hq: PretendHq) -> Any:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    furnish(hq)
    return client


def test_a_program_picks_packs_and_shelves(api: Any, hq: PretendHq, shop: Shop) -> None:
    order(hq, shop)
    here = {"station": "T1"}
    told = api.get("/api/v1/picks", query_string=here).json
    (wave,) = told["waves"]
    numbers = iter(range(100))

    def post(path: str, **body: Any) -> Any:
        return api.post(f"/api/v1/{path}", json={**here, "nonce": f"api-nonce-{next(numbers):02}", **body})

    assert post("picks/claim", wave=wave["wave"]).json["orders"] == [ORDER]
    assert [item["sku"] for item in api.get("/api/v1/picks", query_string=here).json["way"]] == ["B2", "A1"]
    assert post("picks/scan", text=CUP).json["left"] == 2
    wrong = post("picks/scan", text="6901234567915")
    assert (wrong.status_code, wrong.json["code"]) == (409, "wrong_item")
    short = post(f"picks/{ORDER}/short", line=1, reason="mismatch", qty=1).json
    assert (short["state"], short["choices"]) == ("short", [])
    assert post(f"picks/{ORDER}/settle").json["state"] == "picking"
    post("picks/scan", text=TEA)
    label = post(f"picks/{ORDER}/pack").json["label"]
    assert post("picks/shelve", label="BG1", shelf="A-1").json["code"] == "wrong_label"
    assert post("picks/shelve", label=label, shelf="A-1").json == {
        "order": ORDER,
        "result": "ok",
        "state": "ready",
    }
    stock = api.get("/api/v1/stock/A1", query_string=here).json
    assert (stock["on_hand"], stock["reserved"], stock["sellable"]) == (9, 1, 8)


def test_a_program_counts_blind(api: Any, shop: Shop) -> None:
    shop.store.backroom.counting.ask("A1", shop.store.staff.api_client(TOKEN, "T1"))
    told = api.get("/api/v1/counts", query_string={"station": "T1"}).json
    (task,) = told["tasks"]
    assert not {"on_hand", "counted", "found"} & task.keys()
    body = {"station": "T1", "nonce": "api-nonce-01", "counted": 2, "upto": told["upto"]}
    assert api.post(f"/api/v1/counts/{task['task']}", json=body).json["delta"] is None
    again = api.post(f"/api/v1/counts/{task['task']}", json={**body, "nonce": "api-nonce-02"})
    assert again.json["code"] == "count_by_another"
    assert api.get("/api/v1/stock/alerts", query_string={"station": "T1"}).json["counts_open"] == 1


def test_a_scan_that_waited_before_leaves_the_list_alone_and_a_new_one_takes_over(
    desk: FlaskClient, hq: PretendHq, shop: Shop
) -> None:
    furnish(hq)
    order(hq, shop)
    shop.store.scans.type_in("no code of ours", "T1")
    page = desk.get("/cashier/picks").text
    key = re.findall(r'data-key="(picks:[^"]*)"', page)[0]
    assert desk.get("/cashier/stage", query_string={"have": key}).status_code == 204
    shop.store.scans.type_in("no code of ours either", "T1")
    answer = desk.get("/cashier/stage", query_string={"have": key})
    assert (answer.status_code, "未识别" in answer.text) == (200, True)


def test_an_order_that_nobody_takes_on_lights_the_desks_lamps(hq: PretendHq, shop: Shop) -> None:
    furnish(hq)
    order(hq, shop)
    lamps = shop.store.till.lamps
    seen = []
    for minutes in (1, 5, 10):
        grown(shop, ORDER, minutes)
        seen.append([light_of(lamps.standing(station)).value for station in ("T1", "G1")])
    assert seen == [["green", "green"], ["amber", "green"], ["red", "green"]]
    lead = shop.store.staff.api_client(LEAD_TOKEN, "T1")
    shop.store.backroom.picking.accept(ORDER, lead, "nonce-0001")
    assert light_of(lamps.standing("T1")).value == "green"
