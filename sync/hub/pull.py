"""One page of the feed for one store, read from one snapshot."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, delete, insert

from sync.figures import Count
from sync.hub.bulk import bound_names, named_in
from sync.hub.database import snapshot, write
from sync.hub.envelope import Refused, check_version
from sync.hub.rows import subscription
from sync.hub.schema import nack
from sync.hub.snapshots import Snapshots
from sync.messages import MAX_BYTES, Checkpoint, Complete, Cursor, Head, PullRequest, Reset

MAX_ROWS = 5000
PAGE_CEILING = 4 * MAX_BYTES
MAX_NACKS = 200
_FETCH = 1000
_WORD = msgspec.json.encode
_LINES = msgspec.json.Encoder()
# One round trip for all of it.
_STANDING = (
    "SELECT 'epoch' AS kind, value AS name, '' AS epoch, 0 AS head, 0 AS floor, 0 AS n, '' AS ck"
    " FROM hub_meta WHERE key = 'hq_epoch'"
    " UNION ALL SELECT 'stream', store, '', last_seq, 0, 0, '' FROM ingest_stream WHERE stream = {mark}"
    " UNION ALL SELECT 'bucket', bucket, epoch, head, floor, n, ck FROM bucket WHERE bucket IN ({names})"
)


class Standing(NamedTuple):
    """What a page is read against: HQ's epoch, (store, last fact) of the journal that asks or None, each bucket's head
    in the order of the subscription, and its floor."""

    epoch: str
    journal: tuple[str, int] | None
    heads: dict[str, Head]
    floors: dict[str, int]


class _Line(msgspec.Struct, frozen=True, gc=False, tag="op", tag_field="t"):
    """An op whose row is JSON already: put in as it is, not read and written again."""

    b: str
    seq: int
    op: str
    tb: str
    id: str
    ver: int
    d: msgspec.Raw


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
        epoch, journal, heads, floors = _standing(conn, request.stream, own)
        acked = _acked(journal, store)
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


def _standing(conn: Connection, stream: str, own: tuple[str, ...]) -> Standing:
    postgres = conn.dialect.name == "postgresql"
    text = _STANDING.format(mark="%s" if postgres else "?", names=named_in(postgres=postgres))
    found = conn.exec_driver_sql(text, (stream, bound_names(own, postgres=postgres))).all()
    rows = {name: row for kind, name, *row in found if kind == "bucket"}
    (epoch,) = (row.name for row in found if row.kind == "epoch")
    journal = next(((row.name, int(row.head)) for row in found if row.kind == "stream"), None)
    known = [name for name in own if name in rows]
    heads = {name: Head(rows[name][0], rows[name][1], *rows[name][3:]) for name in known}
    return Standing(epoch, journal, heads, {name: rows[name][2] for name in known})


def _acked(journal: tuple[str, int] | None, store: str) -> int:
    """The last fact of this journal."""
    if journal is None:
        return 0
    if journal[0] != store:
        raise Refused(403, "forbidden")
    return journal[1]


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
    ops: list[_Line] = []
    raw = msgspec.Raw
    for name, head in heads.items():
        after = starts[name]
        while after < head.seq:
            # One more than fits tells whether there are more.
            some = _after(conn, name, after, fresh=starts[name] == 0, limit=min(rows_left, _FETCH) + 1)
            if not some:
                break
            n, size = _fitting([len(row[5]) + 160 for row in some], rows_left, bytes_left, first=not ops)
            ops += [
                _Line(name, seq, op, tb, row_id, ver, raw(d or "null"))
                for seq, op, tb, row_id, ver, d in some[:n]
            ]
            if n < len(some):
                return _LINES.encode_lines(ops), True
            rows_left, bytes_left, after = rows_left - n, bytes_left - size, some[-1][0]
    return _LINES.encode_lines(ops), False


def _fitting(sizes: list[int], rows: int, size: int, *, first: bool) -> tuple[int, int]:
    """How many of these rows a page has room for, and their size; the `first` of a page always fits."""
    ends = list(accumulate(sizes[:rows]))
    n = bisect_right(ends, size)
    if first and not n and ends:
        n = 1
    return n, ends[n - 1] if n else 0


def _after(conn: Connection, name: str, after: int, *, fresh: bool, limit: int) -> Sequence[Any]:
    mark = "%s" if conn.dialect.name == "postgresql" else "?"
    live = " AND op = 'put'" if fresh else ""
    # S608: nothing but our own words; values are bound.
    text = (
        f"SELECT seq, op, tb, id, ver, d FROM feed WHERE bucket = {mark} AND seq > {mark}{live}"  # noqa: S608
        f" ORDER BY seq LIMIT {mark}"
    )
    rows: Any = conn.exec_driver_sql(text, (name, after, limit)).cursor
    # As the driver gives them: nobody asks for a column by its name.
    found: Sequence[Any] = rows.fetchall()
    return found
