"""The store's word on benefits: what may be spent without asking HQ, and which coupons may be taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.domain.benefit_refusals import (
    CouponElsewhere,
    CouponNeedsHq,
    CouponOutOfTime,
    CouponUsed,
    CouponWithdrawn,
)


@dataclass(frozen=True)
class Escrow:
    """Units that only this store may spend; `until` RFC 3339 UTC or "" (open). All figures only ever grow.

    `units` were granted, `recall` asked back; `spent` and `returned` happened here, up to `answered` HQ's wishes
    have their answer.
    """

    grant: str
    subject: str
    units: int
    recall: int
    until: str
    spent: int
    returned: int
    answered: int


def left(escrow: Escrow) -> int:
    """Units that neither were spent nor given back; never negative, whatever HQ says after a restore."""
    return max(0, escrow.units - escrow.spent - escrow.returned)


def available(escrow: Escrow, now: str) -> int:
    """Units that may be spent at `now` (RFC 3339 UTC)."""
    return 0 if escrow.until and now >= escrow.until else left(escrow)


def chosen(escrows: Iterable[Escrow], units: int, now: str) -> Escrow | None:
    """The first grant that covers so many units; one fact spends from one grant."""
    return next((escrow for escrow in escrows if available(escrow, now) >= units), None)


def to_return(escrow: Escrow, now: str) -> int | None:
    """Units to give back at `now`; None: HQ waits for no answer.

    0 is an answer too. What ran out of time goes back without being asked for: HQ cannot know it unspent.
    """
    wanted = escrow.recall - escrow.answered
    if escrow.until and now >= escrow.until:
        return left(escrow) if wanted > 0 or left(escrow) else None
    return min(wanted, left(escrow)) if wanted > 0 else None


@dataclass(frozen=True)
class CouponRow:
    """A coupon as HQ last said; money in fen, times RFC 3339 UTC or ""."""

    coupon: str
    cls: str
    fen: int
    state: str
    store: str
    not_before: str
    not_after: str
    offline_fen: int
    offline_per_hour: int


@dataclass(frozen=True)
class Taking:
    """What a coupon is to be taken for: `asked` HQ said yes just now, `used` a use of it stands here already,
    `recent` how many were taken here without asking in the last hour."""

    store: str
    now: str
    fen: int
    asked: bool
    used: bool
    recent: int


def check(coupon: CouponRow, taking: Taking) -> None:
    """Raises the refusal why this coupon cannot be taken."""
    if coupon.state == "revoked":
        raise CouponWithdrawn
    if (coupon.not_before and taking.now < coupon.not_before) or (
        coupon.not_after and taking.now >= coupon.not_after
    ):
        raise CouponOutOfTime
    if coupon.store and coupon.store != taking.store:
        raise CouponElsewhere(store_zh=coupon.store, store_en=coupon.store)
    if coupon.cls == "A":
        return
    if taking.used or coupon.state == "used":
        raise CouponUsed
    if coupon.cls == "B" or taking.asked:
        return
    if taking.fen > coupon.offline_fen or taking.recent >= coupon.offline_per_hour:
        raise CouponNeedsHq
