"""Picture files: read whatever their format, refused by name when they are none."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
from PIL import Image

from devices.decoding import decode
from devices.picture_files import load_image
from devices.ports import BadSource


def png(content: str | bytes, **how: Any) -> bytes:
    out = io.BytesIO()
    segno.make(content, micro=False).save(out, kind="png", scale=6, **how)
    return out.getvalue()


def texts(image: Any) -> list[str]:
    return [code.reading.text for code in decode(image)]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "bmp", "gif"])
def test_file_formats(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"code.{kind}"
    Image.open(io.BytesIO(png("PK1.F"))).convert("RGB").save(file, kind)
    assert (
        texts(load_image(file))
        == texts(load_image(str(file)))
        == texts(load_image(file.read_bytes()))
        == ["PK1.F"]
    )


def test_exif_turns_a_photo_upright() -> None:
    picture = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    picture.save(out, "jpeg", exif=exif)
    assert load_image(out.getvalue()).shape == (40, 20, 3)


def bomb(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"no picture at all",
        b"%PDF-1.7 rubbish",
        png("cut")[:120],
        b"\xff\xd8\xff\xe0" + b"\0" * 50,
        b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 9,
        bomb(9000, 9000),
        bomb(60000, 60000),
    ],
    ids=["empty", "text", "pdf", "cut png", "cut jpeg", "cut webp", "81 megapixels", "bomb"],
)
@pytest.mark.filterwarnings("error")
def test_rubbish_is_a_bad_source(rubbish: bytes) -> None:
    with pytest.raises(BadSource):
        load_image(rubbish)


def test_a_sound_picture_that_is_too_large_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    Image.new("1", (8200, 5000)).save(out, "png")
    with pytest.raises(BadSource, match="megapixels"):
        load_image(out.getvalue())


def test_damaged_pictures_never_raise_anything_else() -> None:
    rng = np.random.default_rng(5)
    whole = [png("PK1.D")]
    for kind in ("jpeg", "webp"):
        out = io.BytesIO()
        Image.open(io.BytesIO(whole[0])).convert("RGB").save(out, kind)
        whole.append(out.getvalue())
    for data in whole:
        for _ in range(150):
            damaged = bytearray(data)
            for at in rng.integers(0, len(data), 6):
                damaged[at] = rng.integers(0, 256)
            try:
                assert load_image(bytes(damaged)).dtype == np.uint8
            except BadSource:
                continue


def test_a_missing_file_is_a_bad_source(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"gone\.png"):
        load_image(tmp_path / "gone.png")


def test_a_large_photo_is_halved_and_still_upright(tmp_path):
    from PIL import Image

    lying = Image.new("RGB", (4400, 3000), "white")
    exif = lying.getexif()
    exif[0x0112] = 6  # the camera was held upright
    lying.save(tmp_path / "large.jpg", exif=exif)
    assert load_image(tmp_path / "large.jpg").shape == (2200, 1500, 3)
