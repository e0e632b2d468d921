"""Facts that HQ kept but could not take in: looked at, and judged again, exactly once, after HQ was mended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from sync.hub.audit import who_acts
from sync.hub.database import snapshot, write
from sync.hub.effects import order_of
from sync.hub.feed import publish
from sync.hub.fleet_schema import former_verdict
from sync.hub.ingest import judge_event
from sync.hub.judging import Source, Touched
from sync.hub.kept import Judged
from sync.hub.publishing import NotPossible
from sync.hub.return_desk import returned_changes
from sync.hub.rows import changes_of
from sync.hub.schema import ingest_event, ingest_stream, stock_level
from sync.messages import Event, Up, stamp

QUARANTINED = "quarantined"
PAGE = 50
_SHOWN = ("stream", "seq", "kind", "code", "received_at")


@dataclass(frozen=True)
class Place:
    """Where a fact stands: its journal and its number there."""

    stream: str
    seq: int


class Quarantine:
    """The verbs on facts in quarantine. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def listed(
        self, *, store: str = "", after: Place | None = None, limit: int = PAGE
    ) -> list[dict[str, Any]]:
        """By journal and number, after `after`: store, stream, seq, kind, code, received_at. No contents."""
        event, stream = ingest_event.c, ingest_stream.c
        query = (
            select(stream.store, *(event[name] for name in _SHOWN))
            .join(ingest_stream, stream.stream == event.stream)
            .where(event.verdict == QUARANTINED)
            .order_by(event.stream, event.seq)
            .limit(limit)
        )
        if store:
            query = query.where(stream.store == store)
        if after:
            later = (event.stream > after.stream) | ((event.stream == after.stream) & (event.seq > after.seq))
            query = query.where(later)
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    def shown(self, place: Place) -> dict[str, Any]:
        """One fact as received (`d`; `raw_b64` where HQ could not read it), its verdict and those before it."""
        with snapshot(self._engine) as conn:
            row = _fact(conn, place)
            here = (former_verdict.c.stream == place.stream) & (former_verdict.c.seq == place.seq)
            former = select(former_verdict).where(here).order_by(former_verdict.c.pos)
            said = [
                {"verdict": old.verdict, "code": old.code, "until": old.until, "who": old.who}
                for old in conn.execute(former)
            ]
        body = msgspec.json.decode(row.body)
        contents = {name: body[name] for name in ("d", "raw_b64") if name in body}
        shown = {"store": row.store, **{name: getattr(row, name) for name in _SHOWN}}
        return {**shown, "verdict": row.verdict, "case": row.case_id, "former": said, **contents}

    def replay(self, place: Place) -> Judged:
        """Judges a kept fact again; what it says is taken in at most once however often this is asked.

        Still unfit, it stays where it is and the answer's verdict is `quarantined`. Either way what was said
        before is kept. Orders that later facts of the journal moved on stay where those left them.
        """
        return write(self._engine, lambda conn: _replay(conn, place, stamp(self._now())))


def _fact(conn: Connection, place: Place) -> Row[Any]:
    here = (ingest_event.c.stream == place.stream) & (ingest_event.c.seq == place.seq)
    query = select(ingest_event, ingest_stream.c.store, ingest_stream.c.state, ingest_stream.c.last_seq)
    joined = query.join(ingest_stream, ingest_stream.c.stream == ingest_event.c.stream)
    row = conn.execute(joined.where(here)).one_or_none()
    if row is None:
        raise NotPossible(f"HQ has no fact {place.seq} of journal {place.stream}")
    return row


def _replay(conn: Connection, place: Place, at: str) -> Judged:
    # The journal's row first, as an upload does: neither two replays nor a replay and an upload judge side by side.
    lock = select(ingest_stream.c.stream).where(ingest_stream.c.stream == place.stream).with_for_update()
    conn.execute(lock).all()
    row = _fact(conn, place)
    if row.verdict != QUARANTINED:
        raise NotPossible(f"fact {place.seq} is not in quarantine: it is {row.verdict}")
    judged = _judged(conn, row, at)
    here = (former_verdict.c.stream == place.stream) & (former_verdict.c.seq == place.seq)
    before = conn.scalar(select(func.count()).where(here)) or 0
    said = {"pos": before + 1, "verdict": row.verdict, "code": row.code, "until": at, "who": who_acts()}
    conn.execute(insert(former_verdict).values(stream=place.stream, seq=place.seq, **said))
    same = (ingest_event.c.stream == place.stream) & (ingest_event.c.seq == place.seq)
    values = {"verdict": judged.verdict, "code": judged.code, "case_id": judged.case}
    conn.execute(update(ingest_event).where(same).values(**values))
    _count_in(conn, row, judged.touched)
    told = returned_changes(conn, judged.touched)
    publish(conn, [*changes_of(conn, row.store, judged.touched, at), *told], at)
    return judged


def _judged(conn: Connection, row: Row[Any], at: str) -> Judged:
    if row.id is None:
        return Judged(
            QUARANTINED, row.code, "", Touched()
        )  # another fact has its id: no release changes that
    event = _event(row.body)
    if event is None:
        return Judged(QUARANTINED, "OPAQUE", "", Touched())
    # Late: how far the store's journal is counted in must not go back to this fact's number.
    source = Source(row.store, row.stream, row.seq, late=True, at=at)
    return judge_event(conn, source, event, lambda fact: _overtaken(conn, row, fact))


def _event(body: str) -> Event | None:
    """The event in a kept line, also in one that the store sent as bytes because HQ could not read it then."""
    try:
        loose = msgspec.json.decode(body, type=dict[str, Any])
        if loose.get("k") == "opaque":
            loose = msgspec.json.decode(base64.b64decode(loose["raw_b64"]), type=dict[str, Any])
        return msgspec.convert(loose, Event)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, LookupError, TypeError, RecursionError):
        return None


def _overtaken(conn: Connection, row: Row[Any], fact: Up) -> bool:
    """Whether a later fact of the same journal, taken in already, is about the same order."""
    order = order_of(fact)
    if not order:
        return False
    later = (ingest_event.c.stream == row.stream) & (ingest_event.c.seq > row.seq)
    named = ingest_event.c.body.contains(msgspec.json.encode(order).decode(), autoescape=True)
    taken = ingest_event.c.verdict.in_(("applied", "conflict"))
    bodies = conn.scalars(select(ingest_event.c.body).where(later & taken & named))
    return any(msgspec.json.decode(body).get("d", {}).get("order") == order for body in bodies)


def _count_in(conn: Connection, row: Row[Any], touched: Touched) -> None:
    """A product counted here for the first time is counted as of all that the present journal reported."""
    if row.state != "open" or not touched.skus:
        return
    fresh = (stock_level.c.store == row.store) & stock_level.c.sku.in_(touched.skus)
    values = {"stream": row.stream, "upto_seq": row.last_seq}
    conn.execute(update(stock_level).where(fresh & (stock_level.c.stream == "")).values(**values))
