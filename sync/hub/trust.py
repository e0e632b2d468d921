"""HQ's roster of keys: founded by root keys that stay offline, renewed by them, handed to every store."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from sync.hub.publishing import NotPossible
from sync.hub.schema import roster as roster_table
from sync.hub.schema import signing_key
from sync.messages import stamp
from sync.signed import NotTrusted, Role, RoleName, Roster, Signed, fingerprint, first_roster, sign, succeed

GOOD_FOR = timedelta(days=365)
"""How long a roster is good unless said otherwise; past it stores go on and complain."""


def public_of(seed: bytes) -> str:
    """The public half (hex) of a private key (32-byte seed)."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def found(
    conn: Connection, root_seeds: Sequence[bytes], roles: Mapping[RoleName, Role], now: datetime
) -> Roster:
    """The first roster, signed by the roots; HQ makes the key that signs its snapshots by itself.

    Raises NotPossible where there is one already: from then on only `renew` changes who is believed.
    """
    if present(conn) is not None:
        raise NotPossible("HQ has its roster already; renew it")
    root = Role(keys=tuple(public_of(seed) for seed in root_seeds), threshold=len(root_seeds))
    own = {"root": root, "snapshot": Role(keys=(_make_key(conn, "snapshot"),))}
    first = Roster(1, stamp(now), stamp(now + GOOD_FOR), {**roles, **own})  # type: ignore[dict-item]
    word = sign("roster", first, root_seeds)
    first_roster(word, fingerprint(root))
    _keep(conn, 1, word)
    return first


def renew(
    conn: Connection, root_seeds: Sequence[bytes], roles: Mapping[RoleName, Role], now: datetime
) -> Roster:
    """The next roster: roles not named stay as they are. A new root needs the old root's keys and its own.

    Raises NotPossible, with the reason, unless every store that believes the present roster will believe this one.
    """
    word = present(conn)
    if word is None:
        raise NotPossible("HQ has no roster yet")
    old = msgspec.json.decode(word.body, type=Roster)
    following = Roster(old.version + 1, stamp(now), stamp(now + GOOD_FOR), {**old.roles, **roles})
    signed = sign("roster", following, root_seeds)
    try:
        succeed(old, signed)
    except NotTrusted as refused:
        raise NotPossible(f"stores would not believe this roster: {refused.code} {refused.detail}") from None
    _keep(conn, following.version, signed)
    return following


def present(conn: Connection) -> Signed | None:
    """The newest roster as it travels; None before HQ has one."""
    newest = select(roster_table.c.word).order_by(roster_table.c.version.desc()).limit(1)
    text = conn.scalar(newest)
    return None if text is None else msgspec.json.decode(text, type=Signed)


def chain(conn: Connection, after: int) -> list[Signed]:
    """The rosters later than a version, oldest first: each is believed because of the one before it."""
    later = select(roster_table.c.word).where(roster_table.c.version > after).order_by(roster_table.c.version)
    return [msgspec.json.decode(text, type=Signed) for text in conn.scalars(later)]


def root_fingerprint(conn: Connection) -> str:
    """What stores pin at enrolment; raises NotPossible before HQ has a roster."""
    word = present(conn)
    if word is None:
        raise NotPossible("HQ has no roster of keys yet: stores would not know whom to believe")
    return fingerprint(msgspec.json.decode(word.body, type=Roster).roles["root"])


def snapshot_seed(conn: Connection) -> bytes:
    """The private key that HQ signs snapshots with; raises NotPossible before HQ has a roster."""
    seed = conn.scalar(select(signing_key.c.seed).where(signing_key.c.role == "snapshot"))
    if seed is None:
        raise NotPossible("HQ has no roster of keys yet")
    return bytes.fromhex(seed)


def _make_key(conn: Connection, role: str) -> str:
    seed = secrets.token_bytes(32)
    public = public_of(seed)
    conn.execute(insert(signing_key).values(public=public, role=role, seed=seed.hex()))
    return public


def _keep(conn: Connection, version: int, word: Signed) -> None:
    conn.execute(insert(roster_table).values(version=version, word=msgspec.json.encode(word).decode()))
