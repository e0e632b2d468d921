"""HQ's endpoints for what tills ask while somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from flask import Flask, Response
from sqlalchemy import Engine

from sync.asked import (
    CLAIM_PATH,
    COUPON_PATH,
    PHONE_PATH,
    REPURCHASE_PATH,
    REVEAL_PATH,
    ClaimAsk,
    CouponAsk,
    PhoneAsk,
    RepurchaseAsk,
    RevealAsk,
)
from sync.hub import holds
from sync.hub.coupon_codes import CouponCodes
from sync.hub.database import write
from sync.hub.envelope import Refused
from sync.hub.member_desk import MemberDesk
from sync.hub.publishing import NotPossible
from sync.hub.vouchers import Partner, Vouchers
from sync.messages import is_stamp

Admit = Callable[[], str]
Ask = Callable[[Any], Any]
Say = Callable[[bytes, str], Response]
_JSON = "application/json"


def serve_asks(
    app: Flask,
    engine: Engine,
    now: Callable[[], datetime],
    admit: Admit,
    asked: Ask,
    say: Say,
    partners: Mapping[str, Partner],
) -> None:
    """Adds the endpoints. `admit` gives the store that asks, `asked` reads a body; both raise Refused."""
    codes, people, vouchers = (
        CouponCodes(engine, now),
        MemberDesk(engine, now),
        Vouchers(engine, partners, now),
    )

    def said(word: msgspec.Struct) -> Response:
        return say(msgspec.json.encode(word), _JSON)

    @app.post(COUPON_PATH)
    def ask_coupon() -> Response:
        store, wish = admit(), asked(CouponAsk)
        if wish.issuer:
            return said(vouchers.answer(store, wish))
        return said(write(engine, lambda conn: holds.answer(conn, store, wish, now())))

    @app.post(PHONE_PATH)
    def ask_phone() -> Response:
        admit()
        return said(people.phone(asked(PhoneAsk)))

    @app.post(REVEAL_PATH)
    def ask_reveal() -> Response:
        admit()
        return said(people.reveal(asked(RevealAsk)))

    @app.post(REPURCHASE_PATH)
    def ask_repurchase() -> Response:
        store, wish = admit(), asked(RepurchaseAsk)
        if not is_stamp(wish.at):
            raise Refused(400, "envelope", line=1, why="at")
        try:
            return said(codes.promised(store, wish.sale, wish.fen, wish.at))
        except NotPossible:
            raise Refused(503, "no_key") from None

    @app.post(CLAIM_PATH)
    def ask_claim() -> Response:
        admit()
        try:
            return said(codes.honoured(asked(ClaimAsk).text))
        except NotPossible:
            raise Refused(503, "no_key") from None
