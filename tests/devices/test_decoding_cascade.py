"""The cascade: exact payloads whichever reader finds them, kinds by context, time kept, and no library needed."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import segno
import zxingcpp

from devices import decoding
from devices.decoding import Context, decode, load_image
from devices.label_photo import label_photo, screen_photo
from devices.ports import Barcode, Corner, Reading, Symbology
from devices.preparations import upright
from devices.tapirscan_codes import tapirscan_codes
from devices.zbar import zbar_codes
from devices.zxing_codes import zxing_codes

EVERY = frozenset(Symbology)
GS1 = "(01)09501101530003(10)AB12(17)250101"
GS1_TEXT = "010950110153000310AB12\x1d17250101"
READERS: dict[str, Callable[[Any], list[Barcode]]] = {
    "zxing": lambda gray: zxing_codes(gray, EVERY),
    "tapirscan": lambda gray: tapirscan_codes(gray, EVERY, "medium")[0],
}
READERS_TOO = {**READERS, "zbar": zbar_codes}
Format = zxingcpp.BarcodeFormat


def drawn(content: str | bytes, kind: Any, **how: Any) -> Any:
    """A code with a quiet zone, gray."""
    code = zxingcpp.create_barcode(content, kind, **how).to_image(scale=4)
    return np.pad(np.array(code), 40, constant_values=255)


def qr(content: str | bytes, **how: Any) -> Any:
    out = io.BytesIO()
    segno.make(content, micro=False, **how).save(out, kind="png", scale=6)
    return load_image(out.getvalue())[:, :, 0]


def labels(image: Any, **how: Any) -> list[str]:
    return [code.reading.text for code in decode(image, **how)]


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("kind", "symbology", "aim"),
    [
        (Format.DataMatrix, Symbology.DATAMATRIX, "]d2"),
        (Format.QRCode, Symbology.QR, "]Q3"),
        (Format.Code128, Symbology.GS1_128, "]C1"),
        (Format.DataBarExp, Symbology.DATABAR, "]e0"),
    ],
    ids=str,
)
def test_gs1_separators_are_kept(reader: Any, kind: Any, symbology: Symbology, aim: str) -> None:
    (code,) = reader(drawn(GS1, kind, gs1=True))
    assert code.reading == Reading(GS1_TEXT, GS1_TEXT.encode(), symbology, aim)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("picture", "text", "raw"),
    [
        (lambda: qr("提货码 7 号"), "提货码 7 号", "提货码 7 号".encode()),
        (lambda: qr("提货码".encode("gbk")), "提货码", "提货码".encode("gbk")),
        (lambda: qr("提货", mode="hanzi"), "提货", "提货".encode("gb2312")),
        (lambda: qr("点茗", mode="kanji"), "点茗", "点茗".encode("shift_jis")),
        (lambda: qr("提货", encoding="gb18030", eci=True), "提货", "提货".encode("gb18030")),
        (lambda: drawn(b"\x00\xff\xfe\x01\x80", Format.DataMatrix), None, b"\x00\xff\xfe\x01\x80"),
        (lambda: qr(bytes(range(256))), None, bytes(range(256))),
    ],
    ids=["utf-8", "gbk", "hanzi segment", "kanji segment", "declared", "binary matrix", "binary qr"],
)
def test_payloads_are_exact(reader: Any, picture: Any, text: str | None, raw: bytes) -> None:
    (code,) = reader(picture())
    assert code.reading.raw == raw
    assert text is None or code.reading.text == text


@pytest.mark.parametrize("reader", READERS_TOO.values(), ids=READERS_TOO)
@pytest.mark.parametrize(
    ("digits", "kind", "symbology", "said"),
    [
        ("023942431015", Format.UPCA, Symbology.UPCA, "023942431015"),
        ("0023942431015", Format.EAN13, Symbology.UPCA, "023942431015"),
        ("6901234567892", Format.EAN13, Symbology.EAN13, "6901234567892"),
        ("01234565", Format.UPCE, Symbology.UPCE, "012345000065"),
        ("96385074", Format.EAN8, Symbology.EAN8, "96385074"),
    ],
)
def test_every_reader_gives_an_article_number_in_the_same_form(
    reader: Any, digits: str, kind: Any, symbology: Symbology, said: str
) -> None:
    (code,) = reader(drawn(digits, kind))
    reading = code.reading
    assert (reading.text, reading.raw, reading.symbology) == (said, said.encode(), symbology)


@pytest.mark.parametrize(
    ("context", "found"),
    [("pickup", ["qr"]), ("pos", ["ean13", "qr"]), ("any", ["code39", "ean13", "qr"])],
)
def test_a_context_looks_for_its_kinds_only(context: Context, found: list[str]) -> None:
    drawings = [
        drawn("PK1.A", Format.QRCode),
        drawn("6901234567892", Format.EAN13),
        drawn("ABC1", Format.Code39),
    ]
    page = np.full((1000, 700), 255, np.uint8)
    top = 20
    for one in drawings:
        page[top : top + one.shape[0], 20 : 20 + one.shape[1]] = one
        top += one.shape[0] + 20
    assert sorted(code.reading.symbology.value for code in decode(page, context=context)) == found


def test_a_torn_code_is_read_exactly_or_not_at_all() -> None:
    whole = qr("PK1.TORN", error="h")
    dice = np.random.default_rng(4)
    read = 0
    for share in np.linspace(0.02, 0.6, 25):
        torn = whole.copy()
        side = int(whole.shape[0] * share**0.5)
        top, left = dice.integers(0, whole.shape[0] - side + 1, 2)
        torn[top : top + side, left : left + side] = dice.integers(0, 255, (side, side))
        texts = labels(torn)
        assert texts in ([], ["PK1.TORN"])
        read += len(texts)
    assert 3 <= read < 25


@pytest.mark.parametrize("missing", [["zxingcpp"], ["tapirscan"], ["zxingcpp", "tapirscan"]], ids=" ".join)
def test_the_cascade_runs_without(missing: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # There is no other way to have a machine for which these libraries have no wheel.
    for library in missing:
        monkeypatch.setitem(sys.modules, library, None)
    assert labels(qr("提货码")) == ["提货码"]
    assert labels(label_photo("6901234567892", 5, "easy")) == ["6901234567892"]
    assert labels(screen_photo("PK1.NO.WHEEL", 5, "easy")) == ["PK1.NO.WHEEL"]


@pytest.mark.parametrize("seed", range(900, 906))
def test_labels_and_screens_in_view(seed: int) -> None:
    assert labels(label_photo("6901234567892", seed, "easy"), context="pos") == ["6901234567892"]
    assert labels(screen_photo("PK1.SCREEN", seed, "medium"), context="pickup") == ["PK1.SCREEN"]
    assert labels(label_photo("6901234567892", seed, "hard")) in ([], ["6901234567892"])


def test_a_frame_is_the_same_for_the_same_seed() -> None:
    assert np.array_equal(label_photo("6901234567892", 4, "hard"), label_photo("6901234567892", 4, "hard"))
    assert not np.array_equal(screen_photo("A", 4, "hard"), screen_photo("A", 5, "hard"))


def test_a_look_that_does_not_fit_into_the_time_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    class Watched(decoding._Pace):
        def took(self, look: Any, pixels: int, seconds: float) -> None:
            begun.append(look.name)
            super().took(look, pixels, seconds)

    # What each look took is kept for the whole process; this test wants to see its own looks only.
    pace = Watched()
    monkeypatch.setattr(decoding, "_PACE", pace)
    noise = np.random.default_rng(7).integers(0, 255, (240, 320), dtype=np.uint8)
    assert decode(noise, 0.0) == []
    assert begun == ["zxing"]
    assert decode(noise, 60.0) == []
    assert {"tapirscan medium", "zbar even", "opencv"} <= set(begun)
    begun.clear()
    pace._seen["zbar even"] = 1e6
    assert decode(noise, 30.0) == []
    assert "zbar even" not in begun
    assert pace._seen["zbar even"] == pytest.approx(0.99e6), "left out, but not for ever"


def test_bars_read_in_two_ways_at_one_place_wait_for_a_second_look() -> None:
    def at(text: str, x: int, kind: Symbology = Symbology.EAN13) -> Barcode:
        corners = (Corner(x, 10), Corner(x + 100, 10), Corner(x + 100, 60), Corner(x, 60))
        return Barcode(Reading(text, text.encode(), kind), corners)

    one, other, far, matrix = at("1", 0), at("2", 20), at("3", 400), at("4", 10, Symbology.QR)
    doubted: set[bytes] = set()
    assert decoding._undisputed([one, other, far, matrix], doubted) == [far, matrix]
    assert decoding._undisputed([other], doubted) == [other]
    assert decoding._undisputed([one, other], set()) == []


def test_upc_e_in_a_picture_waits_for_a_second_look() -> None:
    # Seen: twelve wrong digits of UPC-E, check digit right, off a part of a blurred EAN-13.
    found = [Barcode(Reading("141200002828", b"141200002828", Symbology.UPCE), ())]
    doubted: set[bytes] = set()
    assert decoding._undisputed(found, doubted) == []
    assert decoding._undisputed(found, doubted) == found
    assert labels(drawn("01234565", Format.UPCE)) == ["012345000065"]


def test_a_suspect_is_cut_out_upright_and_points_find_their_way_back() -> None:
    gray = np.full((400, 600), 255, np.uint8)
    suspect = (Corner(100, 200), Corner(300, 100), Corner(340, 180), Corner(140, 280))
    cut, back = upright(suspect)(gray)
    height, width = cut.shape
    assert width > height > 150
    x, y = back(width / 2, height / 2)
    assert (x, y) == pytest.approx((220, 190), abs=1)
    x, y = back(width / 8, height / 8)
    assert (x, y) == pytest.approx((100, 200), abs=1)
