"""A door: what HQ has its screens show while nobody uses them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from config.guide_schema import Clock, within
from config.problems import Problem

EVERY = "all"
"""The playlist of every screen that has none of its own; another name is a station's, or `group:` and a group's."""
GROUP = "group:"
MOST = 50
MAX_MEDIA = 64 << 20
"""Bytes of one picture or video."""
MediaKind = Literal["png", "jpeg", "webp", "mp4", "webm"]
MOVING = frozenset({"mp4", "webm"})
_Words = Annotated[str, msgspec.Meta(max_length=120)]
_Title = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
_Wall = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d)?$")]


class Media(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture or video by what is in it; HQ keeps the file, a shop fetches it before it is due."""

    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    bytes: Annotated[int, msgspec.Meta(ge=1, le=MAX_MEDIA)]
    kind: MediaKind


class Slide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in both languages, for so many seconds; with `sku` the product's picture and its price of that moment.

    With `media` that picture or video fills the screen, and the title says in words what is on it. `starts`, `ends`:
    by the store's clock; `days` of the week (1 Monday; none: all); from `opens` until `closes` o'clock. `when` the shop
    is open, closed, or always. `campaign` is what its impressions are counted under.
    """

    title_zh: _Title
    title_en: _Title
    text_zh: _Words = ""
    text_en: _Words = ""
    sku: Annotated[str, msgspec.Meta(max_length=64)] = ""
    seconds: Annotated[int, msgspec.Meta(ge=10, le=300)] = 10
    media: Media | None = None
    campaign: Annotated[str, msgspec.Meta(max_length=64)] = ""
    starts: _Wall = ""
    ends: _Wall = ""
    days: tuple[Annotated[int, msgspec.Meta(ge=1, le=7)], ...] = ()
    opens: Clock = ""
    closes: Clock = ""
    when: Literal["always", "open", "closed"] = "always"

    def due(self, local: datetime, *, closed: bool) -> bool:
        """Whether it is to be shown at this moment of the store's clock."""
        now, clock = local.strftime("%Y-%m-%dT%H:%M"), local.strftime("%H:%M")
        if self.starts > now or (self.ends and now >= self.ends):
            return False
        if self.days and local.isoweekday() not in self.days:
            return False
        if (self.opens or self.closes) and not within(self.opens or "00:00", self.closes or "24:00", clock):
            return False
        return self.when == "always" or (self.when == "closed") is closed


def slides_of(playlists: Mapping[str, Any], station: str, groups: Iterable[str] = ()) -> tuple[Slide, ...]:
    """A station's own slides, else those of the first of its groups that has any, else those of every station.

    Raises msgspec.ValidationError for what `playlist_problems` would have named.
    """
    names = (station, *(f"{GROUP}{name}" for name in groups), EVERY)
    wanted: Any = next((playlists[name] for name in names if name in playlists), [])
    return msgspec.convert(wanted, tuple[Slide, ...])


def media_of(playlists: Mapping[str, Any]) -> tuple[Media, ...]:
    """Every picture and video that any list names, once, in order; a list that cannot be read names none."""
    found: dict[str, Media] = {}
    for name in playlists:
        try:
            slides = msgspec.convert(playlists[name], tuple[Slide, ...])
        except msgspec.ValidationError:
            continue
        found |= {slide.media.sha256: slide.media for slide in slides if slide.media is not None}
    return tuple(found.values())


def media_kind(head: bytes) -> MediaKind | Literal[""]:
    """What a file is by its first 16 bytes, "" none that a screen shows.

    PNG (W3C, 5.2), JPEG (ITU-T T.81, B.1.1.3), WebP (RIFF), MP4 (ISO/IEC 14496-12, 4.3), WebM (EBML, RFC 8794).
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "mp4"
    return "webm" if head.startswith(b"\x1a\x45\xdf\xa3") else ""


def slide_at(slides: tuple[Slide, ...], second: int) -> Slide | None:
    """Which slide is on at this second (of any count that goes on evenly); None without slides."""
    number, _ = place_at(slides, second)
    return slides[number] if slides else None


def place_at(slides: tuple[Slide, ...], second: int) -> tuple[int, int]:
    """The place of the slide that is on at this second, and for how many seconds more; (0, 0) without slides."""
    left = second % sum(slide.seconds for slide in slides) if slides else 0
    for number, slide in enumerate(slides):
        if left < slide.seconds:
            return number, slide.seconds - left
        left -= slide.seconds
    return 0, 0


def playlist_problems(playlists: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with `[playlists]`, slide by slide."""
    found = []
    for name, slides in playlists.items():
        if not isinstance(slides, list) or len(slides) > MOST:
            found.append(Problem(f"playlists.{name}", f"a list of at most {MOST} slides is expected"))
            continue
        for number, slide in enumerate(slides, start=1):
            try:
                msgspec.convert(slide, Slide)
            except msgspec.ValidationError as error:
                found.append(Problem(f"playlists.{name}.{number}", str(error)))
    return found
