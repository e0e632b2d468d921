"""Zebra's Simple Serial Interface: packets with a length and a checksum, each of which wants an answer. Pure.

A packet is `length, opcode, source, status, data..., checksum (2 bytes)`; length counts all but the checksum,
which is the two's complement of the sum of the bytes before it, high byte first.
Source: Zebra, Simple Serial Interface Programmer's Guide (72E-40451).
"""

from __future__ import annotations

from config.device_schema import ScannerSettings
from devices.ports import Reading, Symbology
from devices.scanned_bytes import LONGEST, reading

_HOST = 4
_ACK, _NAK, _DECODE_DATA = 0xD0, 0xD1, 0xF3
_RESEND = b"\x01"
_RETRANSMITTED, _MORE_FOLLOWS = 0x01, 0x02
_HEAD, _SUM = 4, 2
_HALF_A_PACKET_S = 0.5
_KINDS = {
    0x01: Symbology.CODE39,
    0x03: Symbology.CODE128,
    0x06: Symbology.ITF,
    0x08: Symbology.UPCA,
    0x09: Symbology.UPCE,
    0x0A: Symbology.EAN8,
    0x0B: Symbology.EAN13,
    0x0F: Symbology.GS1_128,
    0x11: Symbology.PDF417,
    0x1B: Symbology.DATAMATRIX,
    0x1C: Symbology.QR,
    0x30: Symbology.DATABAR,
    0x31: Symbology.DATABAR,
    0x32: Symbology.DATABAR,
}


def command(opcode: int, data: bytes = b"") -> bytes:
    """A packet from us to the scanner."""
    return packet(opcode, data, source=_HOST)


def packet(opcode: int, data: bytes = b"", *, source: int = 0, status: int = 0) -> bytes:
    """A packet in either direction."""
    body = bytes([_HEAD + len(data), opcode, source, status]) + data
    return body + (-sum(body) & 0xFFFF).to_bytes(2, "big")


class SsiCodes:
    """Packets to readings; what is to be answered waits in `owed`."""

    def __init__(self, settings: ScannerSettings) -> None:
        self._settings = settings
        self._held = bytearray()
        self._parts = b""
        self._last: bytes = b""
        self._at = 0.0
        self._answers = bytearray()
        self.dropped = 0

    def feed(self, data: bytes, now: float) -> list[Reading]:
        """Returns the codes that `data` completes."""
        self._at = now
        self._held += data
        found = []
        while len(self._held) > self._held_length():
            size = self._held_length() + 1
            one = bytes(self._held[:size])
            if one[0] < _HEAD or sum(one[:-_SUM]) + int.from_bytes(one[-_SUM:], "big") & 0xFFFF not in (
                0,
                0x10000,
            ):
                self._wrong()
                break
            del self._held[:size]
            found += self._packet(one[:-_SUM])
        return found

    def due(self) -> float | None:
        """When silence() is to be called."""
        return self._at + _HALF_A_PACKET_S if self._held or self._parts else None

    def silence(self, now: float) -> list[Reading]:
        """Half a packet is none."""
        self.cut()
        return []

    def cut(self) -> None:
        """The line is gone."""
        self.dropped += bool(self._held or self._parts)
        self._held.clear()
        self._parts = b""

    def owed(self) -> bytes:
        """Takes what is to be sent to the scanner."""
        answers = bytes(self._answers)
        self._answers.clear()
        return answers

    def _held_length(self) -> int:
        """Index of the last byte of the packet that has begun."""
        return self._held[0] + _SUM - 1 if self._held else 0

    def _wrong(self) -> None:
        # There is no mark to find the next packet by: all is thrown away and asked for again.
        self._held.clear()
        self._last = b""
        self._answers += command(_NAK, _RESEND)

    def _packet(self, one: bytes) -> list[Reading]:
        opcode, status = one[1], one[3]
        if opcode != _DECODE_DATA:
            if opcode not in (_ACK, _NAK):
                self._answers += command(_ACK)
            return []
        self._answers += command(_ACK)
        # Sent again because our answer was lost: the same bytes but for the mark.
        if status & _RETRANSMITTED and one[4:] == self._last:
            return []
        self._last = one[4:]
        self._parts += one[5:]
        if status & _MORE_FOLLOWS:
            return []
        whole, self._parts = self._parts, b""
        if not 0 < len(whole) <= LONGEST:
            self.dropped += bool(whole)
            return []
        read = reading(whole, self._settings.charset)
        if read.symbology is Symbology.UNKNOWN:
            read = Reading(read.text, read.raw, _KINDS.get(one[4], Symbology.UNKNOWN))
        return [read]
