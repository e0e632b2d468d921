"""A door of the device room: what a piece of paper says, described once and drawn by each printer in its way."""

from __future__ import annotations

from enum import Enum

import msgspec


class Align(Enum):
    """Where a text stands on the paper."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A paragraph, wrapped at the paper's width and never cut; `scale` 1..8 multiplies both sides."""

    text: str
    scale: int = 1
    bold: bool = False
    align: Align = Align.LEFT


class Pair(msgspec.Struct, frozen=True, tag="pair"):
    """A left text and a right text on one line (the left one wraps above if they do not fit)."""

    left: str
    right: str
    bold: bool = False


class Rule(msgspec.Struct, frozen=True, tag="rule"):
    """A line across the paper."""


class Qr(msgspec.Struct, frozen=True, tag="qr"):
    """A QR code; `module` is the side of one module in dots (1..16)."""

    text: str
    module: int = 6


class Code128(msgspec.Struct, frozen=True, tag="code128"):
    """A Code 128 barcode with its text below."""

    text: str


class Feed(msgspec.Struct, frozen=True, tag="feed"):
    """Empty lines."""

    lines: int = 1


SlipPart = Text | Pair | Rule | Qr | Code128 | Feed


class Slip(msgspec.Struct, frozen=True):
    """A whole piece of paper, described once and drawn by each printer in its own way; ends in a cut."""

    title: str
    parts: tuple[SlipPart, ...]
