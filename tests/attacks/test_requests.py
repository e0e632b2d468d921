"""Requests 27 to 42 of the list: hosts, origins, bodies, paths, methods and sessions that are not what they say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.attacks.ground import Ground, told_plainly
from tests.kiosk_ui.conftest import ORDER, signed_in

HOSTS = (
    "evil.test",
    "127.0.0.1.evil.test",
    "127.0.0.1@evil.test",
    "evil.test:8770",
    "127.0.0.1:evil",
    "127.0.0.1:99999",
    "127.0.0.1:8770:8770",
    "127.0.0.1/evil",
    "127.0.0.1#evil",
    "127.0.0.1, evil.test",
    "[::1].evil.test",
    "localhost.",
    "",
)
ORIGINS = (
    None,
    "null",
    "http://evil.test",
    "http://127.0.0.1:9",
    "http://127.0.0.1.evil.test",
    "http://127.0.0.1/x",
    "*",
)
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Client-IP", "True-Client-IP", "X-Forwarded-Host")
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method")
STEPS = (
    "../../etc/passwd",
    "%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwin.ini",
    "%2fetc%2fpasswd",
    "%00",
    "....//etc",
)
GOOD = {"code": "48151623", "station": "T1", "nonce": "attack-0000"}
_PLAIN = json.dumps(GOOD)
BODIES: dict[str, tuple[bytes, str]] = {
    "nested-lists": (b"[" * 10_000 + b"]" * 10_000, "bad_request"),
    "nested-objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "bad_request"),
    "key-twice": (_PLAIN.replace("}", ',"station":"T2"}').encode(), "bad_request"),
    "nan": (_PLAIN.replace("}", ',"dry_run":NaN}').encode(), "bad_request"),
    "infinity": (_PLAIN.replace("}", ',"dry_run":-Infinity}').encode(), "bad_request"),
    "1e400": (_PLAIN.replace("}", ',"lines":{"1":1e400}}').encode(), "bad_request"),
    "many-digits": (_PLAIN.replace("}", ',"lines":{"1":' + "9" * 5000 + "}}").encode(), "bad_request"),
    "10-MB": (b'"' + b"x" * 10_000_000 + b'"', "too_large"),
    "utf-16": (_PLAIN.encode("utf-16"), "bad_request"),
    "bom": (b"\xef\xbb\xbf" + _PLAIN.encode(), "bad_request"),
    "surrogate": (_PLAIN.replace("48151623", "\\ud800").encode(), "bad_request"),
    "prototype": (_PLAIN.replace("}", ',"__proto__":{"role":"lead"}}').encode(), "bad_request"),
}


def rules(ground: Ground, method: str) -> list[Rule]:
    """The addresses that take this method."""
    return [rule for rule in ground.app.url_map.iter_rules() if method in (rule.methods or ())]


def path_of(rule: Rule, value: str = "x") -> str:
    return re.sub(r"<[^>]+>", value, rule.rule)


def refused(
    ground: Ground, answer: TestResponse, code: str, client: FlaskClient, *quiet: str
) -> dict[str, Any]:
    told_plainly(answer, code)
    return ground.one_line(code, *quiet, address=client.environ_base["REMOTE_ADDR"])


@pytest.mark.parametrize("host", HOSTS)
def test_27_28_only_our_own_names_are_answered(ground: Ground, host: str) -> None:
    for path in ("/cashier/sign-in", "/api/v1/status?station=T1", "/static/live.js", "/kiosk/"):
        client = ground.stranger()
        with ground.unchanged():
            answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 421
        refused(ground, answer, "foreign_host", client, "evil.test")


@pytest.mark.parametrize("origin", ORIGINS)
def test_29_30_no_form_is_taken_from_elsewhere(ground: Ground, origin: str | None) -> None:
    pages = [rule for rule in rules(ground, "POST") if not rule.rule.startswith("/api/")]
    assert len(pages) > 60
    with ground.unchanged():
        for rule in pages:
            client = signed_over(ground)
            client.environ_base.pop("HTTP_ORIGIN")
            headers = {} if origin is None else {"Origin": origin}
            answer = client.post(
                path_of(rule, "1"), data={"nonce": "attack-0001", "text": "1"}, headers=headers
            )
            assert answer.status_code == 421, rule
            assert "Set-Cookie" not in answer.headers
            refused(ground, answer, "foreign_host", client, "evil.test")


def signed_over(ground: Ground) -> FlaskClient:
    """The cashier's own cookies, as a browser sends them along, at an address of its own."""
    client = ground.stranger()
    held = ground.desk.get_cookie("se_session", domain="127.0.0.1")
    assert held is not None
    client.set_cookie("se_session", held.value, domain="127.0.0.1")
    return client


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_31_a_body_that_a_form_can_send_is_no_json(ground: Ground, kind: str) -> None:
    client = ground.program()
    with ground.unchanged():
        answer = client.post("/api/v1/pickups/redeem", data=_PLAIN, content_type=kind)
    assert answer.status_code == 415
    refused(ground, answer, "not_json", client)


@pytest.mark.parametrize("path", ["/cashier/", "/kiosk/", "/api/v1/events", "/live"])
def test_32_nobody_opens_a_websocket(ground: Ground, path: str) -> None:
    client = ground.stranger()
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    with ground.unchanged():
        answer = client.get(
            path, headers=upgrade | {"Sec-WebSocket-Version": "13", "Origin": "http://evil.test"}
        )
    assert "Upgrade" not in answer.headers
    words = {400: "bad_request", 401: "not_signed_in", 404: "not_found", 405: "method_not_allowed"}
    refused(ground, answer, words[answer.status_code], client)


@pytest.mark.parametrize("name", FORWARDED)
def test_33_what_a_header_says_of_the_sender_does_not_count(ground: Ground, name: str) -> None:
    client = ground.stranger()
    said = "for=127.0.0.1" if name == "Forwarded" else "127.0.0.1"
    with ground.unchanged():
        for number in range(6):
            form = {"staff": "2001", "pin": f"{number:06}", "station": "T1"}
            answer = client.post("/cashier/sign-in", data=form, headers={name: said})
    assert answer.status_code == 429  # another word in the header buys no more tries
    assert {line["address"] for line in ground.ears.lines} == {client.environ_base["REMOTE_ADDR"]}


def test_34_a_cookie_of_one_terminal_opens_nothing_at_another(ground: Ground) -> None:
    home = ground.desk.get("/cashier/")
    assert home.status_code == 200
    for path in ("/cashier/", "/cashier/stage", "/cashier/queue", "/it/", "/style"):
        thief = signed_over(ground)
        with ground.unchanged():
            answer = thief.get(path)
        assert answer.status_code == 303
        assert "/cashier/sign-in" in answer.location
        ground.one_line("not_signed_in", address=thief.environ_base["REMOTE_ADDR"])
    thief = signed_over(ground)
    with ground.unchanged():
        assert thief.post("/cashier/redeem", data={"nonce": ground.nonce(), "scan": "1"}).status_code == 303
        assert thief.post("/cashier/sign-out").status_code == 303  # nor does it send the cashier away
    assert ground.desk.get("/cashier/").status_code == 200


@pytest.mark.parametrize("end", ["sign-out", "other", "gone"])
def test_36_a_session_that_is_over_is_over(ground: Ground, end: str) -> None:
    client = signed_in(ground.stranger(), "2001", "T2")
    held = client.get_cookie("se_session", domain="127.0.0.1")
    assert held is not None
    if end == "sign-out":
        client.post("/cashier/sign-out")
    elif end == "other":
        signed_in(ground.stranger(), "2001", "T2")
    else:
        ground.hq.put("s:S00421:staff", "staff", "2001", PERSON | {"role": "cashier"})
    client.set_cookie("se_session", held.value, domain="127.0.0.1")
    ground.hushed()
    with ground.unchanged():
        answer = client.get("/it/")
    if end == "gone":
        refused(ground, answer, "not_allowed", client)
        ground.hq.put("s:S00421:staff", "staff", "2001", PERSON)
        return
    assert answer.location == "/cashier/sign-in?next=/it/"
    ground.one_line("not_signed_in")


@pytest.mark.parametrize("name", BODIES)
def test_38_a_body_that_two_readers_could_read_differently(ground: Ground, name: str) -> None:
    body, code = BODIES[name]
    client = ground.program()
    with ground.unchanged():
        answer = client.post("/api/v1/pickups/redeem", data=body, content_type="application/json")
    refused(ground, answer, code, client, "48151623")


@pytest.mark.parametrize("step", STEPS)
def test_39_no_path_leads_out_of_the_house(ground: Ground, step: str) -> None:
    placed = [rule for rule in rules(ground, "GET") if rule.arguments]
    assert len(placed) > 15
    lead = signed_in(ground.stranger(), "2001", "T2")
    with ground.unchanged():
        for rule in placed:
            client = lead if not rule.rule.startswith("/api/") else ground.program(lead=True)
            answer = client.get(path_of(rule, step))
            assert answer.status_code < 500, rule
            assert "root:" not in answer.text, rule
            if rule.endpoint in {"static", "picture"} and answer.status_code == 200:
                assert answer.content_type.startswith("image/svg"), rule
    lines = ground.hushed()
    assert {line["code"] for line in lines} >= {"not_found"}
    assert "passwd" not in repr(lines)


@pytest.mark.parametrize("name", OVERRIDES)
def test_40_no_header_makes_another_method_of_one(ground: Ground, name: str) -> None:
    client = ground.stranger()
    with ground.unchanged():
        answer = client.get("/cashier/sign-out", headers={name: "POST"}, query_string={name: "POST"})
    assert answer.status_code == 405
    refused(ground, answer, "method_not_allowed", client)
    with ground.unchanged():
        answer = client.post("/cashier/queue", headers={name: "GET"}, data={name: "GET"})
    assert answer.status_code == 405
    told_plainly(answer, "method_not_allowed")


@pytest.mark.slow
def test_get_changes_nothing_anywhere(ground: Ground) -> None:
    """Whatever an image or a link can ask for is a look; shoppers' screens may only note that they are looked at."""
    ground.hq.order(ORDER)
    lead = signed_in(ground.stranger(), "2001", "T2")
    with ground.unchanged("guide_session", "lane_session", "screen_count"):
        for rule in rules(ground, "GET"):
            for method in ("GET", "HEAD", "OPTIONS"):
                assert lead.open(path_of(rule, "1"), method=method).status_code < 500, rule


PERSON: dict[str, Any] = {}


@pytest.fixture(scope="module", autouse=True)
def _person(whole: Ground) -> None:
    row = whole.shop.books.replica.staff("2001")
    assert row is not None
    facts = {"staff": "2001", "name": row.name, "role": "lead", "pin_hash": row.pin_hash, "badge_sha": ""}
    PERSON.update(facts)
