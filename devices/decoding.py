"""Pictures to barcodes: a cascade of looks at one image, from cheap to thorough.

A step is a way to prepare the picture and a reader; the first step that finds anything ends the
cascade. Another library becomes another reader in `STEPS`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devices.ports import BadSource, Barcode, Corner
from devices.zbar import zbar_codes

MOST_PIXELS = 40_000_000
"""Larger pictures are refused before they are unpacked."""
_MOST_BYTES = 64_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")

Image = Any
"""A numpy array of uint8: (height, width) gray, or (height, width, 3) blue-green-red."""
Reader = Callable[[Image], list[Barcode]]
Back = Callable[[float, float], tuple[float, float]]
"""Where a point (x, y) of a prepared picture lies in the picture it was made from."""
Preparation = Callable[[Image], tuple[Image, Back]]


def decode(image: Image, budget_s: float = 10.0) -> list[Barcode]:
    """Returns the codes found, each once, corners in pixels of `image`; empty when there are none.

    After `budget_s` no further step is begun; the first one always runs.
    """
    import cv2

    if image.size == 0:
        return []
    gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    deadline = time.monotonic() + budget_s
    for prepare, read in STEPS:
        prepared, back = prepare(gray)
        if found := _once(read(prepared), back):
            return found
        if time.monotonic() >= deadline:
            break
    return []


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
            upright = ImageOps.exif_transpose(picture)
            if upright.has_transparency_data:
                solid = upright.convert("RGBA")
                white = Picture.new("RGBA", solid.size, "white")
                upright = Picture.alpha_composite(white, solid)
            rgb = np.asarray(upright.convert("RGB"))
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        raise BadSource(name, "not a picture, or a damaged one") from error
    except Picture.DecompressionBombError as error:
        raise BadSource(name, "more than 40 megapixels") from error
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _file_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError("file too large")
    return data


def _once(found: list[Barcode], back: Back) -> list[Barcode]:
    """Each code once, corners brought back to the picture that was given."""
    kept: dict[tuple[bytes, object], Barcode] = {}
    for code in found:
        points = [back(corner.x, corner.y) for corner in code.corners]
        corners = tuple(Corner(round(x), round(y)) for x, y in points)
        kept.setdefault((code.reading.raw, code.reading.symbology), Barcode(code.reading, corners))
    return list(kept.values())


def _same(x: float, y: float) -> tuple[float, float]:
    return x, y


def _plain(gray: Image) -> tuple[Image, Back]:
    return gray, _same


def _shrunk(gray: Image) -> tuple[Image, Back]:
    """At most 1280 on the longer side: OpenCV's detector takes seconds on large pictures."""
    return _scaled(gray, min(1.0, 1280 / max(gray.shape)))


def _near_1600(gray: Image) -> tuple[Image, Back]:
    """Small pictures twice as large, huge ones smaller: readers like modules of three pixels and more."""
    return _scaled(gray, min(2.0, 1600 / max(gray.shape)))


def _scaled(gray: Image, scale: float) -> tuple[Image, Back]:
    import cv2

    if scale == 1.0:
        return gray, _same
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return cv2.resize(gray, None, fx=scale, fy=scale, interpolation=way), lambda x, y: (x / scale, y / scale)


def _turned(degrees: float) -> Preparation:
    """Turns the picture: zbar looks along rows and columns only and misses linear codes that lean."""

    def turn(gray: Image) -> tuple[Image, Back]:
        import cv2

        height, width = gray.shape
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
        wide, high = int(width * cos + height * sin), int(width * sin + height * cos)
        matrix[:, 2] += (wide - width) / 2, (high - height) / 2
        undo = cv2.invertAffineTransform(matrix)

        def back(x: float, y: float) -> tuple[float, float]:
            was_x, was_y = undo @ (x, y, 1)
            return float(was_x), float(was_y)

        return cv2.warpAffine(gray, matrix, (wide, high), borderValue=(255,)), back

    return turn


def _clahe(gray: Image) -> tuple[Image, Back]:
    """Local contrast evened out: shadows and pale print."""
    import cv2

    big, back = _near_1600(gray)
    return cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(big), back


def _inverted(gray: Image) -> tuple[Image, Back]:
    return 255 - gray, _same


def _smoothed(gray: Image) -> tuple[Image, Back]:
    """Median of a doubled picture: takes away a screen's moire and the noise of bad light."""
    import cv2

    big, back = _near_1600(gray)
    return cv2.medianBlur(big, 5), back


def _thresholded(gray: Image) -> tuple[Image, Back]:
    """Black and white by the neighbourhood: glare and uneven light."""
    import cv2

    big, back = _near_1600(gray)
    block = max(max(big.shape) // 24 | 1, 31)
    soft = cv2.GaussianBlur(big, (3, 3), 0)
    return cv2.adaptiveThreshold(soft, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, 7), back


def _opencv_qr(gray: Image) -> list[Barcode]:
    """OpenCV's QR readers: weaker than zbar on most pictures, stronger on slanted ones."""
    from devices.opencv_qr import opencv_codes

    return opencv_codes(gray)


STEPS: tuple[tuple[Preparation, Reader], ...] = (
    (_plain, zbar_codes),
    (_shrunk, _opencv_qr),
    (_turned(30), zbar_codes),
    (_clahe, zbar_codes),
    (_inverted, zbar_codes),
    (_turned(45), zbar_codes),
    (_smoothed, zbar_codes),
    (_thresholded, zbar_codes),
    (_clahe, _opencv_qr),
    (_turned(-15), zbar_codes),
)
"""The cascade, in the order of what each step still finds for its time."""
