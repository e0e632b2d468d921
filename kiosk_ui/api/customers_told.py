"""What a program may ask and is told of vouchers handed over, claims, members' cards and joining."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk_ui.api.answered import Ok, Words
from kiosk_ui.api.asked import Nonce
from kiosk_ui.api.benefits_asked import Code, Look


class GiveAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/coupons/give; `look` is the member's, 0 nobody's."""

    code: Code
    nonce: Nonce
    look: Look = 0


class CouponClaimAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/coupons/honour: a claim code (CC1)."""

    claim: Code


class PhoneAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/members/phone."""

    phone: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5,15}\Z")]


class RevealAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/members/<look>/reveal."""

    reason: Literal["identity", "delivery", "complaint", "after_sales"]
    nonce: Nonce


class JoinAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/members/join; `guide` a staff number, left out: the program itself."""

    nonce: Nonce
    guide: Annotated[str, msgspec.Meta(max_length=32)] = ""


class GiftTold(msgspec.Struct, frozen=True):
    """What was handed over; `use` names the voucher's use."""

    result: Ok
    use: str
    coupon: str
    sku: str
    name: Words
    qty: int
    repeat: bool


class CouponCodeTold(msgspec.Struct, frozen=True):
    """A coupon's code (CP1), as if the customer showed it."""

    result: Ok
    code: str


class CouponBrief(msgspec.Struct, frozen=True):
    """A member's coupon; `refused` the code of what stands against it now, "" nothing."""

    coupon: str
    title: Words
    kind: str
    fen: int
    refused: str


class CardTold(msgspec.Struct, frozen=True):
    """A member's card, masked; coupons only where a code or a phone number was shown."""

    result: Ok
    look: int
    tier: str
    tier_name: Words
    trust: str
    name: str
    card: str
    phone: str
    points: int | None
    badges: list[str]
    coupons: list[CouponBrief]


class HiddenTold(msgspec.Struct, frozen=True):
    """What is hidden, for `seconds`; "" is not known."""

    result: Ok
    name: str
    phone: str
    seconds: int


class JoinTold(msgspec.Struct, frozen=True):
    """A code for joining; `outcome` "" not yet, joined, declined."""

    result: Ok
    scene: str
    url: str
    left_s: int
    outcome: str
