"""HQ's pickup keys and the codes issued under them; private halves never leave this database."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from sync.hub.feed import Change, publish, put
from sync.hub.publishing import NotPossible
from sync.hub.rows import CLOSED, KEYS
from sync.hub.schema import customer_order, issued_code, order_line, pickup_key
from sync.messages import PickupKey, check_row, stamp

LIVE_KEYS = 2
NONCE_BYTES = 10


@dataclass(frozen=True)
class CodeClaims:
    """What a pickup code says: `not_after` UTC, `nonce` hex, `unit` 0 for the whole order."""

    kid: int
    store: str
    order: str
    gen: int
    not_after: datetime
    nonce: str
    unit: int = 0


Sign = Callable[[bytes], bytes]
EncodeCode = Callable[[CodeClaims, Sign], str]
"""Makes the text of a code; the format is the store's business, so it is handed in."""


def new_key(conn: Connection, kid: int, not_after: str, at: str) -> PickupKey:
    """Makes and publishes a key; raises NotPossible for a third live one or a number used before."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not 0 <= kid <= 255:
        raise NotPossible("a key number is 0 to 255")
    rows = conn.execute(select(pickup_key.c.kid, pickup_key.c.retired)).all()
    if kid in {row.kid for row in rows}:
        raise NotPossible(f"key {kid} was used before")
    if sum(not row.retired for row in rows) >= LIVE_KEYS:
        raise NotPossible("two keys are live; retire one first")
    private = Ed25519PrivateKey.generate()
    key = PickupKey(kid=kid, public=private.public_key().public_bytes_raw().hex(), not_after=not_after)
    if bad := check_row(key):
        raise NotPossible(f"key {kid}: {bad} is not a time in UTC like 2026-01-05T10:00:00.000Z")
    seed = private.private_bytes_raw().hex()
    conn.execute(
        insert(pickup_key).values(kid=kid, private=seed, public=key.public, not_after=not_after, retired=0)
    )
    publish(conn, [put(KEYS, key)], at)
    return key


def retire_key(conn: Connection, kid: int, at: str) -> None:
    """Withdraws a key from every store; its private half is wiped."""
    live = (pickup_key.c.kid == kid) & (pickup_key.c.retired == 0)
    if conn.execute(update(pickup_key).where(live).values(retired=1, private="")).rowcount == 0:
        raise NotPossible(f"no live key {kid}")
    publish(conn, [Change(KEYS, "pickup_key", str(kid), None)], at)


def issue(
    conn: Connection, order_no: str, encode: EncodeCode, not_after: datetime, unit: int, kid: int | None
) -> str:
    """Issues a code under a live key (the highest number unless `kid` is given) and remembers its nonce.

    Raises NotPossible for an order that is closed, a unit it does not have, or without a key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    order = conn.execute(select(customer_order).where(customer_order.c.order_no == order_no)).one_or_none()
    if order is None or order.state in CLOSED:
        raise NotPossible(f"order {order_no} is {order.state if order else 'not there'}")
    units = conn.scalar(select(func.sum(order_line.c.qty)).where(order_line.c.order_no == order_no)) or 0
    if not 0 <= unit <= units:
        raise NotPossible(f"order {order_no} has units 1 to {units}; 0 is the whole order")
    live = pickup_key.c.retired == 0
    if kid is not None:
        live &= pickup_key.c.kid == kid
    key = conn.execute(
        select(pickup_key).where(live).order_by(pickup_key.c.kid.desc()).limit(1)
    ).one_or_none()
    if key is None:
        raise NotPossible("there is no such live pickup key")
    nonce = secrets.token_hex(NONCE_BYTES)
    claims = CodeClaims(key.kid, order.store, order_no, order.gen, not_after, nonce, unit)
    try:
        text = encode(claims, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.private)).sign)
    except ValueError as error:
        raise NotPossible(f"order {order_no} does not fit into a pickup code: {error}") from error
    values = {"order_no": order_no, "gen": order.gen, "unit": unit, "kid": key.kid, "revoked": 0}
    conn.execute(insert(issued_code).values(nonce=nonce, not_after=stamp(not_after), **values))
    return text
