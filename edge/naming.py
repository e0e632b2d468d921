"""The index of names kept in step with the catalogue: seen here what it lacks, made by a child of ours."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from edge.records.books import Books
from edge.records.search_making import base_of
from edge.search_child import Job

_log = logging.getLogger("store_edge.naming")
MANY = 20_000
"""More names than this to be added, and making it anew is quicker."""
_AGAIN_S = 60.0


class NameKeeper:
    """turn() never waits: it starts the child where something is to do, and looks whether it has ended."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._child: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def turn(self) -> bool:
        """One look; whether a child is at work."""
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                return True
            self._let_go(self._child)
            if code:
                _log.warning("names not indexed", extra={"exit": code})
                self._not_before = time.monotonic() + _AGAIN_S
        if time.monotonic() < self._not_before:
            return False
        wanted = self._wanted()
        if wanted is not None:
            self._start(whole=wanted)
        return self._child is not None

    def stop(self) -> None:
        """Ends the child, whatever it was at: the next one does it again."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._let_go(self._child)

    def _let_go(self, child: subprocess.Popen[bytes]) -> None:
        if child.stdin is not None:
            child.stdin.close()
        self._child = None

    def _wanted(self) -> bool | None:
        """Whether it is to be made anew; None: it is as the catalogue is, or the catalogue is on its way."""
        hq, names = self._books.hq.read(), self._books.names
        if hq.execute("SELECT 1 FROM cursor WHERE loading <> '' LIMIT 1").fetchone():
            return None
        base = base_of(hq)
        made, docs, later = names.made()
        if not base:
            return None
        asked = "SELECT count(*) FROM (SELECT 1 FROM renamed LIMIT ?)"
        new = int(hq.execute(asked, (MANY + 1,)).fetchone()[0])
        if made != base or new > MANY:
            return True
        if not new:
            return None
        # Old names stay until it is made anew: no more of them than a quarter.
        return later + new > max(1000, docs // 4)

    def _start(self, *, whole: bool) -> None:
        hq, names = self._books.hq, self._books.names
        job = Job(str(hq.path.resolve()), str(names.path.resolve()), hq.key.hex(), whole)
        child = subprocess.Popen(
            [sys.executable, "-m", "edge.search_child"],
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
        )
        self._child = child
        if child.stdin is not None:
            # Left open: the child ends when this pipe does, and so with this process.
            child.stdin.write(msgspec.json.encode(job) + b"\n")
            child.stdin.flush()
