"""A USB scanner in HID-POS mode (usage page 8Ch), read through hidraw: exact bytes, no layout, no grab."""

from __future__ import annotations

import array
import fcntl
import os
from collections.abc import Callable, Sequence

from config.device_schema import ScannerSettings
from devices.nodes import opened
from devices.ports import BadSource, Reading
from devices.report_codes import ReportCodes
from devices.scan_pump import Line, Pump

_HIDIOCGRDESCSIZE = 0x80044801  # _IOR('H', 1, int), linux/hidraw.h
_HIDIOCGRDESC = 0x90044802  # _IOR('H', 2, struct { __u32 size; __u8 value[4096]; })
_BAR_CODE_SCANNER_PAGE = (b"\x05\x8c", b"\x06\x8c\x00")  # the short and the long form of the item
_LARGEST_REPORT = 4096


def claim_scanner(fd: int) -> None:
    """Locks the node among the polite, and looks whether the device calls itself a bar code scanner.

    Raises OSError (ENOTTY: no hidraw node; EAGAIN: another program has it), BadSource for another HID device.
    """
    size = array.array("I", [0])
    fcntl.ioctl(fd, _HIDIOCGRDESCSIZE, size)
    described = bytearray(size[0].to_bytes(4, "little") + bytes(4096))
    fcntl.ioctl(fd, _HIDIOCGRDESC, described)
    if not any(page in described[4 : 4 + size[0]] for page in _BAR_CODE_SCANNER_PAGE):
        raise BadSource("hidraw", "not in HID-POS mode: no usage page 8C")
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


class HidPosScanner:
    """Reads codes from `settings.port`, a link to the scanner's hidraw node."""

    def __init__(
        self, name: str, settings: ScannerSettings, claim: Callable[[int], None] = claim_scanner
    ) -> None:
        self._name = name
        self._settings = settings
        self._claim = claim
        self._pump = Pump(name, settings.debounce_ms / 1000)

    @property
    def dropped(self) -> int:
        """Codes not taken since the start: reports that contradict themselves, half codes, too long ones."""
        return self._pump.dropped

    def open(self) -> None:
        """Opens the node; raises DeviceAbsent, DeviceDenied, DeviceClaimed or BadSource."""
        self.close()
        fd = opened(self._name, self._settings.port, self._claim, "no hidraw node")
        # One read gives one report.
        line = Line(fd, lambda: os.read(fd, _LARGEST_REPORT), lambda: os.close(fd))
        self._pump.start(line, ReportCodes(self._settings))

    def read(self, wait_s: float) -> Sequence[Reading]:
        """Returns as soon as a code is complete; raises DeviceAbsent when the scanner is gone."""
        return self._pump.read(wait_s)

    def close(self) -> None:
        """Lets go of the node; half a code is forgotten."""
        self._pump.stop()
