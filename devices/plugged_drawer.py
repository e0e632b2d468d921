"""A cash drawer plugged into a printer's socket: which wire opens it, for how long it is pulled."""

from __future__ import annotations

from collections.abc import Callable

from config.device_schema import DrawerSettings
from devices.ports import DrawerSocket


class PluggedDrawer:
    """Opens one drawer of a printer; one call is at most one pulse."""

    def __init__(self, socket: DrawerSocket, settings: DrawerSettings) -> None:
        self._socket = socket
        self._settings = settings

    def pulse(self) -> None:
        """Errors as `devices.ports.CashDrawer` says, in the printer's name."""
        self._socket.pulse(self._settings.pin, self._settings.pulse_ms)

    def level(self) -> bool | None:
        """The sensor's raw level; None: unknown, or settings say that there is none."""
        return None if self._settings.sensor == "none" else self._socket.level()

    def listen_level(self, told: Callable[[bool], None]) -> None:
        """`told` hears the sensor's raw level in a thread of the driver; never, where there is none."""
        if self._settings.sensor != "none":
            self._socket.listen_level(told)
