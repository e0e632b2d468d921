"""Coupons and members of a file: judged against what HQ has, and written where they change something."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, select

from sync.benefits import Coupon, Member
from sync.hub.benefit_forms import MemberRow
from sync.hub.benefit_forms import member_of as form_of
from sync.hub.benefit_tables import coupon, member, points_entry
from sync.hub.bulk import insert_rows, rows_of, update_rows
from sync.hub.database import snapshot
from sync.hub.feed import Change, publish, put
from sync.hub.publishing import NotPossible
from sync.hub.rows import coupon_of, member_of
from sync.hub.schema import store as store_table
from sync.hub.sheet import RowRefused

CHANGEABLE = ("tier", "name_masked", "card_tail", "phone_tail", "language", "marketing")
"""Fields of a profile that HQ's people change."""


def coupon_problem(conn: Connection, one: Coupon, stores: Collection[str]) -> str:
    """Why this coupon cannot be issued; "" if it can, or is issued already just so."""
    if one.store and one.store not in stores:
        return f"no store {one.store}"
    issued = conn.scalar(select(coupon.c.body).where(coupon.c.coupon == one.coupon))
    if issued is not None and issued != _json(one):
        return f"coupon {one.coupon} is issued already, and says something else"
    return ""


def take_coupons(conn: Connection, listed: Sequence[Coupon], at: str) -> int:
    """Issues those that are not issued yet; how many."""
    there = {
        row.coupon for row in rows_of(conn, coupon, "coupon", {c.coupon for c in listed}, only=("coupon",))
    }
    fresh = [one for one in listed if one.coupon not in there]
    insert_rows(
        conn,
        coupon,
        [
            {"coupon": c.coupon, "cls": c.cls, "store": c.store, "state": c.state, "body": _json(c)}
            for c in fresh
        ],
    )
    publish(conn, [put(coupon_of(one.store), one) for one in fresh], at)
    return len(fresh)


def member_problem(conn: Connection, row: MemberRow, stores: Collection[str]) -> str:
    """Why this member cannot be taken in; "" if it can."""
    if unknown := sorted(set(row.stores) - set(stores)):
        return f"no store {unknown[0][:40]}"
    known = conn.scalar(select(member.c.member).where(member.c.member == row.member))
    if known is not None and row.points is not None and row.points != balance(conn, row.member):
        return "this member is there with other points: they are earned and spent, never set"
    return ""


def take_members(conn: Connection, rows: Sequence[MemberRow], at: str) -> int:
    """Adds members, each with points to begin with, and changes those that are there; how many changed."""
    there = {row.member: row for row in rows_of(conn, member, "member", {r.member for r in rows}, lock=True)}
    fresh, changed, opening, changes = [], [], [], list[Change]()
    for row in rows:
        old, stores = there.get(row.member), sorted(set(row.stores))
        word = row.word(old.ver + 1 if old else 1)
        values = {"member": row.member, "ver": word.ver, "stores": _json(stores), "body": _json(word)}
        if old is None:
            fresh.append(values)
            opening += [_opening(row.member, row.points)] if row.points else []
        elif values["stores"] != old.stores or not _same(old.body, word):
            changed.append(values)
        else:
            continue
        changes += _moved(old, word, stores)
    insert_rows(conn, member, fresh)
    update_rows(conn, member, ("member",), changed)
    insert_rows(conn, points_entry, opening)
    publish(conn, changes, at)
    return len(fresh) + len(changed)


def change_member(
    conn: Connection, name: str, said: Mapping[str, str], stores: Sequence[str] | None, at: str
) -> Member:
    """Other words for some fields of a profile (CHANGEABLE), other stores unless None; a new version of it.

    Raises NotPossible for a member who is not there.
    """
    found = rows_of(conn, member, "member", [name], lock=True)
    if not found:
        raise NotPossible("no such member")
    old = msgspec.json.decode(found[0].body, type=Member)
    held = msgspec.json.decode(found[0].stores, type=tuple[str, ...])
    profile = {field: said.get(field, getattr(old, field)) for field in CHANGEABLE}
    take_members(conn, [MemberRow(name, **profile, stores=held if stores is None else tuple(stores))], at)
    now = rows_of(conn, member, "member", [name])[0]
    return msgspec.json.decode(now.body, type=Member)


def checked_change(engine: Engine, name: str, said: Mapping[str, str], stores: Sequence[str]) -> None:
    """Raises NotPossible, with words for a person, for what no file may say of a member either."""
    try:
        row = form_of({"member": name, **said, "stores": " ".join(stores)}, "csv")
    except RowRefused as refused:
        raise NotPossible(str(refused)) from None
    with snapshot(engine) as conn:
        known = frozenset(conn.scalars(select(store_table.c.store)))
        if problem := member_problem(conn, row, known):
            raise NotPossible(problem)


def balance(conn: Connection, name: str) -> int:
    """A member's points: all that was earned less all that was spent."""
    mine = points_entry.c.member == name
    return int(conn.scalar(select(func.sum(points_entry.c.points)).where(mine)) or 0)


def _moved(old: Any, word: Member, stores: Sequence[str]) -> list[Change]:
    before = [] if old is None else msgspec.json.decode(old.stores, type=list[str])
    gone = [Change(member_of(name), "member", word.member, None) for name in before if name not in stores]
    return [*gone, *(put(member_of(name), word) for name in stores)]


def _same(body: str, word: Member) -> bool:
    old = msgspec.json.decode(body, type=Member)
    return msgspec.structs.replace(old, ver=word.ver) == word


def _opening(name: str, points: int) -> dict[str, Any]:
    # A journal of its own for what HQ itself booked.
    where = {"stream": f"opening:{uuid.uuid4()}", "seq": 0, "store": "", "grant_id": ""}
    return {**where, "member": name, "points": points}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
