"""A slip as ESC/POS bytes: pure, so that what a printer is told can be read in a test.

A line whose every character is in the printer's ROM goes as text, any other as a picture of itself.
python-escpos gives the bytes of styles and QR codes; each style is asked for once.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from devices.escpos_picture import picture
from devices.escpos_raster import BIGGEST_BAND, DOTS, raster
from devices.escpos_rom import WESTERN, in_rom, rom_bytes
from devices.escpos_words import column_lines, pair_lines, printable, wrap
from devices.slip import (
    Align,
    Code128,
    Columns,
    Ean13,
    Feed,
    Image,
    Logo,
    Pair,
    Qr,
    Rule,
    Slip,
    SlipPart,
    Text,
)

BIGGEST_COMMAND = BIGGEST_BAND + 16
"""No command of a slip is longer than this, in bytes."""
# ESC @ leaves the Chinese lane (or, on Chinese models, enters it), hence the choice right after it.
_CHINESE, _WESTERN = b"\x1b@\x1c&", b"\x1b@\x1c.\x1bt\x00"
_FEED_AND_CUT = b"\x1dVB\x00"
_ALIGN = {Align.LEFT: "left", Align.CENTER: "center", Align.RIGHT: "right"}


def encode(slip: Slip, columns: int, charset: str) -> bytes:
    """Returns the bytes that print `slip` and cut; they begin with ESC @.

    `columns` is half-width characters a line, `charset` one of gb18030, gbk, gb2312, western. The slip's
    title names the job and is not drawn. Raises devices.escpos_picture.NoPicture.
    """
    head = _WESTERN if charset == WESTERN else _CHINESE
    return head + b"".join(_part(part, columns, charset) for part in slip.parts) + _FEED_AND_CUT


def _part(part: SlipPart, columns: int, charset: str) -> bytes:
    match part:
        case Text():
            scale = min(max(part.scale, 1), 8)
            rows = wrap(printable(part.text, charset), columns // scale)
            return _lines(rows, columns, charset, part.align, bold=part.bold, scale=scale)
        case Pair(left, right, bold):
            rows = pair_lines(printable(left, charset), printable(right, charset), columns)
            return _lines(rows, columns, charset, Align.LEFT, bold=bold)
        case Columns(cells, bold):
            texts = [(printable(cell.text, charset), cell.share, cell.align) for cell in cells]
            return _lines(column_lines(texts, columns), columns, charset, Align.LEFT, bold=bold)
        case Rule():
            return _lines(["-" * columns], columns, charset, Align.LEFT)
        case Qr() | Code128() | Ean13():
            return _code(part, columns, charset)
        case Image(png, width, align):
            return _style(Align.LEFT, False, 1) + picture(png, max(width, 0), align, columns)
        case Logo():
            return b""  # what is to be printed has the picture itself by now
        case Feed(lines):
            return b"\n" * min(max(lines, 0), 20)


def _code(part: Qr | Code128 | Ean13, columns: int, charset: str) -> bytes:
    match part:
        case Qr(text, module):
            return _qr(text, module, columns, charset)
        case Code128(text):
            return _code128(text, columns, charset)
        case Ean13(digits):
            return _ean13(digits, columns, charset)


def _lines(
    rows: list[str], columns: int, charset: str, align: Align, *, bold: bool = False, scale: int = 1
) -> bytes:
    out, before = [], b""
    for row in rows:
        drawn = not row.isascii() and not all(in_rom(char, charset) for char in row)
        style = _style(Align.LEFT if drawn else align, bold, scale)
        out.append(b"" if style == before else style)
        if drawn:
            out.append(raster(row, columns, align, bold=bold, scale=scale))
        else:
            out.append(rom_bytes(row, charset) + b"\n")
        before = style
    return b"".join(out)


@functools.cache
def _style(align: Align, bold: bool, scale: int) -> bytes:
    from escpos.printer import Dummy  # type: ignore[import-untyped]

    printer = Dummy()
    printer.set(align=_ALIGN[align], bold=bold, custom_size=True, width=scale, height=scale)
    return bytes(printer.output)


def _qr(text: str, module: int, columns: int, charset: str) -> bytes:
    clean = "".join(char for char in text if unicodedata.category(char) not in {"Cc", "Cs"})
    side = _qr_side(clean)
    if not side:  # too much for a QR code, or nothing: words then
        return _part(Text(text), columns, charset)
    size = min(max(min(module, columns * DOTS // side), 1), 16)
    return _style(Align.CENTER, False, 1) + _qr_command(clean, size) + b"\n"


@functools.lru_cache(64)
def _qr_command(text: str, size: int) -> bytes:
    from escpos.printer import Dummy

    printer = Dummy()
    printer.qr(text, ec=1, size=size, native=True)
    return bytes(printer.output)


def _qr_side(text: str) -> int:
    """Modules of a code of level M, quiet zone included; 0 where none can hold it.

    Bytes are counted, which is the most that the printer's own choice of modes can need.
    """
    size = len(text.encode())
    if not size:
        return 0
    for version, room in enumerate(_BYTES_AT_M, start=1):
        if size <= room:
            return 17 + 4 * version + 8
    return 0


# ISO/IEC 18004, table 7: bytes that a QR code of version 1 to 40 holds at level M.
_BYTES_AT_M = (
    14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666,
    711, 779, 857, 911, 997, 1059, 1125, 1190, 1264, 1370, 1452, 1538, 1628, 1722, 1809, 1911, 1989, 2099, 2213, 2331,
)  # fmt: skip


_DIGITS = re.compile(r"[0-9]+")
# DLE EOT, DLE ENQ, DLE DC4: a printer obeys them wherever they stand, also amid the data of a bar code.
_REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")
_BESIDE = 40
"""Characters that somebody may have to type: as words beside a code that takes the place of bars."""


def _code128(text: str, columns: int, charset: str) -> bytes:
    """The shortest code sets B and C; too wide for the paper: a QR code of the same text, with the text below.

    Not ASCII, or too much for a QR code as well: as words, for a printer prints nothing then.
    """
    words = _part(Text(text, align=Align.CENTER), columns, charset)
    if not text or any(not "\x20" <= char < "\x7f" for char in text):
        return words
    symbols, data = _code_sets(text)
    # Start, check and stop characters and the quiet zones (ISO/IEC 15417).
    modules = 11 * (symbols + 2) + 13 + 20
    dots = min(columns * DOTS // modules, 3)
    if dots < 2:
        return _qr(text, 5, columns, charset) + words if len(text) <= _BESIDE else words
    # barcode() of python-escpos writes to standard output, so the command is spelt out here.
    bars = b"\x1dh\x50\x1dw" + bytes([dots]) + b"\x1df\x00\x1dH\x02\x1dkI" + bytes([len(data)]) + data
    return _style(Align.CENTER, False, 1) + bars + b"\n"


def _code_sets(text: str) -> tuple[int, bytes]:
    """How many characters of Code 128 a text needs, start and check aside, and how ESC/POS is told.

    Four digits and more at either end, six within, are pairs of code set C (ISO/IEC 15417, annex E).
    """
    symbols, data, current = 0, b"", ""
    at = 0
    for run in _DIGITS.finditer(text):
        start, end = run.span()
        start += (end - start) % 2
        least = 4 if run.start() == 0 or end == len(text) else 6
        if end - start < least or _REAL_TIME.search(_pairs(text[start:end])):
            continue
        for wanted, part in (("B", text[at:start]), ("C", text[start:end])):
            symbols, data, current = _more(symbols, data, current, wanted, part)
        at = end
    symbols, data, _ = _more(symbols, data, current, "B", text[at:])
    return symbols, data


def _more(symbols: int, data: bytes, current: str, wanted: str, part: str) -> tuple[int, bytes, str]:
    if not part:
        return symbols, data, current
    if wanted != current:
        symbols += 1 if current else 0
        data += b"{" + wanted.encode("ascii")
    if wanted == "C":
        return symbols + len(part) // 2, data + _pairs(part), wanted
    return symbols + len(part), data + part.replace("{", "{{").encode("ascii"), wanted


def _pairs(digits: str) -> bytes:
    return bytes(int(digits[at : at + 2]) for at in range(0, len(digits), 2))


def _ean13(digits: str, columns: int, charset: str) -> bytes:
    """12 digits, or 13 with the right check digit; anything else as words, for a printer prints nothing then."""
    right = digits.isascii() and digits.isdigit() and len(digits) in (12, 13)
    if not right or (len(digits) == 13 and int(digits[12]) != _check_digit(digits)):
        return _part(Text(digits, align=Align.CENTER), columns, charset)
    code = digits[:12] + str(_check_digit(digits))
    bars = b"\x1dh\x50\x1dw\x03\x1df\x00\x1dH\x02\x1dkC\x0d" + code.encode("ascii")
    return _style(Align.CENTER, False, 1) + bars + b"\n"


def _check_digit(digits: str) -> int:
    """GS1 General Specifications 7.9.1: the thirteenth digit to the first twelve."""
    return -sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits[:12])) % 10
