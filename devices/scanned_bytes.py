"""Scanner bytes to readings: where a code ends, what kind it is, which words it says. Pure."""

from __future__ import annotations

import re
from typing import Literal

from devices.ports import Reading, Symbology

LONGEST = 512
"""Bytes of the longest code taken from a scanner, its AIM identifier included."""

Charset = Literal["auto", "utf-8", "gb18030"]
Suffix = Literal["cr", "lf", "crlf", "tab", "none"]
_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t"}
_WRAPPING = b"\r\n\t\x02\x03"  # STX/ETX, and the other half of a CR LF where only one was configured
_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
# ISO/IEC 15424: the letter is the symbology, the digit its options; the ones that differ by digit come first.
_AIM_NAMES = {
    b"C1": Symbology.GS1_128,
    b"E4": Symbology.EAN8,
    b"E0": Symbology.EAN13,
    b"E3": Symbology.EAN13,
    b"A": Symbology.CODE39,
    b"C": Symbology.CODE128,
    b"I": Symbology.ITF,
    b"L": Symbology.PDF417,
    b"Q": Symbology.QR,
    b"d": Symbology.DATAMATRIX,
    b"e": Symbology.DATABAR,
}


class Framer:
    """Cuts a scanner's stream into codes; takes it in any pieces, keeps what is not complete yet.

    `dropped` counts codes that were not taken: longer than LONGEST, or left without an end.
    """

    def __init__(self, suffix: Suffix) -> None:
        self._end = _ENDS.get(suffix)
        self._held = bytearray()
        self._overlong = False
        self.dropped = 0

    @property
    def waiting(self) -> bool:
        """Whether a code has begun and its end has not come."""
        return bool(self._held) or self._overlong

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the codes that `data` completes, without their ends; empty ones are no codes."""
        codes = []
        self._held += data
        while self._end and (at := self._held.find(self._end)) >= 0:
            code = bytes(self._held[:at])
            del self._held[: at + len(self._end)]
            codes += self._whole(code)
        if len(self._held) > LONGEST + len(_WRAPPING):
            self._overlong = True
            # The first half of a two-byte end may be the last byte here.
            del self._held[: -len(self._end or b"\0") + 1 or None]
        return codes

    def silence(self) -> list[bytes]:
        """The scanner fell silent: without a suffix that ends a code, with one it was half a code."""
        code = bytes(self._held)
        self._held.clear()
        if self._end and code.strip(_WRAPPING) and not self._overlong:
            self.dropped += 1
            return []
        return self._whole(code) if not self._end or self._overlong else []

    def _whole(self, code: bytes) -> list[bytes]:
        code = code.strip(_WRAPPING)
        if self._overlong or len(code) > LONGEST:
            self._overlong = False
            self.dropped += 1
            return []
        return [code] if code else []


def reading(raw: bytes, charset: Charset) -> Reading:
    """What a code says: an AIM identifier in front names the symbology and is not part of the text."""
    if not _AIM.match(raw):
        return Reading(words(raw, charset), raw)
    kind = _AIM_NAMES.get(raw[1:3]) or _AIM_NAMES.get(raw[1:2], Symbology.UNKNOWN)
    if raw[1:2] == b"E" and raw[1:3] not in _AIM_NAMES:  # add-ons alone: ]E1, ]E2
        kind = Symbology.UNKNOWN
    return Reading(words(raw[3:], charset), raw, kind)


def words(payload: bytes, charset: Charset) -> str:
    """Payload bytes as text; auto is UTF-8 where valid, else GB18030. What is neither is replaced."""
    if charset == "auto":
        try:
            return payload.decode("utf-8")
        except UnicodeDecodeError:
            charset = "gb18030"
    return payload.decode(charset, "replace")
