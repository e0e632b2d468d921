"""Every change has a number (a nonce); those calls that have none are listed here with the reason."""

from __future__ import annotations

from flask import Flask

from kiosk_ui.api.described import PREFIX, openapi

_QUESTION = "a question: its body is one only to keep what is asked out of addresses"
_STATE = "says how a named thing is to stand: said twice it stands so once"
NO_NUMBER = {
    "benefits_look": _QUESTION,
    "benefits_identify": _QUESTION,
    "benefits_release": _STATE,
    "customers_honour": "HQ gives a claim one coupon, the same each time it is asked",
    "customers_phone": _QUESTION,
    "counter_find": _QUESTION,
    "goods_find": _QUESTION,
    "goods_read": _QUESTION,
    "returns_find": _QUESTION,
    "returns_preview": _QUESTION,
    "till_display": _STATE,
    "till_help": _STATE,
    "till_settle": _STATE,
    "till_cancel": _STATE,
}


def test_every_change_has_a_number_or_a_reason(app: Flask) -> None:
    described = openapi(app, "0")
    kinds = described["components"]["schemas"]
    without = set()
    for path, verbs in described["paths"].items():
        for verb, said in verbs.items():
            if verb == "get":
                assert "requestBody" not in said, path
                continue
            name = said["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert kinds[name].get("additionalProperties") is False, f"{name} lets unknown fields through"
            if "nonce" not in kinds[name]["required"]:
                without.add(said["operationId"])
    assert without == set(NO_NUMBER)


def test_every_call_says_what_it_answers(app: Flask) -> None:
    for path, verbs in openapi(app, "0")["paths"].items():
        for said in verbs.values():
            (good,) = (body for status, body in said["responses"].items() if status < "300")
            ((kind, body),) = good["content"].items()
            schema = body["schema"]
            if path == "/api/v1/metrics":
                assert (kind, schema) == ("text/plain", {"type": "string"})
                continue
            assert kind == "application/json"
            assert "$ref" in schema or "anyOf" in schema or path == f"{PREFIX}openapi.json"
