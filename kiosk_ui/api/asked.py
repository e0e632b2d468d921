"""What a program may ask of /api/v1: one frozen type a request, unknown fields refused."""

from __future__ import annotations

from typing import Annotated

import msgspec

StationName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]
Nonce = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]
CodeText = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
INK = r"[^\s\x1c-\x1f\x85\ufeff]"
"""At least one character that is not blank, in words that Python and JSON Schema understand alike."""
LineNumber = Annotated[int, msgspec.Meta(ge=1, le=9999)]
Units = Annotated[int, msgspec.Meta(ge=1, le=9999)]

ByLine = Annotated[
    dict[LineNumber, Units],
    msgspec.Meta(extra_json_schema={"propertyNames": {"pattern": r"^[1-9][0-9]{0,3}$"}}),
]


class RedeemAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/pickups/redeem. `lines` maps a line's number to units; left out: all that is left."""

    code: CodeText
    station: StationName
    nonce: Nonce
    dry_run: bool = False
    lines: ByLine | None = None
    settled: bool = False
    forced: bool = False


class AnnulAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/pickups/annul."""

    pickup: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    nonce: Nonce
    station: StationName


class ScanAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/scans."""

    text: CodeText
    station: StationName
    nonce: Nonce


class StatusSlipAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/slips/status."""

    printer: StationName
    station: StationName
    nonce: Nonce
