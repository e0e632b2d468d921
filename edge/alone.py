"""One daemon a state folder: two would print each other's slips."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another daemon works on this state folder."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the folder for this process; the kernel lets go of it however the process ends.

    Raises AlreadyRunning while another process holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise AlreadyRunning(f"another store-edge works on {folder}; stop it first") from None
    finally:
        os.close(handle)
