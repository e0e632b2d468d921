"""What can be told of devices under new settings without taking them from those who use them now."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.schema import Settings

TABLES = ("scanners", "printers", "drawers", "scales", "displays", "lights", "lockers")
_CONNECT_S = 3.0

Device = tuple[str, str]
"""Table and name."""


def changed_devices(old: Settings, new: Settings) -> list[Device]:
    """Devices of the new settings that the old ones have too, and set up otherwise."""
    return [
        (table, name)
        for table in TABLES
        for name, one in getattr(new, table).items()
        if getattr(old, table).get(name, one) != one
    ]


def unbindable(old: Settings, new: Settings, devices: Iterable[Device]) -> list[tuple[str, str]]:
    """(/table/name/key, why) of devices at a new place where nothing is to be had. A device that stays where it is
    is in use and cannot be tried: the probation tells."""
    found = []
    for table, name in devices:
        one, before = getattr(new, table)[name], getattr(old, table)[name]
        key, place = _place(table, one)
        if one.lane or not place or place == _place(table, before)[1]:
            continue
        if why := _missing(place):
            found.append((f"/{table}/{name}/{key}", why))
    return found


def _place(table: str, one: Any) -> tuple[str, str]:
    """(the setting that says where a device is, what it says); "" where nothing can be tried."""
    if table == "printers" and one.driver == "escpos-tcp":
        return "host", f"{one.host}:{one.port}"
    if table == "scanners":
        return "port", "" if one.port.startswith("listen:") else one.port
    return "device", getattr(one, "device", "")


def _missing(place: str) -> str:
    """Why nothing is to be had at a place, or "": a path must be there and ours to use, an address must answer."""
    if place.startswith("/"):
        if not Path(place).exists():
            return f"{place} is not there"
        readable = os.access(place, os.R_OK | (0 if Path(place).is_dir() else os.W_OK))
        return "" if readable else f"{place} may not be opened"
    host, _, port = place.rpartition(":")
    if not host or "/" in place or not port.isdecimal() or not 0 < int(port) <= 65535:
        return ""
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_S).close()
    except OSError as error:
        return f"{place} does not answer: {error.strerror or type(error).__name__}"
    return ""
