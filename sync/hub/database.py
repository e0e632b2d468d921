"""HQ's database: opened on SQLite with full durability or on any URL, read in snapshots, written with retries."""

from __future__ import annotations

import hashlib
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, delete, insert, inspect, select
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.schema import CreateColumn

from sync.hub import (
    audit,
    benefit_tables,
    config_tables,
    deposit_tables,
    guide_tables,
    ordering_tables,
    pay_tables,
    pick_tables,
    return_tables,
    sale_tables,
    ticket_tables,
)
from sync.hub.fleet_schema import INDEXES
from sync.hub.schema import meta, metadata
from sync.hub.sqlite_file import open_file

T = TypeVar("T")
_RETRY_STATES = frozenset({"40001", "40P01"})  # serialization failure, deadlock: the work is done again
_TRIES = 6
_PAUSE_S = 0.005
_LAYOUT = "layout"


_FOUNDED_TOO = (
    benefit_tables,
    config_tables,
    deposit_tables,
    guide_tables,
    ordering_tables,
    return_tables,
    sale_tables,
    pick_tables,
    pay_tables,
    ticket_tables,
)  # their tables are those of the same metadata


def open_hub(where: Engine | Path | str) -> Engine:
    """HQ's database, its tables made if they are not there; `where`: an engine, a URL, or a SQLite file's path.

    Raises OSError where a file cannot be kept private.
    """
    engine = where if isinstance(where, Engine) else _engine(str(where))
    for tried in range(_TRIES):
        try:
            with engine.begin() as conn:
                _found(conn)
            break
        except (IntegrityError, ProgrammingError):
            # Several processes of a hub found the same database at once: the others find it founded.
            if tried == _TRIES - 1:
                raise
    return engine


def _found(conn: Connection) -> None:
    """This release's tables and indexes, unless a process of this very release made them before."""
    known = inspect(conn).has_table(meta.name)
    if known and conn.scalar(select(meta.c.value).where(meta.c.key == _LAYOUT)) == _layout():
        return
    metadata.create_all(conn)
    for index in INDEXES:
        index.create(conn, checkfirst=True)
    _expand(conn)
    for key, value in (("hq_epoch", str(uuid.uuid4())), ("bearer_key", secrets.token_hex(32))):
        if conn.scalar(select(meta.c.value).where(meta.c.key == key)) is None:
            conn.execute(insert(meta).values(key=key, value=value))
    conn.execute(delete(meta).where(meta.c.key == _LAYOUT))
    conn.execute(insert(meta).values(key=_LAYOUT, value=_layout()))


@cache
def _layout() -> str:
    """A name for this release's tables: to look at each of them at every start took longer than all else."""
    words = [
        f"{table.name} {column.name} {column.type!r} {column.nullable} {column.server_default is not None}"
        for table in metadata.sorted_tables
        for column in table.columns
    ]
    words += [str(index.name) for table in metadata.sorted_tables for index in table.indexes]
    return hashlib.sha256("\n".join(sorted(words)).encode()).hexdigest()


def _expand(conn: Connection) -> None:
    """Adds what newer releases have to the tables of an older one: columns with a default, and indexes."""
    found = inspect(conn)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in found.get_columns(table.name)}
        missing = [column for column in table.columns if column.name not in there]
        for column in missing:
            words = CreateColumn(column).compile(dialect=conn.dialect)
            conn.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {words}")
        if missing:
            for index in table.indexes:
                index.create(conn, checkfirst=True)


def _engine(where: str) -> Engine:
    if "://" not in where:
        return open_file(Path(where))
    # The connection used last is used next: it has the statements prepared. None is tried out before it is used, which
    # cost more than most of what is asked: after a restart of the database somebody is told to come back.
    return create_engine(where, pool_size=16, pool_use_lifo=True, hide_parameters=True)


def hq_epoch(conn: Connection) -> str:
    """The UUID that changes when HQ is restored from a backup."""
    return str(conn.scalar(select(meta.c.value).where(meta.c.key == "hq_epoch")))


def new_bucket_epoch() -> str:
    """A name for one life of a bucket's numbering."""
    return "e" + secrets.token_hex(6)


def write(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Runs `work` in one write transaction, with a note of who did it; again when the database asks for it."""
    for tried in range(_TRIES):
        try:
            with engine.begin() as conn:
                done, act = work(conn), audit.note(conn)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
            if state not in _RETRY_STATES or tried == _TRIES - 1:
                raise
            # Whoever stood in the way gets a moment to be done; two that met do not meet again.
            time.sleep(random.uniform(0.0, _PAUSE_S * 2**tried))  # noqa: S311 - no secret
        else:
            if act is not None:
                act.noted = True
            return done
    raise AssertionError("unreachable")


@contextmanager
def looking(engine: Engine) -> Iterator[Connection]:
    """A connection for reads that need not agree with each other: no transaction where the database does without."""
    if engine.dialect.name == "sqlite":
        with snapshot(engine) as conn:
            yield conn
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        yield conn


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection all of whose reads see one state of the database."""
    options: dict[str, Any] = {"hub_reading": True}
    if engine.dialect.name != "sqlite":
        options["isolation_level"] = "REPEATABLE READ"
    with engine.connect().execution_options(**options) as conn, conn.begin():
        yield conn
