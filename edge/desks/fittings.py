"""What belongs to each station, read off the settings: its scanners, printer, drawer, scale, display, lamps, boxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.schema import Settings
from edge.domain.upkeep import Fitting


def fittings(settings: Settings) -> tuple[Fitting, ...]:
    """Every station by its name; a printer stands at each that it serves, the kiosks' boxes at each kiosk."""
    tables: dict[str, Mapping[str, Any]] = {
        "scanner": settings.scanners,
        "scale": settings.scales,
        "display": settings.displays,
        "drawer": settings.drawers,
        "lights": settings.lights,
        "locker": settings.lockers,
    }
    found = []
    for name in sorted(settings.stations):
        place = settings.stations[name]
        own = [("printer", place.printer)] if place.printer else []
        for kind, table in tables.items():
            own += [
                ("camera" if kind == "scanner" and one.driver == "camera" else kind, device)
                for device, one in sorted(table.items())
                if one.station == name
            ]
        boxes = settings.kiosk.locker
        if place.kind == "kiosk" and boxes and ("locker", boxes) not in own:
            own.append(("locker", boxes))
        found.append(Fitting(name, place.kind, place.label_zh, place.label_en, tuple(own)))
    return tuple(found)
