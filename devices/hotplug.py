"""Plugging and unplugging as it happens: udev's events, and a look now and then since events get lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyudev import Monitor

_log = logging.getLogger("store_edge.devices")
_SUBSYSTEMS = ("tty", "input", "hidraw", "usbmisc", "video4linux")
SWEEP_S = 5.0


class Hotplug:
    """Waits for devices to come and go; one thread uses it, `close` included.

    Listens to udev and not to the kernel: when udev speaks, the links below /dev/serial/by-id and the rights of the
    node are there. Without libudev, or in a container that hears no events, the sweep is what is left.
    """

    def __init__(self, heard: Callable[[], Monitor | None] | None = None, sweep_s: float = SWEEP_S) -> None:
        self._heard = heard or listening
        self._sweep_s = sweep_s
        self._monitor: Monitor | None = None
        self._looked = 0.0

    def wait(self, wait_s: float) -> bool:
        """Waits at most so long; True when something was plugged, or when it is time to look anyway."""
        due = self._looked + self._sweep_s - time.monotonic() if self._looked else 0.0
        if due > 0 and not self._event(min(wait_s, due)):
            return False
        if due <= 0 and self._monitor is None:
            self._monitor = self._heard()
        self._looked = time.monotonic()
        return True

    def close(self) -> None:
        """Stops listening; the next wait begins anew."""
        self._monitor, self._looked = None, 0.0

    def _event(self, wait_s: float) -> bool:
        """Whether there was an event; takes along all that are there, since one plug brings several."""
        if self._monitor is None:
            time.sleep(wait_s)
            return False
        try:
            found = self._monitor.poll(wait_s) is not None
            while found and self._monitor.poll(0) is not None:
                pass
        except OSError:
            # More came than the kernel keeps for us: there is something to look at, and a new start.
            self._monitor = None
            return True
        return found


def listening() -> Monitor | None:
    """Events of udev about the kinds of devices that a till has; None where this machine has no libudev."""
    try:
        from pyudev import Context, Monitor

        monitor = Monitor.from_netlink(Context())
        for subsystem in _SUBSYSTEMS:
            monitor.filter_by(subsystem)
        monitor.start()
    except (ImportError, OSError) as error:
        _log.info("no plug events, looking every few seconds", extra={"reason": str(error)})
        return None
    return monitor
