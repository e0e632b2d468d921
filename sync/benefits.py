"""The door's part for customers: coupons, members and their points."""

from __future__ import annotations

from typing import Literal

import msgspec

from sync.figures import Count, Delta, Name, Note, Seq, Units

CouponClass = Literal["A", "B", "C"]
CouponState = Literal["live", "used", "revoked"]
MemberField = Literal["name_masked", "phone_tail", "language", "marketing"]


class CouponRedeemed(msgspec.Struct, frozen=True, tag="coupon.redeemed", tag_field="k"):
    """A coupon took `fen` off; `use` names this one use of it, `ref` the sale."""

    use: Name
    coupon: Name
    fen: Count
    ref: Note = ""
    offline: bool = False


class CouponReleased(msgspec.Struct, frozen=True, tag="coupon.released", tag_field="k"):
    """That use came to nothing (the sale was undone): the coupon is as before it."""

    use: Name
    coupon: Name


class PointsEarned(msgspec.Struct, frozen=True, tag="points.earned", tag_field="k"):
    """A member got points; taken back where negative."""

    member: Name
    points: Delta
    ref: Note = ""


class PointsSpent(msgspec.Struct, frozen=True, tag="points.spent", tag_field="k"):
    """A member spent points out of the grant that this store holds for the member."""

    member: Name
    points: Units
    grant: str
    ref: Note = ""


class MemberChange(msgspec.Struct, frozen=True, tag="member.change", tag_field="k"):
    """A proposal: `field` of the profile that the store knew as version `base_ver` ought to be `value`."""

    change: Name
    member: Name
    field: MemberField
    value: Note
    base_ver: Count


class Coupon(msgspec.Struct, frozen=True, tag="coupon", tag_field="tb"):
    """A coupon. `cls` A: any number of uses; B: one use, at `store` alone; C: one use, at any store.

    C is used offline only up to `offline_fen` (0: never) and `offline_per_hour` times an hour and store.
    `fen` is the most it takes off.
    """

    coupon: Name
    cls: CouponClass
    fen: Count
    title_zh: str
    title_en: str
    state: CouponState = "live"
    store: str = ""
    not_before: str = ""
    not_after: str = ""
    offline_fen: Count = 0
    offline_per_hour: Count = 0


class Member(msgspec.Struct, frozen=True, tag="member", tag_field="tb"):
    """A member under an opaque token; `ver` is the profile's version, for proposals."""

    member: Name
    tier: str
    ver: Seq
    name_masked: str = ""
    card_tail: str = ""
    phone_tail: str = ""
    language: str = ""
    marketing: str = ""


class PointsGrant(msgspec.Struct, frozen=True, tag="points_grant", tag_field="tb"):
    """Points of a member that this store may let be spent without asking, until `not_after`.

    `units` and `recall` only ever grow, and the grant is good for the journal `stream` alone, as of a quota.
    """

    grant: Name
    member: Name
    stream: str
    units: Seq
    not_after: str
    recall: Count = 0
