"""HQ's feed: the latest state of every row of every bucket, numbered so that no writer is missed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, text, update

from sync.hub.bulk import insert_rows, rows_of, update_rows
from sync.hub.database import new_bucket_epoch
from sync.hub.schema import bucket, feed
from sync.messages import Down, canonical, id_of, row_body, table_of

_MASK = (1 << 64) - 1
_MAKE = (
    "INSERT INTO bucket (bucket, epoch, head, floor, n, ck)"
    " VALUES (:bucket, :epoch, 0, 0, 0, :ck) ON CONFLICT (bucket)"
)
_LOCK = " DO UPDATE SET head = bucket.head RETURNING head, n, ck"

Key = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """One row of a bucket as it is to be from now on; `d` None means gone."""

    bucket: str
    tb: str
    id: str
    d: Mapping[str, Any] | None


def put(bucket_name: str, row: Down) -> Change:
    """This row is to be in this bucket."""
    return Change(bucket_name, table_of(row), id_of(row), row_body(row))


@dataclass(frozen=True)
class Place:
    """A bucket whose counter row is locked: how it stands, what is to change in it, and the rows that are there."""

    bucket: str
    head: int
    n: int
    ck: int
    changes: Mapping[Key, Change]
    before: Mapping[Key, Any]


def publish(conn: Connection, changes: Iterable[Change], at: str) -> int:
    """Writes changes in the caller's transaction, leaves rows that are so already; returns rows written."""
    return store(conn, locked(conn, changes), at)


def locked(conn: Connection, changes: Iterable[Change]) -> list[Place]:
    """Takes the buckets of these changes; for `store`, in the same transaction.

    A bucket's counter row stays locked until the caller commits, so a number is never visible before all
    smaller ones are. Buckets are taken in sorted order: two writers cannot wait for each other.
    """
    sorted_in: dict[str, dict[Key, Change]] = {}
    for change in changes:
        sorted_in.setdefault(change.bucket, {})[change.tb, change.id] = change
    return [_locked(conn, name, sorted_in[name]) for name in sorted(sorted_in)]


def store(conn: Connection, places: Iterable[Place], at: str) -> int:
    """Writes what changes in these buckets, reading nothing; returns rows written."""
    return sum(_publish(conn, place, at) for place in places)


def make_bucket(conn: Connection, name: str) -> None:
    """Makes the bucket unless it is there."""
    conn.execute(text(_MAKE + " DO NOTHING"), _new(name))


def prune(conn: Connection, before: str) -> int:
    """Forgets tombstones older than `before` (RFC 3339), how many; cursors behind them will be reset."""
    old = (feed.c.op == "del") & (feed.c.at < before)
    gone = 0
    for name, last in conn.execute(
        select(feed.c.bucket, func.max(feed.c.seq)).where(old).group_by(feed.c.bucket).order_by(feed.c.bucket)
    ).all():
        # Never back: another process may have forgotten later ones meanwhile.
        higher = (bucket.c.bucket == name) & (bucket.c.floor < last)
        conn.execute(update(bucket).where(higher).values(floor=last))
        gone += conn.execute(
            delete(feed).where(old & (feed.c.bucket == name) & (feed.c.seq <= last))
        ).rowcount
    return gone


def _locked(conn: Connection, name: str, changes: dict[Key, Change]) -> Place:
    # Writing the row (though not yet its value) takes the lock that holds until commit.
    head, n, ck = conn.execute(text(_MAKE + _LOCK), _new(name)).one()
    return Place(name, head, n, int(ck, 16), changes, _existing(conn, name, changes))


def _new(name: str) -> dict[str, str]:
    return {"bucket": name, "epoch": new_bucket_epoch(), "ck": "0" * 16}


def _publish(conn: Connection, place: Place, at: str) -> int:
    head, n, total = place.head, place.n, place.ck
    fresh: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    for key, change in place.changes.items():
        old = place.before.get(key)
        row = _row(change, old, head + 1)
        if row is None:
            continue
        head += 1
        n += (row["op"] == "put") - (old is not None and old.op == "put")
        total += int(row["hash"] or "0", 16) - int(old.hash or "0", 16) if old else int(row["hash"], 16)
        row["at"] = at
        (known if old is not None else fresh).append(row)
    _store(conn, fresh, known)
    if fresh or known:
        moved = time.time_ns() // 1_000_000
        values = {"head": head, "n": n, "ck": f"{total & _MASK:016x}", "moved_ms": moved}
        update_rows(conn, bucket, ("bucket",), [{"bucket": place.bucket, **values}])
    return len(fresh) + len(known)


def _row(change: Change, old: Any | None, seq: int) -> dict[str, Any] | None:
    """The feed's row for a change, or None when nothing changes."""
    ver = old.ver + 1 if old is not None else 1
    row = {"bucket": change.bucket, "seq": seq, "tb": change.tb, "id": change.id, "ver": ver}
    if change.d is None:
        if old is None or old.op == "del":
            return None
        return {**row, "op": "del", "d": "", "hash": ""}
    body = canonical(change.d)
    # Compared by the hash under its own version: what the row holds need not be fetched to know that.
    if old is not None and old.op == "put" and old.hash == _hash(change, old.ver, body):
        return None
    return {**row, "op": "put", "d": body.decode(), "hash": _hash(change, ver, body)}


def _hash(change: Change, ver: int, body: bytes) -> str:
    """`row_hash` of a body that is canonical already: a list's canonical form is that of its parts in a row."""
    whole = canonical([change.tb, change.id, ver])[:-1] + b"," + body + b"]"
    return hashlib.sha256(whole).hexdigest()[:16]


def _existing(conn: Connection, name: str, changes: Mapping[Key, Change]) -> dict[Key, Any]:
    found: dict[Key, Any] = {}
    columns = ("id", "ver", "op", "hash")
    for tb in sorted({tb for tb, _ in changes}):
        ids = [row_id for table, row_id in changes if table == tb]
        for row in rows_of(conn, feed, "id", ids, only=columns, also={"bucket": name, "tb": tb}):
            found[tb, row.id] = row
    return found


def _store(conn: Connection, fresh: list[dict[str, Any]], known: list[dict[str, Any]]) -> None:
    insert_rows(conn, feed, fresh)
    update_rows(conn, feed, ("bucket", "tb", "id"), known)
