"""Trying one device of the settings: is it there, who is it, does it work; in words for whoever sets it up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from config.device_schema import ScannerSettings
from config.schema import Settings
from devices import registry
from devices.plugged import Plugged, behind
from devices.ports import DeviceClaimed, DeviceDenied, DeviceFault, Lamp, Light, Reading, Scanner, Showing
from edge.desks.plugged import words
from edge.domain.scanned import ScanKind, classify
from edge.plugging import addresses
from edge.print_test import report

Finding = tuple[str, str]
"""A word and what was found; `failed` among the words: it does not work."""
_LOOK_S = 0.5
_WEIGH_S = 5.0
_SHOWN = frozenset({ScanKind.GTIN, ScanKind.VARIABLE, ScanKind.GS1})
"""Goods are shown as they were read. Whatever else was scanned may open an order or be somebody's money."""
_REMEDY: dict[type[DeviceFault], str] = {
    DeviceDenied: "this user may not open it: run as root or as store-edge, and look at the udev rules",
    DeviceClaimed: "stop the store first (systemctl stop store-edge); one program at a time may have it",
}
_SAMPLE = Showing("TEST 测试", "1234567890", 123456, Lamp.TOTAL)


def table_of(settings: Settings, name: str) -> str:
    """Which table of the settings a device stands in; "" for none. A name may stand in one of them only."""
    tables = ("scanners", "printers", "scales", "displays", "lights", "lockers")
    return next((table for table in tables if name in getattr(settings, table)), "")


def trial(settings: Settings, name: str, found: tuple[Plugged, ...], wait_s: float) -> Iterator[Finding]:
    """Opens it, asks it, has it do its work once; gives findings as they are found. Raises KeyError: no such device."""
    table = table_of(settings, name)
    one: Any = getattr(settings, table)[name]
    if one.lane and settings.lanes[one.lane].where == "outside":
        yield "failed", f"the lane {one.lane} runs it, with the names of its own machine: look there"
        return
    place = next((path for path, owner in addresses(settings).items() if owner == (table, name)), "")
    there = behind(place, found) if place else None
    if there is not None:
        yield "plugged in", f"{words(there.identity)} at {place}"
    if table == "printers":
        yield from report(name, one)
        return
    opener: Any = getattr(registry, f"open_{table}", None)
    if opener is None:
        yield "failed", f"this version cannot try one of the {table}"
        return
    device = opener(settings)[name]
    try:
        device.open()
        yield "opened", one.driver
        yield from _WORK[table](device, one, wait_s)
    except DeviceFault as fault:
        yield "failed", str(fault)
        if type(fault) in _REMEDY:
            yield "remedy", _REMEDY[type(fault)]
    finally:
        device.close()


def _scan(scanner: Scanner, settings: ScannerSettings, wait_s: float) -> Iterator[Finding]:
    yield "waiting", f"scan any code within {wait_s:g} s"
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        for reading in scanner.read(_LOOK_S):
            yield "read", _described(reading)
            return
    yield "failed", f"no code came; is its speed {settings.baud} and its suffix {settings.suffix}?"


def _described(reading: Reading) -> str:
    kind = classify(reading.text).kind
    said = f"{len(reading.raw)} bytes, {reading.symbology.value}, taken for {kind.value}"
    return f"{reading.text}: {said}" if kind in _SHOWN else said


def _weigh(scale: Any, _: object, wait_s: float) -> Iterator[Finding]:
    weight = scale.read(min(wait_s, _WEIGH_S))
    yield "weighs", f"{weight.grams} g" + (" net" if weight.net else "")


def _show(display: Any, *_: object) -> Iterator[Finding]:
    display.show(_SAMPLE)
    yield "shows", f"{_SAMPLE.upper} / {_SAMPLE.lower}; look at it"


def _light(lights: Any, _: object, wait_s: float) -> Iterator[Finding]:
    for light in (Light.GREEN, Light.AMBER, Light.RED):
        lights.light(light)
        yield "shines", light.value
        time.sleep(min(wait_s, 1.0))


def _look(locker: Any, settings: Any, _: float) -> Iterator[Finding]:
    """No box is opened: there may be somebody's goods in it."""
    standing = []
    for box in range(1, settings.boxes + 1):
        state = locker.is_open(box)
        if state is None:
            yield "failed", f"board {settings.board} says nothing of box {box}"
            return
        standing += [str(box)] if state else []
    yield "doors", f"{settings.boxes} boxes, open: {', '.join(standing) or 'none'}"


_WORK: dict[str, Callable[[Any, Any, float], Iterator[Finding]]] = {
    "scanners": _scan,
    "scales": _weigh,
    "displays": _show,
    "lights": _light,
    "lockers": _look,
}
