"""What a program may ask and is told of baskets beside scanning and paying, and of a till's cash."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk_ui.api.answered import Ok
from kiosk_ui.api.asked import INK, Nonce
from kiosk_ui.api.selling_asked import Id, Sum

Why = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=INK)]
Off = Annotated[str, msgspec.Meta(max_length=60)]
Staff = Annotated[str, msgspec.Meta(max_length=32)]
Cash = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]


class AddAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/add. There is no field for a price: HQ's is the price."""

    sku: Id
    nonce: Nonce
    qty: Annotated[int, msgspec.Meta(ge=1, le=999)] = 1


class WeighAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/weigh."""

    sku: Id
    nonce: Nonce


class CutAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/lines/<line>/cut; 0 fen takes it back, anything else says why."""

    basket: Id
    fen: Sum
    nonce: Nonce
    reason: Off = ""


class GuideAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/guide."""

    basket: Id
    staff: Staff
    nonce: Nonce


class PointsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/points."""

    basket: Id
    points: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
    nonce: Nonce


class DropCouponAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/coupons/drop."""

    basket: Id
    coupon: Id
    nonce: Nonce


class GiftAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/gifts."""

    basket: Id
    rule: Id
    wanted: bool
    nonce: Nonce


class MoveCashAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/shift/cash."""

    kind: Literal["in", "out", "drop"]
    fen: Cash
    reason: Why
    nonce: Nonce


class MovedCash(msgspec.Struct, frozen=True):
    """Cash that moved without a sale."""

    result: Ok
    kind: str
    fen: int


class SuspendedBrief(msgspec.Struct, frozen=True):
    """A basket that was put aside; `code` takes it up again."""

    basket: str
    code: str
    station: str
    units: int
    gross_fen: int
    training: bool
    at: str


class AsideBrief(msgspec.Struct, frozen=True):
    """A basket that was set aside, since `at`. `how`: unknown; paid, and its sale waits until its till is opened or a
    lead finishes it; part of it paid in cash (`cash_fen`), for a lead to give back; sold, with `receipt` and `sale`;
    suspended, with the `code` that takes it up again."""

    basket: str
    station: str
    units: int
    fen: int
    at: str
    how: Literal["unknown", "paid", "part", "sold", "suspended"]
    code: str
    receipt: str
    sale: str
    cash_fen: int


class AsidesTold(msgspec.Struct, frozen=True):
    """Baskets that were set aside: those being clarified, and what became of those of the last two hours."""

    result: Ok
    baskets: list[AsideBrief]


class SuspendedTold(msgspec.Struct, frozen=True):
    """Baskets that were put aside."""

    result: Ok
    baskets: list[SuspendedBrief]


class TenderSum(msgspec.Struct, frozen=True):
    """What a kind of money brought."""

    kind: str
    count: int
    fen: int


class ReportTold(msgspec.Struct, frozen=True):
    """How a shift stands; never what ought to be in the drawer. `head` is the journal's newest hash."""

    result: Ok
    shift: str
    sales: int
    units: int
    gross_fen: int
    net_fen: int
    refund_fen: int
    void_fen: int
    tenders: list[TenderSum]
    first_receipt: str
    last_receipt: str
    head: str
