"""The playlists of the screens, as HQ's signed word says that is in force on this box."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from config.playlists import Media, Slide, media_of, slides_of
from sync.configured import Bundle
from sync.signed import Signed


class _Held(msgspec.Struct, frozen=True):
    """What both files of edge.config_files have; what stands there was verified before it was written."""

    word: Signed


class Playlists:
    """Looks at the files of pushed settings when they changed. Safe to ask from several threads."""

    def __init__(self, state_dir: Path) -> None:
        folder = state_dir / "config"
        # What is on trial is in force.
        self._files = (folder / "trying.json", folder / "good.json")
        self._read: tuple[tuple[tuple[int, int, int] | None, ...], dict[str, object]] = ((), {})

    def slides(self, station: str, groups: Sequence[str] = ()) -> tuple[Slide, ...]:
        """What this station's screen shows in turn while nobody uses it; () where HQ said nothing."""
        try:
            return slides_of(self._now(), station, groups)
        except msgspec.ValidationError:
            return ()

    def media(self) -> tuple[Media, ...]:
        """Every picture and video that a list names."""
        return media_of(self._now())

    def _now(self) -> dict[str, object]:
        stood = tuple(map(_stand, self._files))
        if stood != self._read[0]:
            self._read = (stood, self._said())
        return self._read[1]

    def _said(self) -> dict[str, object]:
        for file in self._files:
            try:
                held = msgspec.json.decode(file.read_bytes(), type=_Held)
                playlists = msgspec.json.decode(held.word.body, type=Bundle).sections.get("playlists", {})
            except (OSError, msgspec.DecodeError, UnicodeDecodeError):
                continue
            return playlists if isinstance(playlists, dict) else {}
        return {}


def _stand(file: Path) -> tuple[int, int, int] | None:
    """Which file this is now; each write makes a new one."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
