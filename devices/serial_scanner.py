"""A barcode scanner on a serial line: RS-232, USB-CDC or an FTDI adapter."""

from __future__ import annotations

import contextlib
import os
import select
import stat
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from config.schema import ScannerSettings
from devices.ports import BadSource, DeviceAbsent, Reading
from devices.scanned_bytes import Framer, reading

if TYPE_CHECKING:
    import serial

# Far longer than any pause inside a code, far shorter than a person needs for the next scan.
_HALF_A_CODE_S = 0.5


class SerialScanner:
    """Reads codes from `settings.port`; one thread at a time may use it."""

    def __init__(self, name: str, settings: ScannerSettings) -> None:
        self._name = name
        self._settings = settings
        self._framer = Framer(settings.suffix)
        self._dropped = 0
        self._line: serial.Serial | None = None
        character_s = 10 / settings.baud
        gap_s = max(settings.idle_gap_ms / 1000, 3 * character_s)
        self._silence_s = gap_s if settings.suffix == "none" else max(_HALF_A_CODE_S, gap_s)
        self._last_byte = 0.0

    @property
    def dropped(self) -> int:
        """Codes not taken since the start: too long, or never ended."""
        return self._dropped + self._framer.dropped

    def open(self) -> None:
        """Opens the port for us alone; raises DeviceAbsent, or BadSource for what is no serial port."""
        import serial

        self.close()
        port = self._settings.port
        try:
            if not stat.S_ISCHR(Path(port).stat().st_mode):
                raise BadSource(self._name, "not a serial port")
            line = serial.Serial(port, self._settings.baud, timeout=0, exclusive=True)
        except (OSError, termios.error) as error:
            raise DeviceAbsent(self._name, _reason(error)) from error
        except ValueError as error:  # a speed that this port cannot do
            raise BadSource(self._name, str(error)) from error
        # FTDI adapters hold bytes back for 16 ms otherwise; most other ports have no such mode.
        with contextlib.suppress(ValueError, OSError, NotImplementedError):
            line.set_low_latency_mode(True)
        self._line = line

    def read(self, wait_s: float) -> Sequence[Reading]:
        """Returns as soon as a code is complete; raises DeviceAbsent when the port is gone."""
        if self._line is None:
            raise DeviceAbsent(self._name, "not open")
        deadline = time.monotonic() + wait_s
        while True:
            codes = self._codes(deadline)
            if codes or time.monotonic() >= deadline:
                return [reading(code, self._settings.charset) for code in codes]

    def close(self) -> None:
        """Lets go of the port; half a code is forgotten."""
        line, self._line = self._line, None
        if self._framer.waiting:
            self._dropped += 1
        self._dropped += self._framer.dropped
        self._framer = Framer(self._settings.suffix)
        if line:
            with contextlib.suppress(OSError, termios.error):
                line.close()

    def _codes(self, deadline: float) -> list[bytes]:
        silent_at = self._last_byte + self._silence_s if self._framer.waiting else deadline
        data = self._bytes(min(deadline, silent_at))
        now = time.monotonic()
        if data:
            self._last_byte = now
            return self._framer.feed(data)
        return self._framer.silence() if self._framer.waiting and now >= silent_at else []

    def _bytes(self, until: float) -> bytes:
        line = self._line
        if line is None:
            return b""
        try:
            ready, _, _ = select.select([line.fileno()], [], [], max(until - time.monotonic(), 0))
            return bytes(line.read(line.in_waiting or 1)) if ready else b""
        # One unplugging shows as any of these, depending on which call meets it first.
        except (OSError, termios.error, TypeError, ValueError) as error:
            self.close()
            raise DeviceAbsent(self._name, _reason(error)) from error


def _reason(error: Exception) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
