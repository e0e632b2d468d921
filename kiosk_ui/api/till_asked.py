"""What a program may ask about what stands beside a till: one frozen type a request, unknown fields refused."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk_ui.api.asked import Nonce

LineText = Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\Z")]
Fen = Annotated[int, msgspec.Meta(ge=-99_999_999, le=99_999_999)]


class DrawerAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/stations/<station>/drawers/<drawer>/open."""

    reason: Literal["change", "count", "no_sale", "other"]
    nonce: Nonce


class ShowingAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /api/v1/stations/<station>/display; `for_s` seconds, 0: the display says again what it says by itself."""

    upper: LineText = ""
    lower: LineText = ""
    amount: Fen | None = None
    lamp: Literal["none", "price", "total", "paid", "change"] = "none"
    for_s: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 60


class HelpAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /api/v1/stations/<station>/help."""

    wanted: bool


class SettleAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/stations/<station>/jobs/<job>/settle."""

    came_out: bool


class CancelAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/stations/<station>/jobs/<job>/cancel: an empty object."""
