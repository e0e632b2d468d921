"""Lines drawn as dots, for characters that a printer's ROM lacks: every glyph is drawn once and kept.

A glyph is kept as one large integer, laid out in rows as wide as the paper; a line is then one shift
and one OR a character. No picture holds bytes that a printer would take for a real-time command.
"""

from __future__ import annotations

import functools
import re
import threading
from typing import Any

from devices.escpos_rom import cells
from devices.slip import Align

DOTS = 12
"""Width of a column in dots (ESC/POS font A)."""
LINE_DOTS = 30
BIGGEST_BAND = 4080
"""Bytes of picture in one command at most, so that what swallows a broken-off one has an end."""
_MOST_ROWS = 1023
"""Rows in one command: 1,040 of them are 10 04 in its head, the beginning of a real-time command."""
_SIZE = 24
_BASELINE = 23
_FONTS = (  # file, index of the monospaced Simplified Chinese face
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-{}.ttc", 7),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 1),
)
_REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")
_drawing = threading.Lock()


def has_glyph(char: str) -> bool:
    """Whether a font of this machine has the character."""
    wide = cells(char)  # of what no font has, the picture is the same box
    return _font(1, False) is not None and _dots(char, False, 1, wide) != _dots("\U0010fffe", False, 1, wide)


def raster(line: str, columns: int, align: Align, *, bold: bool, scale: int) -> bytes:
    """The commands (GS v 0) that print one line of printable text as dots, left edge and all."""
    stride = columns * DOTS
    taken = sum(map(cells, line)) * DOTS * scale
    room = max(stride - taken, 0)
    x = {Align.LEFT: 0, Align.CENTER: room // 2, Align.RIGHT: room}[align]
    picture = 0
    for char in line:
        if char != " ":
            picture |= _laid_out(char, bold, scale, stride) >> x
        x += cells(char) * DOTS * scale
    height, row = LINE_DOTS * scale, stride // 8
    dots = picture.to_bytes(row * height, "big")
    return bands(dots, row, min((x + 7) // 8, row))


def bands(dots: bytes, row: int, wide: int) -> bytes:
    """A picture of rows of `row` bytes as commands; only the leftmost `wide` bytes of each row are sent."""
    wide = max(wide, 1)
    if wide < row:
        dots = b"".join([dots[at : at + wide] for at in range(0, len(dots), row)])
    dots = harmless(dots)
    step = min(max(BIGGEST_BAND // wide, 1), _MOST_ROWS) * wide
    return b"".join(
        b"\x1dv0\x00" + wide.to_bytes(2, "little") + (len(band) // wide).to_bytes(2, "little") + band
        for at in range(0, len(dots), step)
        if (band := dots[at : at + step])
    )


def harmless(dots: bytes) -> bytes:
    """The picture with one dot more wherever two bytes would be a real-time command (DLE EOT, ENQ, DC4).

    A printer executes those even inside a picture: status noise at best, a drawer pulse at worst.
    """
    return _REAL_TIME.sub(b"\x18", dots)


@functools.lru_cache(4096)
def _laid_out(char: str, bold: bool, scale: int, stride: int) -> int:
    wide = cells(char) * DOTS * scale
    dots, spread = _dots(char, bold, scale, cells(char)), 0
    row_bytes = (wide + 7) // 8
    for at in range(0, len(dots), row_bytes):
        row = int.from_bytes(dots[at : at + row_bytes], "big") >> (row_bytes * 8 - wide)
        spread = spread << stride | row << max(stride - wide, 0)
    return spread


@functools.lru_cache(8192)
def _dots(char: str, bold: bool, scale: int, wide: int) -> bytes:
    """One glyph in its cell, one bit a dot, rows padded to bytes; blank without a font."""
    from PIL import Image, ImageDraw

    cell = Image.new("1", (wide * DOTS * scale, LINE_DOTS * scale))
    font = _font(scale, bold)
    if font is not None:
        with _drawing:  # FreeType's faces are not for two threads at once
            pen = ImageDraw.Draw(cell)
            pen.fontmode = "1"
            pen.text((cell.width / 2, _BASELINE * scale), char, fill=1, font=font, anchor="ms")
    return cell.tobytes()


@functools.lru_cache(16)
def _font(scale: int, bold: bool) -> Any:
    from PIL import ImageFont

    for name, index in _FONTS:
        try:
            return ImageFont.truetype(
                name.format("Bold" if bold else "Regular"),
                _SIZE * scale,
                index=index,
                layout_engine=ImageFont.Layout.BASIC,
            )
        except OSError:
            continue
    return None
