"""Ways to prepare a gray picture for a barcode reader, each with the way back to the picture it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devices.ports import Corner

Image = Any
"""A numpy array of uint8: (height, width) gray, or (height, width, 3) blue-green-red."""
Back = Callable[[float, float], tuple[float, float]]
"""Where a point (x, y) of a prepared picture lies in the picture it was made from."""
Preparation = Callable[[Image], tuple[Image, Back]]
Suspect = tuple[Corner, ...]
"""The four corners, in order, of something that looks like a code and was not read."""


def same(x: float, y: float) -> tuple[float, float]:
    """The way back where nothing was moved."""
    return x, y


def plain(gray: Image) -> tuple[Image, Back]:
    """As it is."""
    return gray, same


def inverted(gray: Image) -> tuple[Image, Back]:
    """Light for dark."""
    return 255 - gray, same


def shrunk(gray: Image) -> tuple[Image, Back]:
    """At most 1280 on the longer side: OpenCV's detector takes seconds on large pictures."""
    return _scaled(gray, min(1.0, 1280 / max(gray.shape)))


def near_1600(gray: Image) -> tuple[Image, Back]:
    """Small pictures twice as large, huge ones smaller: readers like modules of three pixels and more."""
    return _scaled(gray, min(2.0, 1600 / max(gray.shape)))


def _scaled(gray: Image, scale: float) -> tuple[Image, Back]:
    import cv2

    if scale == 1.0:
        return gray, same
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return cv2.resize(gray, None, fx=scale, fy=scale, interpolation=way), lambda x, y: (x / scale, y / scale)


def turned(degrees: float) -> Preparation:
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


def upright(suspect: Suspect) -> Preparation:
    """Cuts a suspect out, set upright and twice as large (at most 900 pixels wide), with a margin round it.

    The margin is a sixth of each side: codes need their quiet zone, and suspects are often cut tight.
    """

    def cut(gray: Image) -> tuple[Image, Back]:
        import cv2
        import numpy as np

        points = np.array([(corner.x, corner.y) for corner in suspect], np.float32)
        middle = points.mean(axis=0)
        points = middle + (points - middle) * (4 / 3)
        sides = [float(np.hypot(*(points[at] - points[at - 1]))) for at in range(4)]
        wide, high = max(sides[1], sides[3]), max(sides[0], sides[2])
        scale = min(2.0, 900 / max(wide, high, 1.0))
        width, height = max(round(wide * scale), 8), max(round(high * scale), 8)
        target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        matrix = cv2.getPerspectiveTransform(points, target)
        undo = np.linalg.pinv(matrix)

        def back(x: float, y: float) -> tuple[float, float]:
            was_x, was_y, weight = undo @ (x, y, 1)
            return float(was_x / weight), float(was_y / weight)

        size, border = (width, height), cv2.BORDER_REPLICATE
        cutting = cv2.warpPerspective(gray, matrix, size, flags=cv2.INTER_CUBIC, borderMode=border)
        return cutting, back

    return cut


def even(gray: Image) -> Image:
    """Local contrast evened out (CLAHE): shadows and pale print."""
    import cv2

    return cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(gray)


def smooth(gray: Image) -> Image:
    """Median of five: takes away a screen's moire and the noise of bad light."""
    import cv2

    return cv2.medianBlur(gray, 5)


def black_and_white(gray: Image) -> Image:
    """A threshold by the neighbourhood: glare and uneven light."""
    import cv2

    block = max(max(gray.shape) // 24 | 1, 31)
    soft = cv2.GaussianBlur(gray, (3, 3), 0)
    return cv2.adaptiveThreshold(soft, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, 7)


def then(prepare: Preparation, *touches: Callable[[Image], Image]) -> Preparation:
    """A preparation, and then touches that move nothing."""

    def both(gray: Image) -> tuple[Image, Back]:
        prepared, back = prepare(gray)
        for touch in touches:
            prepared = touch(prepared)
        return prepared, back

    return both
