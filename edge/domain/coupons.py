"""A coupon's life at the counter as a table, and which coupons a store may take without asking HQ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from edge.domain.benefit_refusals import (
    CouponElsewhere,
    CouponNeedsHq,
    CouponOutOfTime,
    CouponUsed,
    CouponWithdrawn,
)
from edge.domain.coupon_code import CouponClaims, CouponClass, CouponKind

LOCK_S = 900
"""How long a basket holds a coupon."""
OFFLINE_PER_MEMBER = 1
"""Gifts and samples of one coupon that a member gets without asking."""
HANDED = frozenset({"gift", "sample"})
"""Kinds that are goods over the counter, not money off."""


class CouponState(Enum):
    """Where a coupon stands (value stored)."""

    ISSUED = "issued"
    LOCKED = "locked"
    REDEEMED = "redeemed"
    RETURNED = "returned"
    EXPIRED = "expired"
    VOID = "void"


class CouponEvent(Enum):
    """What happens to a coupon."""

    LOCK = "lock"
    RELEASE = "release"
    LAPSE = "lapse"
    REDEEM = "redeem"
    GIVE_BACK = "give_back"
    RUN_OUT = "run_out"
    WITHDRAW = "withdraw"


COUPON: Mapping[CouponState, Mapping[CouponEvent, CouponState]] = {
    CouponState.ISSUED: {
        CouponEvent.LOCK: CouponState.LOCKED,
        CouponEvent.RUN_OUT: CouponState.EXPIRED,
        CouponEvent.WITHDRAW: CouponState.VOID,
    },
    CouponState.LOCKED: {
        CouponEvent.RELEASE: CouponState.ISSUED,
        CouponEvent.LAPSE: CouponState.ISSUED,
        CouponEvent.REDEEM: CouponState.REDEEMED,
        CouponEvent.WITHDRAW: CouponState.VOID,
    },
    CouponState.REDEEMED: {CouponEvent.GIVE_BACK: CouponState.RETURNED},
    # Given back to the customer: as good as new, until its time is over.
    CouponState.RETURNED: {
        CouponEvent.LOCK: CouponState.LOCKED,
        CouponEvent.RUN_OUT: CouponState.EXPIRED,
        CouponEvent.WITHDRAW: CouponState.VOID,
    },
    CouponState.EXPIRED: {},
    CouponState.VOID: {},
}
"""A missing key is the refusal. A coupon for many uses lives once in each lock."""


class OfflineClass(Enum):
    """What a store may do without a line: A take it, B take it within limits and flag it, C nothing."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True)
class KnownCoupon:
    """A coupon as its signed code, HQ's row, or both tell. `fen` at most comes off; times RFC 3339 UTC or "".

    `nonce` of the code, "" without one; `state` live, used, revoked; `per_member` 0 any number.
    `offline_fen` and `offline_per_hour` are what HQ lets a store take unasked of coupons for any store.
    """

    coupon: str
    cls: CouponClass
    kind: CouponKind
    fen: int
    store: str
    not_before: str
    not_after: str
    terms: str
    sku: str
    title_zh: str
    title_en: str
    signed: bool
    online: bool
    state: str
    nonce: str
    offline_fen: int
    offline_per_hour: int
    per_member: int = 0

    @property
    def once(self) -> bool:
        """Whether it is good for one use."""
        return self.cls != "A"

    @property
    def offline(self) -> OfflineClass:
        """What may be done with it without asking HQ."""
        if self.online or self.kind == "voucher":
            return OfflineClass.C
        if self.cls in {"A", "B"}:
            return OfflineClass.A
        return OfflineClass.B if self.signed or self.offline_fen else OfflineClass.C


def from_code(
    claims: CouponClaims, not_after: str, *, offline_fen: int, offline_per_hour: int
) -> KnownCoupon:
    """A coupon of which nothing but its signed code is known here; `not_after` as on the wire.

    `offline_fen` and `offline_per_hour` are this store's limits, since HQ said none.
    """
    return KnownCoupon(
        coupon=claims.coupon,
        cls=claims.cls,
        kind=claims.kind,
        fen=claims.fen,
        store=claims.store,
        not_before="",
        not_after=not_after,
        terms=claims.terms,
        sku=claims.sku,
        title_zh="",
        title_en="",
        signed=True,
        online=claims.online,
        state="live",
        nonce=claims.nonce,
        offline_fen=offline_fen,
        offline_per_hour=offline_per_hour,
    )


@dataclass(frozen=True)
class AtCounter:
    """What the coupon is to be taken for. `used` a use of it stands here; `recent` of any store's coupons taken
    unasked here in the last hour; `by_member` uses of it by this member here; `store_zh/en` who owns it."""

    store: str
    now: str
    used: bool
    recent: int
    by_member: int
    member: bool
    store_zh: str = ""
    store_en: str = ""


def admit(coupon: KnownCoupon, here: AtCounter) -> None:
    """Raises the refusal for which no line is needed: withdrawn, out of time, another store's, used here."""
    if coupon.state == "revoked":
        raise CouponWithdrawn
    early = coupon.not_before and here.now < coupon.not_before
    if early or (coupon.not_after and here.now >= coupon.not_after):
        raise CouponOutOfTime
    if coupon.store and coupon.store != here.store:
        named = (here.store_zh or coupon.store, here.store_en or coupon.store)
        raise CouponElsewhere(store_zh=named[0], store_en=named[1])
    if coupon.once and (here.used or coupon.state == "used"):
        raise CouponUsed
    if coupon.per_member and here.by_member >= coupon.per_member:
        raise CouponUsed


def admit_unasked(coupon: KnownCoupon, here: AtCounter) -> None:
    """Raises CouponNeedsHq where this may not be taken without asking; after `admit`."""
    if coupon.offline is OfflineClass.C:
        raise CouponNeedsHq
    if coupon.offline is OfflineClass.B and (
        coupon.fen > coupon.offline_fen or here.recent >= coupon.offline_per_hour
    ):
        raise CouponNeedsHq
    # Many may have such a code; without HQ only the member tells them apart.
    if coupon.per_member and (not here.member or here.by_member >= OFFLINE_PER_MEMBER):
        raise CouponNeedsHq
