"""Picture files to arrays: what a shop drops into a folder, judged before it is unpacked."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from devices.ports import BadSource
from devices.preparations import Image

MOST_PIXELS = 40_000_000
"""Larger pictures are refused before they are unpacked: a box with 512 MB must not be brought down by a few
kilobytes that unpack to a gigabyte."""
_PLENTY = 12_000_000
"""Pictures beyond this are halved at once, before any copy of them is made: codes in them are large enough."""
_MOST_BYTES = 64_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")


def load_image(source: str | Path | bytes) -> Image:
    """Reads a picture file (PNG, JPEG, WebP, BMP, GIF) as (height, width, 3) uint8 blue-green-red.

    Turned upright as its EXIF says, laid on white where it is transparent. Raises BadSource for what
    is no picture, is damaged or has more than MOST_PIXELS.
    """
    import numpy as np
    from PIL import Image as Picture
    from PIL import ImageOps

    name = "image" if isinstance(source, bytes) else Path(source).name
    try:
        data = source if isinstance(source, bytes) else _file_bytes(Path(source))
        with Picture.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise BadSource(name, "more than 40 megapixels")
            handy: Any = picture
            if picture.width * picture.height > _PLENTY and picture.mode in ("L", "RGB", "RGBA"):
                handy = picture.reduce(2)
                handy.info, handy.format = picture.info, picture.format
                picture.close()
            rgb = np.asarray(_on_white(ImageOps.exif_transpose(handy)))
    except MemoryError as error:
        raise BadSource(name, "too large for this machine") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        raise BadSource(name, "not a picture, or a damaged one") from error
    except Picture.DecompressionBombError as error:
        raise BadSource(name, "more than 40 megapixels") from error
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _on_white(picture: Any) -> Any:
    """The picture as RGB, on white where it is transparent; one copy at the most."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    from PIL import Image as Picture

    solid = picture.convert("RGBA")
    white = Picture.new("RGB", solid.size, "white")
    white.paste(solid, mask=solid.getchannel("A"))
    return white


def _file_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError("file too large")
    return data
