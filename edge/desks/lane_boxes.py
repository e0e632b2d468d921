"""Banks of boxes as a kiosk opens them: one pulse an order, and only the lock's own word believed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.kiosk_schema import KioskSettings
from devices.ports import DeviceFault, Locker
from edge.desks.status import StatusDesk

_log = logging.getLogger("store_edge.boxes")


@dataclass(frozen=True)
class LaneBoxes:
    """`lockers` by the name of the settings; a bank is opened when it is first needed, and again after a fault."""

    lockers: Mapping[str, Locker]
    rules: KioskSettings
    status: StatusDesk
    _open: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, shelf: str) -> int:
        """The box that a shelf code names; 0: it is no box of the bank that kiosks open."""
        start, _, number = shelf.partition("-")
        mine = self.rules.locker in self.lockers and start == self.rules.locker_shelf
        return int(number) if mine and number.isascii() and number.isdecimal() else 0

    def unlock(self, box: int) -> bool:
        """Opens a box; whether the lock says that it is open. Never raises: an order that is handed over stays so."""
        name = self.rules.locker
        bank = self.lockers[name]
        with self._lock:
            try:
                if name not in self._open:
                    bank.open()
                    self._open.add(name)
                bank.unlock(box)
            except DeviceFault as fault:
                bank.close()
                self._open.discard(name)
                self.status.device(name, "locker", "blocked", fault.code)
                _log.warning("box did not open", extra={"device": name, "box": box, "code": fault.code})
                return False
        self.status.device(name, "locker", "online")
        return True

    def close(self) -> None:
        """Lets go of every bank."""
        for name in [*self._open]:
            self.lockers[name].close()
