"""What HQ's people do with configuration: push to a scope, watch it roll out, stop it, take it back, ask why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, text, update

from config.layers import changes, leaves
from config.problems import SettingsRefused
from sync.configured import Scope
from sync.hub import config_draft, config_roll
from sync.hub.config_draft import Draft, Wish
from sync.hub.config_merge import in_force, problems
from sync.hub.config_rings import RINGS, SOAK_S, ends, order
from sync.hub.config_tables import box, offer, revision
from sync.hub.database import snapshot, write
from sync.hub.publishing import NotPossible
from sync.hub.schema import meta
from sync.messages import ConfigWord, row_body, stamp
from sync.signed import Signed

__all__ = ["ConfigDesk", "Draft", "Why", "Wish"]

_LOCK = "config_push"


@dataclass(frozen=True)
class Why:
    """Who set a value, in the order in which words were laid over each other; the last one counts."""

    path: str
    value: Any
    rev: int
    scope: Scope
    by: str
    at: str
    why: str


class ConfigDesk:
    """Raises NotPossible, with words for a person, where a verb makes no sense."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def set_region(self, store: str, region: str) -> None:
        """Puts a store into a region ("": into none); counts from the next push on."""

        def work(conn: Connection) -> None:
            config_draft.known_store(conn, store)
            if not conn.execute(update(box).where(box.c.store == store).values(region=region)).rowcount:
                values = {"applied": 0, "seen": 0, "daemon": "", "said_at": ""}
                conn.execute(insert(box).values(store=store, region=region, **values))

        write(self._engine, work)

    # ---- pushing ----

    def draft(self, wish: Wish) -> Draft:
        """What a push would say to each store, to be signed. Raises SettingsRefused with every problem."""
        if found := problems(wish.scope, wish.sections):
            raise SettingsRefused(found)
        with snapshot(self._engine) as conn:
            return config_draft.make(conn, wish, self._now())

    def draft_rollback(self, rev: int, *, by: str, why: str) -> Draft:
        """A new version that says what stood before revision `rev`, to its scope; takes `rev` back."""
        with snapshot(self._engine) as conn:
            return self.draft(config_draft.backwards(conn, rev, by, why))

    def push(
        self,
        draft: Draft,
        words: Mapping[str, Signed],
        rings: Sequence[int] = RINGS,
        soak_s: int = SOAK_S,
    ) -> int:
        """Takes a signed draft and begins its roll-out; gives its version. HQ verifies, and holds no config keys."""
        try:
            stops = ends(len(draft.bundles), rings)
        except ValueError as error:
            raise NotPossible(str(error)) from None

        def work(conn: Connection) -> None:
            _take_turns(conn)
            now = config_draft.make(conn, draft.wish, draft.at)
            if now != draft:
                raise NotPossible("HQ's configuration changed while this was signed; do it again")
            roster = config_draft.roster(conn)
            kept = {
                store: config_draft.checked(draft, store, words.get(store), roster) for store in draft.bundles
            }
            for rev in draft.wish.withdraws:
                _withdraw(conn, rev, draft.rev)
            _keep(conn, draft, kept, stops, soak_s)

        write(self._engine, work)
        self.go_on()
        return draft.rev

    def go_on(self) -> None:
        """Takes every step of every roll-out that can be taken now; hub processes do so by themselves."""
        while write(self._engine, lambda conn: config_roll.step(conn, self._now())):
            pass

    def halt(self, rev: int, why: str) -> None:
        """Offers the revision to no more stores; those that have it keep it."""
        self._move(rev, "rolling", "halted", why or "by hand")

    def resume(self, rev: int) -> None:
        """Goes on with a halted revision: the failures so far were looked at and count no more."""

        def work(conn: Connection) -> None:
            row = _moved(conn, rev, "halted", "rolling", "")
            failed = config_roll.standing(conn, row, 0).failed
            conn.execute(update(revision).where(revision.c.rev == rev).values(waived=failed))

        write(self._engine, work)
        self.go_on()

    # ---- looking ----

    def revisions(self, limit: int = 20) -> list[dict[str, Any]]:
        """The newest revisions, newest first, each with how many stores are in which state."""
        with snapshot(self._engine) as conn:
            rows = (
                conn.execute(select(revision).order_by(revision.c.rev.desc()).limit(limit)).mappings().all()
            )
            counts = config_draft.counts(conn, [row["rev"] for row in rows])
        return [
            {**row, "ends": msgspec.json.decode(row["ends"]), "stores": counts.get(row["rev"], {})}
            for row in rows
        ]

    def offers(self, rev: int = 0, store: str = "") -> list[dict[str, Any]]:
        """What became of a revision, or of all that a store was offered: version, store, state, said_at, code, path,
        msg."""
        names = ("version", "store", "state", "said_at", "code", "path", "msg")
        query = select(*(offer.c[name] for name in names)).order_by(offer.c.version.desc(), offer.c.pos)
        if rev:
            query = query.where(offer.c.version == rev)
        if store:
            query = query.where(offer.c.store == store)
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    def boxes(self) -> list[dict[str, Any]]:
        """Per store: region, applied and seen versions, daemon, said_at."""
        with snapshot(self._engine) as conn:
            return [dict(row) for row in conn.execute(select(box).order_by(box.c.store)).mappings()]

    def why(self, store: str, path: str) -> list[Why]:
        """Everybody who says something of a setting, or of what is below it, for a store; the last one counts."""
        with snapshot(self._engine) as conn:
            config_draft.known_store(conn, store)
            said = in_force(config_draft.standing(conn), store, config_draft.regions(conn).get(store, ""))
        return [
            Why(where, value, one.rev, one.scope, one.by, one.at, one.why)
            for name, one in said
            for where, value in leaves({name: one.sections[name]})
            if where == path or where.startswith(path + ".") or path.startswith(where + ".")
        ]

    def diff(self, store: str, old: int, new: int) -> list[tuple[str, Any, Any]]:
        """(path, before, after) of two versions made for a store; version 0 says nothing."""
        with snapshot(self._engine) as conn:
            before, after = (self._sections(conn, store, version) for version in (old, new))
        return changes(before, after)

    def sections(self, store: str, version: int) -> dict[str, Any]:
        """What a version says to a store."""
        with snapshot(self._engine) as conn:
            return self._sections(conn, store, version)

    def _sections(self, conn: Connection, store: str, version: int) -> dict[str, Any]:
        mine = (offer.c.store == store) & (offer.c.version == version)
        word = conn.scalar(select(offer.c.word).where(mine))
        if word is None and version:
            raise NotPossible(f"store {store} has no version {version}")
        return config_draft.bundle_of(word).sections if word else {}

    def _move(self, rev: int, before: str, after: str, note: str) -> None:
        write(self._engine, lambda conn: _moved(conn, rev, before, after, note))


def _moved(conn: Connection, rev: int, before: str, after: str, note: str) -> Row[Any]:
    row = conn.execute(select(revision).where(revision.c.rev == rev).with_for_update()).one_or_none()
    if row is None:
        raise NotPossible(f"no revision {rev}")
    if row.state != before:
        raise NotPossible(f"revision {rev} is {row.state}")
    config_roll.set_state(conn, rev, after, note)
    return row


def _take_turns(conn: Connection) -> None:
    """One push at a time, whichever process it comes from."""
    conn.execute(
        text("INSERT INTO hub_meta (key, value) VALUES (:key, '') ON CONFLICT (key) DO NOTHING"),
        {"key": _LOCK},
    )
    conn.execute(update(meta).where(meta.c.key == _LOCK).values(value=""))


def _withdraw(conn: Connection, rev: int, by: int) -> None:
    config_roll.set_state(conn, rev, "withdrawn", f"by revision {by}")
    staged = (offer.c.version == rev) & (offer.c.state == "staged")
    conn.execute(update(offer).where(staged).values(state="replaced"))


def _keep(
    conn: Connection, draft: Draft, words: Mapping[str, ConfigWord], stops: Sequence[int], soak_s: int
) -> None:
    wish = draft.wish
    conn.execute(
        insert(revision).values(
            rev=draft.rev,
            region=wish.scope.region,
            store=wish.scope.store,
            station=wish.scope.station,
            sections=msgspec.json.encode(wish.sections).decode(),
            said_by=wish.by,
            why=wish.why,
            at=stamp(draft.at),
            state="rolling",
            ends=msgspec.json.encode(list(stops)).decode(),
            soak_s=soak_s,
            ring=0,
            released=0,
            waived=0,
            note="",
        )
    )
    rows = [
        {
            "version": draft.rev,
            "store": store,
            "pos": pos,
            "state": "staged",
            "word": msgspec.json.encode(row_body(words[store])).decode(),
            "money": int(store in draft.money),
            "said_at": stamp(draft.at),
            **dict.fromkeys(("code", "path", "msg"), ""),
        }
        for pos, store in enumerate(order(draft.rev, draft.bundles))
    ]
    config_draft.put_offers(conn, rows)
