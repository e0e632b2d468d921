"""HQ of a simulated world: the real hub on a real database, which may be killed, restored, stuck or badly released."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from sync.hub.database import open_hub, snapshot, write
from sync.hub.desk import HubDesk
from sync.hub.effects import Effects
from sync.hub.restoring import begin_new_life
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.messages import LineDown
from sync.signed import Role
from tests.sim.chance import Time
from tests.sim.network import Answer

ROOT = bytes([11]) * 32
CONFIG = bytes([13]) * 32


class HqKilled(BaseException):
    """HQ's process is gone between two statements."""


class Place:
    """Where HQ's database and its backups lie: files in a folder, or databases of a server."""

    def __init__(self, folder: Path, server: str) -> None:
        self._folder = folder
        self._server = server
        self._made: list[str] = []

    def new(self) -> str:
        """An empty place."""
        if not self._server:
            return str(self._folder / f"hub{len(self._made)}-{secrets.token_hex(3)}.db")
        name = f"sim_{secrets.token_hex(6)}"
        self._sql(f"CREATE DATABASE {name}")
        return self._named(name)

    def copy(self, engine: Engine, where: str) -> str:
        """A copy of a database that nobody else uses."""
        if not self._server:
            there = f"{where}.{secrets.token_hex(4)}"
            raw = engine.raw_connection()
            raw.cursor().execute(f"VACUUM INTO '{there}'")
            raw.close()
            return there
        engine.dispose()
        name = f"sim_{secrets.token_hex(6)}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE {make_url(where).database}")
        return self._named(name)

    def drop(self, where: str) -> None:
        """Forgets a database."""
        if self._server:
            self._sql(f"DROP DATABASE IF EXISTS {make_url(where).database} WITH (FORCE)")

    def close(self) -> None:
        """Forgets all of a server's databases (files go with their folder)."""
        for name in self._made:
            self._sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _named(self, name: str) -> str:
        self._made.append(name)
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _sql(self, text: str) -> None:
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as conn:
            conn.exec_driver_sql(text)


class Hq:
    """The hub and its desk. `fuse`: statements until the process is killed; None: it lives."""

    def __init__(self, place: Place, now: Time) -> None:
        self._place = place
        self._now = now
        self.fuse: int | None = None
        self.rejecting = False
        self.unsorted: list[str] = []
        """Buckets locked out of order, as seen: what could have become a deadlock."""
        self.where = place.new()
        self.saved = ""
        self._slow: tuple[Connection, Any] | None = None
        self._open()
        self.desk.found_trust([ROOT], {"config": Role((public_of(CONFIG),))})

    def ask(self, path: str, body: bytes, bearer: str) -> Answer:
        """One request that reached HQ's door; raises LineDown where HQ dies over it."""
        headers = {"Content-Type": "application/x-ndjson"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            response = self._client.post(path, data=body, headers=headers)
        except HqKilled:
            self.restart()
            raise LineDown("HQ died over it") from None
        return response.status_code, dict(response.headers), bytes(response.data)

    def restart(self) -> None:
        """The process dies, with whatever it had not committed, and another one starts."""
        self.fuse = None
        self._drop_slow()
        self.engine.dispose()
        self._open()

    def back_up(self) -> None:
        """A copy of the database, which stores may then rely on."""
        self.commit_slow()
        self.desk.mark_backed_up()
        if self.saved:
            self._place.drop(self.saved)
        self.saved = self._place.copy(self.engine, self.where)

    def restore(self) -> None:
        """HQ goes on from its last backup; there must be one."""
        self._drop_slow()
        self.engine.dispose()
        former, self.where = self.where, self.saved
        self._open()
        write(self.engine, begin_new_life)
        self._place.drop(former)
        self.saved = self._place.copy(self.engine, self.where)

    def hold(self, work: Any) -> None:
        """A writer that is slow to commit: `work(conn)` is done, and stays open until `commit_slow`."""
        self.commit_slow()
        conn = self.engine.connect()
        try:
            trans = conn.begin()
            work(conn)
        except OperationalError:
            conn.close()
            return
        self._slow = (conn, trans)

    @property
    def held(self) -> bool:
        """Whether a slow writer is at work."""
        return self._slow is not None

    def commit_slow(self) -> None:
        """The slow writer commits at last."""
        if self._slow is not None:
            conn, trans = self._slow
            trans.commit()
            conn.close()
            self._slow = None

    def close(self) -> None:
        """Lets go of the database."""
        self._drop_slow()
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """For whoever checks: a connection that no fuse burns on."""
        fuse, self.fuse = self.fuse, None
        with snapshot(self.engine) as conn:
            yield conn
        self.fuse = fuse

    def _drop_slow(self) -> None:
        if self._slow is not None:
            conn, trans = self._slow
            trans.rollback()
            conn.close()
            self._slow = None

    def _open(self) -> None:
        self.engine = open_hub(self.where)
        self.engine.dispose()
        event.listen(self.engine, "connect", _impatient)
        event.listen(self.engine, "before_cursor_execute", self._statement)
        event.listen(self.engine, "begin", _first_lock)
        self.desk = HubDesk(self.engine, self._now.now)
        self.app = create_hub(self.engine, now=self._now.now)
        self._client = self.app.test_client()

    def _statement(self, conn: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse <= 0:
                raise HqKilled
        if statement.startswith("INSERT INTO bucket") and "DO UPDATE SET head = bucket.head" in statement:
            values = parameters.values() if isinstance(parameters, dict) else parameters
            name = next(str(v) for v in values if isinstance(v, str) and v[:2] in {"g:", "s:"})
            held = conn.info.setdefault("buckets", [])
            if held and name < held[-1]:
                self.unsorted.append(f"{held[-1]} before {name}")
            held.append(name)


def _impatient(raw: Any, _record: Any) -> None:
    """Who finds a row locked hears so at once: in a world of one thread nobody would ever let go."""
    if hasattr(raw, "info"):  # psycopg
        with raw.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20ms'")
        raw.commit()
    else:
        raw.execute("PRAGMA busy_timeout=0")


def _first_lock(conn: Connection) -> None:
    conn.info["buckets"] = []


@contextmanager
def validators(hq: Hq) -> Iterator[None]:
    """While `hq.rejecting`, a bad release of HQ throws at every fact, once it has begun with it."""
    patched: Any = Effects
    apply = patched.apply

    def reject(effects: Effects, fact: Any) -> str:
        if hq.rejecting:
            raise ValueError("a bad release")
        return str(apply(effects, fact))

    patched.apply = reject
    try:
        yield
    finally:
        patched.apply = apply


def said(answer: Answer) -> dict[str, Any]:
    """A JSON answer."""
    return msgspec.json.decode(answer[2], type=dict[str, Any])
