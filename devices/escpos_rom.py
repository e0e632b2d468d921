"""What a printer's ROM can draw, and how wide characters come out.

In the ROM's Chinese lane (FS &) an ASCII character takes one column and every other one takes two; a
line that we draw ourselves keeps to the same widths, so that columns stand under each other.
"""

from __future__ import annotations

import functools
import unicodedata

WESTERN = "western"
"""The charset of a ROM without Chinese: ASCII and the letters and signs of code page 437."""


def in_rom(char: str, charset: str) -> bool:
    """Whether the printer itself draws this character, and as wide as `width` says."""
    return char < "\x80" or code_of(char, charset) != b""


def rom_bytes(text: str, charset: str) -> bytes:
    """What is sent for text of which every character is in the ROM."""
    return text.encode("cp437" if charset == WESTERN else charset)


def width(text: str) -> int:
    """Columns that printable text takes on paper."""
    return len(text) if text.isascii() else sum(map(cells, text))


@functools.lru_cache(8192)
def cells(char: str) -> int:
    """Columns of one character: ASCII, Latin letters and what Unicode calls narrow one, all others two."""
    if char < "\x80" or unicodedata.east_asian_width(char) in {"Na", "N", "H"}:
        return 1
    return 1 if unicodedata.name(char, "").startswith("LATIN ") else 2


@functools.lru_cache(8192)
def code_of(char: str, charset: str) -> bytes:
    """The code of a character in the ROM's own lane; b"" where it has none that is as wide as `cells`."""
    if charset == WESTERN:
        sign = char in "¥£¢°" or unicodedata.category(char)[0] == "L"
        return char.encode("cp437", "ignore") if sign and cells(char) == 1 else b""
    if cells(char) == 1:  # the ROM has a few accented letters, but two columns wide: they tear a word apart
        return b""
    try:
        code = char.encode(charset)
    except UnicodeEncodeError:
        return b""
    # Of GB18030's four-byte codes a ROM draws the hanzi of extension A and no more.
    return code if len(code) == 2 or "\u3400" <= char <= "\u4db5" else b""
