"""The same desks for programs: strict JSON in, JSON or problem+json out."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from devices.slip import Columns, Pair
from edge.daemon import Shop
from tests.kiosk_ui.conftest import LEAD_TOKEN, TOKEN, PretendHq

NONCE = "nonce-0001"


@pytest.fixture
def api(app: Flask, hq: PretendHq) -> FlaskClient:
    """A program: bearer token, no Origin."""
    assert hq is not None
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


def redeem(api: FlaskClient, code: str, **more: Any) -> Any:
    body = {"code": code, "station": "T1", "nonce": NONCE} | more
    return api.post("/api/v1/pickups/redeem", json=body)


def test_a_dry_run_tells_and_changes_nothing(api: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    hq.order()
    answer = redeem(api, hq.code(), dry_run=True)
    assert answer.status_code == 200
    told = answer.json
    assert (told["result"], told["dry_run"], told["shelf"], told["state"]) == ("ok", True, "A-07", "ready")
    assert [line["left"] for line in told["lines"]] == [2, 1]
    assert "王" not in answer.text
    assert shop.store.pickup.counts().handed_today == 0


def test_redeem_once_and_again_by_the_same_nonce(api: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    hq.order()
    code = hq.code()  # the next second's would be another wish
    first = redeem(api, code).json
    assert (first["result"], first["state"], first["repeat"]) == ("ok", "picked_up", False)
    assert first["words"] == {"zh": "已核销，请交付商品", "en": "Redeemed, hand over the goods"}
    assert first["job"]["state"] == "queued"
    again = redeem(api, code).json
    assert (again["pickup"], again["repeat"]) == (first["pickup"], True)
    assert shop.store.pickup.counts().handed_today == 1


def test_a_refusal_has_words_and_a_next_step_in_both_languages(api: FlaskClient, hq: PretendHq) -> None:
    hq.order()
    redeem(api, hq.code())
    answer = redeem(api, hq.code(), nonce="nonce-0002")
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert answer.json["code"] == "already_collected"
    assert answer.json["type"] == "urn:store-edge:refusal:already_collected"
    assert answer.json["trace"] == answer.headers["X-Trace-Id"]
    for words in (answer.json["words"], answer.json["next"]):
        assert set(words) == {"zh", "en"}
        assert all(words.values())


def test_lines_by_number(api: FlaskClient, hq: PretendHq) -> None:
    hq.order(mode="quantity")
    part = redeem(api, hq.code(), lines={"1": 1}).json
    assert (part["state"], part["left_units"]) == ("partial", 2)
    (given,) = part["handed"]
    assert (given["name"]["en"], given["qty"]) == ("Longjing tea, gift box 125 g", 1)


def test_annul_needs_a_lead(api: FlaskClient, hq: PretendHq) -> None:
    hq.order()
    pickup = redeem(api, hq.code()).json["pickup"]
    body = {"pickup": pickup, "nonce": "nonce-0003", "station": "T1"}
    assert api.post("/api/v1/pickups/annul", json=body).status_code == 403
    api.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    answer = api.post("/api/v1/pickups/annul", json=body).json
    assert answer is not None
    assert answer["annulled"] is True


def test_a_scan_is_taken_for_the_station(api: FlaskClient, shop: Shop) -> None:
    answer = api.post("/api/v1/scans", json={"text": "6901234567892", "station": "T1", "nonce": "nonce-scan"})
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["kind"] == "gtin"
    current = shop.store.scans.current("T1")
    assert current is not None
    assert current.id == answer.json["scan"]


def test_status(api: FlaskClient, shop: Shop) -> None:
    shop.store.status.device("P1", "printer", "online")
    answer = api.get("/api/v1/status?station=T1").json
    assert answer is not None
    assert answer["line"]["word"] == "alone"
    assert [device["name"] for device in answer["devices"]] == ["P1"]
    assert answer["version"]


def test_a_status_slip_is_queued_once_and_only_for_a_lead(api: FlaskClient, shop: Shop) -> None:
    shop.store.status.device("door", "scanner", "absent", "DEVICE_ABSENT")
    body = {"printer": "P1", "station": "T1", "nonce": "nonce-0009"}
    assert api.post("/api/v1/slips/status", json=body).status_code == 403
    api.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    first, again = (api.post("/api/v1/slips/status", json=body) for _ in range(2))
    assert (first.status_code, first.json) == (202, again.json)
    assert first.json is not None
    slip, printer = shop.store.printing.printed_by(first.json["job"]["id"])
    assert printer == "P1"
    cells = [cell.text for part in slip.parts if isinstance(part, Columns) for cell in part.cells]
    assert cells == ["door", "scanner", "absent DEVICE_ABSENT"]
    assert Pair("总部线路 / HQ line", "未配置 alone", bold=True) in slip.parts
    assert (
        api.post("/api/v1/slips/status", json={**body, "printer": "P9", "nonce": "nonce-0010"}).status_code
        == 404
    )


@pytest.mark.parametrize("bearer", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"bearer{TOKEN}"])
def test_a_wrong_token_gets_401(api: FlaskClient, bearer: str) -> None:
    api.environ_base["HTTP_AUTHORIZATION"] = bearer
    api.environ_base["HTTP_ORIGIN"] = "http://127.0.0.1"
    answer = api.get("/api/v1/status?station=T1")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_holds_for_its_stations_only(api: FlaskClient) -> None:
    assert api.get("/api/v1/status?station=T2").status_code == 403
    assert (
        api.post("/api/v1/scans", json={"text": "1", "station": "T2", "nonce": "nonce-scan"}).status_code
        == 403
    )


GOOD = '"code":"PK1.A","station":"T1","nonce":"nonce-0001"'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"{",
        b"\xff\xfe{\x00}\x00",
        b'{"code":"\xff","station":"T1","nonce":"nonce-0001"}',
        f"\ufeff{{{GOOD}}}".encode(),
        f'{{{GOOD},"more":1}}'.encode(),
        f'{{{GOOD},"code":"PK1.B"}}'.encode(),
        f'{{{GOOD},"dry_run":1}}'.encode(),
        f'{{{GOOD},"dry_run":"true"}}'.encode(),
        f'{{{GOOD},"lines":{{"1":1.5}}}}'.encode(),
        f'{{{GOOD},"lines":{{"1":1e0}}}}'.encode(),
        f'{{{GOOD},"lines":{{"1":0}}}}'.encode(),
        f'{{{GOOD},"lines":{{"0":1}}}}'.encode(),
        f'{{{GOOD},"lines":{{"x":1}}}}'.encode(),
        f'{{{GOOD},"lines":{{"1":NaN}}}}'.encode(),
        f'{{{GOOD},"lines":{{"1":Infinity}}}}'.encode(),
        f'{{{GOOD},"lines":{{"1":{"9" * 5000}}}}}'.encode(),
        f'{{{GOOD},"lines":{{"1":9223372036854775808}}}}'.encode(),
        f'{{{GOOD},"lines":[1]}}'.encode(),
        b'{"code":"\\ud800","station":"T1","nonce":"nonce-0001"}',
        b'{"code":"","station":"T1","nonce":"nonce-0001"}',
        b'{"code":"PK1.A","station":"T1 ","nonce":"nonce-0001"}',
        b'{"code":"PK1.A","station":"T1\\n","nonce":"nonce-0001"}',
        b'{"code":"PK1.A","station":"T1","nonce":"short"}',
        b'{"code":1,"station":"T1","nonce":"nonce-0001"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=range(31),
)
def test_json_that_two_readers_could_read_differently_is_refused(api: FlaskClient, body: bytes) -> None:
    answer = api.post("/api/v1/pickups/redeem", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["code"] == "bad_request"
    assert "PK1" not in answer.text


def test_another_media_type_is_refused(api: FlaskClient) -> None:
    answer = api.post("/api/v1/scans", data=b"{}", content_type="text/plain")
    assert (answer.status_code, answer.json["code"]) == (415, "not_json")  # type: ignore[index]


def test_a_control_character_is_a_code_like_any_other(api: FlaskClient) -> None:
    answer = api.post("/api/v1/scans", json={"text": "a\x00b\x1d", "station": "T1", "nonce": "nonce-scan"})
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["kind"] == "unknown"
