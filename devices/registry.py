"""Which driver in the settings is which class; devices are made here, and opened by whoever uses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from config.device_schema import (
    DisplaySettings,
    LightSettings,
    LockerSettings,
    PrinterSettings,
    ScaleSettings,
    ScannerSettings,
)
from config.schema import Settings
from devices.camera_scanner import CameraScanner
from devices.cas_scale import CasScale
from devices.dialog06_scale import Dialog06Scale
from devices.epson_vfd_display import EpsonVfdDisplay
from devices.escpos_printer import EscposPrinter
from devices.evdev_scanner import EvdevScanner
from devices.hidpos_scanner import HidPosScanner
from devices.led8_display import Led8Display
from devices.lock_board import LockBoard
from devices.plugged_drawer import PluggedDrawer
from devices.ports import CashDrawer, DrawerSocket, Lights, LineDisplay, Locker, POSPrinter, Scale, Scanner
from devices.serial_relay_lights import SerialRelayLights
from devices.serial_scanner import SerialScanner
from devices.stream_scale import StreamScale
from devices.sysfs_led import SysfsLed
from devices.tcp_scanner import TcpScanner
from devices.toledo_scale import ToledoScale
from devices.torch import Torch

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
SCALES: dict[str, Callable[[str, ScaleSettings], Scale]] = {
    "toledo-8217": ToledoScale,
    "cas": CasScale,
    "dialog06": Dialog06Scale,
    "stream": StreamScale,
}
DISPLAYS: dict[str, Callable[[str, DisplaySettings], LineDisplay]] = {
    "epson-vfd": EpsonVfdDisplay,
    "led8": Led8Display,
}
LIGHTS: dict[str, Callable[[str, LightSettings], Lights]] = {
    "sysfs-led": SysfsLed,
    "serial-relay": SerialRelayLights,
}
LOCKERS: dict[str, Callable[[str, LockerSettings], Locker]] = {"lock-board": LockBoard}


def open_scanners(settings: Settings) -> dict[str, Scanner]:
    """Makes every scanner of the settings, by name; touches no device yet."""
    return with_torches(
        {name: SCANNERS[one.driver](name, one) for name, one in settings.scanners.items()}, settings
    )


def with_torches(scanners: dict[str, Scanner], settings: Settings) -> dict[str, Scanner]:
    """The same scanners; cameras that have a torch in the settings got it."""
    for name, camera in scanners.items():
        torch = settings.scanners[name].camera.torch
        if torch and isinstance(camera, CameraScanner):
            light = settings.lights[torch]
            camera.torch = Torch(LIGHTS[light.driver](torch, light))
    return scanners


def open_drawers(settings: Settings, printers: Mapping[str, POSPrinter]) -> dict[str, CashDrawer]:
    """Makes every drawer of the settings whose printer has a socket, by name; touches no device yet."""
    drawers: dict[str, CashDrawer] = {}
    for name, one in settings.drawers.items():
        if one.printer in printers:
            socket = printers[one.printer]
            if isinstance(socket, DrawerSocket):
                drawers[name] = PluggedDrawer(socket, one)
    return drawers


def open_scales(settings: Settings) -> dict[str, Scale]:
    """Makes every scale of the settings, by name; touches no device yet."""
    return {name: SCALES[one.driver](name, one) for name, one in settings.scales.items()}


def open_displays(settings: Settings) -> dict[str, LineDisplay]:
    """Makes every customer display of the settings, by name; touches no device yet."""
    return {name: DISPLAYS[one.driver](name, one) for name, one in settings.displays.items()}


def open_lights(settings: Settings) -> dict[str, Lights]:
    """Makes every lamp of the settings, by name; touches no device yet."""
    return {name: LIGHTS[one.driver](name, one) for name, one in settings.lights.items()}


def open_lockers(settings: Settings) -> dict[str, Locker]:
    """Makes every bank of boxes of the settings, by name; touches no device yet."""
    return {name: LOCKERS[one.driver](name, one) for name, one in settings.lockers.items()}
