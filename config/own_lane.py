"""Which devices of the settings the box's own devices unit runs: those that hang on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from config.problems import Problem
from config.schema import Settings

_TABLES = ("scanners", "printers", "scales", "displays", "lights", "lockers")
_FAR = ("tcp", "escpos-tcp")


def unit_lane(settings: Settings) -> str:
    """Name of the lane that is this machine's own unit; "" where the store's process runs the devices itself."""
    return next((name for name, one in settings.lanes.items() if one.where == "unit"), "")


def at_hand(settings: Settings, lane: str) -> bool:
    """Whether a device of that lane ("" none) hangs on this machine, under the names that this machine has for it."""
    return not lane or settings.lanes[lane].where == "unit"


def apart(settings: Settings) -> Settings:
    """The settings with the unit's name at every device that it runs; as they were where there is no unit."""
    unit = unit_lane(settings)
    if not unit:
        return settings
    tables = {
        table: {
            name: msgspec.structs.replace(one, lane=unit) if not one.lane and _wired(one) else one
            for name, one in getattr(settings, table).items()
        }
        for table in _TABLES
    }
    return msgspec.structs.replace(settings, **tables)


def unit_problems(settings: Settings) -> Iterator[Problem]:
    """What the devices unit cannot do."""
    unit = unit_lane(settings)
    if not unit:
        return
    if not settings.lane_port.listen.startswith("unix:"):
        yield Problem(
            "lane_port.listen", f"is no socket, which lanes.{unit} needs", "unix:/run/store-edge/lane.sock"
        )
    for name, lane in settings.lanes.items():
        if lane.where == "unit" and name != unit:
            yield Problem(f"lanes.{name}.where", f"is that of lanes.{unit}", "a machine has one devices unit")
    for name, scanner in settings.scanners.items():
        if scanner.camera.torch:
            yield Problem(f"scanners.{name}.camera.torch", f"lanes.{unit} lights no torch", "")


def _wired(one: Any) -> bool:
    """Whether a device hangs on a port of this machine; others are reached over the network, which the unit lacks."""
    return one.driver not in _FAR and "://" not in str(getattr(one, "port", ""))
