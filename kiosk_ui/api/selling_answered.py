"""What /api/v1 answers about baskets, sales and shifts, as types. Money in fen, times RFC 3339 UTC."""

from __future__ import annotations

import msgspec

from kiosk_ui.api.answered import Ok, Words


class BasketLineTold(msgspec.Struct, frozen=True):
    """A line: `net_fen` after everything that is taken off it."""

    line: int
    sku: str
    gtin: str
    name: Words
    qty: int
    grams: int
    unit_fen: int
    gross_fen: int
    net_fen: int
    book: str


class PaymentBrief(msgspec.Struct, frozen=True):
    """How the payment stands; `attempt` the newest attempt's state, "" before the first."""

    state: str
    due_fen: int
    attempt: str
    left_s: int


class BasketTold(msgspec.Struct, frozen=True):
    """A basket with its price. `newer`: HQ has other prices by now; `checks`: flags that somebody must look for;
    `aside`: its till went on without it while nobody knew whether it was paid."""

    result: Ok
    basket: str
    station: str
    state: str
    version: int
    training: bool
    code: str
    aside: bool
    lines: list[BasketLineTold]
    units: int
    total_fen: int
    cash_fen: int
    saved_fen: int
    member: bool
    coupons: list[str]
    guide: str
    newer: bool
    checks: list[str]
    why: list[Words]
    why_not: list[Words]
    payment: PaymentBrief | None = None


class NoBasketTold(msgspec.Struct, frozen=True):
    """The station is at work on no basket."""

    result: Ok
    basket: None = None


class PaidTold(msgspec.Struct, frozen=True):
    """A tender; `tail` the last four of the provider's number."""

    kind: str
    fen: int
    tail: str


class SaleTold(msgspec.Struct, frozen=True):
    """A finished sale; the sum of the lines is the sum of the tenders is `net_fen`."""

    result: Ok
    repeat: bool
    sale: str
    receipt: str
    training: bool
    station: str
    at: str
    lines: list[BasketLineTold]
    gross_fen: int
    net_fen: int
    tenders: list[PaidTold]
    change_fen: int
    points: int
    job: int


class ShiftTold(msgspec.Struct, frozen=True):
    """A shift; `open` false: the till is shut, or was just closed with Z report `z`."""

    result: Ok
    open: bool
    shift: str = ""
    z: int = 0
    sales: int = 0
    net_fen: int = 0
    variance_fen: int | None = None
