"""Which driver in the settings is which class; devices are made here, and opened by whoever uses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from config.device_schema import PrinterSettings, ScannerSettings
from config.schema import Settings
from devices.camera_scanner import CameraScanner
from devices.escpos_printer import EscposPrinter
from devices.evdev_scanner import EvdevScanner
from devices.hidpos_scanner import HidPosScanner
from devices.plugged_drawer import PluggedDrawer
from devices.ports import CashDrawer, DrawerSocket, POSPrinter, Scanner
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
    "escpos-libusb": EscposPrinter,
    "escpos-file": EscposPrinter,
}


def open_scanners(settings: Settings) -> dict[str, Scanner]:
    """Makes every scanner of the settings, by name; touches no device yet."""
    return {name: SCANNERS[one.driver](name, one) for name, one in settings.scanners.items()}


def open_drawers(settings: Settings, printers: Mapping[str, POSPrinter]) -> dict[str, CashDrawer]:
    """Makes every drawer of the settings whose printer has a socket, by name; touches no device yet."""
    drawers: dict[str, CashDrawer] = {}
    for name, one in settings.drawers.items():
        if one.printer in printers:
            socket = printers[one.printer]
            if isinstance(socket, DrawerSocket):
                drawers[name] = PluggedDrawer(socket, one)
    return drawers


def open_printers(settings: Settings) -> dict[str, POSPrinter]:
    """Makes every printer of the settings, by name; touches no device yet."""
    return {name: PRINTERS[one.driver](name, one) for name, one in settings.printers.items()}
