"""The pictures that decoding is measured on: made up from a seed, or a folder with a manifest."""

from __future__ import annotations

import codecs
import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.phone_photo import Difficulty

LEVELS: tuple[Difficulty, ...] = ("easy", "medium", "hard")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class Shot:
    """A picture (blue-green-red) and the texts in it; none where nothing may be read."""

    group: str
    image: Any
    texts: frozenset[str]


def frames(count: int, first_seed: int) -> Iterator[Shot]:
    """`count` pictures of each kind and difficulty: labels, screens, phones on a counter."""
    from devices.label_photo import label_photo, screen_photo
    from devices.phone_photo import phone_photo

    for at in range(count):
        seed = first_seed + at
        dice = random.Random(seed)  # noqa: S311
        for level in LEVELS:
            text = "PK1." + "".join(dice.choices(_ALPHABET, k=dice.choice((24, 60, 120))))
            gtin = _gtin(dice)
            yield Shot(f"screen {level}", screen_photo(text, seed, level), frozenset({text}))
            yield Shot(f"label {level}", label_photo(gtin, seed, level), frozenset({gtin.lstrip("0")}))
            phone = phone_photo(text, seed, level)[120:840]
            yield Shot(f"phone {level}", phone, frozenset({text}))


def photos(count: int, first_seed: int) -> Iterator[Shot]:
    """`count` phone photos of 640x480 with the kinds of code that a shop meets, some with none."""
    from bench.decode_photos import photo

    for seed in range(first_seed, first_seed + count):
        image, kind, text = photo(seed)
        yield Shot(f"photo {kind}", image, frozenset({plain(text)} - {""}))


def large_photos(count: int, first_seed: int) -> Iterator[Shot]:
    """`count` photos of 1920x1440 of a QR code for each condition that spoils them."""
    from bench.decode_photos import CONDITIONS, qr_photo

    for seed in range(first_seed, first_seed + count):
        for condition in CONDITIONS:
            image, text = qr_photo(seed, condition)
            yield Shot(f"large {condition}", image, frozenset({text}))


def bursts(count: int, first_seed: int, each: int = 8) -> Iterator[list[Shot]]:
    """`count` presentations of a code to a camera, thirds easy, medium, hard; each frame is drawn anew."""
    from devices.label_photo import screen_photo

    for at in range(count):
        dice = random.Random(first_seed + at)  # noqa: S311
        text, level = "PK1." + "".join(dice.choices(_ALPHABET, k=60)), LEVELS[at % 3]
        first = (first_seed + at) * 100
        yield [
            Shot(f"burst {level}", screen_photo(text, first + frame, level), frozenset({text}))
            for frame in range(each)
        ]


def corpus(folder: Path) -> Iterator[Shot]:
    """The pictures of a folder with a manifest."""
    from devices.picture_files import load_image

    pictures: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        for row in csv.DictReader(manifest):
            pictures[row["file"]].append(row)
    for name, rows in pictures.items():
        texts = frozenset(_expected(row) for row in rows if row["format"] != "NONE")
        yield Shot(rows[0]["group"], load_image(folder / name), texts)


def _gtin(dice: random.Random) -> str:
    body = "".join(dice.choices("0123456789", k=12))
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(body))
    return body + str(-total % 10)


def _expected(row: dict[str, str]) -> str:
    from devices.zbar import expanded

    text = row["expected_text"]
    if "\\" in text:  # the manifest's escapes are Python's; what is not ASCII must come through unharmed
        text = codecs.decode(text.encode("latin-1", "backslashreplace"), "unicode_escape")
    if row["format"] == "UPCE" and len(text) == 8:
        text = expanded(text)
    return plain(text)


def plain(text: str) -> str:
    """Article numbers without leading zeros: readers disagree on how many belong to one."""
    return text.lstrip("0") if text.isdigit() else text
