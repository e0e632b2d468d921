"""The signal lamps: each shows how things stand at its station, also after it was unplugged."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.device_schema import LightSettings
from devices.ports import DeviceFault, Light, Lights
from edge.desks.drawers import DrawerDesk
from edge.desks.outlet import OutletDesk
from edge.desks.signals import Standing, light_of
from edge.desks.status import Poke, StatusDesk

_LOOK_S = 2.0
_AGAIN_S = 10.0
"""A lamp that went dark for a moment says nothing of it: it is lit again so often."""
_BLOCKED = frozenset({"blocked", "absent", "offline", "out_of_paper", "cover_open"})


@dataclass(frozen=True)
class LampDesk:
    """Help that somebody asked for is remembered until it is taken back, or the service starts anew."""

    status: StatusDesk
    drawers: DrawerDesk
    outlet: OutletDesk
    lamps: Mapping[str, Lights]
    rules: Mapping[str, LightSettings]
    poke: Poke
    _help: set[str] = field(default_factory=set)
    _called: dict[str, int] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    _lit: dict[str, tuple[Light, float]] = field(default_factory=dict)

    def ask_help(self, station: str, *, wanted: bool) -> Light:
        """Somebody at the station wants a person to come, or no longer; gives what a lamp there shows."""
        self.outlet.staff.station(station)
        if wanted:
            self._help.add(station)
        else:
            self._help.discard(station)
        for topic in ("devices", f"station:{station}"):
            self.poke(topic)
        return light_of(self.standing(station))

    def wants_help(self, station: str) -> bool:
        """Whether somebody there asked for a person and nobody has taken it back."""
        return station in self._help

    def called(self, levels: Mapping[str, int]) -> None:
        """How loud is called for somebody, by station (`Standing.called`); stations left out are quiet."""
        for station in [*self._called]:
            if station not in levels:
                self._called.pop(station, None)
        self._called.update(levels)

    def standing(self, station: str) -> Standing:
        """How things stand there; raises UnknownThing."""
        here = self.outlet.staff.station(station)
        states = {health.name: health.state for health in self.status.devices()}
        return Standing(
            drawer_open_long=any(drawer.too_long for drawer in self.drawers.at(station)),
            blocked=states.get(here.printer, "") in _BLOCKED,
            look=any(job.state == "uncertain" for job in self.outlet.needing(station)),
            help_wanted=self.wants_help(station),
            called=self._called.get(station, 0),
            orders=self.outlet.books.picks.calling() if here.kind == "cashier" else 0,
        )

    def turn(self, lamp: str) -> float:
        """One step of a lamp's worker; gives the pause until the next, seconds."""
        station = self.rules[lamp].station
        wanted = light_of(self.standing(station))
        try:
            if lamp not in self._open:
                self.lamps[lamp].open()
                self._open.add(lamp)
            lit, at_s = self._lit.get(lamp, (None, 0.0))
            if lit is not wanted or time.monotonic() - at_s > _AGAIN_S:
                self.lamps[lamp].light(wanted)
                self._lit[lamp] = wanted, time.monotonic()
        except DeviceFault as fault:
            self.lamps[lamp].close()
            self._open.discard(lamp)
            self._lit.pop(lamp, None)
            self.status.device(lamp, "lights", "absent", fault.code, station)
            return _LOOK_S
        self.status.device(lamp, "lights", "online", station=station)
        return _LOOK_S

    def close(self) -> None:
        """Lets go of all lamps."""
        for name in list(self._open):
            self.lamps[name].close()
        self._open.clear()
