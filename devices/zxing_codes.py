"""zxing-cpp as a reader of the decoding cascade: exact bytes, AIM identifiers, GS1 separators."""

from __future__ import annotations

import re
from typing import Any

from devices.ports import Barcode, Corner, Reading, Symbology
from devices.scanned_bytes import words
from devices.zbar import LINEAR, LINEAR_MINIMUM, retail

# zxing-cpp's format names -> ours; variants that it reports under names of their own come first.
_NAMES = {
    "QRCode": Symbology.QR,
    "QRCodeModel2": Symbology.QR,
    "QRCodeModel1": Symbology.QR,
    "MicroQRCode": Symbology.MICRO_QR,
    "EAN13": Symbology.EAN13,
    "EAN8": Symbology.EAN8,
    "UPCA": Symbology.UPCA,
    "UPCE": Symbology.UPCE,
    "Code128": Symbology.CODE128,
    "Code39": Symbology.CODE39,
    "Code39Std": Symbology.CODE39,
    "Code39Ext": Symbology.CODE39,
    "Code32": Symbology.CODE39,
    "PZN": Symbology.CODE39,
    "ITF": Symbology.ITF,
    "ITF14": Symbology.ITF,
    "DataMatrix": Symbology.DATAMATRIX,
    "PDF417": Symbology.PDF417,
    "CompactPDF417": Symbology.PDF417,
    "Aztec": Symbology.AZTEC,
    "AztecCode": Symbology.AZTEC,
    "AztecRune": Symbology.AZTEC,
    "DataBar": Symbology.DATABAR,
    "DataBarOmni": Symbology.DATABAR,
    "DataBarStk": Symbology.DATABAR,
    "DataBarStkOmni": Symbology.DATABAR,
    "DataBarLtd": Symbology.DATABAR,
    "DataBarExp": Symbology.DATABAR,
    "DataBarExpStk": Symbology.DATABAR,
}
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")


def zxing_codes(gray: Any, symbologies: frozenset[Symbology], *, quick: bool = False) -> list[Barcode]:
    """Codes of these symbologies in a gray picture: a numpy array (height, width) of uint8.

    `quick` takes less than half of the time and misses bars that stand upright.
    Raises ImportError where zxing-cpp is not installed.
    """
    import zxingcpp

    kinds = {getattr(zxingcpp.BarcodeFormat, name): kind for name, kind in _NAMES.items()}
    # A list of formats is what the library takes, whatever its annotation says.
    wanted: Any = [one for one, kind in kinds.items() if kind in symbologies]
    found = zxingcpp.read_barcodes(
        gray,
        formats=wanted,
        text_mode=zxingcpp.TextMode.Plain,
        try_rotate=not quick,
    )
    codes = [_barcode(code, kinds[code.format]) for code in found if kinds.get(code.format) in symbologies]
    return [code for code in codes if len(code.reading.raw) >= LINEAR_MINIMUM.get(code.reading.symbology, 1)]


def _barcode(code: Any, kind: Symbology) -> Barcode:
    place = code.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    aim = code.symbology_identifier
    if aim == "]C1":
        kind = Symbology.GS1_128
    raw, text = code.bytes, code.text
    if kind not in LINEAR:
        text = said(text, raw)
    if kind in {Symbology.EAN13, Symbology.UPCA, Symbology.UPCE}:
        kind, text = retail(kind, code.text)
        raw = text.encode()
    return Barcode(Reading(text, raw, kind, aim), tuple(Corner(point.x, point.y) for point in points))


def said(text: str, raw: bytes) -> str:
    """The text of a payload for which a reader that guesses between Latin-1 and Shift JIS gave `text`.

    Kanji and Hanzi segments and declared charsets are no guess, and the library does not say which it was.
    So: UTF-8 where valid; GB 18030 instead of what could be a guess; else as the reader said.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        guessed = text.encode("latin-1", "replace") == raw or _HALF_WIDTH.search(text)
    if not guessed:
        return text
    chinese = words(raw, "gb18030")
    return text if "\ufffd" in chinese else chinese
