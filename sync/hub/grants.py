"""What HQ lets stores spend without asking: quotas of hot products, points of members; no unit is granted twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, case, func, insert, select, update

from sync.benefits import PointsGrant
from sync.goods import Quota
from sync.hub.benefit_effects import POINTS, QUOTA
from sync.hub.benefit_tables import escrow, member, points_entry, web_hold
from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.publishing import NotPossible
from sync.hub.rows import member_of, quota_of
from sync.hub.schema import ingest_stream, stock_level
from sync.messages import is_stamp, stamp

_OVER = escrow.c.spent + escrow.c.returned - escrow.c.units
_OUT = case((_OVER < 0, -_OVER), else_=0)
"""Units of a grant that its store may still spend, as far as HQ has heard."""


class GrantDesk:
    """The verbs of escrow. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def grant_quota(self, store: str, sku: str, units: int) -> Quota:
        """Lets a store sell so many more pieces without asking; only of pieces on hand that nobody else holds."""

        def work(conn: Connection) -> Quota:
            _some(units)
            free = _level(conn, store, sku) - _held(conn, store, sku) - _outstanding(conn, QUOTA, sku, store)
            if units > free:
                raise NotPossible(f"{free} pieces of {sku} are free at {store}")
            row = _raise(conn, QUOTA, store, sku, units, "")
            return self._publish_quota(conn, row)

        return write(self._engine, work)

    def top_up(self, wanted: Sequence[tuple[str, str, int]]) -> int:
        """Grants pieces, all or none, until each store has so many (store, sku, units) left; how many were raised."""

        def work(conn: Connection) -> int:
            return sum(self._top_up(conn, *one) for one in sorted(wanted))

        return write(self._engine, work)

    def _top_up(self, conn: Connection, store: str, sku: str, units: int) -> bool:
        # Locked first: what is found free below stays so until the commit.
        _level(conn, store, sku)
        missing = units - _outstanding(conn, QUOTA, sku, store)
        if problem := quota_problem(conn, store, sku, units):
            raise NotPossible(problem)
        if missing > 0:
            self._publish_quota(conn, _raise(conn, QUOTA, store, sku, missing, ""))
        return missing > 0

    def hold_for_web(self, store: str, sku: str, units: int) -> None:
        """From now on so many pieces of a store's shelf are the web's to sell."""

        def work(conn: Connection) -> None:
            if units < 0:
                raise NotPossible("fewer than nought pieces cannot be held")
            free = _level(conn, store, sku) - _outstanding(conn, QUOTA, sku, store)
            if units > free:
                raise NotPossible(f"{free} pieces of {sku} are free at {store}")
            same = (web_hold.c.store == store) & (web_hold.c.sku == sku)
            if not conn.execute(update(web_hold).where(same).values(units=units)).rowcount:
                conn.execute(insert(web_hold).values(store=store, sku=sku, units=units))
            for row in _live(conn, QUOTA, store, sku):
                self._publish_quota(conn, row)

        write(self._engine, work)

    def grant_points(self, store: str, name: str, units: int, not_after: str) -> PointsGrant:
        """Lets a store have so many more of a member's points spent there without asking, until `not_after`."""

        def work(conn: Connection) -> PointsGrant:
            _some(units)
            if not is_stamp(not_after) or not_after <= stamp(self._now()):
                raise NotPossible("not_after is no time to come, in UTC like 2026-01-05T10:00:00.000Z")
            locked = select(member.c.member).where(member.c.member == name).with_for_update()
            if conn.scalar(locked) is None:
                raise NotPossible("no such member")
            # Grants before entries: whoever spends meanwhile waits for these rows, and is then seen in both.
            out = _outstanding(conn, POINTS, name)
            free = _balance(conn, name) - out
            if units > free:
                raise NotPossible(f"{free} points are free")
            row = _raise(conn, POINTS, store, name, units, not_after)
            return self._publish_points(conn, row)

        return write(self._engine, work)

    def recall(self, grant: str, units: int) -> None:
        """Asks a store to give units back. They are HQ's again once it says so; until then they are its own."""

        def work(conn: Connection) -> None:
            _some(units)
            row = _locked(conn, grant)
            asked = max(row.recall, row.answered) + units
            same = escrow.c.grant_id == grant
            conn.execute(update(escrow).where(same).values(recall=asked))
            row = _locked(conn, grant)
            (self._publish_quota if row.kind == QUOTA else self._publish_points)(conn, row)

        write(self._engine, work)

    def write_off(self, grant: str) -> int:
        """Takes what is left of a grant whose journal is closed: nobody can spend it any more. Gives how much."""

        def work(conn: Connection) -> int:
            stream = conn.scalar(select(escrow.c.stream).where(escrow.c.grant_id == grant))
            # The journal before the grant, as an upload takes them.
            same = ingest_stream.c.stream == stream
            state = conn.scalar(select(ingest_stream.c.state).where(same).with_for_update())
            row = _locked(conn, grant)
            if state != "closed":
                raise NotPossible(
                    f"the journal that holds it is {state or 'not known'}: facts may still come"
                )
            left = max(0, int(row.units - row.spent - row.returned))
            again = update(escrow).where(escrow.c.grant_id == grant)
            conn.execute(again.values(returned=row.returned + left))
            where = quota_of(row.store) if row.kind == QUOTA else member_of(row.store)
            tb = "quota" if row.kind == QUOTA else "points_grant"
            publish(conn, [Change(where, tb, grant, None)], stamp(self._now()))
            return left

        return write(self._engine, work)

    def points(self, name: str) -> int:
        """A member's points: all that was earned less all that was spent."""
        with snapshot(self._engine) as conn:
            return _balance(conn, name)

    def grants(self, store: str = "") -> list[dict[str, Any]]:
        """Grants of a store or of all: grant_id, kind, store, stream, subject, units, spent, returned, recall,
        answered, not_after."""
        query = select(escrow).order_by(escrow.c.store, escrow.c.kind, escrow.c.subject, escrow.c.grant_id)
        query = query.where(escrow.c.store == store) if store else query
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    def _publish_quota(self, conn: Connection, row: Row[Any]) -> Quota:
        web = _held(conn, row.store, row.subject)
        word = Quota(row.grant_id, row.subject, row.stream, row.units, row.recall, web)
        publish(conn, [put(quota_of(row.store), word)], stamp(self._now()))
        return word

    def _publish_points(self, conn: Connection, row: Row[Any]) -> PointsGrant:
        word = PointsGrant(row.grant_id, row.subject, row.stream, row.units, row.not_after, row.recall)
        publish(conn, [put(member_of(row.store), word)], stamp(self._now()))
        return word


def quota_problem(conn: Connection, store: str, sku: str, units: int) -> str:
    """Why a store cannot have so many pieces of a product left to sell by itself; "" if it can. Locks nothing."""
    same = (stock_level.c.store == store) & (stock_level.c.sku == sku)
    level = conn.scalar(select(stock_level.c.on_hand).where(same))
    if level is None:
        return f"HQ has no figure of {sku} at {store}"
    mine = (escrow.c.kind == QUOTA) & (escrow.c.subject == sku) & (escrow.c.store == store)
    out = int(conn.scalar(select(func.sum(_OUT)).where(mine)) or 0)
    free = int(level) - _held(conn, store, sku) - out
    if units - out > max(free, 0):
        return f"{sku} at {store}: {max(free, 0)} pieces more are free, and {units - out} are missing"
    if units > out and _journal(conn, store) is None:
        return f"{store} has no journal at HQ yet"
    return ""


def _journal(conn: Connection, store: str) -> str | None:
    """The store's present journal."""
    open_one = (ingest_stream.c.store == store) & (ingest_stream.c.state == "open")
    stream: str | None = conn.scalar(select(ingest_stream.c.stream).where(open_one))
    return stream


def _some(units: int) -> None:
    if units < 1:
        raise NotPossible("at least one unit, please")


def _level(conn: Connection, store: str, sku: str) -> int:
    """Pieces on hand, the row locked: nobody sells or grants some of them meanwhile."""
    same = (stock_level.c.store == store) & (stock_level.c.sku == sku)
    found = conn.scalar(select(stock_level.c.on_hand).where(same).with_for_update())
    if found is None:
        raise NotPossible(f"HQ has no figure of {sku} at {store}")
    return int(found)


def _held(conn: Connection, store: str, sku: str) -> int:
    same = (web_hold.c.store == store) & (web_hold.c.sku == sku)
    return int(conn.scalar(select(web_hold.c.units).where(same)) or 0)


def _outstanding(conn: Connection, kind: str, subject: str, store: str = "") -> int:
    """What stores may still spend, their grants locked."""
    same = (escrow.c.kind == kind) & (escrow.c.subject == subject)
    if store:
        same &= escrow.c.store == store
    locked = select(escrow.c.grant_id).where(same).order_by(escrow.c.grant_id).with_for_update()
    names = list(conn.scalars(locked))
    return int(conn.scalar(select(func.sum(_OUT)).where(escrow.c.grant_id.in_(names))) or 0)


def _balance(conn: Connection, name: str) -> int:
    mine = points_entry.c.member == name
    return int(conn.scalar(select(func.sum(points_entry.c.points)).where(mine)) or 0)


def _live(conn: Connection, kind: str, store: str, subject: str) -> list[Row[Any]]:
    """Grants of the store's present journal."""
    open_one = (ingest_stream.c.store == store) & (ingest_stream.c.state == "open")
    query = select(escrow).join(ingest_stream, ingest_stream.c.stream == escrow.c.stream).where(open_one)
    mine = (escrow.c.kind == kind) & (escrow.c.store == store) & (escrow.c.subject == subject)
    return list(conn.execute(query.where(mine)))


def _locked(conn: Connection, grant: str) -> Row[Any]:
    row = conn.execute(select(escrow).where(escrow.c.grant_id == grant).with_for_update()).one_or_none()
    if row is None:
        raise NotPossible("no such grant")
    return row


def _raise(conn: Connection, kind: str, store: str, subject: str, units: int, not_after: str) -> Row[Any]:
    """More units on the grant of the store's present journal. One that points expire by is not prolonged: anew."""
    same = [row for row in _live(conn, kind, store, subject) if row.not_after == not_after]
    if same:
        grant = str(same[0].grant_id)
        more = update(escrow).where(escrow.c.grant_id == grant).values(units=escrow.c.units + units)
        conn.execute(more)
        return _locked(conn, grant)
    stream = _journal(conn, store)
    if stream is None:
        raise NotPossible(f"{store} has no journal at HQ yet")
    grant = str(uuid.uuid4())
    who = {"grant_id": grant, "kind": kind, "store": store, "stream": stream, "subject": subject}
    nought = dict.fromkeys(("spent", "returned", "recall", "answered"), 0)
    conn.execute(insert(escrow).values(**who, **nought, units=units, not_after=not_after))
    return _locked(conn, grant)
