"""One page of the feed for one store, read from one snapshot."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring as _quoted
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert

from sync.figures import Count
from sync.hub.bulk import rows_of
from sync.hub.database import snapshot, write
from sync.hub.envelope import Refused, check_version
from sync.hub.rows import subscription
from sync.hub.schema import bucket, nack
from sync.hub.snapshots import Snapshots
from sync.messages import MAX_BYTES, Checkpoint, Complete, Cursor, Head, PullRequest, Reset

MAX_ROWS = 5000
PAGE_CEILING = 4 * MAX_BYTES
MAX_NACKS = 200
_FETCH = 1000
_WORD = msgspec.json.encode
# One round trip for both.
_STATE = (
    "SELECT 'epoch' AS kind, value AS name, 0 AS last_seq FROM hub_meta WHERE key = 'hq_epoch'"
    " UNION ALL SELECT 'stream', store, last_seq FROM ingest_stream WHERE stream = {}"
)


class Nack(msgspec.Struct, frozen=True):
    """A row that a store could not use."""

    b: str
    tb: str
    id: str
    seq: Count
    code: str


def read_request(body: bytes) -> PullRequest:
    """Parses a pull; raises Refused (400, 422)."""
    try:
        loose = msgspec.json.decode(body, type=dict[str, Any])
        check_version(loose.get("proto"))
        return msgspec.convert(loose, PullRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "envelope", line=1, why="request") from None


def page(
    engine: Engine,
    store: str,
    request: PullRequest,
    *,
    at: str,
    next_s: float,
    snapshots: Snapshots | None = None,
) -> Iterator[bytes]:
    """The lines of the answer; raises Refused when the request names what is not this store's."""
    own = subscription(store)
    for name in request.buckets:
        if name not in own and name.startswith("s:"):
            raise Refused(403, "forbidden")
    keep_nacks(engine, store, request, at)
    with snapshot(engine) as conn:
        epoch, journal = _state(conn, request.stream)
        acked = _acked(journal, store)
        heads, floors = _heads(conn, own)
        name = f"c-{uuid.uuid4().hex[:12]}"
        resets, starts = _starts(heads, floors, request, snapshots)
        ops, more = _ops(conn, heads, starts, request)
    begins = map(msgspec.json.encode, (Checkpoint(name, acked, own, heads, at, epoch), *resets))
    return iter(
        (*(line + b"\n" for line in begins), ops, msgspec.json.encode(Complete(name, more, next_s)) + b"\n")
    )


def keep_nacks(engine: Engine, store: str, request: PullRequest, at: str) -> None:
    """Keeps what the store could not use, the latest word per row, for HQ's people."""
    if not request.nacks:
        return
    own = subscription(store)
    try:
        nacks = msgspec.convert(request.nacks[:MAX_NACKS], tuple[Nack, ...])
    except msgspec.ValidationError:
        raise Refused(400, "envelope", line=1, why="nacks") from None
    rows = {(n.b, n.tb, n.id): n for n in nacks if n.b in own}

    def work(conn: Connection) -> None:
        for (name, tb, row_id), said in rows.items():
            key = {"store": store, "bucket": name, "tb": tb, "id": row_id}
            conn.execute(delete(nack).filter_by(**key))
            conn.execute(insert(nack).values(**key, seq=said.seq, code=said.code[:64], at=at))

    write(engine, work)


def _state(conn: Connection, stream: str) -> tuple[str, Row[Any] | None]:
    """HQ's epoch, and this journal's row."""
    mark = "%s" if conn.dialect.name == "postgresql" else "?"
    found = {row.kind: row for row in conn.exec_driver_sql(_STATE.format(mark), (stream,))}
    return found["epoch"].name, found.get("stream")


def _acked(journal: Row[Any] | None, store: str) -> int:
    """The last fact of this journal."""
    if journal is None:
        return 0
    if journal.name != store:
        raise Refused(403, "forbidden")
    return int(journal.last_seq)


def _heads(conn: Connection, own: tuple[str, ...]) -> tuple[dict[str, Head], dict[str, int]]:
    """Each bucket's head, in the order of `own`, and its floor."""
    rows = {row.bucket: row for row in rows_of(conn, bucket, "bucket", own)}
    known = [name for name in own if name in rows]
    heads = {b: Head(rows[b].epoch, rows[b].head, rows[b].n, rows[b].ck) for b in known}
    return heads, {b: rows[b].floor for b in known}


def _starts(
    heads: Mapping[str, Head],
    floors: Mapping[str, int],
    request: PullRequest,
    snapshots: Snapshots | None,
) -> tuple[list[Reset], dict[str, int]]:
    """What the store must drop, and where reading starts in each bucket: at its head where a file is offered."""
    cursors = request.buckets
    resets = [Reset(name, "unsubscribed") for name in cursors if name not in heads]
    starts = dict.fromkeys(heads, 0)
    for name, head in heads.items():
        cursor = cursors.get(name)
        why = "" if cursor is None else _void(cursor, head, floors[name])
        if cursor is not None and not why:
            starts[name] = cursor.seq
        snap = None
        if request.snap and snapshots is not None and name not in request.pages:
            snap = snapshots.offer(name, head, floors[name], None if why else cursor)
        if snap is not None:
            starts[name] = head.seq
            why = why or ("start" if cursor is None else "far")
        if why:
            resets.append(Reset(name, why, snap))
    return resets, starts


def _void(cursor: Cursor, head: Head, floor: int) -> str:
    """Why the store's copy is worth nothing, "" if it can be read on."""
    if cursor.e != head.e or cursor.seq > head.seq:
        return "epoch"
    return "floor" if 0 < cursor.seq < floor else ""


def _ops(
    conn: Connection, heads: Mapping[str, Head], starts: Mapping[str, int], request: PullRequest
) -> tuple[bytes, bool]:
    """Lines of ops until the page is full, bucket by bucket, as one text, and whether there are more."""
    rows_left = min(max(request.max_rows, 1), MAX_ROWS)
    bytes_left = min(max(request.max_bytes, 1), PAGE_CEILING)
    ops: list[str] = []
    for name, head in heads.items():
        after = starts[name]
        begins = f'{{"t":"op","b":{_quoted(name)},"seq":'
        while after < head.seq:
            # One more than fits tells whether there are more.
            some = _after(conn, name, after, fresh=starts[name] == 0, limit=min(rows_left, _FETCH) + 1)
            for seq, op, tb, row_id, ver, d in some:
                size = len(d) + 160
                if not rows_left or (ops and size > bytes_left):
                    return "".join(ops).encode(), True
                rows_left, bytes_left, after = rows_left - 1, bytes_left - size, seq
                # What the row holds is JSON already: put in as it is, not read and written again.
                keys = f'"op":"{op}","tb":{_quoted(tb)},"id":{_quoted(row_id)},"ver":{ver}'
                ops.append(f'{begins}{seq},{keys},"d":{d or "null"}}}\n')
            if not some:
                break
    return "".join(ops).encode(), False


def _after(conn: Connection, name: str, after: int, *, fresh: bool, limit: int) -> Sequence[Any]:
    mark = "%s" if conn.dialect.name == "postgresql" else "?"
    live = " AND op = 'put'" if fresh else ""
    # S608: nothing but our own words; values are bound.
    text = (
        f"SELECT seq, op, tb, id, ver, d FROM feed WHERE bucket = {mark} AND seq > {mark}{live}"  # noqa: S608
        f" ORDER BY seq LIMIT {mark}"
    )
    return conn.exec_driver_sql(text, (name, after, limit)).all()
