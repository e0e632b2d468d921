"""The roll-out of a revision: offers go out ring by ring, stores answer, too many failures halt it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from sync.configured import BUNDLE_ID, ConfigStatus
from sync.hub.config_rings import Standing, halts, limit, passed
from sync.hub.config_tables import box, heard, offer, revision
from sync.hub.feed import Change, publish
from sync.hub.rows import config_of
from sync.messages import moment_of, stamp

FAILED = ("rolled_back", "rejected")
OPEN = ("offered", "trying")
BATCH = 200
"""Offers that one transaction releases: each locks the feed of its store until the commit."""
_KEEP_NONCES = 64


def step(conn: Connection, now: datetime) -> bool:
    """One bounded step of the oldest roll-out that has one to take; gives whether there is more to do at once."""
    rolling = select(revision).where(revision.c.state == "rolling").order_by(revision.c.rev)
    more = False
    for row in conn.execute(rolling.with_for_update()).all():
        more = _step(conn, row, now) or more
    return more


def _step(conn: Connection, row: Row[Any], now: datetime) -> bool:
    ends = msgspec.json.decode(row.ends, type=list[int])
    end, start = ends[row.ring], ends[row.ring - 1] if row.ring else 0
    stands = standing(conn, row, start)
    if halts(stands):
        note = f"{stands.failed - stands.waived} of {stands.released} stores went back; {limit(stands.released)} may"
        set_state(conn, row.rev, "halted", note)
        return False
    if row.released < end:
        released = _release(conn, row, min(end, row.released + BATCH), now)
        conn.execute(update(revision).where(revision.c.rev == row.rev).values(released=released))
        return bool(released < end)
    if not passed(stands, end, row.soak_s, now):
        return False
    if row.ring + 1 == len(ends):
        set_state(conn, row.rev, "done", "")
        return False
    conn.execute(update(revision).where(revision.c.rev == row.rev).values(ring=row.ring + 1))
    return True


def standing(conn: Connection, row: Row[Any], start: int) -> Standing:
    """How the roll-out of this revision stands; its present ring begins after `start` stores."""
    mine = offer.c.version == row.rev
    failed = conn.scalar(select(func.count()).where(mine & offer.c.state.in_(FAILED))) or 0
    in_ring = mine & (offer.c.pos >= start) & (offer.c.state == "applied")
    first = conn.scalar(select(func.min(offer.c.said_at)).where(in_ring))
    total = msgspec.json.decode(row.ends, type=list[int])[-1]
    return Standing(total, row.released, failed, row.waived, moment_of(first) if first else None)


def set_state(conn: Connection, rev: int, state: str, note: str) -> None:
    """A revision's state, and why."""
    conn.execute(update(revision).where(revision.c.rev == rev).values(state=state, note=note))


def _release(conn: Connection, row: Row[Any], upto: int, now: datetime) -> int:
    """Offers the revision to the stores up to this place; gives how many have been offered it by now."""
    wanted = (offer.c.version == row.rev) & (offer.c.pos < upto) & (offer.c.state == "staged")
    found = conn.execute(select(offer.c.store, offer.c.word).where(wanted)).all()
    changes = [_put(store, word) for store, word in found]
    publish(conn, changes, stamp(now))
    names = [store for store, _ in found]
    conn.execute(update(offer).where(wanted).values(state="offered", said_at=stamp(now)))
    older = (offer.c.version < row.rev) & offer.c.store.in_(names) & offer.c.state.in_((*OPEN, "staged"))
    conn.execute(update(offer).where(older).values(state="replaced"))
    return upto


def _put(store: str, word: str) -> Change:
    return Change(config_of(store), "config", BUNDLE_ID, msgspec.json.decode(word))


def heard_from(conn: Connection, store: str, status: ConfigStatus, now: datetime) -> None:
    """Notes what a store says of a version, once a nonce. A version that failed there is never offered to it again:
    in its place stands the one it went back to."""
    at = stamp(now)
    same = (heard.c.store == store) & (heard.c.nonce == status.nonce)
    _box(conn, store, status, at)
    if conn.scalar(select(heard.c.at).where(same)) is not None:
        return
    _forget_nonces(conn, store)
    conn.execute(insert(heard).values(store=store, nonce=status.nonce, at=at))
    mine = (offer.c.version == status.tried) & (offer.c.store == store)
    row = conn.execute(select(offer).where(mine).with_for_update()).one_or_none()
    if (
        row is None
        or row.state == "staged"
        or (status.result in ("offered", "trying") and row.state not in OPEN)
    ):
        return
    error = status.error
    values = (
        {"code": error.code, "path": error.path, "msg": error.msg}
        if error
        else {"code": "", "path": "", "msg": ""}
    )
    conn.execute(update(offer).where(mine).values(state=status.result, said_at=at, **values))
    if status.result in FAILED:
        _withhold(conn, store, status.tried, at)


def _withhold(conn: Connection, store: str, version: int, at: str) -> None:
    """Takes a failed version out of the store's feed, if it still stands there."""
    of_store = offer.c.store == store
    later = of_store & (offer.c.version > version) & offer.c.state.in_((*OPEN, "applied"))
    if conn.scalar(select(offer.c.version).where(later).limit(1)) is not None:
        return
    kept = (
        select(offer.c.word).where(of_store & (offer.c.state == "applied")).order_by(offer.c.version.desc())
    )
    word = conn.scalar(kept.limit(1))
    last = Change(config_of(store), "config", BUNDLE_ID, None) if word is None else _put(store, word)
    publish(conn, [last], at)


def _box(conn: Connection, store: str, status: ConfigStatus, at: str) -> None:
    old = conn.execute(select(box).where(box.c.store == store).with_for_update()).one_or_none()
    seen = max(status.applied, status.tried, old.seen if old else 0)
    values = {"applied": status.applied, "seen": seen, "daemon": status.daemon[:64], "said_at": at}
    if old is None:
        conn.execute(insert(box).values(store=store, region="", **values))
    else:
        conn.execute(update(box).where(box.c.store == store).values(**values))


def _forget_nonces(conn: Connection, store: str) -> None:
    """A store repeats only its last words: older ones need not be known."""
    mine = heard.c.store == store
    known = conn.execute(select(heard.c.nonce).where(mine).order_by(heard.c.at.desc())).scalars().all()
    if len(known) > _KEEP_NONCES:
        conn.execute(delete(heard).where(mine & heard.c.nonce.in_(known[_KEEP_NONCES:])))
