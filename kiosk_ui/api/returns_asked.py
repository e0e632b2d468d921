"""What a program may ask of returns: one frozen type a request, unknown fields refused."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk_ui.api.asked import LineNumber, Nonce, Units

PurchaseText = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
WhyText = Annotated[str, msgspec.Meta(max_length=120)]
SumFen = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
SourceName = Literal["sale", "order"]


class FindPurchaseAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/returns/find: a receipt's number, an order's, or a parcel's."""

    text: PurchaseText


class PiecesAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pieces of a line: how they look, why they come back, what becomes of them."""

    line: LineNumber
    qty: Units
    condition: Literal["intact", "soiled", "incomplete", "wrong_item"]
    reason: Literal["no_reason", "quality", "wrong_item", "damaged", "not_as_shown", "other"]
    fate: Literal["shelf", "repair", "scrap", "depot"]


PiecesList = Annotated[tuple[PiecesAsked, ...], msgspec.Meta(min_length=1, max_length=500)]


class PreviewReturnAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/returns/preview. `forced`: a lead answers for term and exclusion."""

    source: SourceName
    ref: PurchaseText
    lines: PiecesList
    forced: bool = False


class AcceptReturnAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/returns/accept. `shown_fen` is what the customer was told; `why` has to say why it is `forced`."""

    source: SourceName
    ref: PurchaseText
    lines: PiecesList
    shown_fen: SumFen
    nonce: Nonce
    forced: bool = False
    why: WhyText = ""
