"""Scanner bytes to readings: where a code ends, what kind it is, which words it says. Pure."""

from __future__ import annotations

import re
from typing import Literal

from devices.label_ids import LABELS, LabelIds
from devices.ports import Reading, Symbology

LONGEST = 512
"""Bytes of the longest code taken from a scanner, its AIM identifier included."""

Charset = Literal["auto", "utf-8", "gb18030"]
Suffix = Literal["cr", "lf", "crlf", "tab", "etx", "none"]
Inside = Literal["auto", "never", "always"]
_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t", "etx": b"\x03"}
# A scanner set to CR LF where only CR is in the settings must not look as if its code went on.
_LAST = {"cr": rb"\r\n?"}
_STX, _ETX = b"\x02", b"\x03"
# STX/ETX, the other half of a CR LF where only one was configured, and the zero that a break on the line leaves.
_WRAPPING = b"\r\n\t\x02\x03\0"
_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_AIM_BEGUN = re.compile(rb"\][A-Za-z]?")
_ROOMY = re.compile(rb"[\r\n\t\x02\x03\0]*\][QdLzhU][0-9A-Za-z]")
"""QR, Data Matrix, PDF417, Aztec, Han Xin, MaxiCode: these hold whole texts, line ends and all."""
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
    b"z": Symbology.AZTEC,
}


class Framer:
    """Cuts a scanner's stream into codes; takes it in any pieces, keeps what is not complete yet.

    With `inside` a suffix ends a code only where silence or the next AIM identifier follows: "auto" for codes
    whose AIM identifier says that they may hold line ends, "always" for all. `dropped` counts codes that
    were not taken: longer than LONGEST, or left without an end.
    """

    def __init__(self, suffix: Suffix, inside: Inside = "never") -> None:
        self._end = _ENDS.get(suffix)
        self._last = re.compile(_LAST.get(suffix, re.escape(self._end or b"")))
        self._wanted: Inside = inside if self._end else "never"
        self._inside: Inside = self._wanted
        self._held = bytearray()
        self._overlong = False
        self.dropped = 0

    @property
    def waiting(self) -> bool:
        """Whether a code has begun and its end has not come."""
        return bool(self._held) or self._overlong

    @property
    def ended(self) -> bool:
        """Whether only silence is missing: the suffix that was read last may still belong to the code."""
        return not self._overlong and self._roomy() and self._final() is not None

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the codes that `data` completes, without their ends; empty ones are no codes."""
        codes = []
        self._held += data
        while (code := self._next()) is not None:
            codes += self._whole(code)
        if len(self._held) > LONGEST + len(_WRAPPING):
            # What may hold line ends is over only when silence says so.
            self._inside = "always" if self._roomy() else self._inside
            self._overlong = True
            # The first half of a two-byte end may be the last byte here.
            del self._held[: -len(self._end or b"\0") + 1 or None]
        return codes

    def silence(self) -> list[bytes]:
        """The scanner fell silent: without a suffix that ends a code, with one it was half a code."""
        final = self._final() if self.ended else None
        code = bytes(self._held[: final.start()] if final else self._held)
        self._held.clear()
        if final:
            return self._whole(code.lstrip(_WRAPPING))
        if self._overlong or not self._end:
            return self._whole(code.strip(_WRAPPING))
        self.dropped += bool(code.strip(_WRAPPING))
        return []

    def _next(self) -> bytes | None:
        """Takes the next complete code off what is held; None if there is none."""
        if not self._end:
            return None
        if not self._roomy():
            at = self._held.find(self._end)
            return None if at < 0 else self._take(at, at + len(self._end)).strip(_WRAPPING)
        for suffix in () if self._overlong else self._last.finditer(bytes(self._held)):
            rest = self._held[suffix.end() :]
            if _AIM.match(rest):
                return self._take(suffix.start(), suffix.end()).lstrip(_WRAPPING)
            if not rest or _AIM_BEGUN.fullmatch(rest):
                break
        return None

    def _take(self, stop: int, forget: int) -> bytes:
        code = bytes(self._held[:stop])
        del self._held[:forget]
        return code

    def _roomy(self) -> bool:
        """Whether the code that has begun may hold line ends."""
        if self._inside == "auto":
            return bool(_ROOMY.match(self._held))
        return self._inside != "never"

    def _final(self) -> re.Match[bytes] | None:
        """The suffix that stands at the very end of what is held."""
        found = list(self._last.finditer(bytes(self._held)))
        return found[-1] if found and found[-1].end() == len(self._held) else None

    def _whole(self, code: bytes) -> list[bytes]:
        if self._overlong or len(code) > LONGEST:
            self._overlong = False
            self._inside = self._wanted
            self.dropped += 1
            return []
        return [code] if code else []


class Fenced:
    """Cuts a stream in which each code stands between STX and ETX, line ends and all; the rest is noise.

    A code without its STX has lost its beginning, one without its ETX its end: neither is taken.
    """

    ended = False

    def __init__(self) -> None:
        self._held = bytearray()
        self._overlong = False
        self.dropped = 0

    @property
    def waiting(self) -> bool:
        """Whether a code has begun and its end has not come."""
        return bool(self._held.strip(_WRAPPING)) or self._overlong

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the codes that `data` completes, without STX and ETX; empty ones are no codes."""
        codes = []
        self._held += data
        while (end := self._held.find(_ETX)) >= 0:
            noise, begun, code = bytes(self._held[:end]).rpartition(_STX)
            del self._held[: end + 1]
            lost = self._overlong or (noise if begun else code).strip(_WRAPPING) or len(code) > LONGEST
            self._overlong = False
            self.dropped += bool(lost)
            if begun and code and len(code) <= LONGEST:
                codes.append(code)
        if len(self._held) > LONGEST + len(_WRAPPING):
            self._held.clear()
            self._overlong = True
        return codes

    def silence(self) -> list[bytes]:
        """The scanner fell silent: what has begun was half a code."""
        self.dropped += self.waiting
        self._held.clear()
        self._overlong = False
        return []


def reading(raw: bytes, charset: Charset, labels: LabelIds = "none") -> Reading:
    """What a code says: an AIM identifier in front, or else the maker's own, names the symbology and is not
    part of the text."""
    if _AIM.match(raw):
        kind = _AIM_NAMES.get(raw[1:3]) or _AIM_NAMES.get(raw[1:2], Symbology.UNKNOWN)
        if raw[1:2] == b"E" and raw[1:3] not in _AIM_NAMES:  # add-ons alone: ]E1, ]E2
            kind = Symbology.UNKNOWN
        return Reading(words(raw[3:], charset), raw, kind, raw[:3].decode("ascii"))
    for label, kind in LABELS[labels]:
        if raw.startswith(label):
            return Reading(words(raw[len(label) :], charset), raw, kind)
    return Reading(words(raw, charset), raw)


def words(payload: bytes, charset: Charset) -> str:
    """Payload bytes as text; auto is UTF-8 where valid, else GB18030. What is neither is replaced."""
    if charset == "auto":
        try:
            return payload.decode("utf-8")
        except UnicodeDecodeError:
            charset = "gb18030"
    return payload.decode(charset, "replace")
