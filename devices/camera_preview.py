"""What a camera sees as a small picture, for whoever aims it, and what hinders reading there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devices.ports import Barcode, Preview, Sight

_WIDTH = 640  # pixels; enough to aim by, little enough for a pipe
_QUALITY = 70
_REGION, _CODE = (172, 214, 160), (50, 128, 245)  # BGR: celadon and persimmon
_OUTSIDE = 0.45  # how bright what is not looked at stays
_DARK, _CLIPPED = 70, 250  # gray levels
_MOST_CLIPPED = 0.5
_LEAST_CONTRAST = 12.0  # gray levels; a bare wall is neither sharp nor blurred
_BLURRED = 0.62


def preview(frame: Any, region: tuple[int, int, int, int], found: Sequence[Barcode]) -> Preview:
    """Returns a JPEG at most 640 pixels wide. `frame` is BGR uint8, `region` (left, top, right, bottom) in percent,
    the corners of `found` count from the region's upper left."""
    import cv2
    import numpy as np

    height, width = frame.shape[:2]
    left, top = width * region[0] // 100, height * region[1] // 100
    right, bottom = width * region[2] // 100, height * region[3] // 100
    scale = min(1.0, _WIDTH / width)
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x, y, x2, y2 = (round(at * scale) for at in (left, top, right, bottom))
    seen = small[y:y2, x:x2].copy()
    sight = Sight.FINE if found else judged(seen)
    picture = (small * _OUTSIDE).astype(np.uint8)
    picture[y:y2, x:x2] = seen
    cv2.rectangle(picture, (x, y), (x2 - 1, y2 - 1), _REGION, 2)
    for code in found:
        corners = [((corner.x + left) * scale, (corner.y + top) * scale) for corner in code.corners]
        if corners:
            cv2.polylines(picture, [np.array(corners, np.int32)], True, _CODE, 3, cv2.LINE_AA)
    jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    return Preview(jpeg, sight, len(found))


def judged(picture: Any) -> Sight:
    """What hinders reading in a BGR picture about 640 pixels wide."""
    import cv2
    import numpy as np

    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    if np.percentile(gray, 95) < _DARK:
        return Sight.DARK
    if np.mean(gray >= _CLIPPED) > _MOST_CLIPPED:
        return Sight.BRIGHT
    return Sight.BLURRED if gray.std() >= _LEAST_CONTRAST and _blur(gray) > _BLURRED else Sight.FINE


def _blur(gray: Any) -> float:
    """0 sharp .. 1 blurred: how little a blur takes away that is not gone yet (Crete et al., "The blur effect",
    Human Vision and Electronic Imaging XII, 2007)."""
    import cv2

    return max(_kept(gray, cv2.blur(gray, (1, 9)), 0), _kept(gray, cv2.blur(gray, (9, 1)), 1))


def _kept(gray: Any, blurred: Any, axis: int) -> float:
    import numpy as np

    before = np.abs(np.diff(gray.astype(np.int16), axis=axis))
    after = np.abs(np.diff(blurred.astype(np.int16), axis=axis))
    whole = int(before.sum())
    return 1 - int(np.maximum(before - after, 0).sum()) / whole if whole else 1.0
