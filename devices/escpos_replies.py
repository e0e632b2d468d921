"""What an ESC/POS printer answers: a parser of its bytes, and what the status bytes mean.

Source of the bit tables: Epson ESC/POS reference, DLE EOT, GS r and GS a (ASB).
"""

from __future__ import annotations

from enum import Enum

import msgspec

from devices.ports import PrinterState

_XON_XOFF = b"\x11\x13"


class ReplyKind(Enum):
    """Which question a reply belongs to, as its fixed bits say."""

    REAL_TIME = "DLE EOT"
    IN_ORDER = "GS r"
    UNASKED = "ASB"


class Reply(msgspec.Struct, frozen=True):
    """One whole reply; `data` is 1 byte, or 4 for an unasked one."""

    kind: ReplyKind
    data: bytes


class ReplyParser:
    """Cuts the printer's stream into replies; takes it in any pieces, keeps the incomplete rest."""

    def __init__(self) -> None:
        self._asb = b""

    def feed(self, data: bytes) -> list[Reply]:
        """Returns the replies that `data` completes, in order; bytes that fit no reply are dropped."""
        return [reply for byte in data if (reply := self._take(byte))]

    def _take(self, byte: int) -> Reply | None:
        if byte in _XON_XOFF:  # flow control may cut into any frame
            return None
        if self._asb:
            if byte & 0x90 == 0x00:
                return self._grow(byte)
            self._asb = b""  # the frame was torn; this byte begins another
        if byte & 0x93 == 0x10:
            self._asb = bytes([byte])
            return None
        if byte & 0x93 == 0x12:
            return Reply(ReplyKind.REAL_TIME, bytes([byte]))
        if byte & 0x90 == 0x00:
            return Reply(ReplyKind.IN_ORDER, bytes([byte]))
        return None

    def _grow(self, byte: int) -> Reply | None:
        self._asb += bytes([byte])
        if len(self._asb) < 4:
            return None
        whole, self._asb = self._asb, b""
        return Reply(ReplyKind.UNASKED, whole)


def state_from(printer: int, offline_cause: int, paper: int) -> PrinterState:
    """The state told by the answers to DLE EOT 1, 2 and 4; what a person must mend first comes first."""
    if offline_cause & 0x04:
        return PrinterState.COVER_OPEN
    if paper & 0x60 or offline_cause & 0x20:
        return PrinterState.OUT_OF_PAPER
    if printer & 0x08:
        return PrinterState.OFFLINE
    return PrinterState.NEAR_END if paper & 0x0C else PrinterState.ONLINE


def paper_ended(in_order: int) -> bool:
    """Whether a GS r 1 answer says that the paper had run out by then."""
    return bool(in_order & 0x0C)
