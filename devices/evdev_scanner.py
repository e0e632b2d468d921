"""A USB scanner that types like a keyboard, taken away from the desktop: what it reads is typed nowhere else.

The kernel's interface is three facts (a 24-byte struct, one ioctl, the errors of an unplugging), so it is used
as it is: python-evdev has no wheels and would want a compiler and kernel headers on every till.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Sequence

from config.device_schema import ScannerSettings
from devices.key_codes import KeyCodes
from devices.nodes import opened
from devices.ports import Reading
from devices.scan_pump import Line, Pump

_EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int), linux/input.h


def grab(fd: int) -> None:
    """Takes the device for this file alone, until it is closed; raises OSError (EBUSY: somebody else did)."""
    fcntl.ioctl(fd, _EVIOCGRAB, 1)


class EvdevScanner:
    """Reads codes from `settings.port`, a /dev/input/by-id/...-event-kbd link. `claim` makes it ours."""

    def __init__(self, name: str, settings: ScannerSettings, claim: Callable[[int], None] = grab) -> None:
        self._name = name
        self._settings = settings
        self._claim = claim
        self._pump = Pump(name, settings.debounce_ms / 1000)

    @property
    def dropped(self) -> int:
        """Codes not taken since the start: with a key that is no character, too long, too slow."""
        return self._pump.dropped

    def open(self) -> None:
        """Opens and takes the device over; raises DeviceAbsent, DeviceDenied, DeviceClaimed or BadSource."""
        self.close()
        fd = opened(self._name, self._settings.port, self._claim, "no input device")
        self._pump.start(Line(fd, lambda: os.read(fd, 4096), lambda: os.close(fd)), KeyCodes(self._settings))

    def read(self, wait_s: float) -> Sequence[Reading]:
        """Returns as soon as a code is complete; raises DeviceAbsent when the scanner is gone."""
        return self._pump.read(wait_s)

    def close(self) -> None:
        """Gives the keyboard back; half a code is forgotten."""
        self._pump.stop()
