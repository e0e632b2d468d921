"""A made-up photo of a phone that shows a pickup code: what a shop's camera sees, the same for each seed."""

from __future__ import annotations

import io
from typing import Any, Literal

import msgspec

Difficulty = Literal["easy", "medium", "hard"]
_WIDE, _HIGH = 1280, 960
_PHONE = (540, 1110)
_FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
_SANS_SC = 2


class _Harm(msgspec.Struct, frozen=True):
    """How bad the picture is: shares of the whole, pixels for blur, gray levels for noise."""

    slant: float
    turn: float
    size: float
    blur: float
    shake: int
    glare: float
    shade: float
    noise: float


_HARMS: dict[Difficulty, _Harm] = {
    "easy": _Harm(slant=0.04, turn=8, size=0.92, blur=0.6, shake=0, glare=0.25, shade=0.15, noise=4),
    "medium": _Harm(slant=0.10, turn=18, size=0.80, blur=1.0, shake=3, glare=0.5, shade=0.35, noise=8),
    "hard": _Harm(slant=0.14, turn=30, size=0.74, blur=1.2, shake=5, glare=0.7, shade=0.5, noise=11),
}


def phone_photo(code: str | bytes, seed: int, difficulty: Difficulty = "medium") -> Any:
    """Returns a (960, 1280, 3) uint8 blue-green-red picture of a phone showing a QR code.

    `code` is the text of the code, or a PNG that holds the code's picture. The phone is turned and
    slanted, the picture blurred, noisy, unevenly lit and glared upon, more with `difficulty`.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    harm = _HARMS[difficulty]
    scene = _on_a_counter(_phone(code), harm, rng)
    scene = _lit(scene, harm, rng)
    return _taken(scene, harm, rng)


def _phone(code: str | bytes) -> Any:
    """The phone seen straight on, (1110, 540, 4) uint8 with alpha, red-green-blue."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    body = Image.new("RGBA", _PHONE, (0, 0, 0, 0))
    pen = ImageDraw.Draw(body)
    pen.rounded_rectangle((0, 0, _PHONE[0] - 1, _PHONE[1] - 1), 64, fill=(22, 23, 26, 255))
    pen.rounded_rectangle((16, 16, _PHONE[0] - 17, _PHONE[1] - 17), 50, fill=(245, 246, 248, 255))
    pen.rounded_rectangle((200, 30, 340, 58), 14, fill=(22, 23, 26, 255))
    pen.rounded_rectangle((44, 210, 496, 830), 28, fill=(255, 255, 255, 255))

    def say(y: int, text: str, size: int, ink: tuple[int, int, int]) -> None:
        try:
            font: Any = ImageFont.truetype(_FONT, size, index=_SANS_SC)
        except OSError:
            font = ImageFont.load_default(size)
        pen.text((_PHONE[0] // 2, y), text, fill=(*ink, 255), font=font, anchor="mm")

    say(120, "到店自提", 34, (30, 32, 38))
    say(164, "Store pickup", 20, (120, 124, 132))
    say(264, "请向店员出示此码", 26, (30, 32, 38))
    say(780, "Show this code at the counter", 20, (120, 124, 132))
    pen.rounded_rectangle((44, 870, 496, 970), 50, fill=(0, 122, 94, 255))
    say(920, "查看订单 View order", 28, (255, 255, 255))
    pen.rounded_rectangle((190, 1064, 350, 1070), 3, fill=(30, 32, 38, 255))
    body.paste(_code(code), (80, 330))
    return np.asarray(body)


def _code(code: str | bytes) -> Any:
    """The code's picture, 380 by 380."""
    import segno
    from PIL import Image

    if isinstance(code, str):
        drawn = io.BytesIO()
        segno.make(code, error="m", micro=False).save(drawn, kind="png", scale=10, border=3)
        code = drawn.getvalue()
    with Image.open(io.BytesIO(code)) as picture:
        return picture.convert("RGB").resize((380, 380), Image.Resampling.LANCZOS)


def _on_a_counter(phone: Any, harm: _Harm, rng: Any) -> Any:
    """The phone lying on a counter, turned and slanted; (960, 1280, 3) float32, 0..255."""
    import cv2
    import numpy as np

    grain = rng.normal(0, 1, (_HIGH, _WIDE // 40)).astype(np.float32)
    wood = cv2.GaussianBlur(cv2.resize(grain, (_WIDE, _HIGH), interpolation=cv2.INTER_CUBIC), (1, 9), 0)
    counter = np.array([96, 128, 158], np.float32) + wood[:, :, None] * 9
    width, height = _PHONE
    scale = harm.size * _HIGH / height
    half = np.array([width, height], np.float64) * scale / 2
    angle = np.deg2rad(rng.uniform(-harm.turn, harm.turn))
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    unit = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64)
    middle = np.array([_WIDE / 2, _HIGH / 2]) + rng.uniform(-40, 40, 2)
    spread = rng.uniform(-harm.slant, harm.slant, (4, 2)) * half.min()
    corners = (unit * half) @ turned.T + middle + spread
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    premultiplied = phone.astype(np.float32)
    premultiplied[:, :, :3] *= premultiplied[:, :, 3:] / 255
    laid = cv2.warpPerspective(premultiplied, matrix, (_WIDE, _HIGH), flags=cv2.INTER_AREA)
    cover = laid[:, :, 3:] / 255
    shadow = cv2.GaussianBlur(np.roll(cover, (14, 10), (0, 1)), (0, 0), 16)[:, :, None]
    return counter * (1 - 0.45 * shadow) * (1 - cover) + laid[:, :, 2::-1]


def _lit(scene: Any, harm: _Harm, rng: Any) -> Any:
    """Light from one side, and a lamp's reflection across the glass."""
    import numpy as np

    y, x = np.mgrid[0:_HIGH, 0:_WIDE].astype(np.float32)
    side = rng.uniform(0, 2 * np.pi)
    slope = ((x / _WIDE - 0.5) * np.cos(side) + (y / _HIGH - 0.5) * np.sin(side)).astype(np.float32)
    scene = scene * (1 - harm.shade * (0.5 + slope))[:, :, None]
    at = np.array([_WIDE / 2, _HIGH / 2]) + rng.uniform(-180, 180, 2)
    lean = rng.uniform(0, np.pi)
    along = (x - at[0]) * np.cos(lean) + (y - at[1]) * np.sin(lean)
    across = -(x - at[0]) * np.sin(lean) + (y - at[1]) * np.cos(lean)
    lamp = np.exp(-((along / 260) ** 2) - (across / 70) ** 2)
    return scene + (255 * 0.6 * harm.glare * lamp)[:, :, None]


def _taken(scene: Any, harm: _Harm, rng: Any) -> Any:
    """What the camera makes of it: out of focus, shaken, grainy, compressed."""
    import cv2
    import numpy as np

    scene = cv2.GaussianBlur(scene.astype(np.float32), (0, 0), harm.blur)
    if harm.shake:
        kernel: Any = np.zeros((harm.shake, harm.shake), np.float32)
        kernel[harm.shake // 2] = 1 / harm.shake
        way = cv2.getRotationMatrix2D((harm.shake / 2 - 0.5, harm.shake / 2 - 0.5), rng.uniform(0, 180), 1)
        kernel = cv2.warpAffine(kernel, way, (harm.shake, harm.shake))
        scene = cv2.filter2D(scene, -1, kernel / kernel.sum())
    scene = scene + rng.normal(0, harm.noise, scene.shape)
    sensor = np.clip(scene, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", sensor, [cv2.IMWRITE_JPEG_QUALITY, 82])
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)
