"""Screens without a keyboard: browsers bound to a station, and the codes by which they are bound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

ScreenKind = Literal["kiosk", "guide", "display"]
"""What a screen is for: a shopper who pays, a shopper who asks, the shopper's side of a staffed till."""
KINDS: tuple[ScreenKind, ...] = get_args(ScreenKind)
FITS: dict[ScreenKind, str] = {"kiosk": "kiosk", "guide": "guide", "display": "cashier"}
"""The kind of station at which each kind of screen may stand."""
PAIRING_S = 600
"""How long a code on an unbound screen can be used."""
LOCAL = "local"
"""Id of a screen that needed no code: the settings say it is this machine's own."""


@dataclass(frozen=True)
class Screen:
    """A browser bound to a station. `seen_s` how long ago it last asked for anything, None: not since the start."""

    id: str
    station: str
    kind: ScreenKind
    bound_at: datetime | None = None
    bound_by: str = ""
    seen_s: float | None = None


@dataclass(frozen=True)
class Pairing:
    """What an unbound screen holds: six digits that it shows, a secret that it keeps, seconds that are left."""

    code: str
    secret: str
    left_s: int
    bound: bool = False


@dataclass(frozen=True)
class LogoPicture:
    """A picture of the retailer's logo that can be shown, by the SHA-256 of what is in it; sizes in pixels."""

    sha256: str
    wide: int
    high: int
    mime: str
