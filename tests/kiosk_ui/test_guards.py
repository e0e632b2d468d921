"""What every request must be, what every answer must carry, and how errors look."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.kiosk_ui.conftest import HERE, TOKEN, browser_like


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "a@127.0.0.1", "127.0.0.1:x", "["]
)
def test_a_foreign_host_gets_421(app: Flask, host: str) -> None:
    client = browser_like(app)
    for path in ("/cashier/", "/static/live.js", "/api/v1/status", "/nowhere"):
        assert client.get(path, headers={"Host": host}).status_code == 421, path


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8770", "localhost", "LOCALHOST:1"])
def test_our_own_names_are_let_in(app: Flask, host: str) -> None:
    assert browser_like(app).get("/cashier/sign-in", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1:9999", "127.0.0.1", ""]
)
def test_a_form_from_elsewhere_is_refused(client: FlaskClient, origin: str | None) -> None:
    client.environ_base.pop("HTTP_ORIGIN")
    headers = {} if origin is None else {"Origin": origin}
    answer = client.post("/language", data={"language": "en", "next": "/cashier/"}, headers=headers)
    assert answer.status_code == 421
    assert "Set-Cookie" not in answer.headers


def test_a_program_with_a_bearer_token_needs_no_origin(client: FlaskClient) -> None:
    client.environ_base.pop("HTTP_ORIGIN")
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/api/v1/scans", json={}, headers=bearer).status_code == 400
    assert client.post("/api/v1/scans", json={}).status_code == 401
    assert client.post("/cashier/scan", data={"text": "1"}, headers=bearer).status_code == 421
    foreign = bearer | {"Origin": "http://evil.example"}
    assert client.post("/api/v1/scans", json={}, headers=foreign).status_code == 421


@pytest.mark.parametrize("path", ["/cashier/sign-in", "/guide/", "/nowhere", "/api/v1/nowhere", "/cashier/"])
def test_every_answer_is_clothed(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "connect-src 'self' http://127.0.0.1:8771;" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
    assert headers["X-Trace-Id"]


def test_static_files_may_be_kept_because_their_address_names_their_bytes(client: FlaskClient) -> None:
    page = client.get("/cashier/sign-in").text
    assert "/static/live.js?v=" in page
    assert "immutable" in client.get("/static/live.js").headers["Cache-Control"]
    assert client.get("/static/none.js").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("told", "kept"), [("abcdef12", True), ("x", False), ("a b c d e f", False), ("é" * 9, False)]
)
def test_a_trace_id_comes_back_when_it_is_well_formed(client: FlaskClient, told: str, *, kept: bool) -> None:
    answer = client.get("/cashier/sign-in", headers={"X-Trace-Id": told})
    assert (answer.headers["X-Trace-Id"] == told) is kept


def test_the_log_names_the_endpoint_and_never_the_address(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "store_edge.web")
    client.get("/cashier/handed/canary-in-the-address?also=canary", headers={"X-Trace-Id": "trace-0001"})
    (record,) = [r for r in caplog.records if r.message == "request"]
    facts: dict[str, Any] = vars(record)
    assert (facts["method"], facts["endpoint"], facts["status"]) == ("GET", "cashier.handed", 303)
    assert facts["trace"] == "trace-0001"
    assert "canary" not in str(facts)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/cashier/", 405),
        ("GET", "/cashier/redeem", 405),
        ("GET", "/guide/T1", 404),
        ("GET", "/guide/none", 404),
        ("GET", "/guide/none/frame", 404),
    ],
)
def test_a_wrong_address_gets_a_calm_page_in_both_languages(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    zh = client.open(path, method=method)
    client.set_cookie("se_language", "en", domain="127.0.0.1")
    en = client.open(path, method=method)
    for answer, tag in ((zh, 'lang="zh-CN"'), (en, 'lang="en"')):
        assert answer.status_code == status
        assert tag in answer.text
        assert "Werkzeug" not in answer.text
    if status == 405:
        assert zh.headers["Allow"]


def test_the_api_answers_wrong_addresses_in_json(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nowhere")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json is not None
    assert set(answer.json) == {"type", "title", "status", "code", "words", "next", "trace"}
    assert client.get("/api/v1/scans").json["status"] == 405  # type: ignore[index]


def test_too_large_a_body_is_refused(client: FlaskClient) -> None:
    large = b"x" * (1024 * 1024 + 1)
    form = client.post("/language", data=large, content_type="application/x-www-form-urlencoded")
    assert form.status_code == 413
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.post("/api/v1/scans", data=large, content_type="application/json", headers=bearer)
    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["code"] == "too_large"


def test_our_own_fault_shows_a_number_and_no_story(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise ZeroDivisionError("canary of the inside")

    app.add_url_rule("/broken", view_func=broken)
    app.add_url_rule("/api/v1/broken", view_func=broken, endpoint="broken2")
    client = browser_like(app)
    page = client.get("/broken", headers={"X-Trace-Id": "trace-0002"})
    assert page.status_code == 500
    assert "trace-0002" in page.text
    assert "canary" not in page.text
    assert "Traceback" not in page.text
    assert [r.levelname for r in caplog.records if r.message == "fault"] == ["ERROR"]
    answer = client.get("/api/v1/broken")
    assert answer.json is not None
    assert answer.json["code"] == "internal"
    assert "canary" not in answer.text


def test_cookies_are_out_of_reach_and_bound_to_the_host(app: Flask, hq: object) -> None:
    assert hq is not None
    for scheme, name in (("http", "se_session"), ("https", "__Host-se_session")):
        client = browser_like(app)
        client.environ_base["HTTP_ORIGIN"] = f"{scheme}://127.0.0.1"
        data = {"staff": "1001", "pin": "4711", "station": "T1"}
        answer = client.post("/cashier/sign-in", data=data, base_url=f"{scheme}://127.0.0.1")
        (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(name + "=")]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert ("Secure" in cookie) is (scheme == "https")


def test_the_door_leads_to_the_desk(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Origin": HERE})
    assert (answer.status_code, answer.location) == (303, "/cashier/")
