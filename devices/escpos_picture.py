"""A picture of a slip (a shop's logo, a map) as dots of a thermal printer: black or white, dithered."""

from __future__ import annotations

import functools
import io
from typing import Any

from devices.escpos_raster import DOTS, bands
from devices.slip import Align

MOST_BYTES = 512 * 1024
MOST_PIXELS = 4_000_000
TALLEST_DOTS = 2400
"""30 cm of paper at 203 dpi."""


class NoPicture(ValueError):
    """It is no PNG, a damaged one, or a larger one than belongs on a slip."""


@functools.lru_cache(8)
def picture(png: bytes, width: int, align: Align, columns: int) -> bytes:
    """The commands (GS v 0) that print a PNG, `width` dots wide, 0 its own; never wider than the paper.

    Grays become dots (Floyd and Steinberg), transparent is paper. Raises NoPicture.
    """
    from PIL import Image

    paper = columns * DOTS
    gray = _gray(png)
    wide = min(width or gray.width, paper)
    tall = max(round(gray.height * wide / gray.width), 1)
    if tall > TALLEST_DOTS:
        raise NoPicture("it is too tall for a slip")
    if (wide, tall) != gray.size:
        gray = gray.resize((wide, tall), Image.Resampling.LANCZOS)
    x = {Align.LEFT: 0, Align.CENTER: (paper - wide) // 2, Align.RIGHT: paper - wide}[align]
    sheet = Image.new("1", (paper, tall))
    sheet.paste(1, (x, 0), gray.point(lambda level: 255 - level).convert("1"))
    return bands(sheet.tobytes(), (paper + 7) // 8, (x + wide + 7) // 8)


def _gray(png: bytes) -> Any:
    from PIL import Image

    if len(png) > MOST_BYTES:
        raise NoPicture(f"more than {MOST_BYTES // 1024} kB")
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as found:
            # Only the head was read by now: a few kilobytes may unpack to a gigabyte.
            solid = found.convert("RGBA") if found.width * found.height <= MOST_PIXELS else None
    except Image.DecompressionBombError:
        solid = None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        raise NoPicture("not a PNG, or a damaged one") from error
    if solid is None:
        raise NoPicture("more than 4 megapixels")
    white = Image.new("RGBA", solid.size, "white")
    return Image.alpha_composite(white, solid).convert("L")
