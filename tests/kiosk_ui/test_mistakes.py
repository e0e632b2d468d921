"""No mistake of a client is a fault of ours."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

MISTAKES: list[tuple[str, dict[str, str]]] = [
    ("redeem", {}),
    ("redeem", {"nonce": "n" * 12, "scan": "x"}),
    ("redeem", {"nonce": "n" * 12, "scan": "9" * 30}),
    ("redeem", {"nonce": "n" * 12, "scan": "٣"}),
    ("redeem", {"nonce": "\ud83d" * 3, "scan": "1"}),
    ("redeem", {"nonce": "n" * 12, "scan": "999", "some": "1", "qty-1": "-1"}),
    ("dismiss", {"scan": "-1"}),
    ("dismiss", {"scan": "1", "order": "none"}),
    ("open", {"order": "none"}),
    ("open", {"order": "x" * 500}),
    ("annul", {"pickup": "none", "nonce": "n" * 12}),
    ("reprint", {"pickup": "none", "nonce": "n" * 12}),
    ("reprint", {"pickup": "none"}),
    ("scan", {"text": "x" * 2000}),
    ("scan", {"text": "\x00\x1b[2J"}),
    ("scan", {"text": "PK1." + "A" * 500}),
    ("candidates", {"text": "%_%"}),
    ("candidates", {"text": ""}),
    ("sign-in", {"station": "T1", "scan": "999"}),
    ("sign-in", {"station": "T1", "scan": "x"}),
    ("sign-in", {"station": "T1", "staff": "\x00", "pin": "1"}),
]


@pytest.mark.parametrize(("to", "data"), MISTAKES)
def test_no_mistake_of_a_client_is_a_fault_of_ours(desk: FlaskClient, to: str, data: dict[str, str]) -> None:
    body = "&".join(f"{key}={value}" for key, value in data.items()).encode("utf-8", "surrogatepass")
    answer = desk.post(f"/cashier/{to}", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code < 500
    page = desk.get("/cashier/")
    assert page.status_code == 200
