"""Whose turn it is to write hq.db: the sync worker and the loading child are let in one after the other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from edge.db import Connection

Turn = Callable[[], AbstractContextManager[None]]


@contextmanager
def turn(database: Path) -> Iterator[None]:
    """Waits until nobody else is in. SQLite's own wait looks at the lock now and then, and can miss every gap of a
    busy writer; the kernel wakes who waits here. A killed holder is out at once."""
    handle = os.open(
        database.with_name(f"{database.name}.turn"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def transaction(hq: Connection, turn: Turn) -> Iterator[None]:
    """All or nothing, when it is this writer's turn."""
    with turn():
        hq.execute("BEGIN IMMEDIATE")
        try:
            yield
            hq.execute("COMMIT")
        except BaseException:
            if hq.in_transaction:
                hq.execute("ROLLBACK")
            raise
