"""Taking a device into the settings: the file keeps its comments, and is replaced only by one that loads."""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.loader import load
from config.schema import Problem, SettingsRefused
from devices.plugged import Plugged, behind
from edge.durable import settled

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

TABLES = {
    "scanner": "scanners",
    "printer": "printers",
    "scale": "scales",
    "display": "displays",
    "lights": "lights",
    "locker": "lockers",
}
_BY_KIND = {
    ("scanners", "serial"): "serial",
    ("scanners", "keyboard"): "evdev",
    ("scanners", "hidpos"): "hidpos",
    ("scanners", "camera"): "camera",
    ("printers", "serial"): "escpos-serial",
    ("printers", "printer"): "escpos-usb",
}
_HOST = re.compile(r"^(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?$")


class NotAdopted(Exception):
    """The device cannot be taken into the settings; the words say why, the file is as it was."""


@dataclass(frozen=True)
class Wish:
    """What a person wants: this address as a `table`'s `name` at a station; `driver` "" is found out."""

    address: str
    table: str
    name: str
    station: str
    driver: str = ""


@dataclass(frozen=True)
class Adoption:
    """The new text of the settings and what differs, as a unified diff; `notes` are for the person."""

    text: str
    diff: str
    notes: tuple[str, ...]


def plan(settings: Path, wish: Wish, found: tuple[Plugged, ...]) -> Adoption:
    """What the file would become; nothing is written. Raises NotAdopted, SettingsRefused."""
    load(settings)  # a file with problems of its own is mended first: by a person
    old = settings.read_bytes().decode("utf-8")
    fields, notes = _fields(wish, found)
    new = _in_place(old, wish, fields) if _has(old, wish) else _appended(old, wish, fields)
    if wish.table == "printers" and wish.station:
        new = _printer_of(new, wish)
    diff = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), str(settings), str(settings)
    )
    return Adoption(new, "".join(diff), tuple(notes))


def write(settings: Path, adoption: Adoption) -> None:
    """Replaces the file if the new one loads: whole, with its owner and its rights. Raises SettingsRefused, OSError."""
    target = Path(os.path.realpath(settings))
    was = target.stat()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(adoption.text.encode("utf-8"))
            file.flush()
            os.fchmod(file.fileno(), was.st_mode & 0o7777)
            with contextlib.suppress(PermissionError):  # only root can give a file to somebody else
                os.fchown(file.fileno(), was.st_uid, was.st_gid)
            os.fsync(file.fileno())
        load(aside)
        aside.replace(target)
        settled(target.parent)
    finally:
        aside.unlink(missing_ok=True)


def _fields(wish: Wish, found: tuple[Plugged, ...]) -> tuple[dict[str, Any], list[str]]:
    """The lines of the new table, and what the person should know."""
    if not wish.address.startswith("/"):
        return _network(wish), []
    one, notes = behind(wish.address, found), []
    path = one.path if one else wish.address
    if path != wish.address:
        notes.append(f"{path} is the same device under a name that stays")
    if one is None:
        notes.append("nothing that is known is plugged in there")
    elif one.identity.key.startswith("usb:") and not Path(one.path).is_symlink():
        notes.append(
            f"{one.path} is a name by order of plugging in: a SYMLINK rule in 70-store-edge.rules gives one that stays"
        )
    elif one.shared_name:
        notes.append("it has no serial number: it is known by its socket, so keep the cable where it is")
    driver = wish.driver or _BY_KIND.get((wish.table, one.kind if one else "serial"), "")
    if one is not None and wish.table in ("scanners", "printers") and not driver:
        raise NotAdopted(f"a {one.kind} device cannot be one of the {wish.table}")
    fields: dict[str, Any] = {"driver": driver} if driver else {}
    if wish.table != "printers":
        fields["station"] = wish.station
    fields["port" if wish.table == "scanners" else "device"] = path
    return fields, notes


def _network(wish: Wish) -> dict[str, Any]:
    said = _HOST.match(wish.address)
    if said is None or wish.table not in ("scanners", "printers"):
        raise NotAdopted(f"{wish.address} is neither a path nor an address of such a device")
    if said["port"] is None and wish.table == "scanners":
        raise NotAdopted("a scanner on the network needs its port, as host:port")
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(said["host"]).is_unspecified:
            raise NotAdopted(f"{wish.address} is nobody's address")
    if wish.table == "scanners":
        return {"driver": wish.driver or "tcp", "station": wish.station, "port": wish.address}
    port = {"port": int(said["port"])} if said["port"] else {}
    return {"driver": wish.driver or "escpos-tcp", "host": said["host"], **port}


def _document(text: str) -> TOMLDocument:
    import tomlkit

    return tomlkit.parse(text)


def _has(text: str, wish: Wish) -> bool:
    return wish.name in _document(text).get(wish.table, {})


def _in_place(text: str, wish: Wish, fields: dict[str, Any]) -> str:
    """The device is there already: its address and driver change, its other settings and comments stay."""
    import tomlkit

    document = _document(text)
    table: Any = document[wish.table]
    for key, value in fields.items():
        if table[wish.name].get(key) != value:
            table[wish.name][key] = value
    return tomlkit.dumps(document)


def _appended(text: str, wish: Wish, fields: dict[str, Any]) -> str:
    # At the end, as text: an editor of tables would put it before a comment that belongs to the next one.
    import tomlkit

    table = tomlkit.table()
    table.update(fields)
    names = tomlkit.table(is_super_table=True)
    names[wish.name] = table
    written = tomlkit.dumps(tomlkit.document().add(wish.table, names)).strip()
    return _with_line_ends(text, text.rstrip() + "\n\n" + written + "\n")


def _printer_of(text: str, wish: Wish) -> str:
    """The station prints there from now on; a new line stands right below the station's heading."""
    import tomlkit

    document = _document(text)
    stations: Any = document.get("stations", {})
    if wish.station not in stations:
        problem = Problem(
            "stations", f"{wish.station!r} is not defined", f"defined: {', '.join(sorted(stations))}"
        )
        raise SettingsRefused([problem])
    if "printer" in stations[wish.station]:
        stations[wish.station]["printer"] = wish.name
        return tomlkit.dumps(document)
    heading = re.compile(rf"(?m)^\[stations\.{re.escape(wish.station)}\][^\n]*\n")
    line = f'printer = "{wish.name}"\n'
    new, count = heading.subn(lambda found: found[0] + line, text, count=1)
    if not count:
        raise NotAdopted(
            f"set printer = {wish.name!r} for the station {wish.station} by hand: it has no heading"
        )
    return _with_line_ends(text, new)


def _with_line_ends(old: str, new: str) -> str:
    return new.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in old else new
