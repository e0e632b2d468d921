"""Which driver in the settings is which class; devices are made here, and opened by whoever uses them."""

from __future__ import annotations

from collections.abc import Callable

from config.device_schema import PrinterSettings, ScannerSettings
from config.schema import Settings
from devices.camera_scanner import CameraScanner
from devices.escpos_printer import EscposPrinter
from devices.evdev_scanner import EvdevScanner
from devices.hidpos_scanner import HidPosScanner
from devices.ports import POSPrinter, Scanner
from devices.serial_scanner import SerialScanner
from devices.tcp_scanner import TcpScanner

SCANNERS: dict[str, Callable[[str, ScannerSettings], Scanner]] = {
    "serial": SerialScanner,
    "evdev": EvdevScanner,
    "hidpos": HidPosScanner,
    "tcp": TcpScanner,
    "camera": CameraScanner,
}
PRINTERS: dict[str, Callable[[str, PrinterSettings], POSPrinter]] = {
    "escpos-tcp": EscposPrinter,
    "escpos-serial": EscposPrinter,
    "escpos-usb": EscposPrinter,
    "escpos-file": EscposPrinter,
}


def open_scanners(settings: Settings) -> dict[str, Scanner]:
    """Makes every scanner of the settings, by name; touches no device yet."""
    return {name: SCANNERS[one.driver](name, one) for name, one in settings.scanners.items()}


def open_printers(settings: Settings) -> dict[str, POSPrinter]:
    """Makes every printer of the settings, by name; touches no device yet."""
    return {name: PRINTERS[one.driver](name, one) for name, one in settings.printers.items()}
