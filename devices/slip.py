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


class Cell(msgspec.Struct, frozen=True):
    """A text in `Columns`; `share` is its part of the line's width beside those of the other cells."""

    text: str
    share: int = 1
    align: Align = Align.LEFT


class Columns(msgspec.Struct, frozen=True, tag="columns"):
    """Cells side by side, each wrapped in its own width; on a paper too narrow for them, under each other."""

    cells: tuple[Cell, ...]
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


class Ean13(msgspec.Struct, frozen=True, tag="ean13"):
    """An EAN-13 barcode with its digits below; 12 digits get their check digit, anything else stands as words."""

    digits: str


class Image(msgspec.Struct, frozen=True, tag="image"):
    """A PNG in black and white dots, `width` dots wide (0: its own), at most as wide as the paper and 30 cm tall;
    at most 512 kB and 4 megapixels."""

    png: bytes
    width: int = 0
    align: Align = Align.CENTER


class Logo(msgspec.Struct, frozen=True, tag="logo"):
    """The shop's own logo, whichever it is when the paper comes out; nothing where there is none."""


class Feed(msgspec.Struct, frozen=True, tag="feed"):
    """Empty lines."""

    lines: int = 1


SlipPart = Text | Pair | Columns | Rule | Qr | Code128 | Ean13 | Image | Logo | Feed


class Slip(msgspec.Struct, frozen=True):
    """A whole piece of paper, described once and drawn by each printer in its own way; ends in a cut."""

    title: str
    parts: tuple[SlipPart, ...]
