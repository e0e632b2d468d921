"""HQ's database as a SQLite file: readable by its owner only, durable with every commit."""

from __future__ import annotations

import contextlib
import importlib
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event


def open_file(path: Path) -> Engine:
    """The file, made if it is not there, with full durability; raises OSError where it cannot be kept private."""
    _keep_private(path)
    # The wheel's SQLite, without a key: the one of Debian 12 has a bug that can corrupt a WAL.
    sqlite = importlib.import_module("sqlcipher3.dbapi2")
    engine = create_engine(f"sqlite:///{path}", module=sqlite, pool_size=16, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _opened(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(conn: Connection) -> None:
        reading = conn.get_execution_options().get("hub_reading")
        conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _keep_private(path: Path) -> None:
    """Makes the file if it is not there; whatever its mode was, only its owner can read it from now on.

    Signing keys stand in it in clear. SQLite gives -wal and -shm the mode of the file itself.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(name).chmod(0o600)
