"""HQ's snapshots: a bucket's live rows as one immutable file named by its content, and the signed word beside it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Connection, Engine, Row, collate, select
from sqlalchemy.exc import SQLAlchemyError

from sync.hub import trust
from sync.hub.database import snapshot
from sync.hub.publishing import NotPossible
from sync.hub.schema import bucket as bucket_table
from sync.hub.schema import feed
from sync.messages import Cursor, Head, stamp
from sync.signed import Signed, sign
from sync.snapshot_words import MAX_BYTES, PERSONAL, SUFFIX, Manifest, Snap, path_of

log = logging.getLogger("sync.hub")

MIN_ROWS = 5000
"""Fewer rows than this fit a page."""
KEEP = 2
"""Newest files kept a bucket: a store in the middle of the former one may finish it."""
_LEVEL = 6
_BATCH = 2000
_STALE_S = 3600.0
_LINE = b'{"b":%b,"d":%b,"id":%b,"op":"put","seq":%d,"t":"op","tb":%b,"ver":%d}\n'


@dataclass(frozen=True)
class Kept:
    """A file in the folder, with the word that vouches for it."""

    manifest: Manifest
    word: Signed


class Snapshots:
    """The folder of snapshots. Several processes of a hub may use it at once; one builds at a time."""

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        min_rows: int = MIN_ROWS,
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._now = now
        self.min_rows = min_rows
        self._builder: threading.Thread | None = None
        self._wanted: set[str] = set()
        self._lock = threading.Lock()

    def offer(self, name: str, head: Head, floor: int, cursor: Cursor | None) -> Snap | None:
        """The file a store should load rather than read on from its cursor (None: from the start); else None.

        Where there is none that is good enough, one is built behind the scenes for those who come later.
        """
        far = head.seq - (cursor.seq if cursor else 0)
        if name.endswith(PERSONAL) or head.n <= self.min_rows or far <= max(self.min_rows, head.n // 2):
            return None
        best = next(iter(self.kept(name)), None)
        if best is None or best.manifest.epoch != head.e or best.manifest.seq < floor:
            self._build_soon(name)
            return None
        if head.seq - best.manifest.seq > max(self.min_rows, head.n // 5):
            self._build_soon(name)
        if cursor is not None and best.manifest.seq - cursor.seq < far // 2:
            return None
        return Snap(path_of(best.manifest.sha256), best.word)

    def kept(self, name: str = "") -> list[Kept]:
        """The files there are, of one bucket or all; the newest first."""
        found = []
        for path in self._folder.glob("*.json"):
            # Another process may take it away between the look and the reading.
            with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
                word = msgspec.json.decode(path.read_bytes(), type=Signed)
                manifest = msgspec.json.decode(word.body, type=Manifest)
                if not name or manifest.bucket == name:
                    found.append(Kept(manifest, word))
        return sorted(found, key=lambda one: (one.manifest.built_at, one.manifest.seq), reverse=True)

    def file(self, sha256: str) -> tuple[Manifest, Path] | None:
        """A file by its name, None if it is not there (any more)."""
        path = self._folder / f"{sha256}{SUFFIX}"
        for one in self.kept():
            if one.manifest.sha256 == sha256 and path.is_file():
                return one.manifest, path
        return None

    def buckets(self) -> list[str]:
        """The buckets that are worth a file."""
        query = select(bucket_table.c.bucket).where(bucket_table.c.n > self.min_rows).order_by("bucket")
        with snapshot(self._engine) as conn:
            return [name for name in conn.scalars(query) if not name.endswith(PERSONAL)]

    def build(self, name: str) -> Manifest:
        """Writes the bucket as it stands now, signs it, and forgets old files; raises NotPossible, OSError.

        Reads one snapshot of the database as a stream: memory does not grow with the bucket.
        """
        if name.endswith(PERSONAL):
            raise NotPossible(f"{name} holds what no file may hold")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone(), tempfile.NamedTemporaryFile(dir=self._folder, prefix=".build-") as file:
            with snapshot(self._engine) as conn:
                seed = trust.snapshot_seed(conn)
                query = select(bucket_table).where(bucket_table.c.bucket == name)
                row = conn.execute(query).one_or_none()
                if row is None:
                    raise NotPossible(f"no bucket {name}")
                manifest = _write(conn, row, file, stamp(self._now()))
            self._keep(Path(file.name), manifest, sign("snapshot", manifest, [seed]))
            self._prune(name)
        return manifest

    def wait(self) -> None:
        """Until nothing is being built behind the scenes."""
        builder = self._builder
        if builder is not None:
            builder.join()

    def _build_soon(self, name: str) -> None:
        with self._lock:
            self._wanted.add(name)
            if self._builder is None or not self._builder.is_alive():
                self._builder = threading.Thread(target=self._build_wanted, name="snapshots", daemon=True)
                self._builder.start()

    def _build_wanted(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._builder = None
                    return
                name = self._wanted.pop()
            try:
                made = self.build(name)
                log.info("snapshot built", extra={"bucket": name, "rows": made.rows, "bytes": made.bytes})
            except NotPossible as error:
                log.info("no snapshot", extra={"bucket": name, "why": str(error)})
            except (OSError, SQLAlchemyError) as error:
                log.error("no snapshot: %s", type(error).__name__, extra={"bucket": name})  # noqa: TRY400

    def _keep(self, built: Path, manifest: Manifest, word: Signed) -> None:
        """The file first, then the word that makes it count; both are on the disk before anybody hears of them."""
        final = self._folder / f"{manifest.sha256}{SUFFIX}"
        with contextlib.suppress(FileExistsError):
            os.link(built, final)
        said = self._folder / f".{manifest.sha256}.json"
        with said.open("wb") as out:
            out.write(msgspec.json.encode(word))
            out.flush()
            os.fsync(out.fileno())
        said.replace(self._folder / f"{manifest.sha256}.json")
        handle = os.open(self._folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)

    def _prune(self, name: str) -> None:
        for old in self.kept(name)[KEEP:]:
            (self._folder / f"{old.manifest.sha256}.json").unlink(missing_ok=True)
            (self._folder / f"{old.manifest.sha256}{SUFFIX}").unlink(missing_ok=True)
        for left in self._folder.glob(".build-*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _STALE_S:
                    left.unlink()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _write(conn: Connection, row: Row[Any], file: IO[bytes], at: str) -> Manifest:
    """Every live row as a canonical op line, by table and id, packed; raises NotPossible where the sum is not right."""
    import zstandard

    raw, packed, raw_bytes, rows, total = hashlib.sha256(), hashlib.sha256(), 0, 0, 0
    packer = zstandard.ZstdCompressor(level=_LEVEL).compressobj()

    def out(some: bytes) -> None:
        packed.update(some)
        file.write(some)

    for lines, count, weight in _lines(conn, row.bucket):
        raw.update(lines)
        raw_bytes, rows, total = raw_bytes + len(lines), rows + count, total + weight
        out(packer.compress(lines))
    out(packer.flush())
    file.flush()
    os.fsync(file.fileno())
    ck = f"{total % (1 << 64):016x}"
    if (rows, ck) != (row.n, row.ck):
        raise NotPossible(f"{row.bucket}: its rows are not what its checksum says")
    size = file.tell()
    if size > MAX_BYTES:
        raise NotPossible(f"{row.bucket}: {size} bytes are more than a store takes")
    return Manifest(
        bucket=row.bucket,
        epoch=row.epoch,
        seq=row.head,
        rows=rows,
        ck=ck,
        bytes=size,
        sha256=packed.hexdigest(),
        raw_bytes=raw_bytes,
        raw_sha256=raw.hexdigest(),
        built_at=at,
    )


def _lines(conn: Connection, name: str) -> Iterator[tuple[bytes, int, int]]:
    """Lines of a batch of rows, how many, and the sum of their hashes."""
    # By bytes, as a store sorts: on PostgreSQL a database's own order may be a language's.
    order: list[Any] = [feed.c.tb, feed.c.id]
    if conn.dialect.name == "postgresql":
        order = [collate(column, "C") for column in order]
    live = (feed.c.bucket == name) & (feed.c.op == "put")
    columns = (feed.c.seq, feed.c.tb, feed.c.id, feed.c.ver, feed.c.d, feed.c.hash)
    query = select(*columns).where(live).order_by(*order).execution_options(yield_per=_BATCH)
    quoted = msgspec.json.encode
    said = quoted(name)
    for batch in conn.execute(query).partitions():
        lines = [
            _LINE % (said, d.encode(), quoted(row_id), seq, quoted(tb), ver)
            for seq, tb, row_id, ver, d, _ in batch
        ]
        yield b"".join(lines), len(lines), sum(int(row[5], 16) for row in batch)
