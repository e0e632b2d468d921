"""What an ESC/POS printer answers: a parser of its bytes, and what the status bytes mean.

Source of the bit tables: Epson ESC/POS reference, DLE EOT, GS r, GS a (ASB), GS ( H and GS I.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from devices.ports import PrinterState

_XON_XOFF = b"\x11\x13"
_BLOCK = b"\x37\x3b\x3d\x5f"
_LONGEST = 96
_SILENCE_S = 0.2


class ReplyKind(Enum):
    """Which question a reply belongs to, as its fixed bits say."""

    REAL_TIME = "DLE EOT"
    IN_ORDER = "GS r"
    UNASKED = "ASB"
    BLOCK = "GS ( H, GS I, DLE DC4"


class Reply(msgspec.Struct, frozen=True):
    """One whole reply; `data` is 1 byte, 4 for an unasked one, a block with its first byte and without its NUL."""

    kind: ReplyKind
    data: bytes


class ReplyParser:
    """Cuts the printer's stream into replies; takes it in any pieces, keeps the incomplete rest.

    A frame that stands still for 200 ms was torn; the next byte begins another.
    """

    def __init__(self) -> None:
        self._frame = b""
        self._heard_s = 0.0
        self.dropped = 0
        """Bytes that belonged to no reply."""

    def feed(self, data: bytes, now_s: float = 0.0) -> list[Reply]:
        """Returns the replies that `data` completes, in order; `now_s` on a monotonic clock."""
        if self._frame and now_s - self._heard_s > _SILENCE_S:
            self._drop()
        self._heard_s = now_s
        return [reply for byte in data if (reply := self._take(byte))]

    def _take(self, byte: int) -> Reply | None:
        if byte in _XON_XOFF:  # flow control may cut into any frame
            return None
        if self._frame:
            return self._grow(byte)
        if byte in _BLOCK or byte & 0x93 == 0x10:
            self._frame = bytes([byte])
            return None
        if byte & 0x93 == 0x12:
            return Reply(ReplyKind.REAL_TIME, bytes([byte]))
        if byte & 0x90 == 0x00:
            return Reply(ReplyKind.IN_ORDER, bytes([byte]))
        self.dropped += 1
        return None

    def _grow(self, byte: int) -> Reply | None:
        block = self._frame[0] in _BLOCK
        if block and byte == 0:
            return self._whole(ReplyKind.BLOCK)
        fits = 0x20 <= byte < 0x7F and len(self._frame) < _LONGEST if block else byte & 0x90 == 0
        if not fits:
            self._drop()
            return self._take(byte)  # the frame was torn; this byte begins another
        self._frame += bytes([byte])
        return self._whole(ReplyKind.UNASKED) if not block and len(self._frame) == 4 else None

    def _whole(self, kind: ReplyKind) -> Reply:
        frame, self._frame = self._frame, b""
        return Reply(kind, frame)

    def _drop(self) -> None:
        self.dropped += len(self._frame)
        self._frame = b""


def state_from(printer: int, offline_cause: int, paper: int) -> PrinterState:
    """The state told by the answers to DLE EOT 1, 2 and 4; what a person must mend first comes first."""
    return _state(
        cover=bool(offline_cause & 0x04),
        paper_out=bool(paper & 0x60 or offline_cause & 0x20),
        offline=bool(printer & 0x08),
        near_end=bool(paper & 0x0C),
    )


def state_from_asb(asb: bytes) -> PrinterState:
    """The state told by an unasked status of 4 bytes."""
    return _state(
        cover=bool(asb[0] & 0x20),
        paper_out=bool(asb[2] & 0x0C),
        offline=bool(asb[0] & 0x08),
        near_end=bool(asb[2] & 0x03),
    )


def level_from_asb(asb: bytes) -> bool:
    """The level of pin 3 of the drawer's socket, told by an unasked status."""
    return bool(asb[0] & 0x04)


def _state(*, cover: bool, paper_out: bool, offline: bool, near_end: bool) -> PrinterState:
    if cover:
        return PrinterState.COVER_OPEN
    if paper_out:
        return PrinterState.OUT_OF_PAPER
    if offline:
        return PrinterState.OFFLINE
    return PrinterState.NEAR_END if near_end else PrinterState.ONLINE


def paper_ended(in_order: int) -> bool:
    """Whether a GS r 1 answer says that the paper had run out by then."""
    return bool(in_order & 0x0C)


def state_of_lp(bits: int) -> PrinterState:
    """The state in a USB printer's port status: 0x20 paper out, 0x10 selected, 0x08 no error."""
    if bits & 0x20:
        return PrinterState.OUT_OF_PAPER
    return PrinterState.UNKNOWN if bits & 0x08 else PrinterState.OFFLINE
