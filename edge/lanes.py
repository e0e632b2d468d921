"""The store's lanes: their ends here, the door they come in by, and those that run inside."""

from __future__ import annotations

import hashlib
import logging
import pwd
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from config.scanner_checks import torches
from config.schema import Settings
from devices import registry
from devices.lane_book import LaneBook
from devices.lane_door import LaneDoor
from devices.lane_host import LaneHost, Makers
from devices.lane_link import Lane
from devices.lane_messages import Devices
from devices.lane_proxies import (
    LaneDisplay,
    LaneLights,
    LaneLocker,
    LanePrinter,
    LaneScale,
    LaneScanner,
)
from devices.lane_wires import answering, listen
from devices.ports import Lights, LineDisplay, Locker, POSPrinter, Scale, Scanner
from edge.workers import Worker

_log = logging.getLogger("store_edge.lane")
_NOBODY_EVER = -2
_DEED_PATIENCE_S = 150.0
"""How long a device may be at one piece of work before its thread counts as stuck."""


def makers() -> Makers:
    """Every table of the registry whose devices a lane can run."""
    names = {field.name: field.name.upper() for field in msgspec.structs.fields(Devices)}
    return {table: getattr(registry, name, {}) for table, name in names.items()}


def devices_of(settings: Settings, lane: str) -> Devices:
    """The devices that the settings give to a lane."""
    tables = [field.name for field in msgspec.structs.fields(Devices)]
    return Devices(
        **{
            table: {name: one for name, one in getattr(settings, table).items() if one.lane == lane}
            for table in tables
        }
    )


def _uid(user: str) -> int:
    """The number of a user of this machine; one that nobody has where there is no such user."""
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        _log.error("no such user, so the devices unit is let in by nobody", extra={"user": user})
        return _NOBODY_EVER


def hire(name: str, turn: Callable[[], float], *, deed: bool = False) -> Worker:
    """Starts a worker for a device of a lane."""
    worker = Worker(name, turn, _DEED_PATIENCE_S) if deed else Worker(name, turn)
    worker.start()
    return worker


@dataclass(frozen=True)
class _Inside:
    """A lane that the store runs itself: the same host and the same door, over a socket pair."""

    host: LaneHost
    book: LaneBook
    worker: Worker


class Lanes:
    """The lanes of the settings. Making it touches nothing; `links` are their ends here, by name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.links = {name: Lane(name, devices_of(settings, name)) for name in settings.lanes}
        self._inside: list[_Inside] = []
        self._door: LaneDoor | None = None
        self.port = 0

    def scanners(self) -> dict[str, Scanner]:
        """Every scanner of the settings, by name; touches no device yet."""
        return registry.with_torches(self._made("scanners", registry.SCANNERS, LaneScanner), self._settings)

    def printers(self) -> dict[str, POSPrinter]:
        """Every printer of the settings, by name; touches no device yet."""
        return self._made("printers", registry.PRINTERS, LanePrinter)

    def scales(self) -> dict[str, Scale]:
        """Every scale of the settings, by name; touches no device yet."""
        return self._made("scales", makers()["scales"], LaneScale)

    def displays(self) -> dict[str, LineDisplay]:
        """Every customer display of the settings, by name; touches no device yet."""
        return self._made("displays", makers()["displays"], LaneDisplay)

    def lights(self) -> dict[str, Lights]:
        """Every lamp of the settings but the torches, which belong to their cameras; touches no device yet."""
        lamps = self._made("lights", makers()["lights"], LaneLights)
        return {name: lamp for name, lamp in lamps.items() if name not in torches(self._settings.scanners)}

    def lockers(self) -> dict[str, Locker]:
        """Every bank of boxes of the settings, by name; touches no device yet."""
        return self._made("lockers", makers()["lockers"], LaneLocker)

    def start(self) -> None:
        """Opens the door and starts the lanes inside; raises OSError for an address that cannot be had."""
        if not self.links:
            return
        lanes, at = self._settings.lanes, self._settings.lane_port.listen
        folder = Path(self._settings.store.state_dir)
        own = {name: secrets.token_hex(32) for name, one in lanes.items() if one.where == "inside"}
        tokens = {name: one.token_sha256 for name, one in lanes.items()}
        tokens |= {name: hashlib.sha256(token.encode()).hexdigest() for name, token in own.items()}
        listener = listen(at) if at else None
        if listener and listener.family != socket.AF_UNIX:
            self.port = int(listener.getsockname()[1])
        tls = answering(folder) if self.port else None
        users = {name: _uid(one.user) for name, one in lanes.items() if one.where == "unit"}
        self._door = LaneDoor(listener, self.links, tokens, tls, users)
        self._door.start()
        for name, token in own.items():
            self._inside.append(self._started(name, token, folder, self._door))

    def stop(self) -> None:
        """Ends every line, and the lanes inside."""
        if self._door:
            self._door.stop()
        for one in self._inside:
            one.worker.dismiss()
            one.host.close()
            one.worker.stop()
            one.book.close()
        self._inside.clear()

    def _made(
        self, table: str, own: Mapping[str, Callable[[str, Any], Any]], far: Callable[[str, Lane], Any]
    ) -> dict[str, Any]:
        """The store's own devices by their drivers, those of a lane by their proxies."""
        found = getattr(self._settings, table)
        return {
            name: far(name, self.links[one.lane]) if one.lane else own[one.driver](name, one)
            for name, one in found.items()
            if one.lane or one.driver in own
        }

    def _started(self, name: str, token: str, folder: Path, door: LaneDoor) -> _Inside:
        # The book's key is kept by nobody, so a reading that the store did not take goes with this run.
        book = LaneBook(folder / f"lane-{name}.db", token)
        host = LaneHost(name, token, book, makers(), hire)

        def turn() -> float:
            near, far = socket.socketpair()
            door.take_call(near, f"inside {name}")
            host.talk(far)
            return 0.2

        return _Inside(host, book, hire(f"lane {name}", turn))
