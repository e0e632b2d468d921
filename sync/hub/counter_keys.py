"""HQ's keys for coupon codes, member codes and look-ups; what is secret in them never leaves this database but once."""

from __future__ import annotations

import secrets
from typing import Any, Literal

from sqlalchemy import Connection, Engine, insert, select, update

from edge.domain.pickup_code import Sign
from sync.benefits import CouponKey, LookupKey, MemberKey
from sync.hub.counter_tables import counter_key
from sync.hub.database import snapshot
from sync.hub.feed import Change, publish, put
from sync.hub.keys import LIVE_KEYS
from sync.hub.publishing import NotPossible
from sync.hub.rows import KEYS
from sync.hub.schema import pickup_key
from sync.messages import check_row

Role = Literal["coupon", "member", "lookup"]
Word = CouponKey | MemberKey | LookupKey


def new_key(conn: Connection, role: Role, kid: int, not_after: str, at: str) -> Word:
    """Makes and publishes a key; raises NotPossible for a third live one or a number used before.

    The look-up secret goes to every store, since each must tell numbers under it; signing seeds go nowhere.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not 0 <= kid <= 255:
        raise NotPossible("a key number is 0 to 255")
    same = counter_key.c.role == role
    rows = conn.execute(select(counter_key.c.kid, counter_key.c.retired).where(same)).all()
    if kid in {row.kid for row in rows}:
        raise NotPossible(f"{role} key {kid} was used before")
    if sum(not row.retired for row in rows) >= LIVE_KEYS:
        raise NotPossible("two keys are live; retire one first")
    seed, public = secrets.token_hex(32), ""
    if role != "lookup":
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
        public = private.public_key().public_bytes_raw().hex()
    word = _word(role, kid, public, seed, not_after)
    if bad := check_row(word):
        raise NotPossible(f"key {kid}: {bad} is not a time in UTC like 2026-01-05T10:00:00.000Z")
    values = {"private": seed, "public": public, "not_after": not_after, "retired": 0}
    conn.execute(insert(counter_key).values(role=role, kid=kid, **values))
    publish(conn, [put(KEYS, word)], at)
    return word


def retire_key(conn: Connection, role: Role, kid: int, at: str) -> None:
    """Withdraws a key from every store; what is secret in it is wiped."""
    live = (counter_key.c.role == role) & (counter_key.c.kid == kid) & (counter_key.c.retired == 0)
    if not conn.execute(update(counter_key).where(live).values(retired=1, private="")).rowcount:
        raise NotPossible(f"no live {role} key {kid}")
    publish(conn, [Change(KEYS, f"{role}_key", str(kid), None)], at)


def newest(conn: Connection, role: Role, now: str) -> tuple[int, str]:
    """Number and secret of the live key with the highest number; raises NotPossible where there is none."""
    open_one = (counter_key.c.not_after == "") | (counter_key.c.not_after > now)
    live = (counter_key.c.role == role) & (counter_key.c.retired == 0) & open_one
    row = conn.execute(select(counter_key).where(live).order_by(counter_key.c.kid.desc()).limit(1)).first()
    if row is None:
        raise NotPossible(f"there is no live {role} key")
    return int(row.kid), str(row.private)


def secrets_of(conn: Connection, role: Role) -> dict[int, str]:
    """The secrets of the live keys, by number."""
    live = (counter_key.c.role == role) & (counter_key.c.retired == 0)
    return {row.kid: row.private for row in conn.execute(select(counter_key).where(live))}


def listed(engine: Engine) -> list[dict[str, Any]]:
    """Every key of every role, the pickup keys too: role, kid, public, not_after, state. No secret."""
    with snapshot(engine) as conn:
        mine = conn.execute(select(counter_key).order_by("role", "kid")).all()
        pickup = conn.execute(select(pickup_key).order_by("kid")).all()
    rows = [("pickup", row) for row in pickup] + [(str(row.role), row) for row in mine]
    return [
        {
            "role": role,
            "kid": row.kid,
            "public": row.public,
            "not_after": row.not_after,
            "state": "retired" if row.retired else "live",
        }
        for role, row in rows
    ]


def sign_with(seed: str) -> Sign:
    """The signer of a seed (64 hex digits)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).sign


def _word(role: Role, kid: int, public: str, secret: str, not_after: str) -> Word:
    if role == "coupon":
        return CouponKey(kid, public, not_after)
    if role == "member":
        return MemberKey(kid, public, not_after)
    return LookupKey(kid, secret, not_after)
