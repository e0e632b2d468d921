"""HQ's word on a coupon at a counter: may it be used, and who holds it meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from sync.asked import CouponAsk, CouponNo, CouponSaid
from sync.benefits import Coupon
from sync.hub.benefit_tables import coupon, coupon_use
from sync.hub.counter_tables import coupon_hold
from sync.messages import is_stamp, stamp

MOST_S = 1800
"""No basket holds a coupon longer than that, whatever a store asks for."""


def answer(conn: Connection, store: str, asked: CouponAsk, now: datetime) -> CouponSaid:
    """Holds a coupon for a basket, or lets it go; in the caller's transaction."""
    conn.execute(delete(coupon_hold).where(coupon_hold.c.until <= stamp(now)))
    if asked.op == "drop":
        mine = (coupon_hold.c.lock_id == asked.lock) & (coupon_hold.c.store == store)
        conn.execute(delete(coupon_hold).where(mine))
        return CouponSaid("")
    same = coupon.c.coupon == asked.coupon
    row = conn.execute(select(coupon).where(same).with_for_update()).one_or_none()
    if row is None:
        return CouponSaid("unknown")
    one = msgspec.json.decode(row.body, type=Coupon)
    why = _why(conn, store, one, row.state, asked, stamp(now))
    if why:
        return CouponSaid(why)
    ends = stamp(datetime.fromtimestamp(now.timestamp() + MOST_S, now.tzinfo))
    until = min(asked.until, ends) if is_stamp(asked.until) else ends
    conn.execute(delete(coupon_hold).where(coupon_hold.c.lock_id == asked.lock))
    values = {"coupon": one.coupon, "store": store, "member": asked.member, "until": until}
    conn.execute(insert(coupon_hold).values(lock_id=asked.lock, **values))
    titles = (one.title_zh, one.title_en)
    return CouponSaid("", one.fen, one.kind, *titles, one.not_after, one.terms, one.sku)


def _why(conn: Connection, store: str, one: Coupon, state: str, asked: CouponAsk, now: str) -> CouponNo:
    if state == "revoked":
        return "withdrawn"
    if (one.not_before and now < one.not_before) or (one.not_after and now >= one.not_after):
        return "over"
    if one.store not in {"", store}:
        return "elsewhere"
    if one.cls != "A" and state == "used":
        return "used"
    if one.cls != "A" and _holds(conn, coupon_hold.c.coupon == one.coupon, asked.lock):
        return "held"
    if one.per_member and not asked.member:
        return "member"
    if one.per_member and _had(conn, one, asked) >= one.per_member:
        return "capped"
    return ""


def _holds(conn: Connection, which: Any, but: str) -> int:
    query = select(func.count()).select_from(coupon_hold).where(which & (coupon_hold.c.lock_id != but))
    return int(conn.scalar(query) or 0)


def _had(conn: Connection, one: Coupon, asked: CouponAsk) -> int:
    """How often this member has it, or is about to."""
    mine = (coupon_use.c.coupon == one.coupon) & (coupon_use.c.member == asked.member)
    query = select(func.count()).select_from(coupon_use).where(mine & (coupon_use.c.released == 0))
    held = (coupon_hold.c.coupon == one.coupon) & (coupon_hold.c.member == asked.member)
    return int(conn.scalar(query) or 0) + _holds(conn, held, asked.lock)
