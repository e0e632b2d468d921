"""A barcode scanner on a serial line: RS-232, USB-CDC or an FTDI adapter."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from config.device_schema import ScannerSettings
from devices.byte_codes import ByteCodes
from devices.nodes import fault
from devices.ports import BadSource, Reading
from devices.scan_pump import Line, Pump
from devices.scanner_feedback import FEEDBACK
from devices.ssi import SsiCodes

if TYPE_CHECKING:
    import serial

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
        try:
            if not stat.S_ISCHR(Path(self._settings.port).stat().st_mode):
                raise BadSource(self._name, "not a serial port")
            port = self._port()
        except (OSError, termios.error) as error:
            raise fault(self._name, error) from error
        except (ValueError, OverflowError) as error:  # a speed that this port cannot do
            raise BadSource(self._name, str(error)) from error
        fd = port.fileno()
        codes = SsiCodes if self._settings.protocol == "ssi" else self._byte_codes
        self._pump.start(
            Line(fd, lambda: os.read(fd, _AT_ONCE), lambda: _shut(port), lambda data: os.write(fd, data)),
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

    def _port(self) -> serial.Serial:
        import serial

        port = serial.Serial(self._settings.port, self._settings.baud, timeout=0, exclusive=True)
        try:
            fd = port.fileno()
            # `exclusive` is a lock that only the polite ask for; this keeps the others out too.
            fcntl.ioctl(fd, termios.TIOCEXCL)
            # Nothing to read is then an error of its own, and an empty answer means that the port is gone.
            attributes = termios.tcgetattr(fd)
            attributes[6][termios.VMIN] = 1
            termios.tcsetattr(fd, termios.TCSANOW, attributes)
            # FTDI adapters hold bytes back for 16 ms otherwise; most other ports have no such mode.
            with contextlib.suppress(ValueError, OSError, NotImplementedError):
                port.set_low_latency_mode(True)
        except BaseException:
            _shut(port)
            raise
        return port


def _shut(port: serial.Serial) -> None:
    with contextlib.suppress(OSError, termios.error):
        fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
    with contextlib.suppress(OSError, termios.error):
        port.close()
