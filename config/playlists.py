"""A door: what HQ has its screens show while nobody uses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from config.problems import Problem

EVERY = "all"
"""The playlist of every screen that has none of its own; another name is a station's."""
MOST = 50
_Words = Annotated[str, msgspec.Meta(max_length=120)]
_Title = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Slide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in both languages, for so many seconds; with `sku` the product's picture and its price of that moment."""

    title_zh: _Title
    title_en: _Title
    text_zh: _Words = ""
    text_en: _Words = ""
    sku: Annotated[str, msgspec.Meta(max_length=64)] = ""
    seconds: Annotated[int, msgspec.Meta(ge=10, le=300)] = 10


def slides_of(playlists: Mapping[str, Any], station: str) -> tuple[Slide, ...]:
    """A station's own slides, else those of every station; () where none are named.

    Raises msgspec.ValidationError for what `playlist_problems` would have named.
    """
    wanted = playlists.get(station, playlists.get(EVERY, []))
    return msgspec.convert(wanted, tuple[Slide, ...])


def slide_at(slides: tuple[Slide, ...], second: int) -> Slide | None:
    """Which slide is on at this second (of any count that goes on evenly); None without slides."""
    left = second % sum(slide.seconds for slide in slides) if slides else 0
    for slide in slides:
        if left < slide.seconds:
            return slide
        left -= slide.seconds
    return None


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
