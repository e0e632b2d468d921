"""The part of the settings about shoppers' screens: when they ask whether anybody is there, and what they look like."""

from __future__ import annotations

from typing import Annotated

import msgspec

Seconds = Annotated[int, msgspec.Meta(ge=5, le=3600)]
Asking = Annotated[int, msgspec.Meta(ge=20, le=600)]


class IdleSettings(msgspec.Struct, frozen=True):
    """After how long without a touch or a scan a screen asks whether somebody is there, and how long it asks.

    Never while help is on its way or a payment is not final.
    """

    browse_s: Seconds = 60
    """Nothing of anybody's on the screen: looking around, seconds."""
    browse_warn_s: Asking = 20
    """How long the question stands then, seconds."""
    basket_s: Seconds = 90
    """A basket or something personal on the screen, seconds."""
    basket_warn_s: Asking = 30
    """How long the question stands then, seconds."""
    member_s: Seconds = 30
    """The member's panel hides by itself after this, seconds; the basket stays."""
    done_s: Seconds = 15
    """After success the screen is ready for the next shopper, seconds."""


class ScreensSettings(msgspec.Struct, frozen=True):
    """Screens without a keyboard: kiosks, guide screens, customer displays."""

    idle: IdleSettings = IdleSettings()
    """When a screen asks whether anybody is there."""
    brand: Annotated[str, msgspec.Meta(pattern=r"^(#[0-9A-Fa-f]{6})?$")] = ""
    """The retailer's colour, #RRGGBB; every other tone follows from it. Empty: celadon."""
