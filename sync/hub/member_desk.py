"""HQ's members beyond their profile: rotating codes, numbers as hashes, contacts, merges, erasure, joining."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update

from edge.domain import member_code
from sync.asked import PhoneAsk, PhoneSaid, RevealAsk, RevealSaid
from sync.benefits import JoinLink, JoinScene, Member, MemberErase, MemberMerge
from sync.hub.audit import acting
from sync.hub.benefit_tables import escrow, member, points_entry
from sync.hub.counter_keys import newest, secrets_of, sign_with
from sync.hub.counter_tables import join_scene, member_contact, member_erase, member_merge, member_number
from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.member_proofs import was_shown
from sync.hub.ordering_tables import member_place
from sync.hub.publishing import NotPossible
from sync.hub.rows import KEYS, member_of
from sync.hub.schema import store as store_table
from sync.messages import check_row, stamp

Number = Literal["phone", "card"]


class MemberDesk:
    """The verbs. Raises NotPossible, with words for a person, who is named by token and never by number."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def code(self, name: str) -> str:
        """The code (MB1) that this member's phone shows in this minute."""
        with snapshot(self._engine) as conn:
            word = _profile(conn, name)
            kid, seed = newest(conn, "member", stamp(self._now()))
        claims = member_code.MemberClaims(kid, name, word.tier, member_code.window_of(self._now()))
        try:
            return member_code.issue(claims, sign_with(seed))
        except ValueError as error:
            raise NotPossible(f"this member does not fit into a code: {error}") from error

    def know(self, name: str, kind: Number, number: str) -> dict[int, str]:
        """Keeps the hash of a phone or card number under each live look-up key, and gives them; not the number."""

        def work(conn: Connection) -> dict[int, str]:
            _profile(conn, name)
            told = {
                kid: member_code.keyed_hash(bytes.fromhex(secret), kind, number)
                for kid, secret in secrets_of(conn, "lookup").items()
            }
            if not told:
                raise NotPossible("there is no live look-up key")
            for kid, said in told.items():
                row = {"kid": kid, "hash": said, "member": name}
                same = (member_number.c.kid == kid) & (member_number.c.hash == said)
                conn.execute(delete(member_number).where(same & (member_number.c.member == name)))
                conn.execute(insert(member_number).values(**row))
            return told

        return write(self._engine, work)

    def contact(self, name: str, full_name: str, phone: str) -> None:
        """Keeps what a lead may have shown for ten seconds."""

        def work(conn: Connection) -> None:
            _profile(conn, name)
            conn.execute(delete(member_contact).where(member_contact.c.member == name))
            conn.execute(insert(member_contact).values(member=name, name=full_name, phone=phone))

        write(self._engine, work)

    def phone(self, asked: PhoneAsk) -> PhoneSaid:
        """Whose number that is; nobody's where two members share it."""
        with snapshot(self._engine) as conn:
            if asked.kid not in secrets_of(conn, "lookup"):
                return PhoneSaid(stale=True)
            same = (member_number.c.kid == asked.kid) & (member_number.c.hash == asked.hash)
            names = conn.scalars(select(member_number.c.member).where(same).limit(2)).all()
            return PhoneSaid(_profile(conn, names[0]) if len(names) == 1 else None)

    def reveal(self, store: str, asked: RevealAsk) -> RevealSaid:
        """What is hidden of a member; that this store asked, who there and why, is on HQ's own record first.

        Raises NotPossible for a member whom that store was not shown just now; that too is on record.
        """

        def work(conn: Connection) -> RevealSaid:
            same = member_contact.c.member == asked.member
            row = conn.execute(select(member_contact).where(same)).one_or_none()
            return RevealSaid() if row is None else RevealSaid(row.name, row.phone)

        with snapshot(self._engine) as conn:
            shown = was_shown(conn, asked.member, asked.proof, self._now())
        if not shown:
            with acting(f"{store}:{asked.staff}", "member.reveal.refused", asked.member, asked.reason):
                write(self._engine, lambda _: None)
            raise NotPossible("nobody showed themselves as this member there just now")
        # A store tells in its journal too, but a stolen box would not.
        with acting(f"{store}:{asked.staff}", "member.reveal", asked.member, asked.reason):
            return write(self._engine, work)

    def merge(self, name: str, into: str) -> None:
        """Two members were one person: points and numbers go to `into`, every store hears of it."""

        def work(conn: Connection) -> None:
            if name == into:
                raise NotPossible("a member is not merged into itself")
            word, _ = _profile(conn, name), _profile(conn, into)
            if conn.scalar(select(member_merge.c.member).where(member_merge.c.member == into)):
                raise NotPossible("that member was merged into another before")
            at = stamp(self._now())
            conn.execute(insert(member_merge).values(member=name, into_member=into, at=at))
            conn.execute(update(points_entry).where(points_entry.c.member == name).values(member=into))
            known = select(member_number.c.hash).where(member_number.c.member == into)
            mine = member_number.c.member == name
            conn.execute(delete(member_number).where(mine & member_number.c.hash.in_(known)))
            conn.execute(update(member_number).where(mine).values(member=into))
            gone = [Change(member_of(s), "member", name, None) for s in _stores(conn, name)]
            conn.execute(delete(member).where(member.c.member == word.member))
            word_of = MemberMerge(name, into, at)
            publish(conn, [*gone, *(put(member_of(s), word_of) for s in _all_stores(conn))], at)

        write(self._engine, work)

    def erase(self, name: str) -> tuple[str, ...]:
        """Forgets a member here, and asks every store to within a day; gives the names of those wishes."""

        def work(conn: Connection) -> tuple[str, ...]:
            at, wishes = stamp(self._now()), []
            changes = [Change(member_of(s), "member", name, None) for s in _stores(conn, name)]
            grants = select(escrow).where((escrow.c.subject == name) & (escrow.c.kind == "points"))
            held = conn.execute(grants).all()
            changes += [Change(member_of(row.store), "points_grant", row.grant_id, None) for row in held]
            for store in _all_stores(conn):
                word = MemberErase(str(uuid.uuid4()), name, at)
                values = {"store": store, "at": at, "done_at": "", "rows_gone": 0}
                conn.execute(insert(member_erase).values(cmd=word.cmd, member=name, **values))
                changes.append(put(member_of(store), word))
                wishes.append(word.cmd)
            for table in (member, member_number, member_contact, member_place):
                conn.execute(delete(table).where(table.c.member == name))
            publish(conn, changes, at)
            return tuple(wishes)

        return write(self._engine, work)

    def unanswered(self, before: datetime) -> list[dict[str, Any]]:
        """Wishes to forget that a store has not answered since `before`: cmd, member, store, at."""
        late = (member_erase.c.done_at == "") & (member_erase.c.at < stamp(before))
        with snapshot(self._engine) as conn:
            rows = conn.execute(select(member_erase).where(late).order_by("at", "store")).mappings()
            return [dict(row) for row in rows]

    def join_link(self, word: JoinLink) -> None:
        """The link behind every store's code for joining."""
        if bad := check_row(word):
            raise NotPossible(f"link {word.link}: {bad} is not a time in UTC")
        if not word.url.startswith("https://"):
            raise NotPossible(f"link {word.link}: only https")
        write(self._engine, lambda conn: publish(conn, [put(KEYS, word)], stamp(self._now())))

    def joined(self, scene: str, result: Literal["joined", "declined"], name: str = "") -> str:
        """What came of a code for joining, told to its store; gives the guide whose guest it was.

        A scene that HQ has not heard of yet, or that is over, cannot be joined by.
        """

        def work(conn: Connection) -> str:
            same = join_scene.c.scene == scene
            row = conn.execute(select(join_scene).where(same).with_for_update()).one_or_none()
            at = stamp(self._now())
            if row is None or row.result or row.until < at:
                raise NotPossible("this scene is unknown, over, or done")
            conn.execute(update(join_scene).where(same).values(result=result, member=name))
            publish(conn, [put(member_of(row.store), JoinScene(scene, result, at))], at)
            return str(row.guide)

        return write(self._engine, work)


def _profile(conn: Connection, name: str) -> Member:
    row = conn.execute(select(member.c.body).where(member.c.member == name)).one_or_none()
    if row is None:
        raise NotPossible("no such member")
    return msgspec.json.decode(row.body, type=Member)


def _stores(conn: Connection, name: str) -> list[str]:
    said = conn.scalar(select(member.c.stores).where(member.c.member == name))
    return [] if said is None else msgspec.json.decode(said, type=list[str])


def _all_stores(conn: Connection) -> list[str]:
    return list(conn.scalars(select(store_table.c.store).order_by(store_table.c.store)))
