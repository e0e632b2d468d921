"""What /api/v1 answers about returns, as types. Money in fen, days YYYY-MM-DD, times in the store's zone."""

from __future__ import annotations

import msgspec

from kiosk_ui.api.answered import Ok, Words


class OutLineTold(msgspec.Struct, frozen=True):
    """A line of a purchase: `left` pieces may come back, `pieces_fen` is what was paid for each of them."""

    line: int
    sku: str
    gtin: str
    name: Words
    qty: int
    left: int
    unit_fen: int
    pieces_fen: list[int]
    gift: bool
    flags: list[str]


class BackTenderTold(msgspec.Struct, frozen=True):
    """So much goes back that way."""

    kind: str
    fen: int


class PurchaseTold(msgspec.Struct, frozen=True):
    """A purchase. `here`: this store gives the money back, else head office; `estimate`: by its own figures."""

    result: Ok
    source: str
    ref: str
    shown: str
    store: str
    here: bool
    estimate: bool
    received: str
    no_reason_until: str
    fault_until: str
    net_fen: int
    lines: list[OutLineTold]


class ReturnPreviewTold(msgspec.Struct, frozen=True):
    """What pieces would bring: `refund_fen` is the lines less `gift_fen`, `broken_fen` and `rounded_fen`.

    `gifts_due` are lines; `rounded_fen` is for want of small coins, negative where it is given on top.
    """

    result: Ok
    refund_fen: int
    gift_fen: int
    broken_fen: int
    rounded_fen: int
    gifts_due: list[int]
    tenders: list[BackTenderTold]
    points_lost: int
    points_given: int
    whole: bool


class CameBackTold(msgspec.Struct, frozen=True):
    """Pieces of a line that came back."""

    line: int
    sku: str
    name: Words
    qty: int
    fen: int
    condition: str
    reason: str
    fate: str


class MoneyBackTold(msgspec.Struct, frozen=True):
    """A part of the money; `state` refunding, refunded, refund_failed or refused."""

    kind: str
    fen: int
    state: str


class ReturnTold(msgspec.Struct, frozen=True):
    """A return that was accepted. `pending`: some of the money has not gone back yet; `job` the slip's, 0 for none."""

    result: Ok
    repeat: bool
    ret: str
    receipt: str
    source: str
    ref: str
    shown: str
    station: str
    at: str
    lines: list[CameBackTold]
    refund_fen: int
    gift_fen: int
    broken_fen: int
    rounded_fen: int
    parts: list[MoneyBackTold]
    pending: bool
    estimate: bool
    points_lost: int
    points_given: int
    note: str
    job: int


class ReturnBrief(msgspec.Struct, frozen=True):
    """A return in a list."""

    ret: str
    receipt: str
    shown: str
    at: str
    refund_fen: int
    pending: bool


class ReturnsTold(msgspec.Struct, frozen=True):
    """The newest returns, newest first, and all of which money is still to go back, oldest first."""

    result: Ok
    returns: list[ReturnBrief]
    pending: list[ReturnBrief]
