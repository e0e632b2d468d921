"""HQ's endpoints for what tills ask while somebody waits."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from flask import Flask, Response, request
from sqlalchemy import Engine

from sync.asked import (
    CLAIM_PATH,
    COUPON_PATH,
    PHONE_PATH,
    REASONS,
    REPURCHASE_PATH,
    REVEAL_PATH,
    ClaimAsk,
    CouponAsk,
    PhoneAsk,
    RepurchaseAsk,
    RevealAsk,
)
from sync.hub import holds
from sync.hub.ask_pace import AskPace
from sync.hub.coupon_codes import CouponCodes
from sync.hub.database import write
from sync.hub.envelope import Refused
from sync.hub.guide_desk import ScreenDesk
from sync.hub.guide_web import serve_orders, serve_screens
from sync.hub.member_desk import MemberDesk
from sync.hub.ordering_desk import OrderingDesk
from sync.hub.ordering_turns import OrderingTurns
from sync.hub.publishing import NotPossible
from sync.hub.return_desk import ReturnDesk
from sync.hub.vouchers import Partner, Vouchers
from sync.messages import is_stamp
from sync.returning import RMA_PATH, SOLD_PATH, RmaAsk, SoldAsk

Admit = Callable[[], str]
Ask = Callable[[Any], Any]
Say = Callable[[bytes, str], Response]
Said = Callable[[msgspec.Struct], Response]
_JSON = "application/json"
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
TICK_S = 2.0
"""How often a process looks whether anybody is owed a word."""


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
    pace = AskPace()

    def paced() -> str:
        store = admit()
        pace.take(store, request.path)
        return store

    def said(word: msgspec.Struct) -> Response:
        return say(msgspec.json.encode(word), _JSON)

    vouchers = Vouchers(engine, partners, now)
    app.before_request(_Pulse(vouchers.turn, OrderingTurns(engine, now).turn).beat)

    @app.post(COUPON_PATH)
    def ask_coupon() -> Response:
        store, wish = paced(), asked(CouponAsk)
        if wish.issuer:
            return said(vouchers.answer(store, wish))
        return said(write(engine, lambda conn: holds.answer(conn, store, wish, now())))

    _serve_people(app, MemberDesk(engine, now), paced, asked, said)
    _serve_codes(app, CouponCodes(engine, now), paced, asked, said)
    _serve_returns(app, ReturnDesk(engine, now), admit, paced, asked, said)
    serve_screens(app, ScreenDesk(engine, now), paced, asked, said)
    serve_orders(app, OrderingDesk(engine, now), paced, asked, said)


def _serve_people(app: Flask, people: MemberDesk, paced: Admit, asked: Ask, said: Said) -> None:
    @app.post(PHONE_PATH)
    def ask_phone() -> Response:
        paced()
        return said(people.phone(asked(PhoneAsk)))

    @app.post(REVEAL_PATH)
    def ask_reveal() -> Response:
        store, wish = paced(), asked(RevealAsk)
        if wish.reason not in REASONS:
            raise Refused(400, "envelope", line=1, why="reason")
        try:
            return said(people.reveal(store, wish))
        except NotPossible:
            raise Refused(403, "not_shown") from None


def _serve_codes(app: Flask, codes: CouponCodes, paced: Admit, asked: Ask, said: Said) -> None:
    @app.post(REPURCHASE_PATH)
    def ask_repurchase() -> Response:
        store, wish = paced(), asked(RepurchaseAsk)
        if not is_stamp(wish.at):
            raise Refused(400, "envelope", line=1, why="at")
        try:
            return said(codes.promised(store, wish.sale, wish.fen, wish.at))
        except NotPossible:
            raise Refused(503, "no_key") from None

    @app.post(CLAIM_PATH)
    def ask_claim() -> Response:
        paced()
        try:
            return said(codes.honoured(asked(ClaimAsk).text))
        except NotPossible:
            raise Refused(503, "no_key") from None


def _serve_returns(app: Flask, goods: ReturnDesk, admit: Admit, paced: Admit, asked: Ask, said: Said) -> None:
    @app.post(SOLD_PATH)
    def ask_sold() -> Response:
        store = paced()
        return said(goods.sold(store, asked(SoldAsk)))

    @app.post(RMA_PATH)
    def ask_rma() -> Response:
        store, wish = admit(), asked(RmaAsk)
        if not wish.lines or not all(_NUMBER.fullmatch(line) for line in wish.lines):
            raise Refused(400, "envelope", line=1, why="lines")
        return said(goods.rma(store, wish))


class _Pulse:
    """What HQ owes by itself, by one bounded step now and then; processes that share a database may all do it."""

    def __init__(self, *turns: Callable[[], object]) -> None:
        self._turns = turns
        self._at = 0.0
        self._one = threading.Lock()

    def beat(self) -> None:
        """A step, if the last one is long enough ago and nobody is at it."""
        # By whichever store comes by: no process of HQ's own has to be there for it.
        if (
            request.method != "POST"
            or time.monotonic() - self._at < TICK_S
            or not self._one.acquire(blocking=False)
        ):
            return
        try:
            self._at = time.monotonic()
            for turn in self._turns:
                turn()
        finally:
            self._one.release()
