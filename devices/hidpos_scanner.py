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
_USAGE_PAGE, _LONG_ITEM = 0x04, 0xFE
_BAR_CODE_SCANNER = 0x8C
_LARGEST_REPORT = 4096


def calls_itself_scanner(descriptor: bytes) -> bool:
    """Whether a report descriptor names the bar code scanner page (HID usage tables, page 8C).

    Item by item (HID 1.11, 6.2.2.2): two data bytes of something else are no page.
    """
    at = 0
    while at < len(descriptor):
        prefix = descriptor[at]
        if prefix == _LONG_ITEM:
            at += 3 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)
            continue
        size = (0, 1, 2, 4)[prefix & 0x03]
        data = descriptor[at + 1 : at + 1 + size]
        if prefix & 0xFC == _USAGE_PAGE and int.from_bytes(data, "little") == _BAR_CODE_SCANNER:
            return True
        at += 1 + size
    return False


def claim_scanner(fd: int) -> None:
    """Locks the node among the polite, and looks whether the device calls itself a bar code scanner.

    Raises OSError (ENOTTY: no hidraw node; EAGAIN: another program has it), BadSource for another HID device.
    """
    size = array.array("I", [0])
    fcntl.ioctl(fd, _HIDIOCGRDESCSIZE, size)
    described = bytearray(size[0].to_bytes(4, "little") + bytes(4096))
    fcntl.ioctl(fd, _HIDIOCGRDESC, described)
    if not calls_itself_scanner(bytes(described[4 : 4 + size[0]])):
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
