"""Drawers, displays and slips of a station, from its page and over the API, with a printer that speaks ESC/POS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.schema import Settings, parse
from devices.escpos_printer import EscposPrinter
from devices.ports import Showing
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text
from edge.daemon import Shop
from kiosk_ui.web import create_app
from tests.founded import founded_shop
from tests.kiosk_ui.conftest import TOKEN, PretendHq, browser_like, settings_in, signed_in

SLIP = Slip("t", (Text("one"),))


@pytest.fixture
def paper_end() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter() as simulated:
        yield simulated


@pytest.fixture
def settings(tmp_path: Path, paper_end: SimulatedPrinter) -> Settings:
    raw = msgspec.to_builtins(settings_in(tmp_path))
    raw["printers"] = {"P1": {"host": paper_end.host, "port": paper_end.port, "timeout_s": 0.4}}
    raw["drawers"] = {"D1": {"printer": "P1", "station": "T1", "sensor": "open-high"}}
    raw["displays"] = {"pole": {"station": "T1", "device": "/dev/nowhere"}}
    left = {"scanners", "scales", "lights", "lockers", "lanes"}
    return parse({key: value for key, value in raw.items() if not key.startswith("_") and key not in left})


@pytest.fixture
def shop(settings: Settings) -> Iterator[Shop]:
    built = founded_shop(settings, bytes(range(32)))
    built.store.till.drawers.begin()
    yield built
    for printer in built.store.printing.printers.values():
        if isinstance(printer, EscposPrinter):
            printer.close()
    built.books.close()


@pytest.fixture
def app(shop: Shop, settings: Settings) -> Flask:
    app = create_app(shop.store, settings, 8771)
    app.config["SERVER_NAME"] = "127.0.0.1"
    return app


@pytest.fixture
def desk(app: Flask, hq: PretendHq) -> FlaskClient:
    assert hq is not None
    return signed_in(browser_like(app), "1001")


@pytest.fixture
def api(app: Flask, hq: PretendHq) -> FlaskClient:
    assert hq is not None
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


def page(desk: FlaskClient) -> str:
    return desk.get("/cashier/till").text


def press(desk: FlaskClient, text: str, reason: str) -> Any:
    """Sends the page's own form for that reason."""
    (form,) = [
        form for form in re.findall(r"<form.*?</form>", text, re.DOTALL) if f'value="{reason}"' in form
    ]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    return desk.post("/cashier/till/drawer", data=fields)


def uncertain(shop: Shop, paper_end: SimulatedPrinter, times: int = 2) -> None:
    """A slip and its copy of which nobody knows."""
    shop.store.printing.submit("k1", "P1", "T1", "ref-1", SLIP)
    paper_end.lose_confirmation()
    for _ in range(times):
        shop.store.printing.turn("P1")
    paper_end.recover()


# ---- the page --------------------------------------------------------------------------------------


def test_a_form_sent_twice_is_one_pulse(desk: FlaskClient, shop: Shop, paper_end: SimulatedPrinter) -> None:
    text = page(desk)
    for _ in range(2):
        assert press(desk, text, "change").location == "/cashier/till"
        shop.store.till.drawers.turn("D1")
    assert paper_end.kicks == 1
    assert "已打开" in page(desk)


def test_a_cashier_is_offered_what_a_cashier_may(app: Flask, desk: FlaskClient) -> None:
    assert "清点" in page(desk)
    assert "无销售开箱" not in page(desk)
    answer = desk.post(
        "/cashier/till/drawer", data={"drawer": "D1", "reason": "no_sale", "nonce": "nonce-0001"}
    )
    assert (answer.status_code, "权限不足" in answer.text) == (403, True)
    assert "无销售开箱" in page(signed_in(browser_like(app), "2001"))


def test_a_call_for_help_ends_at_its_desk(desk: FlaskClient, api: FlaskClient) -> None:
    assert "这里有人请求帮助" not in page(desk) + desk.get("/cashier/strip").text
    assert api.put("/api/v1/stations/T1/help", json={"wanted": True}).status_code == 200
    assert "这里有人请求帮助" in desk.get("/cashier/strip").text
    assert '/cashier/till/helped"' in page(desk)
    assert desk.post("/cashier/till/helped").location == "/cashier/till"
    assert "这里有人请求帮助" not in page(desk)


@pytest.mark.parametrize(
    "form",
    [
        {"drawer": "D1", "reason": "fun", "nonce": "nonce-0001"},
        {"drawer": "D1", "reason": "change", "nonce": "short"},
        {"drawer": "D9", "reason": "change", "nonce": "nonce-0001"},
        {"drawer": "D1", "reason": "unasked", "nonce": "nonce-0001"},
    ],
)
def test_a_form_of_somebody_else_opens_nothing(desk: FlaskClient, shop: Shop, form: dict[str, str]) -> None:
    assert desk.post("/cashier/till/drawer", data=form).status_code in {400, 404}
    shop.store.till.drawers.turn("D1")
    assert shop.store.till.drawers.at("T1")[0].last is None
    strange = desk.post(
        "/cashier/till/drawer", data=form | {"reason": "change"}, headers={"Origin": "http://elsewhere"}
    )
    assert strange.status_code == 421


def test_the_strip_leads_to_the_till_and_counts_slips(
    desk: FlaskClient, shop: Shop, paper_end: SimulatedPrinter
) -> None:
    assert "/cashier/till" in desk.get("/cashier/strip").text
    uncertain(shop, paper_end)
    assert "1 张小票需要处理" in desk.get("/cashier/strip").text


def test_a_person_says_that_the_slip_came_out(
    desk: FlaskClient, shop: Shop, paper_end: SimulatedPrinter
) -> None:
    uncertain(shop, paper_end)
    (job,) = shop.store.till.outlet.needing("T1")
    assert (job.copy, job.state) == (1, "uncertain"), "the original is not asked for: it has a copy"
    assert "出来了" in page(desk)
    for _ in range(2):
        desk.post("/cashier/till/settle", data={"job": str(job.id), "came_out": "1", "nonce": "nonce-0001"})
    assert shop.store.till.outlet.needing("T1") == ()
    assert not shop.store.printing.turn("P1")


def test_a_slip_that_did_not_come_out_is_printed_once_more_and_marked(
    desk: FlaskClient, shop: Shop, paper_end: SimulatedPrinter
) -> None:
    uncertain(shop, paper_end)
    (job,) = shop.store.till.outlet.needing("T1")
    before = len(paper_end.papers)
    for _ in range(2):
        desk.post("/cashier/till/settle", data={"job": str(job.id), "came_out": "0", "nonce": "nonce-0001"})
    while shop.store.printing.turn("P1"):
        """Prints all."""
    assert len(paper_end.papers) == before + 1
    assert shop.store.till.outlet.needing("T1") == ()


def test_a_slip_that_waits_can_be_cancelled_from_its_own_desks_only(
    desk: FlaskClient, shop: Shop, paper_end: SimulatedPrinter
) -> None:
    paper_end.take_paper()
    made = shop.store.printing.submit("k1", "P1", "T1", "ref-1", SLIP)
    shop.store.printing.turn("P1")
    assert "不打了" in page(desk)
    assert desk.post("/cashier/till/cancel", data={"job": "999", "nonce": "nonce-0001"}).status_code == 404
    desk.post("/cashier/till/cancel", data={"job": str(made.id), "nonce": "nonce-0001"})
    assert shop.store.printing.view(made.id).state == "cancelled"


def test_the_stage_follows_the_drawer_and_gives_way_to_a_scan(
    desk: FlaskClient, shop: Shop, hq: PretendHq
) -> None:
    def key(text: str) -> str:
        return str(re.findall(r'data-key="([^"]*)"', text)[0])

    have = key(page(desk))
    assert desk.get("/cashier/stage", query_string={"have": have}).status_code == 204
    press(desk, page(desk), "change")
    shop.store.till.drawers.turn("D1")
    now = desk.get("/cashier/stage", query_string={"have": have})
    assert (now.status_code, key(now.text)[:5]) == (200, "till:")
    hq.order()
    shop.store.scans.type_in(hq.code(), "T1")
    assert key(desk.get("/cashier/stage", query_string={"have": key(now.text)}).text).startswith("found:")


# ---- the API ---------------------------------------------------------------------------------------


def test_a_program_opens_once_and_hears_how_it_went(
    api: FlaskClient, shop: Shop, paper_end: SimulatedPrinter
) -> None:
    wish = {"reason": "change", "nonce": "nonce-0001"}
    first = api.post("/api/v1/stations/T1/drawers/D1/open", json=wish)
    assert (first.status_code, first.json["state"]) == (202, "asked")  # type: ignore[index]
    shop.store.till.drawers.turn("D1")
    again: Any = api.post("/api/v1/stations/T1/drawers/D1/open", json=wish).json
    assert (again["state"], again["repeat"], again["staff"]) == ("ok", True, "api:kiosk")
    (drawer,) = api.get("/api/v1/stations/T1/drawers").json["drawers"]  # type: ignore[index]
    assert (drawer["last"]["opening"], paper_end.kicks) == (again["opening"], 1)
    other = api.post("/api/v1/stations/T1/drawers/D1/open", json=wish | {"reason": "count"})
    assert (other.status_code, other.json["code"]) == (409, "nonce_reused")  # type: ignore[index]
    refused = api.post(other.request.path, json={"reason": "no_sale", "nonce": "nonce-0002"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "weight", None),
        ("PUT", "display", {}),
        ("PUT", "help", {"wanted": True}),
        ("GET", "drawers", None),
        ("POST", "drawers/D1/open", {"reason": "change", "nonce": "nonce-0001"}),
        ("GET", "jobs", None),
        ("POST", "jobs/1/settle", {"came_out": True}),
        ("POST", "jobs/1/cancel", {}),
    ],
)
def test_no_call_without_a_token_or_for_another_station(
    api: FlaskClient, app: Flask, method: str, path: str, body: Any
) -> None:
    elsewhere = api.open(f"/api/v1/stations/T2/{path}", method=method, json=body)
    assert (elsewhere.status_code, elsewhere.json["code"]) == (403, "not_allowed")  # type: ignore[index]
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer wrong"
    assert client.open(f"/api/v1/stations/T1/{path}", method=method, json=body).status_code == 401


def test_a_display_shows_what_is_asked_until_it_is_taken_back(api: FlaskClient, shop: Shop) -> None:
    told = {"upper": "龙井茶", "lower": "Longjing", "amount": 5990, "lamp": "price"}
    assert api.put("/api/v1/stations/T1/display", json=told).status_code == 200
    showing = shop.store.till.showing.standing("T1")
    assert (showing.upper, showing.amount, showing.lamp.value) == ("龙井茶", 5990, "price")
    api.put("/api/v1/stations/T1/display", json={"for_s": 0})
    assert shop.store.till.showing.standing("T1") == Showing("欢迎光临", "Welcome")
    for bad in ({"upper": "a\x1bb"}, {"lamp": "blue"}, {"for_s": 99999}, {"colour": 1}):
        assert api.put("/api/v1/stations/T1/display", json=bad).status_code == 400


def test_a_station_without_a_scale_says_so_and_help_makes_amber(api: FlaskClient) -> None:
    answer = api.get("/api/v1/stations/T1/weight")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")  # type: ignore[index]
    asked = api.put("/api/v1/stations/T1/help", json={"wanted": True})
    assert asked.json["light"] == "amber"  # type: ignore[index]
    assert api.put("/api/v1/stations/T1/help", json={"wanted": False}).json["light"] == "green"  # type: ignore[index]


def test_slips_over_the_api(api: FlaskClient, shop: Shop, paper_end: SimulatedPrinter) -> None:
    uncertain(shop, paper_end)
    (job,) = api.get("/api/v1/stations/T1/jobs").json["jobs"]  # type: ignore[index]
    assert (job["state"], job["copy"]) == ("uncertain", 1)
    done = api.post(f"/api/v1/stations/T1/jobs/{job['id']}/settle", json={"came_out": False}).json
    assert (done["job"]["state"], done["job"]["copy"]) == ("queued", 2)  # type: ignore[index]
    nobody_s = api.post(f"/api/v1/stations/T1/jobs/{'9' * 30}/settle", json={"came_out": True})
    assert nobody_s.status_code == 404
    gone = api.post(f"/api/v1/stations/T1/jobs/{done['job']['id']}/cancel", json={}).json  # type: ignore[index]
    assert gone["job"]["state"] == "cancelled"  # type: ignore[index]


def test_the_status_lists_changes_in_unifiedpos_words(
    api: FlaskClient, shop: Shop, paper_end: SimulatedPrinter
) -> None:
    shop.store.printing.watch("P1")
    for deed in (paper_end.open_cover, paper_end.close_cover, paper_end.paper_near_end, paper_end.power_off):
        deed()
        shop.store.printing.watch("P1")
    updates = api.get("/api/v1/status?station=T1").json["updates"]  # type: ignore[index]
    assert [one["status"] for one in reversed(updates) if one["device"] == "P1"] == [
        "power_online",
        "cover_open",
        "cover_ok",
        "paper_near_empty",
        "power_off_offline",
    ]
