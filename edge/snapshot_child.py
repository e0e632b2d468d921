"""The loading child: unpacks a verified snapshot into hq.db beside the rows that serve, so that no till waits for it.

One line on its standard input says what to load, the key of the database among it: arguments can be read by others.
When that pipe ends, so does the child. Each line of its output is {"rows": n}, the last {"code": "…"}, "" for done.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import msgspec

from edge.db import WrongKey, connect
from edge.records.shadow import NotLoaded, Shadow
from edge.records.turnstile import turn
from sync.snapshot_words import Manifest

NICE = 10
_PIECE = 1 << 20
_WINDOW = 1 << 23
_LINE = 1 << 22
"""No row of the feed is so long; without a bound a few packed bytes could take all memory."""
_GAP_S = 0.001
_ORPHAN = 3


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
    """Loads and swaps in; raises NotLoaded."""
    from sqlcipher3 import dbapi2

    database = Path(job.database)
    try:
        with contextlib.closing(connect(database, bytes.fromhex(job.key))) as hq:
            hq.execute("PRAGMA synchronous=NORMAL")
            hq.execute("PRAGMA wal_autocheckpoint=4000")
            hq.execute("PRAGMA cache_size=-6000")
            hq.execute("PRAGMA temp_store=MEMORY")
            shadow = Shadow(hq, lambda: turn(database), job.manifest)
            with Path(job.file).open("rb") as file:
                for lines in _unpacked(file, job.manifest):
                    _heard()
                    shadow.add(lines)
                    say({"rows": shadow.rows})
                    time.sleep(_GAP_S)
            shadow.finish()
    except (dbapi2.OperationalError, WrongKey, OSError):
        raise NotLoaded("DISK") from None


def say(word: dict[str, Any]) -> None:
    """A line to the parent, who may be gone."""
    with contextlib.suppress(OSError):
        os.write(1, msgspec.json.encode(word) + b"\n")


def _heard() -> None:
    """Ends the process when the parent has ended."""
    ready, _, _ = select.select([0], [], [], 0)
    if ready and not os.read(0, 1):
        os._exit(_ORPHAN)


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
