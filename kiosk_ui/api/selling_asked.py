"""What a program may ask of baskets, sales and shifts: one frozen type a request, unknown fields refused."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.domain.shifts import NOTES
from kiosk_ui.api.asked import INK, Nonce

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Sum = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=INK)]

Pieces = Annotated[
    dict[int, Annotated[int, msgspec.Meta(ge=0, le=10_000)]],
    msgspec.Meta(extra_json_schema={"propertyNames": {"enum": [str(fen) for fen in NOTES]}}),
]


class OpenAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/open."""

    nonce: Nonce
    training: bool = False


class SaleScanAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/scan: goods, a coupon, a member code, the code of a suspended basket; amid a payment a pay code."""

    text: Text
    nonce: Nonce


class QtyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/lines/<line>: so many pieces, 0 takes the line out."""

    basket: Id
    qty: Annotated[int, msgspec.Meta(ge=0, le=999)]
    nonce: Nonce


class BasketAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/suspend, resume, age, reprice, unpay, set-aside, complete."""

    basket: Id
    nonce: Nonce


class VoidAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/void."""

    basket: Id
    nonce: Nonce
    reason: Reason


class PayAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/pay; `shown_fen` is the total that the shopper was told."""

    basket: Id
    shown_fen: Sum
    nonce: Nonce


class CashAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/basket/cash; `shown_fen` the total for cash, `given_fen` what was handed over."""

    basket: Id
    given_fen: Sum
    shown_fen: Sum
    nonce: Nonce


class ReprintAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/sales/<sale>/reprint."""

    nonce: Nonce


class FloatAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/shift/open."""

    float_fen: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
    nonce: Nonce


class CashCountAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/shift/count: fen of a note or coin -> how many."""

    pieces: Pieces
    nonce: Nonce


class CloseAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/shift/close."""

    nonce: Nonce
