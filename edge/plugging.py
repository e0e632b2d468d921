"""Two workers: one sees what is plugged in and wakes whoever waits for it, one asks printers who they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from config.device_schema import PrinterSettings
from config.own_lane import at_hand
from config.schema import Settings
from devices.hotplug import Hotplug
from devices.neighbours import mac_of
from devices.plugged import Plugged, behind, plugged
from devices.ports import Identified, Identity, POSPrinter
from devices.sysfs import Machine
from edge.desks.plugged import PlugDesk, words
from edge.desks.status import Poke, StatusDesk
from edge.domain.views import PluggedDevice
from edge.store import Store
from edge.workers import Worker

WAKES = "plugs"
"""A poke of this topic wakes whoever waits for a device."""
_WAIT_S = 0.5
_ASK_S = 10.0
_FAR_PATIENCE_S = 120.0
_ANSWERING = ("online", "near_end")
_LOCAL = ("scanners", "scales", "displays", "lights", "lockers", "printers")


def addresses(settings: Settings) -> dict[str, tuple[str, str]]:
    """Path of this machine -> (table, name) of the settings that use it."""
    found = {}
    for table in _LOCAL:
        for name, one in getattr(settings, table).items():
            if at_hand(settings, one.lane) and (
                path := getattr(one, "port" if table == "scanners" else "device")
            ):
                found[str(path)] = (table, str(name))
    return found


@dataclass(frozen=True)
class Standing:
    """A device of the settings and what stands behind it; `there` None: on the network, nobody looked."""

    table: str
    name: str
    driver: str
    address: str
    there: bool | None
    identity: str


def standing(settings: Settings, found: tuple[Plugged, ...]) -> Iterator[Standing]:
    """Every device of the settings, by table and name, as it stands now; no device is opened."""
    for table in _LOCAL:
        for name, one in sorted(getattr(settings, table).items()):
            address = getattr(one, "port" if table == "scanners" else "device") or f"{one.host}:{one.port}"
            near = address.startswith("/") and at_hand(settings, one.lane)  # a far lane has a /dev of its own
            at = behind(address, found) if near else None
            there = (at is not None or Path(address).exists()) if near else None
            yield Standing(table, name, one.driver, address, there, words(at.identity) if at else "")


def accepted(settings: Settings, device: str) -> tuple[str, str]:
    """Accepts the device that now stands there, beside a daemon that may run; gives who was known and who is now.

    Raises UnknownThing, WrongKey, FileNotFoundError.
    """
    from edge.owner import key_as_owner
    from edge.records.books import open_books

    books = open_books(Path(settings.store.state_dir), key_as_owner(settings), settings.store.timezone)
    try:
        desk = PlugDesk(books, StatusDesk(books, lambda _: None, has_hq=False), lambda _: None)
        swap = next((one for one in desk.swapped() if one.device == device), None)
        desk.accept(device)
    finally:
        books.close()
    return (swap.known, swap.seen) if swap else ("", "")


def suggestion(one: Plugged) -> str:
    """The lines of settings that would put a device to use; "" where nobody knows what it is."""
    if not one.driver:
        return ""
    table, driver = one.driver.split()
    key = "port" if table == "scanners" else "device"
    station = "" if table == "printers" else 'station = "STATION"\n'
    return f'[{table}.NAME]\ndriver = "{driver}"\n{station}{key} = "{one.path}"\n'


def unused(found: tuple[Plugged, ...], settings: Settings) -> tuple[Plugged, ...]:
    """What is plugged in and stands behind no setting."""
    taken = {id(behind(path, found)) for path in addresses(settings)}
    return tuple(one for one in found if id(one) not in taken)


@dataclass
class Plugging:
    """Looks when udev says so, and every few seconds in any case. Identities of USB devices are read, never asked."""

    settings: Settings
    store: Store
    poke: Poke
    machine: Machine = field(default_factory=Machine)
    hotplug: Hotplug = field(default_factory=Hotplug)
    _last: tuple[Plugged, ...] | None = None

    def turn(self) -> float:
        """Waits at most half a second for a plug, then says what there is."""
        if self.hotplug.wait(_WAIT_S):
            self.look()
        return 0.0

    def look(self) -> None:
        """Says what is plugged in; wakes the waiting ones if that is not what it was."""
        found = plugged(self.machine)
        if found != self._last:
            self._last = found
            self.poke(WAKES)
        free = unused(found, self.settings)
        self.store.plugs.sees(
            tuple(PluggedDevice(one.path, one.kind, words(one.identity), suggestion(one)) for one in free)
        )
        for path, (table, name) in addresses(self.settings).items():
            one = behind(path, found)
            if one is not None and table != "printers":  # a printer is asked itself, below
                self.store.plugs.met(name, table, path, one.identity)


@dataclass
class Introductions:
    """Asks printers that work who they are; one that is gone or busy is left in peace."""

    settings: Settings
    store: Store
    printers: Mapping[str, POSPrinter]
    machine: Machine = field(default_factory=Machine)

    def turn(self) -> float:
        """Asks each once; gives the pause, seconds."""
        found = plugged(self.machine)
        for name, settings in self.settings.printers.items():
            near = settings.device and not settings.lane  # a lane has a /dev of its own
            if self._state(name) == "absent" and near and Path(settings.device).exists():
                # Plugged in again: nobody waits for the next look to hear of it.
                self.store.printing.watch(name)
            if self._state(name) in _ANSWERING:
                self._meet(name, settings, found)
        return _ASK_S

    def _state(self, name: str) -> str:
        return next((one.state for one in self.store.status.devices() if one.name == name), "")

    def _meet(self, name: str, settings: PrinterSettings, found: tuple[Plugged, ...]) -> None:
        printer = self.printers.get(name)
        said = printer.identity() if isinstance(printer, Identified) else None
        now = msgspec.structs.replace(said or Identity(), key=_key(settings, found))
        if now != Identity():
            address = f"{settings.host}:{settings.port}" if settings.host else settings.device
            self.store.plugs.met(name, "printers", address, now)


def _key(settings: PrinterSettings, found: tuple[Plugged, ...]) -> str:
    """What tells a printer from another one that says the same of itself: its MAC address, its place on USB.

    Of a lane's printer neither can be seen from here."""
    if settings.lane:
        return ""
    if settings.driver == "escpos-tcp":
        mac = mac_of(settings.host)
        return mac and f"mac:{mac}"
    one = behind(settings.device, found)
    return one.identity.key if one else ""


def hire_plugs(settings: Settings, store: Store, poke: Poke, hire: Callable[..., None]) -> None:
    """Hands the two workers to `hire` (worker, topics that wake it)."""
    store.plugs.recover()
    hire(Worker("plugs", Plugging(settings, store, poke).turn))
    if settings.printers:
        asks = Introductions(settings, store, store.printing.printers)
        hire(Worker("introductions", asks.turn, _FAR_PATIENCE_S), WAKES)
