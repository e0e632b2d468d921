"""Text for paper: what of it can be drawn at all, and where a line breaks."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

from devices.escpos_raster import has_glyph
from devices.escpos_rom import WESTERN, cells, code_of, width
from devices.slip import Align

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


def column_lines(texts: Sequence[tuple[str, int, Align]], columns: int) -> list[str]:
    """Printable (text, share, alignment) side by side with a blank column between; under each other where a
    text would have less than two columns, the width of a hanzi."""
    room = columns - (len(texts) - 1) - 2 * len(texts)
    if room < 0:
        return [_placed(row, columns, align) for text, _, align in texts for row in wrap(text, columns)]
    widths = [2 + part for part in _split(room, [min(max(share, 1), 100) for _, share, _ in texts])]
    towers = [
        [_placed(row, wide, align) for row in wrap(text, wide)]
        for (text, _, align), wide in zip(texts, widths, strict=True)
    ]
    return [
        " ".join(
            cell if cell is not None else " " * wide for cell, wide in zip(row, widths, strict=True)
        ).rstrip(" ")
        for row in zip_longest(*towers)
    ]


def _split(room: int, shares: Sequence[int]) -> list[int]:
    """`room` in whole parts as the shares say; none is lost to rounding."""
    total, taken, sum_so_far, parts = sum(shares), 0, 0, list[int]()
    for share in shares:
        sum_so_far += share
        edge = room * sum_so_far // total
        parts.append(edge - taken)
        taken = edge
    return parts


def _placed(text: str, columns: int, align: Align) -> str:
    room = max(columns - width(text), 0)
    left = {Align.LEFT: 0, Align.CENTER: room // 2, Align.RIGHT: room}[align]
    return " " * left + text + " " * (room - left)


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
