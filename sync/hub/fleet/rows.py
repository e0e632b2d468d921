"""The fleet as HQ's people see it: a page of stores with everything about each, in one query a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    Engine,
    Select,
    Subquery,
    and_,
    cast,
    func,
    or_,
    select,
    type_coerce,
)

from sync.hub.config_tables import box, offer, revision
from sync.hub.database import snapshot
from sync.hub.fleet_schema import store_seen
from sync.hub.return_tables import goods_return
from sync.hub.rows import SHOPS, subscription
from sync.hub.schema import bucket, case_file, feed, ingest_event, ingest_stream, nack
from sync.hub.schema import store as store_table
from sync.messages import Cursor, stamp

PAGE = 50
QUIET_FOR = timedelta(minutes=10)
# Letters and digits after them are a store's number: no name need be looked at.
_NUMBER = re.compile(r"[A-Za-z]+[0-9]+\Z", re.ASCII)
FILTERS = ("", "quiet", "cases", "quarantine", "waiting")


@dataclass(frozen=True)
class Wanted:
    """Which stores: `search` begins a number or stands in a name; `only` one of FILTERS; those after `after`."""

    search: str = ""
    only: str = ""
    after: str = ""


@dataclass(frozen=True)
class Roll:
    """The newest version of settings made for a store: its ring of the roll-out (from 1), what became of it, and the
    store's reason where it went back or was refused."""

    version: int
    ring: int
    state: str
    code: str


@dataclass
class StoreLine:
    """One store. Texts are "" and numbers None where nothing is known; times as on the wire."""

    store: str
    name_zh: str
    name_en: str
    seen_at: str
    last_seq: int | None
    waiting: int | None
    off_ms: int | None
    boots: int | None
    cases: int
    quarantined: int
    applied: int | None
    stream: str = ""
    roll: Roll | None = None
    nacks: int = 0
    nack_code: str = ""
    """Rows that the store could not use, and why the newest of them."""
    lag: dict[str, int] = field(default_factory=dict)
    """Rows of a class (orders, stock, price ...) that the store had not asked for yet when it last asked."""

    @property
    def behind(self) -> int:
        """Rows of all classes."""
        return sum(self.lag.values())


class Fleet:
    """Reads pages of the fleet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, wanted: Wanted, now: datetime, size: int = PAGE) -> tuple[list[StoreLine], bool]:
        """Up to `size` stores by number and whether there are more."""
        with snapshot(self._engine) as conn:
            sqlite = conn.dialect.name == "sqlite"
            chosen = _chosen(wanted, now, size + 1, sqlite=sqlite).subquery("chosen")
            found = conn.execute(_columns(chosen, sqlite=sqlite)).all()
            heads = _heads(conn, [row.store for row in found[:size]])
        return [_line(row, heads) for row in found[:size]], len(found) > size

    def each(self, wanted: Wanted, now: datetime | None = None) -> Iterator[StoreLine]:
        """All of them, page by page."""
        from datetime import UTC

        more = True
        while more:
            lines, more = self.page(wanted, now or datetime.now(UTC), 500)
            yield from lines
            if lines:
                wanted = Wanted(wanted.search, wanted.only, lines[-1].store)

    def known(self, store: str) -> StoreLine | None:
        """One store."""
        with snapshot(self._engine) as conn:
            sqlite = conn.dialect.name == "sqlite"
            chosen = select(store_table.c.store).where(store_table.c.store == store).subquery("chosen")
            row = conn.execute(_columns(chosen, sqlite=sqlite)).one_or_none()
            return None if row is None else _line(row, _heads(conn, [store]))

    def totals(self, now: datetime) -> dict[str, int]:
        """stores, quiet, waiting, cases, quarantined, owed (returns): over the whole fleet, by indexes alone."""
        quiet_since = stamp(now - QUIET_FOR)
        counts = {
            "stores": select(func.count()).select_from(store_table),
            "heard": select(func.count()).where(store_seen.c.seen_at >= quiet_since),
            "waiting": select(func.count()).where(store_seen.c.depth > 0),
            "cases": select(func.count()).where(case_file.c.state == "open"),
            "quarantined": select(func.count()).where(ingest_event.c.verdict == "quarantined"),
            "owed": select(func.count()).where(goods_return.c.state == "to_refund"),
        }
        with snapshot(self._engine) as conn:
            row = conn.execute(select(*(q.scalar_subquery().label(name) for name, q in counts.items()))).one()
        return {
            "quiet": row.stores - row.heard,
            **{n: getattr(row, n) for n in ("stores", "waiting", "cases", "quarantined", "owed")},
        }


def _columns(chosen: Subquery, *, sqlite: bool) -> Select[Any]:
    """Everything about the chosen stores; they are chosen first, so that a page costs a page."""
    here = chosen.c.store
    cases = select(func.count()).where(case_file.c.state == "open", case_file.c.store == here)
    open_one = and_(ingest_stream.c.store == here, ingest_stream.c.state.in_(("open", "frozen")))
    newest = offer.alias("any_offer")
    version = select(func.max(newest.c.version)).where(newest.c.store == here).scalar_subquery()
    refused = nack.c.store == here
    why = select(nack.c.code).where(refused).order_by(nack.c.at.desc(), nack.c.seq.desc()).limit(1)
    query = select(
        here,
        _word("name_zh", sqlite=sqlite).label("name_zh"),
        _word("name_en", sqlite=sqlite).label("name_en"),
        store_seen.c.seen_at,
        store_seen.c.depth,
        store_seen.c.off_ms,
        store_seen.c.boots,
        store_seen.c.cursors,
        ingest_stream.c.last_seq,
        ingest_stream.c.stream,
        cases.scalar_subquery().label("cases"),
        _quarantined(here).scalar_subquery().label("quarantined"),
        box.c.applied,
        offer.c.version,
        offer.c.state.label("roll_state"),
        offer.c.pos,
        offer.c.code.label("roll_code"),
        revision.c.ends,
        select(func.count()).where(refused).scalar_subquery().label("nacks"),
        why.scalar_subquery().label("nack_code"),
    )
    joined = chosen.outerjoin(store_seen, store_seen.c.store == here).outerjoin(ingest_stream, open_one)
    joined = joined.outerjoin(feed, _shop(here))
    joined = joined.outerjoin(box, box.c.store == here)
    joined = joined.outerjoin(offer, and_(offer.c.store == here, offer.c.version == version))
    joined = joined.outerjoin(revision, revision.c.rev == offer.c.version)
    return query.select_from(joined).order_by(here)


def _shop(here: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(feed.c.bucket == SHOPS, feed.c.tb == "shop", feed.c.id == here, feed.c.op == "put")


def _quarantined(here: ColumnElement[str]) -> Select[Any]:
    inner = ingest_stream.alias("any_stream")
    event = ingest_event.c
    mine = (inner.c.store == here) & (event.verdict == "quarantined")
    return (
        select(func.count()).select_from(inner.join(ingest_event, event.stream == inner.c.stream)).where(mine)
    )


def _word(name: str, *, sqlite: bool) -> ColumnElement[str]:
    """A text of the shop's row, which the feed holds as JSON."""
    d: ColumnElement[Any] = type_coerce(feed.c.d, JSON) if sqlite else cast(feed.c.d, JSON)
    word: ColumnElement[str] = d[name].as_string()
    return word


def _chosen(wanted: Wanted, now: datetime, limit: int, *, sqlite: bool) -> Select[Any]:
    """The numbers of a page's stores."""
    here = store_table.c.store
    query = select(here).order_by(here).limit(limit)
    if wanted.after:
        query = query.where(here > wanted.after)
    if _NUMBER.match(wanted.search):
        query = query.where(here.istartswith(wanted.search, autoescape=True))
    elif wanted.search:
        names = (
            _word(name, sqlite=sqlite).icontains(wanted.search, autoescape=True)
            for name in ("name_zh", "name_en")
        )
        query = query.select_from(store_table.outerjoin(feed, _shop(here)))
        query = query.where(or_(here.istartswith(wanted.search, autoescape=True), *names))
    if wanted.only == "quiet":
        heard = select(store_seen.c.store).where(store_seen.c.seen_at >= stamp(now - QUIET_FOR))
        query = query.where(here.not_in(heard))
    elif wanted.only == "waiting":
        query = query.where(here.in_(select(store_seen.c.store).where(store_seen.c.depth > 0)))
    elif wanted.only == "cases":
        query = query.where(here.in_(select(case_file.c.store).where(case_file.c.state == "open")))
    elif wanted.only == "quarantine":
        bad = select(ingest_stream.c.store).join(
            ingest_event, ingest_event.c.stream == ingest_stream.c.stream
        )
        query = query.where(here.in_(bad.where(ingest_event.c.verdict == "quarantined")))
    return query


def _heads(conn: Any, stores: list[str]) -> dict[str, tuple[str, int]]:
    names = sorted({name for store in stores for name in subscription(store)})
    rows = conn.execute(
        select(bucket.c.bucket, bucket.c.epoch, bucket.c.head).where(bucket.c.bucket.in_(names))
    )
    return {row.bucket: (row.epoch, row.head) for row in rows}


def _line(row: Any, heads: dict[str, tuple[str, int]]) -> StoreLine:
    return StoreLine(
        row.store,
        row.name_zh or "",
        row.name_en or "",
        row.seen_at or "",
        row.last_seq,
        row.depth,
        row.off_ms,
        row.boots,
        row.cases,
        row.quarantined,
        row.applied,
        row.stream or "",
        None if row.version is None else _roll(row),
        row.nacks,
        row.nack_code or "",
        _lag(row.store, row.cursors, heads) if row.seen_at else {},
    )


def _roll(row: Any) -> Roll:
    return Roll(row.version, ring_of(row.pos, row.ends), row.roll_state, row.roll_code)


def ring_of(pos: int, ends: str) -> int:
    """Which ring of a roll-out this place is in, from 1; `ends` is the revision's JSON."""
    return 1 + sum(pos >= end for end in msgspec.json.decode(ends, type=list[int]))


def _lag(store: str, kept: str, heads: dict[str, tuple[str, int]]) -> dict[str, int]:
    cursors = msgspec.json.decode(kept, type=dict[str, Cursor]) if kept else {}
    lag: dict[str, int] = {}
    for name in subscription(store):
        if name not in heads:
            continue
        epoch, head = heads[name]
        cursor = cursors.get(name)
        at = cursor.seq if cursor and cursor.e == epoch else 0
        lag[name.split(":")[2 if name.startswith("s:") else 1]] = max(0, head - at)
    return lag
