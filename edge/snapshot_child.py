"""The loading child: unpacks a verified snapshot into hq.db beside the rows that serve, so that no till waits for it.

One line on its standard input says what to load, the key of the database among it: arguments can be read by others.
When that pipe ends, so does the child. Each line of its output is {"rows": n}, the last {"code": "…"}, "" for done.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import msgspec

from edge.db import Connection, WrongKey, connect
from edge.records.shadow import Shadow
from edge.records.shadow_count import Counting, Sum
from edge.records.shadow_lines import NotLoaded
from edge.records.turnstile import turn
from sync.snapshot_words import Manifest

NICE = 10
_PIECE = 1 << 20
_WINDOW = 1 << 23
_LINE = 1 << 22
"""No row of the feed is so long; without a bound a few packed bytes could take all memory."""
_NAME = 1 << 12
_ORPHAN, _ALONE = 3, 4


class Job(msgspec.Struct, frozen=True):
    """What to load: `database` and `file` are paths, `key` 64 hex digits."""

    database: str
    key: str
    file: str
    manifest: Manifest


def main() -> int:
    """The child's life."""
    os.nice(NICE)
    # What is made here lives as long as a piece and holds no circles: looking for those is a sixth of the time.
    gc.disable()
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    code = ""
    try:
        load(job)
    except NotLoaded as refused:
        code = refused.code
    say({"code": code})
    return 0


def load(job: Job) -> None:
    """Loads and swaps in; raises NotLoaded. Half the work, the hashes, is a process's of its own."""
    # Before anything is open: a connection does not go through a fork.
    counter = Counter(job)
    try:
        with _connected(job) as hq:
            shadow = Shadow(hq, lambda: turn(Path(job.database)), job.manifest)
            counter.begin(shadow.feed)
            for lines in _lines(job):
                _heard()
                shadow.add(lines)
                say({"rows": shadow.rows})
            shadow.finish(counter.end())
    finally:
        counter.stop()


class _Outcome(msgspec.Struct, frozen=True):
    """How the counting ended: `code` "" and what it came to, or why it did not."""

    code: str
    rows: int = 0
    ck: str = ""


class Counter:
    """A process that counts the same file's rows, into the same database by turns. It ends with this one."""

    def __init__(self, job: Job) -> None:
        begin, self._begin = os.pipe()
        self._outcome, outcome = os.pipe()
        self._pid = os.fork()
        if self._pid:
            os.close(begin)
            os.close(outcome)
            return
        try:
            os.close(self._begin)
            os.close(self._outcome)
            table = os.read(begin, _NAME).decode()
            if table:
                os.write(outcome, msgspec.json.encode(_counted(job, table, begin)))
        finally:
            os._exit(0)

    def begin(self, table: str) -> None:
        """Where to count. Ends this process where the other was killed, as `end` does: the disk has no part in it."""
        try:
            os.write(self._begin, table.encode())
        except BrokenPipeError:
            os._exit(_ALONE)

    def end(self) -> Sum:
        """Waits for the sum; raises NotLoaded. Ends this process where the other was killed: nobody's fault."""
        said = os.read(self._outcome, _NAME)
        if not said:
            os._exit(_ALONE)
        outcome = msgspec.json.decode(said, type=_Outcome)
        if outcome.code:
            raise NotLoaded(outcome.code)
        return Sum(outcome.rows, outcome.ck)

    def stop(self) -> None:
        """Whatever it is doing."""
        os.close(self._begin)
        os.close(self._outcome)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _counted(job: Job, table: str, parent: int) -> _Outcome:
    try:
        with _connected(job) as hq:
            counting = Counting(hq, lambda: turn(Path(job.database)), table)
            for lines in _lines(job):
                _heard(parent)
                counting.add(lines)
            return _Outcome("", *counting.sum())
    except NotLoaded as refused:
        return _Outcome(refused.code)


@contextlib.contextmanager
def _connected(job: Job) -> Iterator[Connection]:
    """A connection for bulk; raises NotLoaded for whatever the disk has against it."""
    from sqlcipher3 import dbapi2

    try:
        with contextlib.closing(connect(Path(job.database), bytes.fromhex(job.key))) as hq:
            hq.execute("PRAGMA synchronous=NORMAL")
            hq.execute("PRAGMA wal_autocheckpoint=4000")
            hq.execute("PRAGMA cache_size=-6000")
            hq.execute("PRAGMA temp_store=MEMORY")
            yield hq
    except (dbapi2.OperationalError, WrongKey, OSError):
        raise NotLoaded("DISK") from None


def say(word: dict[str, Any]) -> None:
    """A line to the parent, who may be gone."""
    with contextlib.suppress(OSError):
        os.write(1, msgspec.json.encode(word) + b"\n")


def _heard(parent: int = 0) -> None:
    """Ends the process when the parent, who holds the other end of this pipe, has ended."""
    ready, _, _ = select.select([parent], [], [], 0)
    if ready and not os.read(parent, 1):
        os._exit(_ORPHAN)


def _lines(job: Job) -> Iterator[bytes]:
    with Path(job.file).open("rb") as file:
        yield from _unpacked(file, job.manifest)


def _unpacked(file: IO[bytes], manifest: Manifest) -> Iterator[bytes]:
    """Whole lines, in pieces; raises NotLoaded unless they are exactly what the manifest names."""
    import zstandard

    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    seen, size, rest = sha256(), 0, b""
    try:
        with unpacker.stream_reader(file, read_size=1 << 17) as reader:
            while piece := reader.read(_PIECE):
                size += len(piece)
                if size > manifest.raw_bytes:
                    raise NotLoaded("SIZE")
                seen.update(piece)
                piece = rest + piece
                end = piece.rfind(b"\n") + 1
                rest = piece[end:]
                if len(rest) > _LINE:
                    raise NotLoaded("LINE")
                if end:
                    yield piece[:end]
    except zstandard.ZstdError:
        raise NotLoaded("PACKING") from None
    if rest or size != manifest.raw_bytes or seen.hexdigest() != manifest.raw_sha256:
        raise NotLoaded("SIZE")


if __name__ == "__main__":
    sys.exit(main())
