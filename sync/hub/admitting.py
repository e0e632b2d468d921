"""Who is let in at HQ: invitations used once, device keys, short-lived bearers, revocation."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine, Row, insert, select, update

from sync.admission import (
    BEARER_S,
    INVITATION_S,
    EnrollAnswer,
    EnrollRequest,
    Invitation,
    TokenAnswer,
    TokenRequest,
    enroll_words,
    token_words,
)
from sync.hub import trust
from sync.hub.database import hq_epoch, looking
from sync.hub.envelope import Refused
from sync.hub.publishing import NotPossible
from sync.hub.schema import device, ingest_stream, invitation, meta
from sync.hub.schema import store as store_table
from sync.messages import moment_of, stamp

CLOCKS_APART = timedelta(minutes=10)
"""How far a device's `at` may be from HQ's time; beyond it is told the time and asks again."""


def invite(conn: Connection, store: str, url: str, now: datetime) -> Invitation:
    """A new invitation for a box of this store, good for a day and for one use; the token is kept nowhere as text."""
    if conn.scalar(select(store_table.c.store).where(store_table.c.store == store)) is None:
        raise NotPossible(f"no store {store}")
    token = secrets.token_urlsafe(24)
    expires = stamp(now + timedelta(seconds=INVITATION_S))
    conn.execute(
        insert(invitation).values(token_sha=_sha(token), store=store, expires_at=expires, used_by="")
    )
    return Invitation(v=1, url=url, token=token, root_fpr=trust.root_fingerprint(conn), store=store)


def enroll(conn: Connection, asked: EnrollRequest, now: datetime) -> EnrollAnswer:
    """Takes a new box in; its store's former box is replaced, and what that still holds is taken, marked late.

    Raises Refused 403: `invitation` for a token that is unknown, used or over (not told apart), `store` where it was
    made for another store, `proof` where the key is not shown; 409 `enrolled` for a key or journal of another box.
    """
    same = invitation.c.token_sha == _sha(asked.token)
    row = conn.execute(select(invitation).where(same).with_for_update()).one_or_none()
    if row is None or row.used_by or moment_of(row.expires_at) < now:
        raise Refused(403, "invitation")
    if row.store != asked.store:
        raise Refused(403, "store")
    if not _signed(asked.public, asked.proof, enroll_words(asked.token, asked.public, asked.stream)):
        raise Refused(403, "proof")
    taken = (device.c.public == asked.public) | (device.c.stream == asked.stream)
    if conn.execute(select(device.c.device).where(taken)).first() is not None:
        raise Refused(409, "enrolled")
    name = str(uuid.uuid4())
    conn.execute(update(invitation).where(same).values(used_by=name))
    _replace(conn, row.store)
    conn.execute(
        insert(device).values(
            device=name,
            store=row.store,
            public=asked.public,
            stream=asked.stream,
            state="active",
            enrolled_at=stamp(now),
            hw=asked.hw,
            sw=asked.sw,
        )
    )
    word = trust.present(conn)
    if word is None:
        raise Refused(503, "no_roster")
    return EnrollAnswer(row.store, name, hq_epoch(conn), stamp(now), word)


def _replace(conn: Connection, store: str) -> None:
    """A store's former box, and with the first one the long-lived token of a store by hand, end here."""
    # The store's row before all others: of two boxes that come at once the second waits here, and then finds the first.
    unguessable = _sha(secrets.token_urlsafe(32))
    conn.execute(update(store_table).where(store_table.c.store == store).values(token_sha=unguessable))
    former = (device.c.store == store) & (device.c.state == "active")
    conn.execute(update(device).where(former).values(state="replaced"))


def give_bearer(conn: Connection, asked: TokenRequest, now: datetime) -> TokenAnswer:
    """A bearer for a device that shows its key. Raises Refused 401: `clock` (with HQ's time), `device_revoked`, or
    `unauthorized`."""
    row = conn.execute(select(device).where(device.c.device == asked.device)).one_or_none()
    if row is None or not _signed(row.public, asked.sig, token_words(asked.device, asked.at, asked.nonce)):
        raise Refused(401, "unauthorized")
    if row.state == "revoked":
        raise Refused(401, "device_revoked")
    try:
        apart = abs(moment_of(asked.at) - now)
    except ValueError:
        apart = CLOCKS_APART * 2
    if apart > CLOCKS_APART:
        raise Refused(401, "clock", server_time=stamp(now))
    ends = int(now.timestamp()) + BEARER_S
    return TokenAnswer(_bearer(bearer_key(conn), asked.device, ends), BEARER_S, stamp(now))


def admitted(engine: Engine, authorization: str, now: datetime, *, late: bool = False) -> tuple[str, str]:
    """Who shows this `Authorization`: (store, its journal) by a device's bearer, (store, "") by the token of a store
    by hand. A box that was replaced is let in `late` alone, to bring what its journal still holds.

    Raises Refused 401; 403 `device_replaced`, with the last fact of its journal that HQ has."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Refused(401, "unauthorized")
    digest = _sha(token)
    with looking(engine) as conn:
        row = conn.execute(select(store_table).where(store_table.c.token_sha == digest)).one_or_none()
        # The index finds by hash, so timing tells nothing of the token; the comparison does not either.
        if row is not None and hmac.compare_digest(row.token_sha, digest):
            return str(row.store), ""
        known = bearer_device(conn, token, now)
        if known.state == "replaced" and not late:
            mine = ingest_stream.c.stream == known.stream
            acked = conn.scalar(select(ingest_stream.c.last_seq).where(mine))
            raise Refused(403, "device_replaced", up_acked=acked or 0)
        return str(known.store), str(known.stream)


def bearer_device(conn: Connection, bearer: str, now: datetime) -> Row[*tuple[object, ...]]:
    """The device whose bearer this is; raises Refused 401 `unauthorized`, `expired` or `device_revoked`."""
    try:
        name, ends, _ = base64.urlsafe_b64decode(bearer.encode() + b"==").decode().split("|")
        # As bytes: texts beyond ASCII cannot be compared. And before the database hears a name that anybody can write.
        honest = hmac.compare_digest(_bearer(bearer_key(conn), name, int(ends)).encode(), bearer.encode())
    except (ValueError, UnicodeError, binascii.Error):
        raise Refused(401, "unauthorized") from None
    if not honest:
        raise Refused(401, "unauthorized")
    row = conn.execute(select(device).where(device.c.device == name)).one_or_none()
    if row is None:
        raise Refused(401, "unauthorized")
    if row.state == "revoked":
        raise Refused(401, "device_revoked")
    if int(ends) < now.timestamp():
        raise Refused(401, "expired")
    return row


def revoke(conn: Connection, name: str) -> None:
    """Shuts a device out at once; its journal's unsent facts can still be brought in by hand."""
    done = conn.execute(update(device).where(device.c.device == name).values(state="revoked"))
    if done.rowcount == 0:
        raise NotPossible(f"no device {name}")
    stream = select(device.c.stream).where(device.c.device == name).scalar_subquery()
    conn.execute(update(ingest_stream).where(ingest_stream.c.stream == stream).values(state="closed"))


def bearer_key(conn: Connection) -> bytes:
    """The secret under which bearers are made, one for all hub processes of this database."""
    return bytes.fromhex(str(conn.scalar(select(meta.c.value).where(meta.c.key == "bearer_key"))))


def _bearer(key: bytes, name: str, ends: int) -> str:
    said = f"{name}|{ends}"
    mac = hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
    return base64.urlsafe_b64encode(f"{said}|{mac}".encode()).decode().rstrip("=")


def _signed(public: str, sig: str, words: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(sig), words)
    except (InvalidSignature, ValueError):
        return False
    return True


def _sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
