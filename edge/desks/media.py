"""HQ's pictures and videos on this box: fetched before they are due, believed by their hash, bounded in size."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from config.playlists import Media

PIECE = 1 << 20
STEP_S = 2.0
"""How long one step fetches at most, seconds."""
Fetch = Callable[[Media, int, int, Callable[[bytes], object]], None]
"""(file, first byte, bytes wanted, into): gives the bytes in order; raises SyncFault, Gone, OSError."""


class Unwhole(Exception):
    """The file that came is not the one that was named."""


Why = Literal["unwhole", "unplayable"]
"""unwhole: what HQ sends is not what it named. unplayable: a screen's browser cannot show it."""


@dataclass(frozen=True)
class Spoilt:
    """A file that is left out: the screens that could not show it, and how often it was found so since the start."""

    sha256: str
    why: Why
    stations: tuple[str, ...]
    count: int


class MediaShelf:
    """A folder of files, each under its hash; only whole and verified ones are shown. Safe for several threads."""

    def __init__(self, folder: Path, most: int) -> None:
        """`most`: bytes that are kept in all."""
        self._folder = folder
        self._most = most
        self._good: set[str] = set()
        self._spoilt: dict[str, Spoilt] = {}
        self._lock = threading.Lock()

    def file(self, media: Media) -> Path | None:
        """The file, if it is here whole and was verified since the start."""
        path = self._folder / media.sha256
        with self._lock:
            good = media.sha256 in self._good
        return path if good and path.is_file() else None

    def plays(self, sha256: str, station: str) -> bool:
        """Whether that screen has not said yet that it cannot show this file."""
        with self._lock:
            found = self._spoilt.get(sha256)
        return found is None or station not in found.stations

    def unplayable(self, sha256: str, station: str) -> bool:
        """A screen cannot show this file: it is left out there until HQ sends another. False: no such file here."""
        if self.by_name(sha256) is None:
            return False
        self._spoil(sha256, "unplayable", station)
        return True

    def spoilt(self) -> tuple[Spoilt, ...]:
        """What somebody ought to make anew at HQ."""
        with self._lock:
            return tuple(self._spoilt[name] for name in sorted(self._spoilt))

    def _spoil(self, sha256: str, why: Why, station: str = "") -> None:
        with self._lock:
            before = self._spoilt.get(sha256)
            stations = set(before.stations) if before else set()
            stations |= {station} - {""}
            count = before.count + 1 if before else 1
            self._spoilt[sha256] = Spoilt(sha256, why, tuple(sorted(stations)), count)

    def by_name(self, sha256: str) -> Path | None:
        """The same by its name alone."""
        with self._lock:
            good = sha256 in self._good
        path = self._folder / sha256
        return path if good and path.is_file() else None

    def kept(self, wanted: Sequence[Media]) -> tuple[Media, ...]:
        """Those of the playlists' files that there is room for, in their order."""
        found, room = [], self._most
        for media in wanted:
            if media.bytes <= room:
                found.append(media)
                room -= media.bytes
        return tuple(found)

    def tidy(self, wanted: Sequence[Media]) -> None:
        """What no playlist names any more goes, and what there is no room for."""
        keep = {media.sha256 for media in self.kept(wanted)}
        with self._lock:
            for name in self._spoilt.keys() - keep:
                del self._spoilt[name]
        with contextlib.suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if path.name.removesuffix(".part") not in keep:
                    path.unlink()
                    with self._lock:
                        self._good.discard(path.name)

    def missing(self, wanted: Sequence[Media]) -> Media | None:
        """The first file that is not here, or not verified yet."""
        with self._lock:
            good = set(self._good)
        return next((one for one in self.kept(wanted) if one.sha256 not in good), None)

    def step(self, media: Media, fetch: Fetch | None) -> bool:
        """A bounded piece of work for one file: verifies it, or fetches some of it. Whether it is here now.

        Raises Unwhole (what came is thrown away), and what `fetch` raises.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, part = self._folder / media.sha256, self._folder / f"{media.sha256}.part"
        if path.is_file():
            return self._verified(path, media)
        if fetch is None:
            return False
        until = time.monotonic() + STEP_S
        with part.open("ab") as file:
            while file.tell() < media.bytes and time.monotonic() < until:
                length = min(PIECE, media.bytes - file.tell())
                try:
                    fetch(media, file.tell(), length, file.write)
                finally:
                    file.flush()
            whole = file.tell() >= media.bytes
        if whole and self._verified(part, media):
            part.replace(path)
        return whole and path.is_file()

    def _verified(self, path: Path, media: Media) -> bool:
        with path.open("rb") as file:
            good = path.stat().st_size == media.bytes
            good = good and file_digest(file, "sha256").hexdigest() == media.sha256
        if not good:
            path.unlink()
            self._spoil(media.sha256, "unwhole")
            raise Unwhole
        with self._lock:
            self._good.add(media.sha256)
            if media.sha256 in self._spoilt and self._spoilt[media.sha256].why == "unwhole":
                del self._spoilt[media.sha256]
        return True
