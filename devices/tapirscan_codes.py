"""tapirscan as a reader of the decoding cascade: strong on blur and slant, and says where it suspects a code."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Literal

from devices.ports import Barcode, Corner, Reading, Symbology
from devices.preparations import Suspect
from devices.zbar import LINEAR, LINEAR_MINIMUM, retail
from devices.zxing_codes import said

Effort = Literal["low", "medium"]
_NAMES = {
    "EAN13": Symbology.EAN13,
    "UPCA": Symbology.UPCA,
    "EAN8": Symbology.EAN8,
    "UPCE": Symbology.UPCE,
    "Code128": Symbology.CODE128,
    "Code39": Symbology.CODE39,
    "ITF": Symbology.ITF,
    "QRCode": Symbology.QR,
    "MicroQRCode": Symbology.MICRO_QR,
    "DataMatrix": Symbology.DATAMATRIX,
    "PDF417": Symbology.PDF417,
    "Aztec": Symbology.AZTEC,
    "DataBar": Symbology.DATABAR,
    "DataBarExpanded": Symbology.DATABAR,
    "DataBarLimited": Symbology.DATABAR,
}
# The identifier's letter and its digits without and with GS1 content.
_AIM = {
    Symbology.EAN13: ("]E0", "]E0"),
    Symbology.UPCA: ("]E0", "]E0"),
    Symbology.UPCE: ("]E0", "]E0"),
    Symbology.EAN8: ("]E4", "]E4"),
    Symbology.CODE128: ("]C0", "]C1"),
    Symbology.GS1_128: ("]C1", "]C1"),
    Symbology.QR: ("]Q1", "]Q3"),
    Symbology.DATAMATRIX: ("]d1", "]d2"),
    Symbology.DATABAR: ("]e0", "]e0"),
}
_own = threading.local()  # a scanner of the library serves one thread


def tapirscan_codes(
    gray: Any, symbologies: frozenset[Symbology], effort: Effort
) -> tuple[list[Barcode], list[Suspect]]:
    """Codes of these symbologies in a gray picture (height, width) of uint8, and what was seen but not read.

    Raises ImportError where tapirscan is not installed.
    """
    import tapirscan

    if min(gray.shape) < 3:  # smaller than the library takes
        return [], []
    scanners: dict[str, Any] = _own.__dict__.setdefault("scanners", {})
    if effort not in scanners:
        scanners[effort] = tapirscan.Scanner(effort, parallel=False)
    formats = tuple(name for name, kind in _NAMES.items() if kind in symbologies)
    try:
        found = scanners[effort].inspect(gray, formats=formats)
    except (
        tapirscan.ScannerError
    ):  # a young library: its trouble with one picture must not cost the other looks
        return [], []
    codes = [_barcode(code) for code in found.barcodes]
    codes = [code for code in codes if len(code.reading.raw) >= LINEAR_MINIMUM.get(code.reading.symbology, 1)]
    return codes, [_corners(region.polygon) for region in found.undecoded]


def _barcode(code: Any) -> Barcode:
    kind, text = _NAMES[code.format], code.text
    if kind is Symbology.CODE128 and code.gs1:
        kind = Symbology.GS1_128
    aim = _AIM[kind][bool(code.gs1)] if kind in _AIM else ""
    if kind in {Symbology.EAN13, Symbology.UPCA, Symbology.UPCE}:
        kind, text = retail(kind, text)
    # Only linear codes come without bytes; Code 128 and its kin hold Latin-1 at most.
    raw = code.payload_bytes if code.payload_bytes is not None else text.encode("latin-1", "replace")
    if kind not in LINEAR:
        text = said(text, raw)
    return Barcode(Reading(text, raw, kind, aim), _corners(code.polygon))


def _corners(points: Iterable[Any]) -> tuple[Corner, ...]:
    return tuple(Corner(round(point.x), round(point.y)) for point in points)
