"""What a program may ask and is told about coupons and members: one frozen type each, unknown fields refused."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kiosk_ui.api.answered import Ok, Words
from kiosk_ui.api.asked import Nonce

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
Named = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Look = Annotated[int, msgspec.Meta(ge=0, le=999_999_999_999_999)]
Fen = Annotated[int, msgspec.Meta(ge=0, le=99_999_999)]


class CouponLookAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/coupons/look; `look` is the member's, 0 nobody's."""

    code: Code
    look: Look = 0


class CouponHoldAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/coupons/hold: for the basket `order`."""

    code: Code
    order: Named
    nonce: Nonce
    look: Look = 0


class CouponRedeemAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/coupons/redeem: what a hold took off, `ref` the sale."""

    hold: Named
    fen: Fen
    nonce: Nonce
    ref: Annotated[str, msgspec.Meta(max_length=64)] = ""


class CouponReleaseAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/coupons/release."""

    hold: Named


class MemberAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/members/identify: a member code or the number of a card."""

    code: Code


class CouponTold(msgspec.Struct, frozen=True):
    """A coupon; `offline` A taken, B within limits, C not; `refused` the code of the refusal, "" none."""

    result: Ok
    coupon: str
    title: Words
    kind: str
    fen: int
    state: str
    offline: str
    asks_hq: bool
    refused: str


class HoldTold(msgspec.Struct, frozen=True):
    """A hold. `until` RFC 3339; `unverified`: to be checked by HQ later; `repeat`: this nonce was answered before."""

    result: Ok
    hold: str
    coupon: str
    title: Words
    kind: str
    fen: int
    until: str
    unverified: bool
    repeat: bool


class UseTold(msgspec.Struct, frozen=True):
    """A use, by its name."""

    result: Ok
    use: str


class LetGo(msgspec.Struct, frozen=True):
    """A coupon that no basket holds any more."""

    result: Ok
    hold: str


class MemberTold(msgspec.Struct, frozen=True):
    """Somebody, masked; `look` names this look in further calls, `trust` is code, card or phone."""

    result: Ok
    look: int
    tier: str
    trust: str
    name: str
    card: str
    points: int | None
    badges: list[str]
