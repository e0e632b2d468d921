"""Made-up phone photos of codes on goods and on paper: every kind that a shop meets, the same for each seed."""

from __future__ import annotations

import random
from typing import Any, Literal

import msgspec

Kind = Literal["qr", "ean13", "upca", "upce", "ean8", "code128", "datamatrix", "none"]
# The mix of a set of 580 phone photos that others measured with: codes of each kind among them.
MIX: dict[Kind, int] = {
    "qr": 179,
    "ean13": 112,
    "upca": 115,
    "upce": 38,
    "ean8": 5,
    "code128": 36,
    "datamatrix": 59,
    "none": 34,
}
CONDITIONS = (
    "plain close far turned slanted dim glare shadow blurred shaken curved damaged dense screen".split()
)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MATRIX = frozenset({"qr", "datamatrix"})
_NAMES = {
    "qr": "QRCode",
    "ean13": "EAN13",
    "upca": "UPCA",
    "upce": "UPCE",
    "ean8": "EAN8",
    "code128": "Code128",
    "datamatrix": "DataMatrix",
}


class _Harm(msgspec.Struct):
    """What was wrong when the picture was taken: pixels, degrees, gray levels, shares of the whole."""

    wide: float
    """How much of the picture's shorter side the code takes."""
    turn: float = 0.0
    tilt: float = 0.04
    blur: float = 0.5
    shake: int = 0
    noise: float = 3.0
    light: float = 0.9
    slope: float = 0.2
    glare: float = 0.0
    shadow: float = 0.0
    bend: float = 0.0
    torn: float = 0.0
    moire: float = 0.0
    quality: int = 85


def photo(seed: int, kind: Kind | None = None) -> tuple[Any, Kind, str]:
    """A (480, 640, 3) uint8 phone photo: the picture, the kind of code in it and its text ("" for none)."""
    import numpy as np

    dice = random.Random(seed)  # noqa: S311
    rng = np.random.default_rng([seed, 640])
    if kind is None:
        kind = dice.choices(list(MIX), list(MIX.values()))[0]
    text = _text(kind, dice)
    # Most people hold a phone well; one in some is in a hurry.
    hurry = dice.betavariate(1.3, 2.2)
    harm = _Harm(
        wide=dice.uniform(0.45, 0.85) - 0.15 * hurry * dice.random(),
        turn=dice.gauss(0, 12) + dice.choices((0, 90, 180, 270), (88, 5, 4, 3))[0],
        tilt=0.03 + 0.14 * hurry * dice.random(),
        blur=0.4 + 2.0 * hurry * dice.random(),
        shake=round(6 * hurry * dice.random()),
        noise=2 + 12 * hurry * dice.random(),
        light=dice.uniform(0.95 - 0.6 * hurry, 1.05 + 0.25 * hurry),
        slope=0.6 * hurry * dice.random(),
        glare=dice.choices((0.0, 0.9 * hurry), (70, 30))[0],
        shadow=dice.choices((0.0, 0.6), (80, 20))[0],
        bend=0.0 if kind in _MATRIX else dice.choices((0.0, 0.9 * dice.random()), (70, 30))[0],
        quality=dice.randint(60, 92),
    )
    if kind not in _MATRIX:
        harm.wide *= 1.25  # bars are held along the longer side
    return _taken(kind, text, harm, (480, 640), rng), kind, _said(kind, text)


def qr_photo(seed: int, condition: str) -> tuple[Any, str]:
    """A (1440, 1920, 3) uint8 photo of a QR code under one of CONDITIONS, and its text."""
    import numpy as np

    dice = random.Random(f"{seed} {condition}")  # noqa: S311
    rng = np.random.default_rng([seed, 1920, CONDITIONS.index(condition)])
    letters = dice.randint(200, 500) if condition == "dense" else dice.choice((14, 30, 60, 110))
    text = "https://example.com/" + "".join(dice.choices(_ALPHABET, k=letters))
    harm = _Harm(wide=dice.uniform(0.25, 0.7), turn=dice.gauss(0, 15), blur=dice.uniform(0.6, 1.4), noise=5.0)
    changes: dict[str, dict[str, float]] = {
        "close": {"wide": dice.uniform(0.8, 0.95)},
        "far": {"wide": dice.uniform(0.07, 0.14)},
        "turned": {"turn": dice.uniform(-180, 180)},
        "slanted": {"tilt": dice.uniform(0.2, 0.4)},
        "dim": {"light": dice.uniform(0.06, 0.25), "noise": dice.uniform(6, 14)},
        "glare": {"glare": dice.uniform(0.8, 2.0)},
        "shadow": {"shadow": dice.uniform(0.6, 0.9), "slope": 0.8},
        "blurred": {"blur": dice.uniform(2.5, 6.0)},
        "shaken": {"shake": dice.randint(9, 24)},
        "curved": {"bend": dice.uniform(0.5, 1.1)},
        "damaged": {"torn": dice.uniform(0.02, 0.09)},
        "screen": {"moire": dice.uniform(0.1, 0.4), "glare": dice.uniform(0, 0.6)},
    }
    for name, value in changes.get(condition, {}).items():
        setattr(harm, name, value)
    return _taken("qr", text, harm, (1440, 1920), rng), text


def _text(kind: Kind, dice: random.Random) -> str:
    if kind == "none":
        return ""
    if kind in {"ean13", "upca", "ean8"}:
        return _checked("".join(dice.choices("0123456789", k={"ean13": 12, "upca": 11, "ean8": 7}[kind])))
    if kind == "upce":
        from devices.zbar import expanded

        body = "0" + "".join(dice.choices("3456789", k=5)) + dice.choice("0123456789")
        return body + _checked(expanded(body + "0")[:11])[-1]
    if kind == "code128":
        return "".join(dice.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=dice.randint(6, 16)))
    return "PK1." + "".join(dice.choices(_ALPHABET, k=dice.choice((8, 24, 60))))


def _said(kind: Kind, text: str) -> str:
    """What a reader is to say: UPC-E stands for twelve digits."""
    from devices.zbar import expanded

    return expanded(text) if kind == "upce" else text


def _checked(digits: str) -> str:
    weighed = sum(int(digit) * (1 if at % 2 else 3) for at, digit in enumerate(reversed(digits)))
    return digits + str(-weighed % 10)


def _card(kind: Kind, text: str, harm: _Harm, rng: Any) -> tuple[Any, float]:
    """A package's face with the code on it (one pixel a quarter of a module), and the code's share of its width."""
    import cv2
    import numpy as np

    paper, ink = rng.uniform(185, 255, 3), rng.uniform(0, 70, 3)
    if kind == "none":
        drawn = np.full((400, 800), 255, np.uint8)
        for top in range(20, 380, 40):  # lines of print, and stripes that are no code
            cv2.putText(drawn, "NET WT 500 g  AQUA, SODIUM", (10, top), 0, rng.uniform(0.6, 1.2), 0, 2)
        for left in range(560, 780, int(rng.integers(9, 20))):
            drawn[40:360, left : left + 5] = 0
    else:
        drawn = _bars(kind, text)
    if harm.torn:
        side = int((drawn.size * harm.torn) ** 0.5)
        top, left = (int(rng.integers(drawn.shape[0] // 3, edge - side)) for edge in drawn.shape)
        drawn[top : top + side, left : left + side] = rng.integers(0, 255)
    high, wide = drawn.shape
    card: Any = np.full((int(high * 1.7), int(wide * 1.5), 3), rng.uniform(60, 250, 3), np.uint8)
    top, left = int(high * 0.35), int(wide * 0.25)
    card[top - 24 : top + high + 24, left - 56 : left + wide + 56] = paper
    card[top : top + high, left : left + wide] = np.where(drawn[:, :, None] > 127, paper, ink)
    cv2.putText(card, "PRODUCT 500 g", (20, top - 40), 0, wide / 500, tuple(map(float, ink)), 3)
    return card.astype(np.float32), wide / card.shape[1]


def _bars(kind: Kind, text: str) -> Any:
    import numpy as np
    import zxingcpp

    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, _NAMES[kind]))
    drawn = np.array(code.to_image(scale=6, add_quiet_zones=False))
    if kind not in _MATRIX:
        drawn = np.repeat(drawn[drawn.shape[0] // 4 : drawn.shape[0] // 4 + 1], int(drawn.shape[1] * 0.45), 0)
    return drawn.copy()


def _taken(kind: Kind, text: str, harm: _Harm, size: tuple[int, int], rng: Any) -> Any:
    """The card in front of something, as a phone's camera gives it."""
    import cv2
    import numpy as np

    high, wide = size
    card, share = _card(kind, text, harm, rng)
    if harm.bend:
        card = _bent(card, harm.bend)
    blobs = (rng.uniform(20, 220, (5, 7, 1)) + rng.uniform(-40, 40, (5, 7, 3))).astype(np.float32)
    scene = cv2.GaussianBlur(cv2.resize(blobs, (wide, high)), (0, 0), 2)
    laid, cover = _laid(card, share, harm, size, rng)
    scene = scene * (1 - cover) + laid
    if harm.moire:
        y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
        lean, beat = rng.uniform(0, np.pi), 2 * np.pi / rng.uniform(3, 9)
        scene = scene * (
            1 + cover * (harm.moire * np.sin((x * np.cos(lean) + y * np.sin(lean)) * beat))[:, :, None]
        )
    scene = _lit(scene, cover, harm, rng)
    scale = wide / 640 if kind != "qr" or wide == 640 else 1.0
    scene = cv2.GaussianBlur(scene.astype(np.float32), (0, 0), harm.blur * scale)
    if harm.shake > 1:
        kernel: Any = np.zeros((harm.shake, harm.shake), np.float32)
        kernel[harm.shake // 2] = 1
        middle = (harm.shake - 1) / 2
        way = cv2.getRotationMatrix2D((middle, middle), rng.uniform(0, 180), 1)
        kernel = cv2.warpAffine(kernel, way, (harm.shake, harm.shake))
        scene = cv2.filter2D(scene, -1, kernel / kernel.sum())
    scene = scene + rng.normal(0, harm.noise, scene.shape)
    sensor = np.clip(scene, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", sensor, [cv2.IMWRITE_JPEG_QUALITY, harm.quality])
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)


def _bent(card: Any, bend: float) -> Any:
    """The card round a can: columns nearer to the edge are narrower; `bend` is half the angle seen, radians."""
    import cv2
    import numpy as np

    high, wide = card.shape[:2]
    across = np.linspace(-1, 1, wide) * np.sin(bend)
    columns = ((np.arcsin(across) / bend + 1) / 2 * (wide - 1)).astype(np.float32)
    sag = (np.cos(np.arcsin(across)) * high * 0.06).astype(np.float32)
    rows = np.arange(high, dtype=np.float32)[:, None] - sag[None, :]
    return cv2.remap(
        card, np.tile(columns, (high, 1)), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _laid(card: Any, share: float, harm: _Harm, size: tuple[int, int], rng: Any) -> tuple[Any, Any]:
    """The card in a picture of that size, and where it stands (0..1)."""
    import cv2
    import numpy as np

    high, wide = size
    tall, broad = card.shape[:2]
    half = np.array([broad, tall]) * (harm.wide * high / (broad * share)) / 2
    angle = np.deg2rad(harm.turn)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    unit = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64)
    slack = np.maximum(np.array([wide, high]) / 2 - np.hypot(*half) * share, 0)
    middle = np.array([wide, high]) / 2 + rng.uniform(-slack, slack)
    spread = rng.uniform(-harm.tilt, harm.tilt, (4, 2)) * half.min()
    corners = ((unit * half) @ turned.T + middle + spread).astype(np.float32)
    flat = np.array([[0, 0], [broad, 0], [broad, tall], [0, tall]], np.float32)
    # Drawn at twice the size and shrunk: a sensor's pixel sees the mean of what lies under it.
    twice = np.diag([2.0, 2.0, 1.0]) @ cv2.getPerspectiveTransform(flat, corners)
    laid = cv2.warpPerspective(card, twice, (wide * 2, high * 2), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.ones((tall, broad), np.float32), twice, (wide * 2, high * 2))
    laid, mask = (cv2.resize(one, (wide, high), interpolation=cv2.INTER_AREA) for one in (laid, mask))
    return laid, mask[:, :, None]


def _lit(scene: Any, cover: Any, harm: _Harm, rng: Any) -> Any:
    """A level of light that falls off to one side, perhaps a shadow's edge, perhaps a lamp's reflection."""
    import numpy as np

    high, wide = scene.shape[:2]
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    side = rng.uniform(0, 2 * np.pi)
    across = (x / wide - 0.5) * np.cos(side) + (y / high - 0.5) * np.sin(side)
    light = harm.light * (1 + harm.slope * across)
    if harm.shadow:
        edge = 1 / (1 + np.exp(-(across + rng.uniform(-0.15, 0.15)) * 60))
        light = light * (1 - harm.shadow * edge)
    places = np.argwhere(cover[:, :, 0] > 0.5)
    at_y, at_x = places[rng.integers(len(places))]
    lean, broad = rng.uniform(0, np.pi), rng.uniform(0.02, 0.06) * wide
    along = (x - at_x) * np.cos(lean) + (y - at_y) * np.sin(lean)
    beside = -(x - at_x) * np.sin(lean) + (y - at_y) * np.cos(lean)
    lamp = np.exp(-((along / (broad * 3)) ** 2) - (beside / broad) ** 2)
    return scene * light[:, :, None] + (255 * harm.glare * lamp)[:, :, None]
