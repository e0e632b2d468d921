"""Who may sign in at a store: PINs and badges arrive in clear and leave as hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import Connection, select

from sync.hub.publishing import replace
from sync.hub.row_forms import Person
from sync.hub.rows import staff_of
from sync.hub.schema import feed
from sync.messages import Staff

if TYPE_CHECKING:
    from argon2 import PasswordHasher

NO_BADGE = "-"


def staff_there(conn: Connection, store: str) -> dict[str, Staff]:
    """Who may sign in at the store now, by staff number."""
    live = (feed.c.bucket == staff_of(store)) & (feed.c.tb == "staff") & (feed.c.op == "put")
    rows = (msgspec.json.decode(text, type=Staff) for text in conn.scalars(select(feed.c.d).where(live)))
    return {row.staff: row for row in sorted(rows, key=lambda row: row.staff)}


def replace_staff(conn: Connection, store: str, people: Sequence[Person], at: str) -> int:
    """Makes these the only ones; returns rows that changed."""
    there = staff_there(conn, store)
    return replace(conn, staff_of(store), "staff", [_hashed(one, there.get(one.staff)) for one in people], at)


def _hashed(one: Person, old: Staff | None) -> Staff:
    pin = old.pin_hash if old else ""
    badge = old.badge_sha if old and one.badge != NO_BADGE else ""
    if one.pin and not (old and _is(old.pin_hash, one.pin)):
        pin = _hasher().hash(one.pin)
    if one.badge and one.badge != NO_BADGE:
        badge = hashlib.sha256(one.badge.encode()).hexdigest()
    return Staff(one.staff, one.name, one.role, pin, badge)


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    # The box in the store checks it, on a small processor: OWASP's second set for argon2id.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def _is(pin_hash: str, pin: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return bool(_hasher().verify(pin_hash, pin))
    except (VerificationError, InvalidHashError):
        return False
