"""What is plugged into this machine, each under its stablest name, with who it is and what it most likely is for.

Everything is read from the kernel's and udev's files. No node is opened: a look must not disturb what works, and
opening some does (a serial port moves DTR, which resets boards; a printer loses what it was told).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devices.hidpos_scanner import calls_itself_scanner
from devices.ports import Identity
from devices.sysfs import Machine, Usb, read, usb_of

Kind = Literal["serial", "keyboard", "hidpos", "printer", "camera"]
_NAMED = "store-edge"
_REAL_UARTS = frozenset("12345678")
_SCANNER_MAKERS = frozenset({"05e0", "0c2e", "0536", "05f9", "1eab", "065a", "0745"})
"""Zebra (Symbol), Honeywell (Metrologic, Hand Held), Datalogic, Newland, Opticon, CipherLab."""
_PRINTER_MAKERS = frozenset({"04b8", "0519", "1504", "154f", "0dd4", "1d90", "2730", "0fe6", "0416", "6868"})
"""Epson, Star, Bixolon, SNBC, Custom, Citizen (two), and the chips of 58 and 80 mm clones."""
_SCANS = ("scan", "barcode", "bar code", "hid-pos", "symbol", "datalogic", "honeywell", "newland")


@dataclass(frozen=True)
class Plugged:
    """A device's node: `path` is what goes into the settings, `names` are all its other paths, the node among them.

    `driver` is a guess ("" none): table and driver of the settings, as "scanners serial".
    """

    path: str
    kind: Kind
    identity: Identity
    driver: str
    names: tuple[str, ...]
    shared_name: bool = False
    """It is on USB and has no serial number: its by-id name is that of every device of its model."""


def plugged(machine: Machine = Machine()) -> tuple[Plugged, ...]:  # noqa: B008 - frozen, and the usual one
    """Everything that could be a scanner, a printer, a scale, a display or a camera, by path."""
    links = machine.links()
    kinds = (_serial_ports, _keyboards, _hid_pos, _usb_printers, _cameras)
    return tuple(sorted((one for kind in kinds for one in kind(machine, links)), key=lambda one: one.path))


def behind(path: str, found: tuple[Plugged, ...]) -> Plugged | None:
    """The device that a path of the settings leads to, by whatever name; None: nothing that is known is there."""
    real = os.path.realpath(path)
    return next((one for one in found if path in one.names or real in one.names), None)


Links = dict[str, list[Path]]


def _serial_ports(machine: Machine, links: Links) -> Iterator[Plugged]:
    for entry in machine.nodes("tty"):
        on_usb = entry.name.startswith(("ttyUSB", "ttyACM"))
        # The kernel lists four UARTs on every PC; those that are not there have type 0.
        if not on_usb and not (entry.name.startswith("ttyS") and read(entry, "type") in _REAL_UARTS):
            continue
        usb = usb_of(entry) if on_usb else None
        if usb and usb.vendor in _PRINTER_MAKERS and usb.vendor not in _SCANNER_MAKERS:
            guess = "printers escpos-serial"
        else:
            guess = "scanners serial" if usb and _scans(usb) else ""
        yield _one(machine.dev / entry.name, "serial", usb, guess, links)


def _keyboards(machine: Machine, links: Links) -> Iterator[Plugged]:
    for entry in machine.nodes("input"):
        node = machine.dev / "input" / entry.name
        typing = [link for link in links.get(os.path.realpath(node), []) if link.name.endswith("-event-kbd")]
        usb = usb_of(entry) if entry.name.startswith("event") and typing else None
        if usb:
            yield _one(node, "keyboard", usb, "scanners evdev" if _scans(usb) else "", links)


def _hid_pos(machine: Machine, links: Links) -> Iterator[Plugged]:
    for entry in machine.nodes("hidraw"):
        try:
            descriptor = (entry / "device" / "report_descriptor").read_bytes()
        except OSError:
            continue
        if calls_itself_scanner(descriptor):
            yield _one(machine.dev / entry.name, "hidpos", usb_of(entry), "scanners hidpos", links)


def _usb_printers(machine: Machine, links: Links) -> Iterator[Plugged]:
    for entry in machine.nodes("usbmisc"):
        if entry.name.startswith("lp"):
            usb, said = usb_of(entry), _ieee1284(read(entry / "device", "ieee1284_id"))
            one = _one(machine.dev / "usb" / entry.name, "printer", usb, "printers escpos-usb", links)
            yield _named(one, said.get("MFG", ""), said.get("MDL", ""))


def _cameras(machine: Machine, links: Links) -> Iterator[Plugged]:
    for entry in machine.nodes("video4linux"):
        if read(entry, "index") in ("", "0"):  # the others of a camera carry no pictures
            one = _one(machine.dev / entry.name, "camera", usb_of(entry), "scanners camera", links)
            yield one if one.identity.model else _named(one, "", read(entry, "name"))


def _one(node: Path, kind: Kind, usb: Usb | None, guess: str, links: Links) -> Plugged:
    known = links.get(os.path.realpath(node), [])
    by_hand = [link for link in known if _NAMED in link.parts]
    # Without a serial number the by-id name is that of a model: two of them take turns to have it.
    by_id = [link for link in known if link.parent.name == "by-id"]
    by_path = [link for link in known if link.parent.name == "by-path"]
    unique = usb is not None and bool(usb.serial)
    best = by_hand + (by_id + by_path if unique else by_path + by_id)
    if kind == "keyboard":
        best = [link for link in best if link.name.endswith("-event-kbd") or link in by_hand]
    names = tuple(dict.fromkeys(str(name) for name in (*known, node, os.path.realpath(node))))
    said = Identity(usb.key, usb.maker, usb.model, usb.serial) if usb else Identity(f"node:{node.name}")
    return Plugged(str(best[0] if best else node), kind, said, guess, names, usb is not None and not unique)


def _named(one: Plugged, maker: str, model: str) -> Plugged:
    old = one.identity
    said = Identity(old.key, maker or old.maker, model or old.model, old.serial)
    return Plugged(one.path, one.kind, said, one.driver, one.names, one.shared_name)


def _scans(usb: Usb) -> bool:
    words = f"{usb.maker} {usb.model}".lower()
    return usb.vendor in _SCANNER_MAKERS or any(word in words for word in _SCANS)


def _ieee1284(text: str) -> dict[str, str]:
    """MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V; the long names of the keys are as good."""
    pairs = (part.partition(":") for part in text.split(";") if ":" in part)
    long = {"MANUFACTURER": "MFG", "MODEL": "MDL"}
    return {long.get(key.strip().upper(), key.strip().upper()): value.strip() for key, _, value in pairs}
