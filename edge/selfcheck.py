"""The self-check: asks the pages, the ledger and every worker whether they still do their work."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlcipher3 import dbapi2

from edge.db import Database
from edge.domain.refusals import ReadOnly
from edge.workers import Worker

_PATIENCE_S = 3.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - a key to look up, not an address to bind
Check = Callable[[], bool]


def answers(host: str, port: int, path: str, named: str) -> bool:
    """Whether GET `path` at the address is answered with anything but a failure of the server's own.

    `named`: the Host header, since our servers answer only to their names.
    """
    line = http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=_PATIENCE_S)
    try:
        line.request("GET", path, headers={"Host": f"{named}:{port}", "Connection": "close"})
        return line.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def takes_writes(ledger: Database) -> bool:
    """Whether a transaction can be had; it writes nothing, so a full disk is no failure here.

    A lock that nobody gives back makes this call hang, and then nobody feeds the watchdog: as it should be.
    """
    try:
        with ledger.transaction(durable=False) as tx:
            return bool(tx.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except (ReadOnly, dbapi2.Error):
        return False


def beats() -> list[str]:
    """Writes the moment (monotonic, seconds) and who we are to `heartbeat` in the service's folder in memory
    (RuntimeDirectory= of systemd.exec(5)), where whoever judges a new release reads it; what is wrong if that fails.

    Call it when all else is well. Nothing where there is no such folder.
    """
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    try:
        if folder:
            Path(folder, "heartbeat").write_text(f"{time.monotonic():.3f} {os.getpid()}\n", "ascii")
    except OSError as error:
        return [f"heartbeat: {error.strerror}"]
    return []


def troubles(workers: Iterable[Worker], checks: dict[str, Check]) -> list[str]:
    """What is wrong now, in words for the log; nothing: all is well, and the heart has beaten."""
    found = [f"worker {worker.name}: {worker.trouble()}" for worker in workers if worker.trouble()]
    return found + [name for name, check in checks.items() if not check()] or beats()
