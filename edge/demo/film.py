"""The demo's video, drawn: steam over a cup of tea, five seconds that end as they begin; silent."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_WIDE, _HIGH, _A_SECOND, _SECONDS = 540, 960, 15, 5


def filmed(folder: Path) -> Path | None:
    """A WebM (VP8) in `folder`; None where this machine's OpenCV writes none."""
    import cv2
    import numpy as np
    from PIL import Image
    from PIL.ImageDraw import Draw

    file = folder / "steam.webm"
    fourcc = cv2.VideoWriter.fourcc(*"VP80")
    film = cv2.VideoWriter(str(file), fourcc, _A_SECOND, (_WIDE, _HIGH))
    if not film.isOpened():
        return None
    count = _A_SECOND * _SECONDS
    for number in range(count):
        image = Image.new("RGB", (_WIDE, _HIGH), "#16322d")
        draw = Draw(image)
        for wisp in range(5):
            _steam(draw, wisp, number / count)
        draw.ellipse((70, 730, 470, 790), fill="#0e231f")
        draw.pieslice((110, 460, 430, 770), 0, 180, fill="#f4efe2")
        draw.ellipse((110, 580, 430, 650), fill="#e7e0cd")
        draw.ellipse((132, 590, 408, 640), fill="#b9a64a")
        film.write(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR))
    film.release()
    return file if file.is_file() and file.stat().st_size else None


def _steam(draw: ImageDraw, wisp: int, share: float) -> None:
    """Circles that rise and grow faint, `share` 0..1 of the film."""
    for puff in range(9):
        up = (puff / 9 + share + wisp * 0.13) % 1.0
        x = 170 + wisp * 50 + 26 * math.sin(math.tau * (up * 1.5 + wisp * 0.37))
        y, size = 590 - 470 * up, 10 + 26 * up
        light = round(60 * (1 - up))
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(22 + light, 50 + light, 45 + light))
