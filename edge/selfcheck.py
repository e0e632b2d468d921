"""The self-check: asks the pages, the ledger and every worker whether they still do their work."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable

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


def troubles(workers: Iterable[Worker], checks: dict[str, Check]) -> list[str]:
    """What is wrong now, in words for the log; nothing: all is well."""
    found = [f"worker {worker.name}: {worker.trouble()}" for worker in workers if worker.trouble()]
    return found + [name for name, check in checks.items() if not check()]
