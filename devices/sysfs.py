"""What the kernel and udev tell about a device's node, read from files: nothing here opens a device."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_INTERFACE = re.compile(r"^\d+-[\d.]+:\d+\.\d+$")
_PCI = re.compile(r"^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$")
_LINKS = (
    "store-edge",
    "serial/by-id",
    "serial/by-path",
    "input/by-id",
    "input/by-path",
    "v4l/by-id",
    "v4l/by-path",
)
"""Folders of udev's links, those that somebody named by hand first."""


@dataclass(frozen=True)
class Machine:
    """Where this machine's files are; tests bring folders of their own."""

    sys: Path = Path("/sys")
    dev: Path = Path("/dev")

    def nodes(self, kind: str) -> Iterator[Path]:
        """Devices of a class (/sys/class/tty ...), by name; none where the kernel has no such class."""
        yield from _listed(self.sys / "class" / kind)

    def links(self) -> dict[str, list[Path]]:
        """Node (a real path) -> udev's links to it, best first."""
        found: dict[str, list[Path]] = {}
        for folder in _LINKS:
            for link in _listed(self.dev / folder):
                found.setdefault(os.path.realpath(link), []).append(link)
        return found


@dataclass(frozen=True)
class Usb:
    """The USB device behind a node; empty where it says nothing. `path` names the socket as udev's ID_PATH does."""

    vendor: str
    product: str
    maker: str
    model: str
    serial: str
    path: str

    @property
    def key(self) -> str:
        """One piece of hardware, as far as it can be told: by serial number, else by the socket that it is in."""
        return f"usb:{self.vendor}:{self.product}" + (f":{self.serial}" if self.serial else f"@{self.path}")


def read(folder: Path, name: str) -> str:
    """An attribute's text; "" where there is none, or its device went away in between."""
    try:
        return (folder / name).read_bytes().decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def usb_of(node: Path) -> Usb | None:
    """The USB device that a class entry hangs on; None for what is not on USB."""
    real = Path(os.path.realpath(node / "device"))
    interface = ""
    for folder in (real, *real.parents):
        if _INTERFACE.match(folder.name):
            interface = folder.name
        if vendor := read(folder, "idVendor"):
            return Usb(
                vendor,
                read(folder, "idProduct"),
                read(folder, "manufacturer"),
                read(folder, "product"),
                read(folder, "serial"),
                _socket(folder, interface or folder.name),
            )
    return None


def _socket(device: Path, interface: str) -> str:
    """pci-0000:00:14.0-usb-0:2:1.0: bus numbers change from boot to boot, the controller's address does not."""
    controller = next((up for up in device.parents if up.name.startswith("usb")), device).parent.name
    bus = f"pci-{controller}" if _PCI.match(controller) else f"platform-{controller}"
    return f"{bus}-usb-0:{interface.partition('-')[2]}"
