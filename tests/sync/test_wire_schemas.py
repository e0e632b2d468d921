"""The protocol for programs: what is written down is what the types say, and what really travels fits it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from sync.messages import PullRequest, canonical
from sync.wire_schemas import openapi, schemas

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "protocol"
MADE = json.loads(json.dumps({**schemas(), "openapi": openapi()}))


def test_what_is_written_down_is_of_this_release() -> None:
    written = {file.stem: json.loads(file.read_text("utf-8")) for file in FOLDER.glob("*.json")}
    stale = sorted(name for name in {*written, *MADE} if written.get(name) != MADE.get(name))
    assert stale == [], "run: store-edge conformance schemas docs/protocol"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(MADE[name])


def test_openapi_refers_to_nothing_that_is_not_there() -> None:
    text = json.dumps(openapi())
    parts = openapi()["components"]["schemas"]
    named = {piece.partition('"')[0] for piece in text.split("#/components/schemas/")[1:]}
    assert named <= set(parts)
    assert "#/$defs/" not in text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_travels_fits(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1"))
    shop.collect("O1", 2)
    shop.advance("O9")
    shop.settle()
    for event in map(msgspec.to_builtins, shop.journal.events):
        _fits(event, "event")
        _fits(event["d"], f"fact-{event['k']}")
    asked = PullRequest(1, shop.journal.stream)
    _fits(msgspec.to_builtins(asked), "pull-request")
    lines = [
        msgspec.json.decode(line)
        for line in hub.line("S1").post("/sync/v1/pull", canonical(asked)).splitlines()
    ]
    for line in lines:
        _fits(line, line["t"])
        if line.get("op") == "put":
            _fits(line["d"], f"row-{line['tb']}")
    assert {line["t"] for line in lines} == {"checkpoint", "op", "complete"}


@pytest.mark.parametrize(
    ("name", "broken"), [("op", {"t": "op", "b": 1}), ("fact-pickup.collected", {"pickup": "x"})]
)
def test_what_is_wrong_does_not_fit(name: str, broken: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        _fits(broken, name)


def _fits(message: Any, name: str) -> None:
    jsonschema.validate(json.loads(msgspec.json.encode(message)), MADE[name])
