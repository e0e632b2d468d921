"""HQ's coupons and members: issued, withdrawn, published to the stores that need them, proposals looked at."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update

from sync.benefits import Coupon, Member
from sync.hub.benefit_tables import coupon, coupon_use, member, member_proposal, points_entry
from sync.hub.bulk import insert_rows
from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.publishing import NotPossible
from sync.hub.rows import coupon_of, member_of, put_coupon
from sync.hub.schema import store as store_table
from sync.messages import check_row, stamp


class BenefitDesk:
    """The verbs on coupons and members. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    # ---- coupons ----

    def issue(self, coupons: Iterable[Coupon]) -> int:
        """Publishes coupons, all or none: B to its store alone, A and C to every store. How many."""
        listed = list(coupons)

        def work(conn: Connection) -> int:
            for one in listed:
                check_coupon(conn, one)
            rows = [
                {
                    "coupon": one.coupon,
                    "cls": one.cls,
                    "store": one.store,
                    "state": "live",
                    "body": msgspec.json.encode(one).decode(),
                }
                for one in listed
            ]
            if len({row["coupon"] for row in rows}) < len(rows):
                raise NotPossible("a coupon is there twice")
            insert_rows(conn, coupon, rows)
            return publish(conn, [put(coupon_of(one.store), one) for one in listed], self._at())

        return write(self._engine, work)

    def revoke(self, name: str) -> None:
        """Withdraws a coupon; a store that has not heard of it may still take it, and that stands with a case."""

        def work(conn: Connection) -> None:
            same = coupon.c.coupon == name
            row = conn.execute(select(coupon).where(same).with_for_update()).one_or_none()
            if row is None:
                raise NotPossible(f"no coupon {name}")
            conn.execute(update(coupon).where(same).values(state="revoked"))
            publish(conn, [put_coupon(conn.execute(select(coupon).where(same)).one())], self._at())

        write(self._engine, work)

    def uses(self, name: str) -> list[dict[str, Any]]:
        """Uses of a coupon: use_id, coupon, store, stream, seq, fen, released."""
        query = select(coupon_use).where(coupon_use.c.coupon == name).order_by("store", "stream", "seq")
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    # ---- members ----

    def put_member(self, word: Member, stores: Iterable[str], points: int | None = None) -> None:
        """Publishes a profile to these stores and to no others; `points` opens the account of a new member."""
        there = sorted(set(stores))

        def work(conn: Connection) -> None:
            row = conn.execute(_same(word.member).with_for_update()).one_or_none()
            if row is not None and (points is not None or word.ver <= row.ver):
                raise NotPossible(f"this member is there already, version {row.ver}")
            before = [] if row is None else msgspec.json.decode(row.stores, type=list[str])
            values = {"ver": word.ver, "stores": _json(there), "body": _json(word)}
            conn.execute(delete(member).where(member.c.member == word.member))
            conn.execute(insert(member).values(member=word.member, **values))
            if points:
                opening = {"stream": f"opening:{uuid.uuid4()}", "seq": 0, "store": "", "grant_id": ""}
                conn.execute(insert(points_entry).values(**opening, member=word.member, points=points))
            gone = [Change(member_of(name), "member", word.member, None) for name in before]
            publish(conn, [*gone, *(put(member_of(name), word) for name in there)], self._at())

        write(self._engine, work)

    def proposals(self, state: str = "open") -> list[dict[str, Any]]:
        """What stores propose: change_id, store, member, field, value, base_ver, state ..."""
        query = select(member_proposal).where(member_proposal.c.state == state).order_by("change_id")
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    def accept(self, change: str) -> Member:
        """The profile becomes what the store proposed, in a new version."""

        def work(conn: Connection) -> Member:
            said = _settle(conn, change, "accepted")
            row = conn.execute(_same(said.member).with_for_update()).one()
            if row.ver != said.base_ver:
                raise NotPossible(
                    f"the profile is version {row.ver} by now, the proposal was on {said.base_ver}"
                )
            old = msgspec.json.decode(row.body, type=Member)
            word = msgspec.structs.replace(old, **{said.field: said.value, "ver": row.ver + 1})
            values = {"ver": word.ver, "body": _json(word)}
            conn.execute(update(member).where(member.c.member == said.member).values(**values))
            there = msgspec.json.decode(row.stores, type=list[str])
            publish(conn, [put(member_of(name), word) for name in there], self._at())
            return word

        return write(self._engine, work)

    def decline(self, change: str) -> None:
        """The profile stays as it is."""
        write(self._engine, lambda conn: _settle(conn, change, "declined"))

    def _at(self) -> str:
        return stamp(self._now())


def check_coupon(conn: Connection, one: Coupon) -> None:
    """Raises NotPossible for a coupon that HQ cannot issue."""
    if bad := check_row(one):
        raise NotPossible(f"coupon {one.coupon}: {bad} is not a time in UTC like 2026-01-05T10:00:00.000Z")
    if (one.cls == "B") != bool(one.store):
        raise NotPossible(f"coupon {one.coupon}: class B names its store, and only class B does")
    if one.store and conn.scalar(select(store_table.c.store).where(store_table.c.store == one.store)) is None:
        raise NotPossible(f"coupon {one.coupon}: no store {one.store}")
    if conn.scalar(select(coupon.c.coupon).where(coupon.c.coupon == one.coupon)) is not None:
        raise NotPossible(f"coupon {one.coupon} is issued already")


def _settle(conn: Connection, change: str, state: str) -> Any:
    same = (member_proposal.c.change_id == change) & (member_proposal.c.state == "open")
    row = conn.execute(select(member_proposal).where(same).with_for_update()).one_or_none()
    if row is None:
        raise NotPossible("no open proposal of this name")
    conn.execute(update(member_proposal).where(same).values(state=state))
    return row


def _same(name: str) -> Any:
    return select(member).where(member.c.member == name)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
