"""Snapshots at the store: an offer checked, its file fetched in pieces, and handed to whoever loads it."""

from __future__ import annotations

import contextlib
import errno
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Protocol

import msgspec

from sync.messages import Cursor, Head, SyncFault
from sync.pace import Pace
from sync.pieces import Gone, Pieces
from sync.signed import NotTrusted, Role, Signed, verify
from sync.snapshot_words import PERSONAL, Manifest, Snap, path_of

PIECE = 4 << 20
STEP_S = 2.0
ROOM = 64 << 20
"""What stays free on the disk beyond the file and what it unpacks to."""
_LOOK_S = 0.2
MAX_ENDED = 3
"""So often a loading child may end early (killed, out of memory) before pages must do."""


class Loader(Protocol):
    """Whoever puts a verified file into the replica, beside what serves, and swaps it in at once."""

    def high(self, bucket: str) -> Cursor:
        """How far the bucket ever was."""
        ...

    def start(self, file: Path, manifest: Manifest) -> None:
        """Begins to load; one file at a time."""
        ...

    def poll(self) -> str | None:
        """None while it works; then "" when the bucket is the file's, else why it is not."""
        ...

    def rows(self) -> int:
        """Rows loaded so far."""
        ...


@dataclass(frozen=True)
class Stepped:
    """What one step did. `loaded`: the bucket that became the file's; `refused`: one whose file is not to be used."""

    working: bool = False
    next_s: float = 0.0
    loaded: Manifest | None = None
    refused: tuple[Manifest, str] | None = None


class Fetcher:
    """Not thread-safe: the sync worker steps it. A restart finds the partial file and goes on."""

    def __init__(
        self,
        pieces: Pieces,
        loader: Loader,
        folder: Path,
        role: Callable[[], Role | None],
        told: Callable[[str, int], None] = lambda _bucket, _percent: None,
        pace: Pace | None = None,
    ) -> None:
        """`role`: who may sign snapshots, None: nobody. `told` hears bucket and percent, ("", 0) at the end."""
        self._pieces = pieces
        self._loader = loader
        self._folder = folder
        self._role = role
        self._told = told
        self._pace = pace or Pace()
        self._wanted: dict[str, Manifest] = {}
        self._loading: Manifest | None = None
        self._again: set[str] = set()
        self._ended: Counter[str] = Counter()
        self.paged: set[str] = set()

    def usable(self) -> bool:
        """Whether this store knows whose snapshots to believe."""
        return self._role() is not None

    def busy(self) -> bool:
        """Whether a file is wanted or being loaded."""
        return bool(self._wanted) or self._loading is not None

    def offered(self, bucket: str, snap: Snap, head: Head) -> str:
        """Takes an offer; gives "" or why it is refused: then the bucket is read page by page."""
        if bucket in self._wanted or bucket in self.paged:
            return ""
        # What was begun before a restart goes on, though HQ may have a newer file by now.
        for word in (*self._begun(), snap.word):
            code, manifest = self._checked(bucket, word, head)
            if not code and manifest is not None:
                break
        if not code and word is snap.word and manifest is not None and snap.path != path_of(manifest.sha256):
            code = "PATH"
        if code or manifest is None:
            self.paged.add(bucket)
            return code
        self._wanted[bucket] = manifest
        return self._keep_word(manifest, word)

    def unwanted(self, bucket: str) -> None:
        """The bucket is being read page by page after all."""
        if self._loading is None or self._loading.bucket != bucket:
            self._drop(bucket)

    def step(self, now_mono: float) -> Stepped:
        """A bounded piece of work: at most STEP_S of fetching, or a look at the loading."""
        if self._loading is not None:
            return self._watch(self._loading)
        if not self._wanted:
            return Stepped()
        wait_s = self._pace.wait_s(now_mono)
        if wait_s:
            return Stepped(working=True, next_s=wait_s)
        manifest = next(iter(self._wanted.values()))
        try:
            whole = self._fetch(manifest)
        except Gone:
            self._drop(manifest.bucket)
            return Stepped(working=True)
        except SyncFault:
            self._pace.failed(now_mono)
            return Stepped(working=True, next_s=self._pace.wait_s(now_mono))
        except OSError as error:
            return self._refuse(manifest, "DISK" if error.errno in {errno.ENOSPC, errno.EFBIG} else "FILE")
        self._pace.succeeded(0.0)
        return self._verify(manifest) if whole else Stepped(working=True)

    def _checked(self, bucket: str, word: Signed, head: Head) -> tuple[str, Manifest | None]:
        role = self._role()
        if role is None:
            return "NO_ROSTER", None
        try:
            manifest = verify(word, "snapshot", role, Manifest)
        except NotTrusted as doubt:
            return doubt.code, None
        high = self._loader.high(bucket)
        if manifest.bucket != bucket or bucket.endswith(PERSONAL):
            return "BUCKET", manifest
        if manifest.epoch != head.e or manifest.seq > head.seq:
            return "EPOCH", manifest
        if high.e == head.e and manifest.seq < high.seq:
            # Older than what this store has had: whoever shows it may want an old price back.
            return "ROLLBACK", manifest
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(self._folder).free
        return ("DISK" if free < manifest.bytes + 2 * manifest.raw_bytes + ROOM else ""), manifest

    def _fetch(self, manifest: Manifest) -> bool:
        """Goes on with the file for a while; whether it is all there."""
        until = time.monotonic() + STEP_S
        with self._part(manifest).open("ab") as file:
            while file.tell() < manifest.bytes and time.monotonic() < until:
                length = min(PIECE, manifest.bytes - file.tell())
                try:
                    self._pieces.fetch(path_of(manifest.sha256), file.tell(), length, file.write)
                finally:
                    file.flush()
                    self._told(manifest.bucket, 40 * file.tell() // manifest.bytes)
            return file.tell() >= manifest.bytes

    def _verify(self, manifest: Manifest) -> Stepped:
        part = self._part(manifest)
        with part.open("rb") as file:
            good = file_digest(file, "sha256").hexdigest() == manifest.sha256
        if not good:
            part.unlink()
            # A plug pulled amid the fetching leaves such a file, too; once is no sign of malice.
            if manifest.sha256 in self._again:
                return self._refuse(manifest, "SHA256")
            self._again.add(manifest.sha256)
            return Stepped(working=True)
        self._loader.start(part, manifest)
        self._loading = manifest
        return Stepped(working=True, next_s=_LOOK_S)

    def _watch(self, manifest: Manifest) -> Stepped:
        code = self._loader.poll()
        if code is None:
            self._told(manifest.bucket, 40 + 60 * self._loader.rows() // max(1, manifest.rows))
            return Stepped(working=True, next_s=_LOOK_S)
        self._loading = None
        # Counted anew after every load that came to an end of its own: a child may be killed now and then in a year.
        self._ended[manifest.bucket] = self._ended[manifest.bucket] + 1 if code == "ENDED" else 0
        if code == "SUPERSEDED" or 0 < self._ended[manifest.bucket] < MAX_ENDED:
            self._wanted.pop(manifest.bucket, None)
            self._told("", 0)
            return Stepped(working=True, next_s=_LOOK_S)
        if code:
            return self._refuse(manifest, code)
        self._drop(manifest.bucket)
        return Stepped(working=True, loaded=manifest)

    def _refuse(self, manifest: Manifest, code: str) -> Stepped:
        self.paged.add(manifest.bucket)
        self._drop(manifest.bucket)
        return Stepped(working=True, refused=(manifest, code))

    def _drop(self, bucket: str) -> None:
        manifest = self._wanted.pop(bucket, None)
        if manifest is not None:
            self._part(manifest).unlink(missing_ok=True)
            self._word(manifest).unlink(missing_ok=True)
            self._told("", 0)

    def _keep_word(self, manifest: Manifest, word: Signed) -> str:
        """Notes what is being fetched; whatever else lies in the folder goes."""
        keep = {path for one in self._wanted.values() for path in (self._part(one), self._word(one))}
        try:
            for path in self._folder.iterdir():
                if path not in keep:
                    path.unlink()
            self._word(manifest).write_bytes(msgspec.json.encode(word))
        except OSError:
            self._drop(manifest.bucket)
            self.paged.add(manifest.bucket)
            return "DISK"
        return ""

    def _begun(self) -> list[Signed]:
        found = []
        for path in self._folder.glob("*.json"):
            with contextlib.suppress(OSError, msgspec.DecodeError):
                found.append(msgspec.json.decode(path.read_bytes(), type=Signed))
        return found

    def _part(self, manifest: Manifest) -> Path:
        return self._folder / f"{manifest.sha256}.part"

    def _word(self, manifest: Manifest) -> Path:
        return self._folder / f"{manifest.sha256}.json"
