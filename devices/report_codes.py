"""HID-POS reports of a bar code scanner to readings; codes longer than a report come in several. Pure.

A report is `id, length, 3 bytes AIM identifier, 56 bytes of data, flags...`; bit 0 of the last byte says that
the code goes on in the next report. Source: USB-IF, HID Point of Sale Usage Tables 1.02, usage page 8Ch.
"""

from __future__ import annotations

from config.device_schema import ScannerSettings
from devices.ports import Reading
from devices.scanned_bytes import LONGEST, reading

_DATA, _ROOM = 5, 56
SHORTEST = _DATA + _ROOM + 1
"""Bytes of the shortest report: with one byte of flags."""
_GOES_ON = 0x01
_HALF_A_CODE_S = 0.5


class ReportCodes:
    """What hidraw gives of a HID-POS scanner, one report at a time."""

    def __init__(self, settings: ScannerSettings) -> None:
        self._settings = settings
        self._aim = b""
        self._parts = bytearray()
        self._begun = False
        self._at = 0.0
        self.dropped = 0

    def feed(self, data: bytes, now: float) -> list[Reading]:
        """Takes one report; returns the code that it completes."""
        self._at = now
        if len(data) < SHORTEST:
            return []  # a report of another kind: status, answers to commands
        length, aim = data[1], data[2:5]
        if length > _ROOM or (self._begun and aim != self._aim):
            self.cut()
            if length > _ROOM:
                self.dropped += 1
                return []
        self._aim, self._begun = aim, True
        self._parts += data[_DATA : _DATA + length]
        if data[-1] & _GOES_ON:
            return []
        code, labelled = bytes(self._parts), aim if aim.startswith(b"]") else b""
        self._parts.clear()
        self._begun = False
        if not code or len(labelled + code) > LONGEST:
            self.dropped += bool(code)
            return []
        return [reading(labelled + code, self._settings.charset)]

    def due(self) -> float | None:
        """When silence() is to be called."""
        return self._at + _HALF_A_CODE_S if self._begun else None

    def silence(self, now: float) -> list[Reading]:
        """The rest of the code never came."""
        self.cut()
        return []

    def cut(self) -> None:
        """The scanner is gone; half a code is dropped, and counted."""
        self.dropped += self._begun
        self._parts.clear()
        self._begun = False

    def owed(self) -> bytes:
        """What is to be sent back at once: nothing."""
        return b""
