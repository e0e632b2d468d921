"""The settings' drivers become devices; making them touches nothing."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from config import device_schema
from config.device_schema import PrinterSettings, ScannerSettings
from config.schema import Settings
from devices import registry
from devices.camera_scanner import CameraScanner
from devices.escpos_printer import EscposPrinter
from devices.registry import PRINTERS, open_scanners
from devices.serial_scanner import SerialScanner

TABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "scanners": ("ScannerSettings", registry.SCANNERS),
    "printers": ("PrinterSettings", registry.PRINTERS),
    "scales": ("ScaleSettings", registry.SCALES),
    "displays": ("DisplaySettings", registry.DISPLAYS),
    "lights": ("LightSettings", registry.LIGHTS),
    "lockers": ("LockerSettings", registry.LOCKERS),
}


@pytest.mark.parametrize(("kind", "table"), TABLES.values(), ids=TABLES)
def test_every_driver_of_the_settings_is_there(kind: str, table: dict[str, Any]) -> None:
    settings = getattr(device_schema, kind)
    assert set(get_args(get_type_hints(settings)["driver"])) == set(table)


@pytest.mark.parametrize("kind", ["scales", "displays", "lights", "lockers"])
def test_what_stands_beside_the_till_is_made_by_name_without_being_opened(kind: str) -> None:
    name, table = TABLES[kind]
    of_kind = getattr(device_schema, name)
    chosen = {f"d{at}": of_kind(driver=driver, device="/dev/none") for at, driver in enumerate(table)}
    made = getattr(registry, f"open_{kind}")(msgspec.structs.replace(Settings(), **{kind: chosen}))
    assert [type(device) for device in made.values()] == list(table.values())


def test_devices_are_made_by_name_without_being_opened() -> None:
    settings = Settings(
        scanners={
            "hand": ScannerSettings(port="/dev/serial/by-id/none"),
            "door": ScannerSettings(driver="camera", port="/dev/video9"),
        },
    )
    scanners = open_scanners(settings)
    assert isinstance(scanners["hand"], SerialScanner)
    assert isinstance(scanners["door"], CameraScanner)
    assert isinstance(PRINTERS["escpos-tcp"]("r1", PrinterSettings(host="192.0.2.1")), EscposPrinter)
