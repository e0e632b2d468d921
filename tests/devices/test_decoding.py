"""Codes are found in photo-like pictures, with the exact bytes."""

from __future__ import annotations

import io
from typing import Any

import barcode  # type: ignore[import-untyped]
import cv2
import numpy as np
import pytest
import segno
from barcode.writer import ImageWriter  # type: ignore[import-untyped]

from devices.decoding import decode, load_image
from devices.opencv_qr import opencv_codes
from devices.phone_photo import Difficulty, phone_photo
from devices.ports import Symbology
from devices.zbar import expanded

PICKUP = "PK1." + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 5


def png(content: str | bytes, **how: Any) -> bytes:
    out = io.BytesIO()
    segno.make(content, micro=False).save(out, kind="png", scale=6, **how)
    return out.getvalue()


def texts(image: Any) -> list[str]:
    return [code.reading.text for code in decode(image)]


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_a_phone_held_to_a_camera(seed: int, difficulty: Difficulty) -> None:
    picture = phone_photo(PICKUP, seed, difficulty)
    assert picture.shape == (960, 1280, 3)
    (code,) = decode(picture)
    assert (code.reading.text, code.reading.symbology) == (PICKUP, Symbology.QR)
    middle = np.mean([(corner.x, corner.y) for corner in code.corners], axis=0)
    assert abs(middle - (640, 480)).max() < 150


def test_a_photo_is_the_same_for_the_same_seed_and_takes_a_drawn_code() -> None:
    first, second = phone_photo("A", 7, "medium"), phone_photo("A", 7, "medium")
    assert np.array_equal(first, second)
    assert not np.array_equal(first, phone_photo("A", 8, "medium"))
    assert texts(phone_photo(png("from a picture"), 3, "easy")) == ["from a picture"]


@pytest.mark.parametrize(
    "content",
    ["PK1.ABC", "提货码：中文", "6901234567892", "提货".encode("gb18030"), b"\x00\xff\xfe\x01\x80", "é"],
)
def test_payload_bytes_are_exact(content: str | bytes) -> None:
    (code,) = decode(load_image(png(content)))
    exact = (
        content if isinstance(content, bytes) else content.encode("latin-1" if content == "é" else "utf-8")
    )
    assert code.reading.raw == exact


def test_chinese_of_both_charsets_is_read() -> None:
    assert texts(load_image(png("提货码"))) == ["提货码"]
    assert texts(load_image(png("提货码".encode("gb18030")))) == ["提货码"]


def test_opencv_alone_gives_back_gb_bytes_and_survives_rubbish() -> None:
    gray = cv2.cvtColor(load_image(png("提货".encode("gb2312"))), cv2.COLOR_BGR2GRAY)
    assert [code.reading.raw for code in opencv_codes(gray)] == ["提货".encode("gb2312")]
    rng = np.random.default_rng(1)
    for shape in ((1, 1), (3, 900), (64, 64), (300, 300)):
        assert opencv_codes(rng.integers(0, 255, shape, dtype=np.uint8)) == []


@pytest.mark.parametrize("turn", [None, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180])
def test_turned_gray_and_inverted(turn: int | None) -> None:
    image = load_image(png("PK1.XYZ"))
    image = image if turn is None else cv2.rotate(image, turn)
    assert texts(image) == ["PK1.XYZ"]
    assert texts(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)) == ["PK1.XYZ"]
    assert texts(255 - image) == ["PK1.XYZ"]
    assert texts(np.asfortranarray(image)) == ["PK1.XYZ"]


@pytest.mark.parametrize("degrees", [-65, -30, 20, 45, 120])
def test_a_leaning_linear_code_is_found_where_it_stands(degrees: int) -> None:
    out = io.BytesIO()
    barcode.get("ean13", "690123456789", writer=ImageWriter()).write(out)
    canvas = np.full((800, 1000, 3), 255, np.uint8)
    canvas[300:500, 300:700] = cv2.resize(load_image(out.getvalue()), (400, 200))
    turn = cv2.getRotationMatrix2D((500, 400), degrees, 1)
    leaning = cv2.warpAffine(canvas, turn, (1000, 800), borderValue=(255, 255, 255))
    (code,) = decode(leaning)
    assert (code.reading.text, code.reading.symbology) == ("6901234567892", Symbology.EAN13)
    for corner in code.corners:
        x, y, _ = np.linalg.inv(np.vstack([turn, [0, 0, 1]])) @ (corner.x, corner.y, 1)
        assert 290 <= x <= 710
        assert 290 <= y <= 510


def test_two_codes_in_one_picture_and_one_code_twice() -> None:
    one, two = load_image(png("one")), load_image(png("two"))
    assert sorted(texts(np.hstack([one, two]))) == ["one", "two"]
    assert texts(np.hstack([one, one])) == ["one"]


def test_a_transparent_picture_lies_on_white() -> None:
    assert texts(load_image(png("PK1.T", light=None))) == ["PK1.T"]


def test_a_picture_without_a_code_has_none() -> None:
    assert decode(np.full((200, 200, 3), 255, np.uint8)) == []
    assert decode(np.zeros((0, 0), np.uint8)) == []
    assert decode(np.random.default_rng(2).integers(0, 255, (240, 320), dtype=np.uint8)) == []


# One example for each row of the GS1 General Specifications' table of zero suppression.
@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("01234505", "012000003455"),
        ("01234514", "012100003454"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234565", "012345000065"),
    ],
)
def test_upc_e_is_given_as_the_number_in_the_catalogue(short: str, full: str) -> None:
    assert expanded(short) == full
