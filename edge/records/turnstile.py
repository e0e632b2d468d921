"""Whose turn it is to write hq.db: the sync worker and the loading child are let in one after the other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
