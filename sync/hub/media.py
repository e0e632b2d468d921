"""HQ's pictures and videos for screens: a folder of files, each named by the SHA-256 of what is in it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from hashlib import file_digest
from pathlib import Path

from sqlalchemy import Engine

from config.playlists import MAX_MEDIA, media_kind
from config.playlists import Media as Named
from sync.hub.publishing import NotPossible

_SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)


def media_beside(engine: Engine) -> Path | None:
    """Where the media of a hub on a SQLite file stand; None for any other database."""
    name = engine.url.database
    return Path(f"{name}.media") if engine.dialect.name == "sqlite" and name else None


class Media:
    """The folder. Files are never changed, so that several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, path: Path) -> Named:
        """Takes a file in; gives what a slide says of it. Raises NotPossible, OSError."""
        with path.open("rb") as source:
            head = source.read(16)
            source.seek(0)
            sha = file_digest(source, "sha256").hexdigest()
        size, kind = path.stat().st_size, media_kind(head)
        if not kind:
            raise NotPossible(f"{path.name} is no PNG, JPEG, WebP, MP4 or WebM")
        if not 0 < size <= MAX_MEDIA:
            raise NotPossible(f"{path.name} has {size} bytes, at most {MAX_MEDIA} are shown")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, half = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(number, "wb") as into, path.open("rb") as source:
                shutil.copyfileobj(source, into)
                into.flush()
                os.fsync(into.fileno())
            Path(half).replace(self._folder / sha)
        finally:
            Path(half).unlink(missing_ok=True)
        return Named(sha, size, kind)

    def file(self, sha256: str) -> Path | None:
        """The file of this name; None where there is none."""
        path = self._folder / sha256
        return path if _SHA.fullmatch(sha256) and path.is_file() else None
