"""A slip as ESC/POS bytes: pure, so that what a printer is told can be read in a test.

Text goes through the ROM's Chinese lane (FS &): there an ASCII character takes one column and every
other one takes two, whatever Unicode says of its width, so that is the width counted here.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from devices.ports import Align, Code128, Feed, Pair, Qr, Rule, Slip, SlipPart, Text

DOTS_A_COLUMN = 12
"""Width of a half-width character in dots (ESC/POS font A)."""

_INIT = b"\x1b@\x1c&"  # ESC @ also leaves the Chinese lane, hence FS & right after it
_FEED_AND_CUT = b"\x1dVB\x00"
_MISSING = "□"  # in every GB set; an honest box beats a wrong character
# U+00A5 is a four-byte character in GB18030, which GBK ROMs print as rubbish; the full-width one is in all.
_STANDS_FOR = str.maketrans(
    {"¥": "￥", "€": "EUR", "–": "-", "—": "-", "\u00a0": " ", "‘": "'", "’": "'", "•": "·", "−": "-"}
)
_ALIGN = {Align.LEFT: "left", Align.CENTER: "center", Align.RIGHT: "right"}
_NEVER_FIRST = "，。、；：！？）》】”’…％%,.;:!?)]}"


def encode(slip: Slip, columns: int, charset: str) -> bytes:
    """Returns the bytes that print `slip` and cut.

    `columns` is half-width characters a line, `charset` one of gb18030, gbk, gb2312. The slip's title
    names the job and is not drawn.
    """
    from escpos.printer import Dummy  # type: ignore[import-untyped]

    printer = Dummy()
    _send(printer, _INIT)
    for part in slip.parts:
        _put(printer, part, columns, charset)
    _send(printer, _FEED_AND_CUT)
    return bytes(printer.output)


def printable(text: str, charset: str) -> str:
    """`text` with only what the ROM can draw: no control characters, a box for what it lacks."""
    plain = unicodedata.normalize("NFC", text).translate(_STANDS_FOR)
    return "".join(_drawable(char, charset) for char in plain)


def width(text: str) -> int:
    """Columns that printable text takes on paper."""
    return sum(1 if char < "\x80" else 2 for char in text)


def wrap(text: str, columns: int) -> list[str]:
    """Breaks printable text into lines of at most `columns`, dropping nothing but spaces at breaks."""
    lines, line = [], ""
    for word in _words(text):
        piece = word if line else word.lstrip(" ")
        if width(line) + width(piece.rstrip(" ")) > columns:
            if line:
                lines.append(line.rstrip(" "))
            line = ""
            piece = word.lstrip(" ")
            while width(piece.rstrip(" ")) > columns:
                head = _fitting(piece, columns)
                lines.append(head)
                piece = piece[len(head) :]
        line += piece
    return [*lines, line.rstrip(" ")] if line.strip(" ") or not lines else lines


def pair_lines(left: str, right: str, columns: int) -> list[str]:
    """`left` and `right` at the two edges, on one line if they fit, else `left` wrapped above."""
    rows = wrap(left, columns)
    tails = wrap(right, columns)
    if len(tails) == 1 and width(rows[-1]) + 1 + width(tails[0]) <= columns:
        last = rows.pop()
        gap = columns - width(last) - width(tails[0])
        return [*rows, last + " " * gap + tails[0]]
    return rows + [" " * (columns - width(tail)) + tail for tail in tails]


def _drawable(char: str, charset: str) -> str:
    if "\x20" <= char < "\x7f":
        return char
    category = unicodedata.category(char)
    if char in "\t\n\r\v\f" or category in {"Zs", "Zl", "Zp"}:
        return "\u3000" if char == "\u3000" else " "
    if category[0] == "C" or category == "Mn":  # a control must never reach the printer's parser
        return ""
    folded = unicodedata.normalize("NFKD", char)
    letter = folded[0].isascii() and folded[0].isalpha()
    # The ROM has a few accented letters, but two columns wide: they tear a word apart.
    if _in_rom(char, charset) and not (letter and len(folded) > 1):
        return char
    kept = (c for c in folded if not unicodedata.combining(c))
    plain = "".join(c for c in kept if "\x20" <= c < "\x7f" or (c >= "\x80" and _in_rom(c, charset)))
    return plain or _MISSING


def _in_rom(char: str, charset: str) -> bool:
    if char > "\uffff":  # outside what GB18030 ROMs draw
        return False
    try:
        return len(char.encode(charset)) == 2 or charset == "gb18030"
    except UnicodeEncodeError:
        return False


def _words(text: str) -> list[str]:
    """Unbreakable pieces, each with the spaces before it; together they are `text` again."""
    words: list[str] = []
    for char in text:
        before = words[-1][-1] if words else ""
        inside_ascii = " " < char < "\x80" and " " < before < "\x80"
        if before and (before == " " or inside_ascii or char in _NEVER_FIRST):
            words[-1] += char
        else:
            words.append(char)
    return words


def _fitting(text: str, columns: int) -> str:
    room, count = columns, 0
    for char in text:
        room -= width(char)
        if room < 0:
            break
        count += 1
    return text[: max(count, 1)]


def _send(printer: Any, data: bytes) -> None:
    printer._raw(data)  # noqa: SLF001 - python-escpos has no public way to send bytes as they are


def _put(printer: Any, part: SlipPart, columns: int, charset: str) -> None:
    match part:
        case Text():
            _put_text(printer, part, columns, charset)
        case Pair(left, right, bold):
            printer.set(align="left", bold=bold, custom_size=True, width=1, height=1)
            rows = pair_lines(printable(left, charset), printable(right, charset), columns)
            _put_lines(printer, rows, charset)
        case Rule():
            printer.set(align="left", bold=False, custom_size=True, width=1, height=1)
            _put_lines(printer, ["-" * columns], charset)
        case Qr(text, module):
            _put_qr(printer, text, module, columns, charset)
        case Code128(text):
            _put_code128(printer, text, columns, charset)
        case Feed(lines):
            _send(printer, b"\n" * min(max(lines, 0), 20))


def _put_text(printer: Any, part: Text, columns: int, charset: str) -> None:
    scale = min(max(part.scale, 1), 8)
    printer.set(align=_ALIGN[part.align], bold=part.bold, custom_size=True, width=scale, height=scale)
    _put_lines(printer, wrap(printable(part.text, charset), columns // scale), charset)


def _put_lines(printer: Any, lines: list[str], charset: str) -> None:
    for line in lines:
        _send(printer, line.encode(charset) + b"\n")


def _put_qr(printer: Any, text: str, module: int, columns: int, charset: str) -> None:
    import segno

    clean = "".join(char for char in text if unicodedata.category(char) not in {"Cc", "Cs"})
    try:
        side = segno.make(clean, error="m", micro=False, boost_error=False).symbol_size(border=4)[0]
    except (segno.DataOverflowError, ValueError):  # too much for a QR code, or nothing: words then
        _put_text(printer, Text(text), columns, charset)
        return
    fitting = columns * DOTS_A_COLUMN // side
    printer.set(align="center", custom_size=True, width=1, height=1)
    printer.qr(clean, ec=1, size=min(max(min(module, fitting), 1), 16), native=True)
    _send(printer, b"\n")


def _put_code128(printer: Any, text: str, columns: int, charset: str) -> None:
    """Code set B; too wide for the paper or not ASCII: as words, for a printer prints nothing then."""
    modules = 11 * (len(text) + 2) + 13 + 20
    dots = min(columns * DOTS_A_COLUMN // modules, 3)
    if dots < 2 or not text or any(not "\x20" <= char < "\x7f" for char in text):
        _put_text(printer, Text(text, align=Align.CENTER), columns, charset)
        return
    data = b"{B" + text.replace("{", "{{").encode("ascii")
    printer.set(align="center", custom_size=True, width=1, height=1)
    # barcode() of python-escpos writes to standard output, so the command is spelt out here.
    _send(printer, b"\x1dh\x50\x1dw" + bytes([dots]) + b"\x1df\x00\x1dH\x02")
    _send(printer, b"\x1dkI" + bytes([len(data)]) + data + b"\n")
