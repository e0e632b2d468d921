"""Whether a store looked at a member just now: what it was shown, checked against HQ's own keys and numbers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from edge.domain import member_code
from edge.domain.pickup_code import CodeInvalid, Verify
from sync.hub.counter_keys import secrets_of, sign_with
from sync.hub.counter_tables import member_merge, member_number

MINUTES = 12
"""How old a member's code may be: a look stays on a desk for ten minutes, and clocks differ."""


def was_shown(conn: Connection, member: str, proof: str, now: datetime) -> bool:
    """Whether `proof` is a code that this member's phone showed within the last minutes, or the keyed hash
    (`<key>:<hash>`) of a number that is this member's."""
    if proof.startswith(f"{member_code.PREFIX}."):
        return _by_code(conn, member, proof, now)
    kid, _, hashed = proof.partition(":")
    if not kid.isascii() or not kid.isdecimal() or len(kid) > 3:
        return False
    same = (member_number.c.kid == int(kid)) & (member_number.c.hash == hashed)
    return member in conn.scalars(select(member_number.c.member).where(same)).all()


def claims_of(conn: Connection, text: str, now: datetime) -> member_code.MemberClaims | None:
    """What a code says that a member's phone showed within the last minutes; None for any other text."""
    keys = {kid: _verifier(seed) for kid, seed in secrets_of(conn, "member").items()}
    try:
        claims = member_code.read(text, keys)
    except CodeInvalid:
        return None
    return claims if abs(member_code.window_of(now) - claims.window) <= MINUTES else None


def _by_code(conn: Connection, member: str, text: str, now: datetime) -> bool:
    claims = claims_of(conn, text, now)
    if claims is None:
        return False
    into = conn.scalar(select(member_merge.c.into_member).where(member_merge.c.member == claims.member))
    return member in {claims.member, into}


def _verifier(seed: str) -> Verify:
    sign = sign_with(seed)
    # Ed25519 is deterministic: HQ has the seed, and signs again.
    return lambda signature, message: sign(message) == signature
