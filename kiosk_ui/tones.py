"""Colours as the stylesheets compute them: OKLCH formulas read from the tokens, in numbers, with their contrast.

OKLCH to sRGB after B. Ottosson, "A perceptual color space for image processing" (2020), as CSS Color 4 takes it;
contrast after WCAG 2.2, 1.4.3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

_DECLARED = re.compile(r"(--[a-z0-9-]+):\s*([^;{}]+);")
_WORD = re.compile(r"[a-z-]+\(|[()*/,+]|--[a-z0-9-]+|#[0-9a-fA-F]{6}|-?[\d.]+%?|-(?=\s)|[a-z]+")


@dataclass(frozen=True)
class Tone:
    """A colour in OKLCH: lightness 0 to 1, chroma, hue in degrees, opacity 0 to 1."""

    light: float
    chroma: float
    hue: float
    alpha: float = 1.0

    def rgb(self) -> tuple[float, float, float]:
        """Linear-light sRGB; outside of 0 to 1 where a screen cannot show it."""
        a, b = (self.chroma * turn(math.radians(self.hue)) for turn in (math.cos, math.sin))
        long = (self.light + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (self.light - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (self.light - 0.0894841775 * a - 1.2914855480 * b) ** 3
        return (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )

    def shows(self) -> bool:
        """Whether an sRGB screen can show it as it is."""
        return all(-0.0005 <= part <= 1.0005 for part in self.rgb())

    def hex(self) -> str:
        """#rrggbb, clipped to what a screen can show."""
        return "#" + "".join(f"{round(255 * _gamma(part)):02x}" for part in self.rgb())


def tone_of(text: str) -> Tone:
    """The tone of #rrggbb; raises ValueError."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(text[:16])
    red, green, blue = (_linear(int(text[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    light = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Tone(light, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def contrast(one: Tone, other: Tone) -> float:
    """1 to 21; both are seen as they are shown, opaque."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def declared(css: str) -> dict[str, str]:
    """The custom properties of a stylesheet, later ones over earlier ones."""
    return {name: " ".join(value.split()) for name, value in _DECLARED.findall(css)}


def tones(properties: Mapping[str, str], *, dark: bool) -> dict[str, Tone]:
    """Every property that is a colour, as a browser computes it in the light or the dark scheme."""
    found = {}
    for name, value in properties.items():
        if value.startswith(("oklch(", "light-dark(", "#")):
            found[name] = _Reader(value, properties, dark=dark).colour()
    return found


class _Reader:
    """The few CSS functions that our tokens use; anything else is a KeyError or ValueError."""

    def __init__(self, text: str, properties: Mapping[str, str], *, dark: bool) -> None:
        self._words: list[str] = _WORD.findall(text)
        self._at = 0
        self._properties = properties
        self._dark = dark
        self._from: Tone | None = None

    def colour(self) -> Tone:
        """The next colour, in the scheme."""
        word = self._next()
        if word == "light-dark(":
            light = self.colour()
            self._next(",")
            dark = self.colour()
            self._next(")")
            return dark if self._dark else light
        if word == "var(":
            name = self._next()
            self._next(")")
            return _Reader(self._properties[name], self._properties, dark=self._dark).colour()
        if word.startswith("#"):
            return tone_of(word)
        if word != "oklch(":
            raise ValueError(word)
        return self._oklch()

    def _oklch(self) -> Tone:
        if self._words[self._at] == "from":
            self._next()
            self._from = self.colour()
        light, chroma, hue = self.number(), self.number(), self.number()
        alpha = 1.0
        if self._words[self._at] == "/":
            self._next()
            alpha = self.number()
        self._next(")")
        return Tone(light, chroma, hue, alpha)

    def number(self) -> float:
        """The next number, computed."""
        word = self._next()
        if word == "calc(":
            value = self.number()
            while (sign := self._next()) != ")":
                right = self.number()
                value = {"*": value * right, "+": value + right, "-": value - right}[sign]
            return value
        if word == "var(":
            name = self._next()
            self._next(")")
            return _Reader(self._properties[name], self._properties, dark=self._dark).number()
        if word in {"l", "c", "h"} and self._from is not None:
            return {"l": self._from.light, "c": self._from.chroma, "h": self._from.hue}[word]
        return float(word)

    def _next(self, wanted: str = "") -> str:
        word: str = self._words[self._at]
        self._at += 1
        if wanted and word != wanted:
            raise ValueError(f"{wanted} expected, not {word}")
        return word


def _luminance(tone: Tone) -> float:
    red, green, blue = (min(1.0, max(0.0, part)) for part in tone.rgb())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    part = min(1.0, max(0.0, part))
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
