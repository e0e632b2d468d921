"""Text for paper: what of it can be drawn at all, and where a line breaks."""

from __future__ import annotations

import functools
import unicodedata

from devices.escpos_raster import has_glyph
from devices.escpos_rom import WESTERN, cells, code_of, width

_MISSING = "□"  # an honest box beats a wrong character
_STANDS_FOR = {
    "–": "-", "—": "-", "−": "-", "\u00a0": " ", "‘": "'", "’": "'", "“": '"', "”": '"', "•": "·", "…": "..."
}  # fmt: skip
# U+00A5 is a four-byte character in GB18030, which GBK ROMs print as rubbish; the full-width one is in all.
_CHINESE = str.maketrans(
    {"¥": "￥", "–": "-", "—": "-", "\u00a0": " ", "‘": "'", "’": "'", "•": "·", "−": "-"}
)
_LATIN = str.maketrans({**_STANDS_FOR, "￥": "¥", "×": "x"})
_NEVER_FIRST = "，。、；：！？）》】”’…％%,.;:!?)]}"


def printable(text: str, charset: str) -> str:
    """`text` with only what can be drawn: no control characters, a box for what no font here has."""
    plain = unicodedata.normalize("NFC", text).translate(_LATIN if charset == WESTERN else _CHINESE)
    return "".join(char if " " <= char < "\x7f" else _drawable(char, charset) for char in plain)


def wrap(text: str, columns: int) -> list[str]:
    """Breaks printable text into lines of at most `columns`, dropping nothing but spaces at breaks."""
    if width(text) <= columns:
        return [text.strip(" ")]
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


@functools.lru_cache(8192)
def _drawable(char: str, charset: str) -> str:
    category = unicodedata.category(char)
    if char in "\t\n\r\v\f" or category in {"Zs", "Zl", "Zp"}:
        return "\u3000" if char == "\u3000" and charset != WESTERN else " " * cells(char)
    if category[0] == "C" or category[0] == "M":  # a control must never reach the printer's parser
        return ""
    if code_of(char, charset):
        return char
    folded = unicodedata.normalize("NFKD", char)
    if folded.isascii() and cells(char) == 1:  # a ligature
        return folded
    if has_glyph(char):
        return char
    kept = (c for c in folded if not unicodedata.combining(c))
    plain = "".join(c for c in kept if c.isascii() or code_of(c, charset) or has_glyph(c))
    return plain or (_MISSING if code_of(_MISSING, charset) or has_glyph(_MISSING) else "?")


def _words(text: str) -> list[str]:
    """Unbreakable pieces, each with the spaces before it; together they are `text` again."""
    words: list[str] = []
    for char in text:
        before = words[-1][-1] if words else ""
        inside = char > " " and cells(char) == 1 and before > " " and cells(before) == 1
        if before and (before == " " or inside or char in _NEVER_FIRST):
            words[-1] += char
        else:
            words.append(char)
    return words


def _fitting(text: str, columns: int) -> str:
    room, count = columns, 0
    for char in text:
        room -= cells(char)
        if room < 0:
            break
        count += 1
    return text[: max(count, 1)]
