"""Made-up 720p camera frames of a price label or a phone's screen held into view, the same for each seed."""

from __future__ import annotations

from typing import Any

import msgspec

from devices.phone_photo import Difficulty

_WIDE, _HIGH = 1280, 720


class _Harm(msgspec.Struct, frozen=True):
    """Ranges (least, most) that a seed draws from: pixels for size, blur and shake, degrees, gray levels, shares."""

    width: tuple[float, float]
    """How wide the code itself stands in the frame."""
    turn: float
    tilt: float
    blur: tuple[float, float]
    shake: tuple[int, int]
    noise: tuple[float, float]
    light: tuple[float, float]
    glare: float
    moire: float


_HARMS: dict[Difficulty, _Harm] = {
    "easy": _Harm((300, 420), 15, 0.05, (0.4, 0.8), (0, 0), (2, 5), (0.7, 1.1), 0.0, 0.0),
    "medium": _Harm((190, 300), 40, 0.12, (0.9, 1.5), (0, 4), (5, 12), (0.4, 1.2), 0.5, 0.10),
    "hard": _Harm((140, 280), 180, 0.18, (1.0, 2.0), (2, 7), (8, 20), (0.25, 1.5), 1.1, 0.20),
}


def label_photo(gtin: str, seed: int, difficulty: Difficulty = "medium") -> Any:
    """Returns a (720, 1280, 3) uint8 blue-green-red frame of a label with this EAN-13 (13 digits)."""
    import barcode  # type: ignore[import-untyped]
    import numpy as np

    rng = np.random.default_rng([seed, 13])
    bars = np.array([bit == "1" for bit in barcode.get("ean13", gtin[:12]).build()[0]])
    modules = np.zeros((70, bars.size + 22), bool)
    modules[8:62, 11:-11] = bars
    paper, ink = rng.uniform(205, 255, 3), rng.uniform(0, 60, 3)
    card = np.full((150, modules.shape[1] + 50, 3), rng.uniform(60, 240, 3), np.float32)
    card[40:110, 25:-25] = np.where(modules[:, :, None], ink, paper)
    return _frame(card, bars.size, difficulty, rng, screen=False)


def screen_photo(text: str, seed: int, difficulty: Difficulty = "medium") -> Any:
    """Returns a (720, 1280, 3) uint8 blue-green-red frame of a phone's screen with a QR code of `text`.

    Every fifth phone or so is in dark mode and shows the code light on dark.
    """
    import numpy as np
    import segno

    rng = np.random.default_rng([seed, 2])
    code = np.array(segno.make(text, error="m", micro=False).matrix, bool)
    dark = rng.random() < 0.2
    side = code.shape[0]
    card = np.full((side + 36, side + 16, 3), 24 if dark else 238, np.float32)
    card[:2], card[-2:], card[:, :2], card[:, -2:] = 20, 20, 20, 20
    card[12 : 12 + side, 8 : 8 + side] = np.where(code[:, :, None] ^ dark, 18.0, 248.0)
    return _frame(card, side, difficulty, rng, screen=True)


def _frame(card: Any, modules: int, difficulty: Difficulty, rng: Any, *, screen: bool) -> Any:
    """The card (one pixel a module) in front of a shelf, as the camera gives it."""
    import cv2
    import numpy as np

    harm = _HARMS[difficulty]
    scene, cover = _held(card, modules, harm, rng)
    if screen and harm.moire:
        y, x = np.mgrid[0:_HIGH, 0:_WIDE].astype(np.float32)
        beat, lean = 2 * np.pi / rng.uniform(3, 9), rng.uniform(0, np.pi)
        waves = np.sin((x * np.cos(lean) + y * np.sin(lean)) * beat)
        scene = scene * (1 + cover * (rng.uniform(0, harm.moire) * waves)[:, :, None])
    scene = scene * _light(harm, rng)[:, :, None] + _glare(cover, harm, rng)[:, :, None]
    scene = cv2.GaussianBlur(scene.astype(np.float32), (0, 0), rng.uniform(*harm.blur))
    length = int(rng.integers(harm.shake[0], harm.shake[1] + 1))
    if length > 1:
        kernel: Any = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1
        middle = (length - 1) / 2
        way = cv2.getRotationMatrix2D((middle, middle), rng.uniform(0, 180), 1)
        kernel = cv2.warpAffine(kernel, way, (length, length))
        scene = cv2.filter2D(scene, -1, kernel / kernel.sum())
    scene = scene + rng.normal(0, rng.uniform(*harm.noise), scene.shape)
    sensor = np.clip(scene, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", sensor, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)


def _held(card: Any, modules: int, harm: _Harm, rng: Any) -> tuple[Any, Any]:
    """The scene (720, 1280, 3) with the card in it, and where the card stands (0..1), both float32."""
    import cv2
    import numpy as np

    shelf = (rng.uniform(20, 220, (5, 9, 1)) + rng.uniform(-40, 40, (5, 9, 3))).astype(np.float32)
    scene = cv2.GaussianBlur(cv2.resize(shelf, (_WIDE, _HIGH), interpolation=cv2.INTER_NEAREST), (0, 0), 3)
    high, wide = card.shape[:2]
    scale = min(rng.uniform(*harm.width) / modules, 0.95 * _HIGH / float(np.hypot(high, wide)))
    angle = np.deg2rad(rng.uniform(-harm.turn, harm.turn))
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half = np.array([wide, high]) * scale / 2
    unit = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64)
    slack = np.maximum(np.array([_WIDE, _HIGH]) / 2 - np.hypot(*half) * 1.05, 0)
    middle = np.array([_WIDE, _HIGH]) / 2 + rng.uniform(-slack, slack)
    spread = rng.uniform(-harm.tilt, harm.tilt, (4, 2)) * half.min()
    corners = ((unit * half) @ turned.T + middle + spread).astype(np.float32)
    # Enlarged first: bars stay sharp edges whatever they are then scaled to.
    big = cv2.resize(card, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    flat = np.array([[0, 0], [wide * 8, 0], [wide * 8, high * 8], [0, high * 8]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners)
    # Drawn at twice the size and shrunk: a sensor's pixel sees the mean of what lies under it.
    twice = np.diag([2.0, 2.0, 1.0]) @ matrix
    laid = cv2.warpPerspective(big, twice, (_WIDE * 2, _HIGH * 2), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones(big.shape[:2], np.float32), twice, (_WIDE * 2, _HIGH * 2))
    laid, mask = (cv2.resize(one, (_WIDE, _HIGH), interpolation=cv2.INTER_AREA) for one in (laid, mask))
    cover = mask[:, :, None]
    return scene * (1 - cover) + laid, cover


def _light(harm: _Harm, rng: Any) -> Any:
    """How bright each pixel is, (720, 1280): a level, and a slope from one side."""
    import numpy as np

    y, x = np.mgrid[0:_HIGH, 0:_WIDE].astype(np.float32)
    side, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
    across = (x / _WIDE - 0.5) * np.cos(side) + (y / _HIGH - 0.5) * np.sin(side)
    return rng.uniform(*harm.light) * (1 + slope * across)


def _glare(cover: Any, harm: _Harm, rng: Any) -> Any:
    """A lamp's reflection somewhere on the card, gray levels to add, (720, 1280)."""
    import numpy as np

    y, x = np.mgrid[0:_HIGH, 0:_WIDE].astype(np.float32)
    places = np.argwhere(cover[:, :, 0] > 0.5)
    at_y, at_x = places[rng.integers(len(places))]
    lean, wide = rng.uniform(0, np.pi), rng.uniform(12, 40)
    along = (x - at_x) * np.cos(lean) + (y - at_y) * np.sin(lean)
    across = -(x - at_x) * np.sin(lean) + (y - at_y) * np.cos(lean)
    return 255 * rng.uniform(0, harm.glare) * np.exp(-((along / (wide * 4)) ** 2) - (across / wide) ** 2)
