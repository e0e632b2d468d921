"""A barcode scanner on a serial line: RS-232, USB-CDC or an FTDI adapter."""

from __future__ import annotations

import os
from collections.abc import Sequence

from config.device_schema import ScannerSettings
from devices.byte_codes import ByteCodes
from devices.ports import Reading
from devices.scan_pump import Line, Pump
from devices.scanner_feedback import FEEDBACK
from devices.serial_line import opened_port, shut_port
from devices.ssi import SsiCodes

_AT_ONCE = 4096


class SerialScanner:
    """Reads codes from `settings.port`; one thread at a time may use it."""

    def __init__(self, name: str, settings: ScannerSettings) -> None:
        self._name = name
        self._settings = settings
        self._pump = Pump(name, settings.debounce_ms / 1000)

    @property
    def dropped(self) -> int:
        """Codes not taken since the start: too long, never ended, or more than anybody asked for."""
        return self._pump.dropped

    def open(self) -> None:
        """Opens the port for us alone; raises DeviceAbsent, or BadSource for what is no serial port."""
        self.close()
        port = opened_port(self._name, self._settings.port, self._settings.baud)
        fd = port.fileno()
        codes = SsiCodes if self._settings.protocol == "ssi" else self._byte_codes
        self._pump.start(
            Line(fd, lambda: os.read(fd, _AT_ONCE), lambda: shut_port(port), lambda data: os.write(fd, data)),
            codes(self._settings),
        )

    def read(self, wait_s: float) -> Sequence[Reading]:
        """Returns as soon as a code is complete; raises DeviceAbsent when the port is gone."""
        return self._pump.read(wait_s)

    def answer(self, *, good: bool) -> None:
        """Sounds the scanner as `settings.feedback` says: the code was taken, or was not."""
        sounds = FEEDBACK[self._settings.feedback]
        self._pump.give(sounds.good if good else sounds.bad)

    def close(self) -> None:
        """Lets go of the port; half a code is forgotten."""
        self._pump.stop()

    def _byte_codes(self, settings: ScannerSettings) -> ByteCodes:
        return ByteCodes(settings, character_s=10 / settings.baud)
