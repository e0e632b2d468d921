"""Calls and answers over /api/v1, by program, scope and role."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from flask import Flask

from edge.daemon import Shop
from edge.domain.tickets import FEEDBACK_PAUSE_S
from tests.kiosk_ui.conftest import LEAD_TOKEN, TOKEN, PretendHq

N = (f"api-nonce-{n:06}" for n in itertools.count())


def asks(app: Flask, path: str, token: str = LEAD_TOKEN, **body: Any) -> Any:
    head = {"Authorization": f"Bearer {token}"}
    url = f"/api/v1/stations/{path}"
    client = app.test_client()
    return client.post(url, json=body, headers=head) if body else client.get(url, headers=head)


def test_a_lane_asks_and_hears_what_was_decided(app: Flask, hq: PretendHq) -> None:
    hq.product("A1", "6901234567892", "龙井茶", "Longjing tea", "茶", 5990, 12)
    nonce = next(N)
    opened = asks(app, "T1/tickets", kind="max_qty", sku="A1", nonce=nonce).json
    assert (opened["ticket"]["state"], opened["ticket"]["name"]["en"]) == ("open", "Longjing tea")
    assert asks(app, "T1/tickets", kind="max_qty", sku="A1", nonce=nonce).json["repeat"]
    name = opened["ticket"]["ticket"]
    assert [one["ticket"] for one in asks(app, "T2/tickets").json["tickets"]] == [name]
    closed = asks(app, f"T2/tickets/{name}/close", outcome="approved", nonce=next(N)).json
    assert closed["ticket"]["outcome"] == "approved"
    assert asks(app, f"T1/tickets/{name}").json["ticket"]["state"] == "closed"
    late = asks(app, f"T1/tickets/{name}/withdraw", nonce=next(N))
    assert (late.status_code, late.json["code"]) == (409, "ticket_ended")


def test_what_must_be_seen_is_not_approved_from_afar(app: Flask, hq: PretendHq) -> None:
    assert hq is not None
    name = asks(app, "T1/tickets", kind="age", nonce=next(N)).json["ticket"]["ticket"]
    far = asks(app, f"T2/tickets/{name}/close", outcome="approved", nonce=next(N))
    assert (far.status_code, far.json["code"]) == (409, "go_there")
    asks(app, f"T2/tickets/{name}/take", nonce=next(N))
    assert asks(app, f"T2/tickets/{name}/close", outcome="approved", nonce=next(N)).status_code == 200


def test_only_programs_with_the_scope(app: Flask, hq: PretendHq) -> None:
    assert hq is not None
    answer = asks(app, "T1/tickets", token=TOKEN, kind="help", nonce=next(N))
    assert (answer.status_code, answer.json["code"]) == (403, "out_of_scope")


def test_answers_of_shoppers_and_the_same_finger_twice(
    app: Flask, hq: PretendHq, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hq is not None
    at = shop.books.clock.now()
    monkeypatch.setattr(
        shop.books.clock, "now", lambda: at
    )  # a busy machine needs seconds between two answers
    said: dict[str, Any] = {"scale": "nps", "score": 9, "about": "checkout", "chips": ["fast"]}
    nonce = next(N)
    assert asks(app, "T1/feedback", **said, nonce=nonce).json == {"result": "ok", "repeat": False}
    assert asks(app, "T1/feedback", **said, nonce=nonce).json["repeat"]
    again = asks(app, "T1/feedback", **said, nonce=next(N))
    assert (again.status_code, again.headers["Retry-After"]) == (429, str(FEEDBACK_PAUSE_S))
    faces = asks(app, "T2/feedback", scale="faces", score=0, about="idle", nonce=next(N))
    assert (faces.status_code, faces.json["code"]) == (422, "score_off_scale")
    assert shop.store.front.today.figures().score == 9.0
