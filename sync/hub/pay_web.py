"""HQ's endpoints of the payment gateway: /pay/v1/pay, query, reverse, precreate, close, refund."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from flask import Flask, Response
from sqlalchemy import Engine

from edge.domain.payment_port import Answer, PaymentProvider
from sync.hub.pay_gateway import PayGateway
from sync.paying_words import PAY_PATH, NumberCall, PayAnswer, PayCall, RefundCall, ShowCall

Admit = Callable[[], str]
Ask = Callable[[Any], Any]
Say = Callable[[bytes, str], Response]
_JSON = "application/json"


def serve_pay(
    app: Flask,
    engine: Engine,
    now: Callable[[], datetime],
    admit: Admit,
    asked: Ask,
    say: Say,
    provider: PaymentProvider | None,
) -> None:
    """Adds the endpoints. `admit` gives the store that asks, `asked` reads a body; both raise Refused. Without a
    provider charges are refused."""
    gateway = PayGateway(engine, provider, now)
    verbs: dict[str, tuple[type, Callable[[str, Any], Answer]]] = {
        "pay": (PayCall, gateway.pay),
        "query": (NumberCall, gateway.query),
        "reverse": (NumberCall, gateway.reverse),
        "precreate": (ShowCall, gateway.precreate),
        "close": (NumberCall, gateway.close),
        "refund": (RefundCall, gateway.refund),
    }
    for name, (kind, verb) in verbs.items():

        def view(kind: type = kind, verb: Callable[[str, Any], Answer] = verb) -> Response:
            store = admit()
            answer = verb(store, asked(kind))
            word = PayAnswer(answer.said.value, answer.fen, answer.transaction, answer.code, answer.qr)
            return say(msgspec.json.encode(word), _JSON)

        app.add_url_rule(PAY_PATH + name, f"pay_{name}", view, methods=["POST"])
