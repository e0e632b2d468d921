"""A piece of paper from the simulated printer: what is on it as text, and a picture of it.

Drawn in printer dots (203 dpi) like a thermal head does: every dot is black or white.
"""

from __future__ import annotations

import io
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from devices.slip import Align

_FONTS = Path("/usr/share/fonts/opentype/noto")
_MONO_SC = 7  # index of "Noto Sans Mono CJK SC" in Debian's collection: cells of 12 and 24 dots at size 24
_CELL = 24
_GLYPH_HEIGHT = 28  # with room for the tails of g and y
_LINE_DOTS = 34  # default line spacing, 1/6 inch
_SIDE, _TOP = 28, 36  # blank paper around the printable area
_PAPER, _INK = (250, 249, 246), (38, 36, 40)


class Style(msgspec.Struct, frozen=True):
    """How characters are drawn; `wide` and `high` are 1..8, `cells` 2 in the ROM's Chinese lane, else 1."""

    bold: bool = False
    wide: int = 1
    high: int = 1
    underline: bool = False
    inverse: bool = False
    cells: int = 1


class Run(msgspec.Struct, frozen=True):
    """Characters of one style."""

    text: str
    style: Style

    @property
    def columns(self) -> int:
        """Half-width cells that it takes on the line."""
        return len(self.text) * self.style.cells * self.style.wide


class Line(msgspec.Struct, frozen=True):
    """A printed line; `spacing` in dots."""

    runs: tuple[Run, ...]
    align: Align = Align.LEFT
    spacing: int = _LINE_DOTS


class QrBlock(msgspec.Struct, frozen=True):
    """A QR code drawn by the printer; `module` in dots, `level` l, m, q or h."""

    data: bytes
    module: int
    level: str
    align: Align


class Code128Block(msgspec.Struct, frozen=True):
    """A Code 128 drawn by the printer; `module` and `height` in dots."""

    text: str
    module: int
    height: int
    caption: bool
    align: Align


class Ean13Block(msgspec.Struct, frozen=True):
    """An EAN-13 drawn by the printer; `module` and `height` in dots."""

    text: str
    module: int
    height: int
    caption: bool
    align: Align


class RasterBlock(msgspec.Struct, frozen=True):
    """A picture sent as dots, one bit each, rows of `row_bytes`."""

    rows: bytes
    row_bytes: int
    align: Align


Block = Line | QrBlock | Code128Block | Ean13Block | RasterBlock


class Paper:
    """One printed piece; `torn` when it ended in a loss of power instead of a cut."""

    def __init__(self, blocks: tuple[Block, ...], dots: int, torn: bool = False) -> None:
        self.blocks = blocks
        self.dots = dots
        self.torn = torn

    @cached_property
    def text(self) -> str:
        """The words on it, line by line; codes and pictures in square brackets."""
        return "\n".join(_in_words(block) for block in self.blocks)

    @cached_property
    def png(self) -> bytes:
        """A picture of it, PNG, one pixel a dot with blank edges; drawn when first asked for."""
        from PIL import Image

        parts = [_draw(block, self.dots) for block in self.blocks]
        height = 2 * _TOP + sum(part.height for part in parts)
        sheet = Image.new("RGB", (self.dots + 2 * _SIDE, height), _PAPER)
        y = _TOP
        for part in parts:
            sheet.paste(_INK, (_SIDE, y), part)
            y += part.height
        if self.torn:
            _tear(sheet)
        out = io.BytesIO()
        sheet.save(out, "PNG", optimize=True)
        return out.getvalue()


def _in_words(block: Block) -> str:
    match block:
        case Line(runs):
            return "".join(run.text for run in runs)
        case QrBlock(data):
            return f"[QR {data.decode('utf-8', 'replace')}]"
        case Code128Block(text):
            return f"[CODE128 {text}]"
        case Ean13Block(text):
            return f"[EAN13 {text}]"
        case RasterBlock(rows, row_bytes):
            return f"[IMAGE {row_bytes * 8}x{len(rows) // row_bytes}]"


def _draw(block: Block, dots: int) -> Any:
    """A mode "1" picture of one block, as wide as the paper's printable area."""
    match block:
        case Line():
            return _draw_line(block, dots)
        case QrBlock():
            return _draw_qr(block, dots)
        case Code128Block():
            from barcode import Code128  # type: ignore[import-untyped]

            return _draw_bars(Code128(block.text).build()[0] if block.text else "", block, dots)
        case Ean13Block():
            from barcode import EAN13

            return _draw_bars(EAN13(block.text).build()[0], block, dots)
        case RasterBlock():
            return _draw_raster(block, dots)


def _draw_line(line: Line, dots: int) -> Any:
    from PIL import Image

    tallest = max((run.style.high for run in line.runs), default=1) * _GLYPH_HEIGHT
    strip = Image.new("1", (dots, max(line.spacing, tallest + 6)))
    taken = sum(run.columns for run in line.runs) * _CELL // 2
    x = _left(line.align, taken, dots)
    for run in line.runs:
        style = run.style
        for char in run.text:
            glyph = _glyph(char, style)
            bottom = strip.height - 2  # characters of all sizes stand on one line
            strip.paste(glyph, (x, max(bottom - glyph.height, 0)))
            x += glyph.width
    return strip


def _glyph(char: str, style: Style) -> Any:
    from PIL import Image, ImageChops, ImageDraw

    cell = (style.cells * _CELL // 2, _GLYPH_HEIGHT)
    size = (cell[0] * style.wide, cell[1] * style.high)
    scale = max(style.wide, style.high)
    glyph = Image.new("L", (cell[0] * scale, cell[1] * scale), 0)
    pen = ImageDraw.Draw(glyph)
    pen.text(
        (cell[0] * scale // 2, 21 * scale), char, fill=255, font=_font(_CELL * scale, style.bold), anchor="ms"
    )
    if style.underline:
        pen.line((0, glyph.height - 2, glyph.width, glyph.height - 2), fill=255, width=2)
    if glyph.size != size:
        glyph = glyph.resize(size)
    dots = glyph.point(lambda level: 255 if level > 110 else 0).convert("1")
    return ImageChops.invert(dots) if style.inverse else dots


def _font(size: int, bold: bool) -> Any:
    from PIL import ImageFont

    path = _FONTS / ("NotoSansCJK-Bold.ttc" if bold else "NotoSansCJK-Regular.ttc")
    key = (size, bold)
    if key not in _LOADED:
        try:
            _LOADED[key] = ImageFont.truetype(
                str(path), size, index=_MONO_SC, layout_engine=ImageFont.Layout.BASIC
            )
        except OSError:  # a box without the fonts still shows Latin text
            _LOADED[key] = ImageFont.load_default(size)
    return _LOADED[key]


_LOADED: dict[tuple[int, bool], Any] = {}


def _draw_qr(block: QrBlock, dots: int) -> Any:
    import segno
    from PIL import Image

    try:
        code = segno.make(block.data, error=block.level, micro=False, boost_error=False)
    except ValueError:  # more than a QR code holds: a printer prints nothing
        return Image.new("1", (dots, 1))
    side = len(code.matrix) * block.module
    margin = block.module
    strip = Image.new("1", (dots, side + 2 * margin))
    left = _left(block.align, side, dots)
    if side > dots:  # too wide: nothing either
        return strip
    for y, row in enumerate(code.matrix):
        for x, dark in enumerate(row):
            if dark:
                at = (left + x * block.module, margin + y * block.module)
                strip.paste(1, (*at, at[0] + block.module, at[1] + block.module))
    return strip


def _draw_bars(bars: str, block: Code128Block | Ean13Block, dots: int) -> Any:
    from PIL import Image

    width = len(bars) * block.module
    strip = Image.new("1", (dots, block.height + 12))
    left = _left(block.align, width, dots)
    if width > dots:
        return strip
    for at, bar in enumerate(bars):
        if bar == "1":
            x = left + at * block.module
            strip.paste(1, (x, 8, x + block.module, 8 + block.height))
    if not block.caption:
        return strip
    caption = _draw_line(Line((Run(block.text, Style()),), block.align), dots)
    both = Image.new("1", (dots, strip.height + caption.height))
    both.paste(strip, (0, 0))
    both.paste(caption, (0, strip.height))
    return both


def _draw_raster(block: RasterBlock, dots: int) -> Any:
    from PIL import Image

    size = (block.row_bytes * 8, len(block.rows) // block.row_bytes)
    picture = Image.frombytes("1", size, block.rows)
    strip = Image.new("1", (dots, size[1]))
    strip.paste(picture, (_left(block.align, size[0], dots), 0))
    return strip


def _left(align: Align, width: int, dots: int) -> int:
    room = max(dots - width, 0)
    return {Align.LEFT: 0, Align.CENTER: room // 2, Align.RIGHT: room}[align]


def _tear(sheet: Any) -> None:
    from PIL import ImageDraw

    width, height = sheet.size
    edge = [(x, height - (4 if x // 14 % 2 else 18)) for x in range(0, width + 14, 14)]
    ImageDraw.Draw(sheet).polygon([*edge, (width, height), (0, height)], fill=(120, 118, 116))
