"""The customer displays: what should stand there stands there, also after a display was unplugged."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from config.device_schema import DisplaySettings
from devices.ports import DeviceFault, LineDisplay, Showing
from edge.clock import stamp
from edge.desks.moments import Moment, words_for
from edge.desks.status import Poke, StatusDesk
from edge.domain.refusals import UnknownThing
from edge.domain.scanned import ScanKind
from edge.records.books import Books

_THANKS = timedelta(seconds=6)
_LOOK_S = 1.0
_AGAIN_S = 10.0
"""A display that lost its power for a moment says nothing of it: what stands there is written again so often."""
_PICKUPS = frozenset({ScanKind.PICKUP.value, ScanKind.PICKUP_DIGITS.value, ScanKind.ORDER.value})


@dataclass(frozen=True)
class ShowDesk:
    """What somebody asked to be shown at a station stands until its time is over; else the station's own moment."""

    books: Books
    status: StatusDesk
    displays: Mapping[str, LineDisplay]
    rules: Mapping[str, DisplaySettings]
    poke: Poke
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: dict[str, tuple[Showing, float]] = field(default_factory=dict)
    _shown: dict[str, tuple[Showing, float]] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def show(self, station: str, showing: Showing, for_s: float) -> None:
        """Shows that at the station for so long, seconds; 0: takes back what was asked. Raises UnknownThing."""
        if not any(one.station == station for one in self.rules.values()):
            raise UnknownThing
        with self._lock:
            if for_s > 0:
                self._asked[station] = showing, time.monotonic() + for_s
            else:
                self._asked.pop(station, None)
        self.poke(f"display:{station}")

    def standing(self, station: str, *, chinese: bool = True) -> Showing:
        """What should stand at a station now."""
        with self._lock:
            asked = self._asked.get(station)
            if asked is not None and time.monotonic() < asked[1]:
                return asked[0]
            self._asked.pop(station, None)
        return words_for(self._moment(station), chinese=chinese)

    def turn(self, display: str) -> float:
        """One step of a display's worker; gives the pause until the next, seconds."""
        rules = self.rules[display]
        wanted = self.standing(rules.station, chinese=rules.charset != "ascii")
        try:
            if display not in self._open:
                self.displays[display].open()
                self._open.add(display)
            shown, at_s = self._shown.get(display, (None, 0.0))
            if shown != wanted or time.monotonic() - at_s > _AGAIN_S:
                self.displays[display].show(wanted)
                self._shown[display] = wanted, time.monotonic()
        except DeviceFault as fault:
            self.displays[display].close()
            self._open.discard(display)
            self._shown.pop(display, None)
            self.status.device(display, "display", "absent", fault.code, rules.station)
            return _LOOK_S
        self.status.device(display, "display", "online", station=rules.station)
        return _LOOK_S

    def _moment(self, station: str) -> Moment:
        since = stamp(self.status.now() - _THANKS)
        if self.books.pickups.newest_at(station, since) is not None:
            return Moment.HANDED
        open_scan = self.books.scans.newest_open(station)
        serving = open_scan is not None and open_scan[0].kind in _PICKUPS
        return Moment.SERVING if serving else Moment.IDLE

    def close(self) -> None:
        """Lets go of all displays."""
        for name in list(self._open):
            self.displays[name].close()
        self._open.clear()
