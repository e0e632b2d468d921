"""The settings' drivers become devices; making them touches nothing."""

from __future__ import annotations

from typing import get_args, get_type_hints

from config.device_schema import PrinterSettings, ScannerSettings
from config.schema import Settings
from devices.camera_scanner import CameraScanner
from devices.escpos_printer import EscposPrinter
from devices.registry import PRINTERS, SCANNERS, open_printers, open_scanners
from devices.serial_scanner import SerialScanner


def test_every_driver_of_the_settings_is_there() -> None:
    assert set(get_args(get_type_hints(ScannerSettings)["driver"])) == set(SCANNERS)
    assert set(get_args(get_type_hints(PrinterSettings)["driver"])) == set(PRINTERS)


def test_devices_are_made_by_name_without_being_opened() -> None:
    settings = Settings(
        scanners={
            "hand": ScannerSettings(port="/dev/serial/by-id/none"),
            "door": ScannerSettings(driver="camera", port="/dev/video9"),
        },
        printers={"r1": PrinterSettings(host="192.0.2.1")},
    )
    scanners, printers = open_scanners(settings), open_printers(settings)
    assert isinstance(scanners["hand"], SerialScanner)
    assert isinstance(scanners["door"], CameraScanner)
    assert isinstance(printers["r1"], EscposPrinter)
