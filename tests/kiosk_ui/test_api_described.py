"""The API says what it is: every call is marked, described, held to its scope; the file in docs is of this release."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from kiosk_ui.api.calls import call_of
from kiosk_ui.api.described import PREFIX, calls_of, openapi
from tests.kiosk_ui.api_table import written
from tests.kiosk_ui.conftest import LEAD_TOKEN, TOKEN

FILE = Path(__file__).parents[2] / "docs/api/openapi.json"


def test_every_call_is_marked(app: Flask) -> None:
    bare = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX) and call_of(app.view_functions[rule.endpoint]) is None
    ]
    assert bare == [], "mark these views with kiosk_ui.api.calls.call"


def test_what_is_written_down_is_of_this_release(app: Flask) -> None:
    made = json.loads(json.dumps(openapi(app, "0")))
    written = json.loads(FILE.read_text("utf-8"))
    written["info"]["version"] = "0"
    assert written == made, "run: store-edge conformance api docs/api/openapi.json"


def test_every_operation_has_a_name_of_its_own_and_words(app: Flask) -> None:
    said = [one for path in openapi(app, "0")["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in said]
    assert len(set(names)) == len(names)
    assert all(one["summary"] for one in said)


def test_a_program_reaches_its_scopes_and_no_other(app: Flask, hq: object) -> None:
    assert hq is not None
    api = app.test_client()
    allowed = {"pickup", "scan", "status", "till"}
    for rule, method, one in calls_of(app):
        path = rule.rule.replace("<station>", "T1")
        path = "/".join("1" if "<" in part else part for part in path.split("/"))
        bare = api.open(path, method=method, json={} if one.asked else None)
        if not one.scope:
            assert bare.status_code == 200
            continue
        assert bare.status_code == 401, path
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = api.open(path, method=method, json={} if one.asked else None, headers=headers)
        refused = answer.status_code == 403 and b'"out_of_scope"' in answer.data
        assert refused == (one.scope not in allowed), (path, answer.status_code)


def test_the_description_is_open_to_all(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert b'"openapi":"3.1.0"' in answer.data


def test_every_type_that_is_named_is_there_under_its_own_name(app: Flask) -> None:
    made = openapi(app, "0")
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(made)))
    assert named <= set(made["components"]["schemas"])
    # Two types of one name would be told apart by the module they are written in.
    assert [name for name in made["components"]["schemas"] if "." in name] == []


def test_the_table_of_calls_is_of_this_release(app: Flask) -> None:
    page = (FILE.parents[1] / "api.md").read_text("utf-8")
    assert written(page, openapi(app, "0")) == page, "run: python -m tests.kiosk_ui.api_table"


@pytest.mark.parametrize(
    ("name", "body", "may"),
    [
        ("VoidAsked", {"basket": "b", "reason": "\x85\x1c\ufeff"}, False),
        ("VoidAsked", {"basket": "b", "reason": "\x85x"}, True),
        ("FeedbackAsked", {"scale": "nps", "score": 9, "about": "idle", "chips": ["fast", "fast"]}, False),
        ("FeedbackAsked", {"scale": "nps", "score": 9, "about": "idle", "chips": ["fast", "slow"]}, True),
        ("TicketAsked", {"kind": "help", "sku": "A1"}, False),
        ("TicketAsked", {"kind": "help"}, True),
        ("TicketAsked", {"kind": "age", "sku": "A1"}, True),
    ],
)
def test_what_reading_refuses_the_description_does_not_allow(
    app: Flask, name: str, body: dict[str, object], may: bool
) -> None:
    made, body = openapi(app, "0"), body | {"nonce": "nonce-0001"}
    schema = {"$ref": f"#/components/schemas/{name}", "components": made["components"]}
    assert Draft202012Validator(schema).is_valid(body) is may
    path = {"VoidAsked": "basket/void", "FeedbackAsked": "feedback", "TicketAsked": "tickets"}[name]
    bearer = {"Authorization": f"Bearer {LEAD_TOKEN}"}
    answer = app.test_client().post(f"/api/v1/stations/T1/{path}", json=body, headers=bearer)
    assert (answer.status_code != 400) is may
