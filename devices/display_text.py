"""Text for a customer display: what of it can be shown, cut to its columns. Pure."""

from __future__ import annotations

import unicodedata

from devices.escpos_rom import cells, code_of, width

_PLAIN = {"¥": "", "￥": "", "×": "x", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"'}
_ROM = "gbk"  # what displays draw of GB18030: its codes of two bytes
_EDGES = " /|·"


def shown(text: str, columns: int, charset: str) -> bytes:
    """`columns` bytes of display: controls stripped, what it cannot show left out, cut, filled with spaces.

    `charset` as in the settings: gb18030, where a Chinese character takes two columns, or ascii, where Chinese is
    left out and the rest stays, so that of "苹果 / Apple" stays "Apple".
    """
    kept = "".join(_showable(char, charset) for char in unicodedata.normalize("NFC", text))
    if charset == "ascii" and any(ord(char) > 0x2FF for char in text):
        kept = kept.strip(_EDGES)
    line = _cut(kept, columns)
    return (line + " " * (columns - width(line))).encode("ascii" if charset == "ascii" else _ROM)


def _cut(text: str, columns: int) -> str:
    room = columns
    for at, char in enumerate(text):
        room -= cells(char)
        if room < 0:
            return text[:at]
    return text


def _showable(char: str, charset: str) -> str:
    if " " <= char <= "~":
        return char
    category = unicodedata.category(char)
    if category[0] in "CM" or category in {"Zl", "Zp"}:  # a control must never reach what executes it
        return " " if char in "\t\n\r\v\f" else ""
    if charset != "ascii":
        if char == "¥":  # GBK has the wide one only
            return "￥"
        if code_of(char, _ROM):
            return char
    if char in _PLAIN:
        return _PLAIN[char]
    folded = unicodedata.normalize("NFKD", char)
    return "".join(plain for plain in folded if " " <= plain <= "~")
