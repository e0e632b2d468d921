"""The demo's logo, drawn: an ear of grain in a round, beside the shop's name; for light, for dark and for paper."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from sqlalchemy import Engine

_FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", 2
_LOOKS = {  # round, ear, type
    "light": ("#1d6a5b", "#f3e6bf", "#17392f"),
    "dark": ("#f3e6bf", "#1d6a5b", "#f7f3e6"),
    "paper": ("#000000", "#ffffff", "#000000"),
}
_HIGH, _ONE_SIGN, _WITH_NAME = 240, 240, 664


def hang(engine: Engine, folder: Path) -> str:
    """Draws the logo into `folder`, gives it to HQ; the store's settings that name it."""
    from sync.hub.media import Media, media_beside

    shelf = media_beside(engine)
    if shelf is None:
        return ""
    tables = []
    for name, file in drawn(folder).items():
        kept = Media(shelf).add(file)
        tables.append(
            f'[screens.logo.{name}]\nsha256 = "{kept.sha256}"\nbytes = {kept.bytes}\nkind = "{kept.kind}"\n'
        )
    return "\n".join(tables)


def drawn(folder: Path) -> dict[str, Path]:
    """The three pictures as PNG files in `folder`, by ground; without a font of the machine's the sign alone."""
    from PIL import Image
    from PIL.ImageDraw import Draw

    folder.mkdir(parents=True, exist_ok=True)
    font, made = _font(), {}
    for name, (ground, ear, ink) in _LOOKS.items():
        image = Image.new("RGBA", (_WITH_NAME if font else _ONE_SIGN, _HIGH), (0, 0, 0, 0))
        draw = Draw(image)
        draw.ellipse((8, 8, 232, 232), fill=ground)
        _ear(draw, ear)
        if font:
            draw.text((270, 0), "禾里集", fill=ink, font=font[0])
            draw.text((276, 168), "HELI  MARKET", fill=ink, font=font[1])
        made[name] = folder / f"logo-{name}.png"
        image.save(made[name], optimize=True)
    return made


def _ear(draw: ImageDraw, colour: str) -> None:
    """A stalk, and grains in pairs along it."""
    draw.line((120, 196, 120, 84), fill=colour, width=8)
    for row in range(4):
        y = 92 + row * 26
        for side in (-1, 1):
            draw.polygon(_grain(120 + side * 24, y, side * 0.7), fill=colour)
    draw.polygon(_grain(120, 62, 0.0), fill=colour)


def _grain(x: float, y: float, lean: float) -> list[tuple[float, float]]:
    """A pointed oval about (x, y), leaning by radians."""
    points = []
    for step in range(24):
        turn = step * math.tau / 24
        across, along = 11 * math.sin(turn) * abs(math.sin(turn)), -24 * math.cos(turn)
        points.append(
            (
                x + across * math.cos(lean) - along * math.sin(lean),
                y + across * math.sin(lean) + along * math.cos(lean),
            )
        )
    return points


def _font() -> tuple[Any, Any] | None:
    from PIL import ImageFont

    try:
        return ImageFont.truetype(_FONT[0], 128, index=_FONT[1]), ImageFont.truetype(
            _FONT[0], 44, index=_FONT[1]
        )
    except OSError:
        return None
