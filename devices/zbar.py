"""The zbar library as a reader of the decoding cascade, through pyzbar's bindings.

pyzbar's own `decode` cannot ask for exact bytes: zbar then guesses the charset of a QR code and turns
Chinese into wrong Japanese. This drives the same calls with zbar's binary mode on.
"""

from __future__ import annotations

from typing import Any

from devices.ports import Barcode, Corner, Reading, Symbology
from devices.scanned_bytes import words

_ENABLE, _BINARY, _MIN_LENGTH, _DENSITY_X, _DENSITY_Y = 0, 4, 0x20, 0x100, 0x101
_QR = 64
# zbar's numbers. DataBar is left out: it prints assertion warnings and reads little.
_SYMBOLOGIES = {
    8: Symbology.EAN8,
    9: Symbology.UPCE,
    12: Symbology.UPCA,
    13: Symbology.EAN13,
    25: Symbology.ITF,
    39: Symbology.CODE39,
    _QR: Symbology.QR,
    128: Symbology.CODE128,
}
LINEAR = frozenset(_SYMBOLOGIES.values()) - {Symbology.QR} | {Symbology.GS1_128, Symbology.DATABAR}
"""Codes of bars: no error correction, and no charset but Latin-1."""
LINEAR_MINIMUM = {Symbology.ITF: 10, Symbology.CODE39: 4, Symbology.CODE128: 3}
"""Least characters: formats without a check digit are read by chance off any striped thing, short ones most."""
ALL = frozenset(_SYMBOLOGIES.values())
"""What zbar reads here."""
_GRAY = int.from_bytes(b"Y800", "little")


def zbar_codes(gray: Any, symbologies: frozenset[Symbology] = ALL) -> list[Barcode]:
    """Codes of these symbologies in a gray picture: a numpy array (height, width) of uint8."""
    from pyzbar import wrapper  # type: ignore[import-untyped]

    pixels = gray.tobytes()
    scanner = wrapper.zbar_image_scanner_create()
    image = wrapper.zbar_image_create()
    try:
        _configure(wrapper, scanner, symbologies)
        wrapper.zbar_image_set_format(image, _GRAY)
        wrapper.zbar_image_set_size(image, gray.shape[1], gray.shape[0])
        wrapper.zbar_image_set_data(image, pixels, len(pixels), None)
        wrapper.zbar_scan_image(scanner, image)
        return _found(wrapper, image)
    finally:
        wrapper.zbar_image_destroy(image)
        wrapper.zbar_image_scanner_destroy(scanner)


def _configure(wrapper: Any, scanner: Any, symbologies: frozenset[Symbology]) -> None:
    configure = wrapper.zbar_image_scanner_set_config
    configure(scanner, 0, _ENABLE, 0)  # 0 stands for all symbologies
    for number, kind in _SYMBOLOGIES.items():
        if kind not in symbologies:
            continue
        configure(scanner, number, _ENABLE, 1)
        if kind in LINEAR_MINIMUM:
            configure(scanner, number, _MIN_LENGTH, LINEAR_MINIMUM[kind])
    configure(scanner, _QR, _BINARY, 1)


def _found(wrapper: Any, image: Any) -> list[Barcode]:
    from ctypes import string_at

    codes = []
    symbol = wrapper.zbar_image_first_symbol(image)
    while symbol:
        length = wrapper.zbar_symbol_get_data_length(symbol)
        raw = bytes(string_at(wrapper.zbar_symbol_get_data(symbol), length))
        kind = _SYMBOLOGIES.get(symbol.contents.type, Symbology.UNKNOWN)
        points = range(wrapper.zbar_symbol_get_loc_size(symbol))
        corners = tuple(
            Corner(
                int(wrapper.zbar_symbol_get_loc_x(symbol, at)), int(wrapper.zbar_symbol_get_loc_y(symbol, at))
            )
            for at in points
        )
        text = words(raw, "auto")
        if kind in {Symbology.EAN13, Symbology.UPCA, Symbology.UPCE}:
            kind, text = retail(kind, text)
            raw = text.encode()
        codes.append(Barcode(Reading(text, raw, kind), corners))
        symbol = wrapper.zbar_symbol_next(symbol)
    return codes


def retail(kind: Symbology, digits: str) -> tuple[Symbology, str]:
    """A code of the EAN and UPC family in one form, whichever reader it comes from, so that two sights compare.

    UPC-A is 12 digits, also where a reader gives it as EAN-13 with a leading 0; UPC-E is the 12 digits that
    it stands for.
    """
    if kind is Symbology.UPCE:
        return kind, expanded(digits) if len(digits) == 8 else digits[-12:]
    if len(digits) == 13 and digits[0] == "0":
        return Symbology.UPCA, digits[1:]
    return (Symbology.UPCA if len(digits) == 12 else Symbology.EAN13), digits


def expanded(upc_e: str) -> str:
    """The 12 digits of UPC-A that 8 digits of UPC-E stand for; those are what catalogues hold."""
    system, d, check = upc_e[0], upc_e[1:7], upc_e[7:]
    last = d[5]
    if last in "012":
        body = d[:2] + last + "0000" + d[2:5]
    elif last == "3":
        body = d[:3] + "00000" + d[3:5]
    elif last == "4":
        body = d[:4] + "00000" + d[4]
    else:
        body = d[:5] + "0000" + last
    return system + body + check
