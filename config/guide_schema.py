"""The part of the settings about guide screens: what they promise, when they rest, how much they keep."""

from __future__ import annotations

from typing import Annotated

import msgspec

Clock = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]


class GuideSettings(msgspec.Struct, frozen=True):
    """Guide screens of this store; times are the store's own clock."""

    safety_stock: Annotated[int, msgspec.Meta(ge=0, le=100)] = 1
    """Pieces beyond which a product is recommended, or called ready to collect at another store."""
    nearby: Annotated[int, msgspec.Meta(ge=0, le=5)] = 5
    """Other stores that a product's page names, the nearest first; 0: none."""
    opens: Clock = ""
    """When the shop opens, HH:MM; with `closes` empty: the screens never go into window mode."""
    closes: Clock = ""
    """When the shop closes, HH:MM; from then on the screens serve the window: slides and codes for phones."""
    quiet_from: Clock = ""
    """From then on no sound and no moving pictures, HH:MM; empty: never."""
    quiet_until: Clock = ""
    """Until then, HH:MM; before `quiet_from`: over midnight."""
    volume: Annotated[int, msgspec.Meta(ge=0, le=100)] = 30
    """How loud a video may be, percent; 0: without sound."""
    counts_minutes: Annotated[int, msgspec.Meta(ge=1, le=240)] = 15
    """After this long what a screen counted is told to HQ, minutes."""
    media_mb: Annotated[int, msgspec.Meta(ge=1, le=16_384)] = 512
    """How much of HQ's pictures and videos is kept, megabytes; slides beyond it are left out."""
    groups: dict[str, tuple[str, ...]] = {}
    """Stations that share a playlist: `window = ["G1", "G2"]` are shown the playlist `group:window`."""


def within(start: str, end: str, clock: str) -> bool:
    """Whether a time of day is in [start, end); `end` before `start` is past midnight, an empty one never."""
    if not start or not end or start == end:
        return False
    return start <= clock < end if start < end else clock >= start or clock < end
