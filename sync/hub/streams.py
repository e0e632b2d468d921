"""Journals as HQ knows them: one machine a journal, a frozen one looked at by a person, one brought in by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select, update

from sync.hub.database import snapshot, write
from sync.hub.envelope import Refused, read_upload
from sync.hub.ingest import take
from sync.hub.publishing import NotPossible
from sync.hub.schema import case_file, ingest_stream
from sync.messages import MAX_BYTES, MAX_EVENTS, PROTOCOL, UpHeader, canonical, stamp
from sync.outbox_file import JournalHead

FROZEN_CODES = ("STREAM_FORK", "STREAM_TWO_BOOTS")


@dataclass(frozen=True)
class Imported:
    """What bringing a journal in by hand did."""

    store: str
    facts: int
    """Facts in the file."""
    new: int
    """Those that HQ did not have."""
    odd: int
    """Those of the file that are not simply applied: conflicts, quarantines."""


class Streams:
    """The verbs on journals. Raises NotPossible, with words for a person, where one makes no sense."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def listed(self, store: str = "", state: str = "") -> list[dict[str, Any]]:
        """Journals, oldest first: stream, store, state, last_seq, durable_seq, bound_at, boot."""
        names = ("stream", "store", "state", "last_seq", "durable_seq", "bound_at", "boot")
        query = select(*(ingest_stream.c[name] for name in names)).order_by("bound_at", "stream")
        for column, wanted in (("store", store), ("state", state)):
            if wanted:
                query = query.where(ingest_stream.c[column] == wanted)
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    def reopen(self, stream: str) -> str:
        """Lets a frozen journal speak again; returns its state: open, or closing where another one is open.

        The machine whose facts HQ holds can go on. The other's contradict them and freeze it again: its journal is
        to be exported and brought in as far as it goes, and its disk made new, before that.
        """

        def work(conn: Connection) -> str:
            row = _locked(conn, stream)
            if row.state != "frozen":
                raise NotPossible(f"stream {stream} is {row.state}, not frozen")
            beside = (ingest_stream.c.store == row.store) & (ingest_stream.c.state == "open")
            other = conn.execute(select(ingest_stream.c.stream).where(beside)).first()
            return _settle(conn, stream, "closing" if other else "open")

        return write(self._engine, work)

    def close(self, stream: str) -> None:
        """Ends a frozen or closing journal: nothing of it is taken any more but by hand."""

        def work(conn: Connection) -> str:
            row = _locked(conn, stream)
            if row.state not in {"frozen", "closing"}:
                raise NotPossible(
                    f"stream {stream} is {row.state}; the journal of a box in use is not closed"
                )
            return _settle(conn, stream, "closed")

        write(self._engine, work)

    def bring_in(self, head: JournalHead, lines: Iterable[bytes]) -> Iterator[Imported]:
        """Takes a journal's facts in by hand, also one that is closed; says after each batch how far it is.

        Facts that HQ has are recognised: bringing one file in twice does nothing. Raises NotPossible.
        """
        facts = new = odd = 0
        for batch in _batches(lines):
            first = msgspec.json.decode(batch[0])["seq"]
            header = UpHeader(PROTOCOL, head.store, head.stream, None, first, len(batch))
            body = b"\n".join([canonical(header), *batch, b""])
            before = self._last(head.stream)
            try:
                answer = take(
                    self._engine, head.store, read_upload(body), at=stamp(self._now()), next_s=0, by_hand=True
                )
            except Refused as refused:
                raise NotPossible(_why(refused, first)) from refused
            facts, new = facts + len(batch), new + answer.acked - max(before, first - 1)
            odd += len(answer.results)
            yield Imported(head.store, facts, new, odd)

    def _last(self, stream: str) -> int:
        query = select(ingest_stream.c.last_seq).where(ingest_stream.c.stream == stream)
        with snapshot(self._engine) as conn:
            return int(conn.scalar(query) or 0)


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == MAX_EVENTS or size + len(line) + 1 > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def _why(refused: Refused, first: int) -> str:
    match refused.body.get("error"):
        case "gap":
            expected = refused.body["expected"]
            return f"HQ lacks this journal's facts {expected} to {first - 1}: export it with --all"
        case "fork":
            return "HQ holds other facts under these numbers, or the stream is frozen: look at it with hub streams"
        case "forbidden":
            return "this journal belongs to another store"
    return f"HQ does not take this in: {refused.body.get('error')}"


def _locked(conn: Connection, stream: str) -> Any:
    row = conn.execute(
        select(ingest_stream).where(ingest_stream.c.stream == stream).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotPossible(f"no stream {stream}")
    return row


def _settle(conn: Connection, stream: str, state: str) -> str:
    fresh = {"state": state, "boot": "", "boots_over": "", "returns": 0}
    conn.execute(update(ingest_stream).where(ingest_stream.c.stream == stream).values(**fresh))
    cases = (
        (case_file.c.stream == stream) & case_file.c.code.in_(FROZEN_CODES) & (case_file.c.state == "open")
    )
    conn.execute(update(case_file).where(cases).values(state="closed"))
    return state
