"""A machine's /sys and /dev as folders and links, laid out as the kernel and udev lay them out; no device is real."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from devices.sysfs import Machine

HID_POS = bytes.fromhex("058c0902a101158026ff007508950385021500c0")
KEYBOARD = bytes.fromhex("05010906a101050719e029e71500250175019508c0")


@dataclass
class MadeUpMachine:
    """Plug and unplug; `machine` is what the product is given."""

    root: Path
    machine: Machine = field(init=False)

    def __post_init__(self) -> None:
        self.machine = Machine(self.root / "sys", self.root / "dev")
        (self.root / "sys/class/tty").mkdir(parents=True)
        (self.root / "dev").mkdir()

    def usb(
        self, socket: str, vendor: str, product: str, maker: str = "", model: str = "", serial: str = ""
    ) -> Path:
        """The interface folder of a USB device in a socket ("2" or "2.1" behind a hub) of bus 1."""
        device = self.root / "sys/devices/pci0000:00/0000:00:14.0/usb1" / f"1-{socket}"
        interface = device / f"1-{socket}:1.0"
        interface.mkdir(parents=True, exist_ok=True)
        said = {
            "idVendor": vendor,
            "idProduct": product,
            "manufacturer": maker,
            "product": model,
            "serial": serial,
        }
        for name, text in said.items():
            if text:
                (device / name).write_text(f"{text}\n")
        return interface

    def entry(self, kind: str, name: str, parent: Path, node: str, links: tuple[str, ...] = ()) -> Path:
        """A class entry below its device, its node, and udev's links to that."""
        entry = parent / kind / name
        entry.mkdir(parents=True, exist_ok=True)
        (entry / "device").symlink_to(parent)
        folder = self.root / "sys/class" / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(entry)
        made = self.root / "dev" / node
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text("")
        for link in links:
            self.link(link, node)
        return entry

    def link(self, link: str, node: str) -> Path:
        """A link of udev's; one that is there already now leads to this node, as udev does it."""
        path = self.root / "dev" / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(os.path.relpath(self.root / "dev" / node, path.parent))
        return path

    def serial(
        self, number: int, socket: str, *, serial: str = "", model: str = "USB Scanner", vendor: str = "0c2e"
    ) -> Path:
        """A USB serial device with the links that udev gives it."""
        parent = self.usb(socket, vendor, "0720", "Honeywell", model, serial)
        node = f"ttyACM{number}"
        named = f"usb-Honeywell_{model.replace(' ', '_')}{'_' + serial if serial else ''}-if00"
        self.entry(
            "tty",
            node,
            parent,
            node,
            (f"serial/by-id/{named}", f"serial/by-path/pci-0000:00:14.0-usb-0:{socket}:1.0"),
        )
        return self.root / "dev" / node

    def unplug(self, kind: str, name: str, node: str) -> None:
        """The entry, its node and the links to it are gone."""
        entry = self.root / "sys/class" / kind / name
        real = Path(os.path.realpath(entry))
        (real / "device").unlink()
        entry.unlink()
        gone = self.root / "dev" / node
        for link in (self.root / "dev").rglob("*"):
            if link.is_symlink() and os.path.realpath(link) == str(gone):
                link.unlink()
        gone.unlink()
