"""The door's part for customers: coupons, members and their points."""

from __future__ import annotations

from typing import Literal

import msgspec

from sync.figures import Count, Delta, Kid, Name, Note, Seq, Units

CouponClass = Literal["A", "B", "C"]
CouponState = Literal["live", "used", "revoked"]
CouponKind = Literal["cash", "gift", "sample", "repurchase", "voucher"]
"""Money off, a gift or a sample for nothing, money off the next sale, a third party's group buy."""
MemberField = Literal["name_masked", "phone_tail", "language", "marketing"]


class CouponRedeemed(msgspec.Struct, frozen=True, tag="coupon.redeemed", tag_field="k"):
    """A coupon took `fen` off; `use` names this one use of it, `ref` the sale.

    `code` is the signed code's nonce, `lock` what HQ held it for, `issuer` whose it is where it is not HQ's.
    `unverified`: taken on its signature alone, within limits, though it may be used elsewhere (待核).
    """

    use: Name
    coupon: Name
    fen: Count
    ref: Note = ""
    offline: bool = False
    unverified: bool = False
    code: Note = ""
    lock: Note = ""
    member: Note = ""
    issuer: Note = ""


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


class CouponClaimed(msgspec.Struct, frozen=True, tag="coupon.claimed", tag_field="k"):
    """A sale was promised a coupon while HQ could not be asked: the code that was printed has this `nonce`."""

    nonce: Name
    sale: Name
    fen: Count
    until: str
    member: Note = ""


class MemberRevealed(msgspec.Struct, frozen=True, tag="member.revealed", tag_field="k"):
    """Somebody had what is hidden of a member shown for ten seconds, for this reason."""

    member: Name
    reason: Name


class MemberErased(msgspec.Struct, frozen=True, tag="member.erased", tag_field="k"):
    """This store forgot a member, as HQ's `cmd` asked: so many `rows` here named it."""

    cmd: Name
    member: Name
    rows: Count


class JoinOffered(msgspec.Struct, frozen=True, tag="join.offered", tag_field="k"):
    """A screen showed a code for joining; whoever joins by this `scene` before `until` was `guide`'s guest."""

    scene: Name
    link: Name
    until: str
    guide: Note = ""


class Coupon(msgspec.Struct, frozen=True, tag="coupon", tag_field="tb"):
    """A coupon. `cls` A: any number of uses; B: one use, at `store` alone; C: one use, at any store.

    C is used offline only up to `offline_fen` (0: never) and `offline_per_hour` times an hour and store.
    `fen` is the most it takes off. `online`: only ever with HQ's yes. `terms` names the rule (level coupon) by which
    it counts, "" its face value; `sku` is what a gift or sample gives, `per_member` how often a member gets it
    (0: any number), `member` whose it is ("" the bearer's).
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
    kind: CouponKind = "cash"
    online: bool = False
    terms: str = ""
    sku: str = ""
    per_member: Count = 0
    member: str = ""


class Member(msgspec.Struct, frozen=True, tag="member", tag_field="tb"):
    """A member under an opaque token; `ver` is the profile's version, for proposals.

    `card_hash` is the static card's number under HQ's look-up key (`LookupKey`); `badges` are HQ's flags, one word each
    (birthday: a benefit waits; the date itself stays at HQ), `tags` words for the staff, `points` the balance at
    `points_at`.
    """

    member: Name
    tier: str
    ver: Seq
    name_masked: str = ""
    card_tail: str = ""
    phone_tail: str = ""
    language: str = ""
    marketing: str = ""
    card_hash: str = ""
    badges: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    points: Count = 0
    points_at: str = ""


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


class CouponKey(msgspec.Struct, frozen=True, tag="coupon_key", tag_field="tb"):
    """A public Ed25519 key (hex) under which coupon codes are genuine; two at a time for roll-over."""

    kid: Kid
    public: str
    not_after: str = ""


class MemberKey(msgspec.Struct, frozen=True, tag="member_key", tag_field="tb"):
    """A public Ed25519 key (hex) under which member codes are genuine; two at a time for roll-over."""

    kid: Kid
    public: str
    not_after: str = ""


class LookupKey(msgspec.Struct, frozen=True, tag="lookup_key", tag_field="tb"):
    """The secret (hex) under which phone and card numbers are told; the highest number counts."""

    kid: Kid
    secret: str
    not_after: str = ""


class MemberMerge(msgspec.Struct, frozen=True, tag="member_merge", tag_field="tb"):
    """Two members were one person: what names `member` means `into` from now on."""

    member: Name
    into: Name
    at: str


class MemberErase(msgspec.Struct, frozen=True, tag="member_erase", tag_field="tb"):
    """HQ asks the store to forget a member within a day; answered by `member.erased`."""

    cmd: Name
    member: Name
    at: str


class JoinLink(msgspec.Struct, frozen=True, tag="join_link", tag_field="tb"):
    """Where somebody who wants to join goes: a link of HQ's, to which a screen adds itself; "" `until` is open."""

    link: Name
    url: str
    title_zh: str
    title_en: str
    until: str = ""


class JoinScene(msgspec.Struct, frozen=True, tag="join_scene", tag_field="tb"):
    """What came of a code for joining."""

    scene: Name
    result: Literal["joined", "declined"]
    at: str


class Repurchase(msgspec.Struct, frozen=True, tag="repurchase", tag_field="tb"):
    """What a sale of `min_fen` or more earns: `fen` off the next one within `days` days."""

    offer: Name
    min_fen: Count
    fen: Count
    days: Seq
    title_zh: str
    title_en: str
