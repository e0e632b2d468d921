"""The retailer's logo: pictures named by the settings, believed by their hash, looked into once, and never needed."""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from config.playlists import Media
from config.screen_schema import MAX_LOGO, LogoFile, LogoSettings
from edge.desks.letterhead import WIDEST_DOTS
from edge.domain.screens import LogoPicture

if TYPE_CHECKING:
    from PIL.Image import Image

_log = logging.getLogger("store_edge.logo")
_MOST_PIXELS = 4_000_000
_TALLEST_DOTS = 240
"""30 mm of paper at 203 dpi: a head, not a poster."""
_INK = 160
"""Grays darker than this print as black: a logo has edges, dots would blur them."""
Ground = Literal["light", "dark"]


class Shelf(Protocol):
    """Where HQ's files stand once they are here whole and verified."""

    def file(self, media: Media) -> Path | None:
        """The file, None while it is not here."""


class Logos:
    """Safe for several threads. What cannot be shown is said once in the log; the name in type stands instead."""

    def __init__(self, rules: LogoSettings) -> None:
        self._rules = rules
        self._shelf: Shelf | None = None
        self._lock = threading.Lock()
        self._read: dict[LogoFile, tuple[LogoPicture, bytes] | None] = {}
        self._dots: dict[str, bytes] = {}

    def comes_from(self, shelf: Shelf) -> None:
        """HQ's files stand there from now on."""
        self._shelf = shelf

    def wanted(self) -> tuple[Media, ...]:
        """HQ's files that are to be fetched."""
        rules = self._rules
        named = (rules.light, rules.dark, rules.paper)
        return tuple(dict.fromkeys(Media(one.sha256, one.bytes, one.kind) for one in named if one.sha256))

    def shown(self, ground: Ground) -> LogoPicture | None:
        """The logo for this ground, None while there is none that can be shown."""
        found = self._found(self._rules.light if ground == "light" else self._rules.dark)
        return found[0] if found else None

    def file(self, sha256: str) -> tuple[LogoPicture, bytes] | None:
        """One of the pictures that screens show, by its name."""
        for named in (self._rules.light, self._rules.dark):
            found = self._found(named)
            if found and found[0].sha256 == sha256:
                return found
        return None

    def paper(self) -> bytes:
        """The head of receipts as a PNG of black and white dots; b"" while there is none."""
        found = self._found(self._rules.paper)
        if found is None:
            return b""
        picture, data = found
        with self._lock:
            if picture.sha256 not in self._dots:
                self._dots[picture.sha256] = _dotted(data)
            return self._dots[picture.sha256]

    def _found(self, named: LogoFile) -> tuple[LogoPicture, bytes] | None:
        if not named.file and not named.sha256:
            return None
        with self._lock:
            if named not in self._read:
                path = self._path(named)
                if path is None:
                    return None
                self._read[named] = _looked_into(path, named)
            return self._read[named]

    def _path(self, named: LogoFile) -> Path | None:
        if named.file:
            return Path(named.file)
        return self._shelf.file(Media(named.sha256, named.bytes, named.kind)) if self._shelf else None


def _looked_into(path: Path, named: LogoFile) -> tuple[LogoPicture, bytes] | None:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_LOGO + 1)
        solid = _opened(data)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        _log.warning("the logo cannot be shown", extra={"media": path.name[:64], "why": str(error)[:80]})
        return None
    sha256 = named.sha256 or hashlib.sha256(data).hexdigest()
    kind = "webp" if data[8:12] == b"WEBP" else "png"
    return LogoPicture(sha256, solid.width, solid.height, f"image/{kind}"), data


def _opened(data: bytes) -> Image:
    """Every pixel of it. Raises OSError, ValueError and what Pillow raises for damaged files."""
    from PIL import Image

    if len(data) > MAX_LOGO:
        raise ValueError("more than 512 kB")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "WEBP")) as found:
            # Only the head was read by now: a few kilobytes may unpack to a gigabyte.
            if found.width * found.height > _MOST_PIXELS:
                raise ValueError("more than 4 megapixels")
            return found.convert("RGBA")
    except Image.DecompressionBombError:
        raise ValueError("more than 4 megapixels") from None


def _dotted(data: bytes) -> bytes:
    """Black dots on paper, as wide and tall as a head may be."""
    from PIL import Image

    solid = _opened(data)
    gray = Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid).convert("L")
    shrink = min(1.0, WIDEST_DOTS / gray.width, _TALLEST_DOTS / gray.height)
    size = max(1, round(gray.width * shrink)), max(1, round(gray.height * shrink))
    dots = gray.resize(size, Image.Resampling.LANCZOS).point(lambda level: 255 if level >= _INK else 0)
    into = io.BytesIO()
    dots.convert("1").save(into, "PNG", optimize=True)
    return into.getvalue()
