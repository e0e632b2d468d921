"""What a program may ask of picking and stock: one frozen type a request, unknown fields refused."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk_ui.api.asked import INK, CodeText, LineNumber, Nonce, StationName

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Pieces = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Counted = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
ShelfName = Annotated[str, msgspec.Meta(min_length=1, max_length=12, pattern=INK)]
Short = Literal["not_in_stock", "mismatch", "damaged", "worn"]


class ClaimAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/picks/claim: a wave by its name, or one order by its number."""

    wave: Number
    station: StationName
    nonce: Nonce


class StepAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/picks/<order>/accept, settle, pack, label, put-back."""

    station: StationName
    nonce: Nonce


class RejectAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/picks/<order>/reject; `line` says which goods are meant where it is for want of goods."""

    station: StationName
    nonce: Nonce
    reason: Literal["not_in_stock", "mismatch", "damaged", "worn", "busy", "closing"]
    line: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0


class PickScanAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/picks/scan: an item that was scanned."""

    text: CodeText
    station: StationName
    nonce: Nonce


class ShortAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/picks/<order>/short; `qty` left out: all that is left of the line."""

    line: LineNumber
    reason: Short
    station: StationName
    nonce: Nonce
    qty: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0


class SubstituteAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/picks/<order>/substitute."""

    line: LineNumber
    sku: Number
    station: StationName
    nonce: Nonce


class ShelveAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/picks/shelve: the label that was scanned, and where the bag lies."""

    label: Number
    shelf: ShelfName
    station: StationName
    nonce: Nonce


class MoveAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/stock/<sku>/moves: pieces that came (positive) or left."""

    qty: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]
    reason: Literal["receipt", "transfer", "damage", "return", "adjust", "sample", "gift"]
    station: StationName
    nonce: Nonce
    ref: Annotated[str, msgspec.Meta(max_length=64)] = ""


class ShiftAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/stock/<sku>/unfit: pieces that became unfit (positive), were mended or scrapped (negative)."""

    qty: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]
    reason: Literal["damaged", "worn", "mended", "scrapped"]
    station: StationName
    nonce: Nonce


class LostAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/stock/<sku>/wanted: somebody wanted what is not here."""

    qty: Pieces
    how: Literal["asked", "scanned", "searched"]
    station: StationName
    nonce: Nonce


class CountAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/counts/<task>: what was counted, as of the figure that the list gave as `upto`."""

    counted: Counted
    upto: Annotated[int, msgspec.Meta(ge=0, le=999_999_999_999_999)]
    station: StationName
    nonce: Nonce
