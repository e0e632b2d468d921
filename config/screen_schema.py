"""The part of the settings about shoppers' screens: when they ask whether anybody is there, and what they look like."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from config.problems import Problem

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


MAX_LOGO = 512 * 1024
"""Bytes of one picture of the logo."""


class LogoFile(msgspec.Struct, frozen=True):
    """One picture of the logo: HQ's by its hash, or a file on this box. PNG or WebP; a drawing (SVG) is no picture."""

    file: Annotated[str, msgspec.Meta(pattern=r"^(/[^\0]{1,200}\.(png|webp))?\Z")] = ""
    """A file on this box, for a shop without HQ: read at the start. Nothing beside it."""
    sha256: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    """HQ's file, as `hub screens media` names it: fetched ahead, shown only when its hash is right."""
    bytes: Annotated[int, msgspec.Meta(ge=0, le=MAX_LOGO)] = 0
    """Its size."""
    kind: Literal["png", "webp"] = "png"
    """What it is."""


class LogoSettings(msgspec.Struct, frozen=True):
    """The retailer's logo. Wherever it is missing stand the house's sign and the shop's name in type."""

    light: LogoFile = LogoFile()
    """For light grounds: header, customer display."""
    dark: LogoFile = LogoFile()
    """For dark grounds (attract mode); without it the light one stands on a plate of its own."""
    paper: LogoFile = LogoFile()
    """For the head of receipts, turned into black dots, at most 60 mm wide; PNG. Without it: the name in type."""


class ScreensSettings(msgspec.Struct, frozen=True):
    """Screens without a keyboard: kiosks, guide screens, customer displays."""

    idle: IdleSettings = IdleSettings()
    """When a screen asks whether anybody is there."""
    brand: Annotated[str, msgspec.Meta(pattern=r"^(#[0-9A-Fa-f]{6})?$")] = ""
    """The retailer's colour, #RRGGBB; every other tone follows from it. Empty: celadon."""
    logo: LogoSettings = LogoSettings()
    """The retailer's logo."""


def logo_problems(logo: LogoSettings) -> list[Problem]:
    """What is wrong with the pictures of a logo."""
    found = []
    for name in ("light", "dark", "paper"):
        one: LogoFile = getattr(logo, name)
        where = f"screens.logo.{name}"
        if one.file and one.sha256:
            found.append(Problem(f"{where}.file", "stands beside sha256", "a file on this box, or HQ's"))
        if one.sha256 and not one.bytes:
            found.append(Problem(f"{where}.bytes", "is needed beside sha256", "hub screens media says it"))
        if one.bytes and not one.sha256:
            found.append(Problem(f"{where}.sha256", "is needed beside bytes", "hub screens media says it"))
    return found
