"""Snapshots at this store put together: fetched under the pinned roster, loaded by a child of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from config.schema import HqSettings
from edge.desks.status import StatusDesk
from edge.records.books import Books
from edge.records.inbox import Inbox
from edge.snapshot_child import Job
from sync.messages import Cursor
from sync.signed import Role
from sync.snapshot_words import Manifest

if TYPE_CHECKING:
    from sync.credentials import Ask, Credential
    from sync.fetching import Fetcher

FOLDER = "snapshots"
_TAIL = 1 << 12


class _Word(msgspec.Struct, frozen=True):
    """A line of the child's: how far it is, or how it ended."""

    rows: int = 0
    code: str | None = None


class ChildLoader:
    """A Loader: the work is done in a process of its own, which ends with this one."""

    def __init__(self, books: Books, inbox: Inbox) -> None:
        self._books = books
        self._inbox = inbox
        self._child: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._rows = 0
        self._code: str | None = None

    def high(self, bucket: str) -> Cursor:
        """See sync.fetching.Loader."""
        return self._inbox.high(bucket)

    def start(self, file: Path, manifest: Manifest) -> None:
        """See sync.fetching.Loader."""
        self._inbox.expect(manifest.bucket, manifest.sha256)
        hq = self._books.hq
        job = Job(
            database=str(hq.path.resolve()), key=hq.key.hex(), file=str(file.resolve()), manifest=manifest
        )
        self._rest, self._rows, self._code = b"", 0, None
        self._child = subprocess.Popen(
            [sys.executable, "-m", "edge.snapshot_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
        )
        pipe = self._pipe(self._child.stdin)
        pipe.write(msgspec.json.encode(job) + b"\n")
        pipe.flush()
        os.set_blocking(self._pipe(self._child.stdout).fileno(), False)

    def poll(self) -> str | None:
        """See sync.fetching.Loader."""
        child = self._child
        if child is None:
            return "ENDED"
        # In this order: what a child said just before its end is not lost.
        ended = child.poll() is not None
        self._hear(self._pipe(child.stdout))
        if not ended:
            return None
        for pipe in (child.stdin, child.stdout):
            self._pipe(pipe).close()
        self._child = None
        # Killed, out of memory, the machine going down: that says nothing about the file.
        return "ENDED" if self._code is None else self._code

    def rows(self) -> int:
        """See sync.fetching.Loader."""
        return self._rows

    def pid(self) -> int:
        """The child's number; 0 when there is none."""
        return 0 if self._child is None else self._child.pid

    def _hear(self, pipe: IO[bytes]) -> None:
        while some := pipe.read(_TAIL):
            *lines, self._rest = (self._rest + some).split(b"\n")
            for line in lines:
                word = msgspec.json.decode(line, type=_Word)
                self._rows = max(self._rows, word.rows)
                self._code = word.code if word.code is not None else self._code

    def _pipe(self, pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise ValueError("a child without pipes")
        return pipe


def fetcher_of(
    hq: HqSettings, books: Books, inbox: Inbox, status: StatusDesk, shown: Credential, ask: Ask
) -> Fetcher:
    """What fetches this store's snapshots; a store by hand, without a roster, is offered none."""
    from sync.fetching import Fetcher
    from sync.pieces import HttpPieces

    def role() -> Role | None:
        enrolled = books.enrolments.now()
        return None if enrolled is None else enrolled.roster.roles.get("snapshot")

    pieces = HttpPieces(hq.url, shown, ask, hq.timeout_s, hq.ca_file)
    folder = books.hq.path.with_name(FOLDER)
    return Fetcher(pieces, ChildLoader(books, inbox), folder, role, told=status.loading)
