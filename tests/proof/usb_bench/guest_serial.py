"""Scanners on USB-serial adapters: an FTDI chip under the kernel's own driver."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from config.device_schema import ScannerSettings
from devices.ports import DeviceAbsent, DeviceClaimed, DeviceDenied
from devices.serial_scanner import SerialScanner
from tests.proof.usb_bench.talk import (
    Talk,
    as_nobody,
    as_root,
    gone,
    heard,
    mode_of,
    only,
    opened,
    texts,
    until,
)

SERIAL = "S1234567"
"""The serial number in the examples of our rules."""
BY_ID = f"/dev/serial/by-id/*_{SERIAL}-if00-port0"
OURS = "/dev/store-edge/scanner-desk-left"
GTIN = "6901234567892"
REPLUGS = 10
SCANS = 200


def scanner(name: str, port: str) -> SerialScanner:
    return SerialScanner(name, ScannerSettings(port=port, baud=115200))


def plug(talk: Talk, name: str, *, cable: str = "one", port: str = "1", serial: str = SERIAL) -> None:
    talk.wish("plug", name=name, driver="usb-serial", chardev=f"cable-{cable}", port=port, serial=serial)


def unplug(talk: Talk, name: str) -> None:
    talk.wish("unplug", name=name)


def properties(path: str) -> list[str]:
    """What udev knows of a device."""
    command = ["udevadm", "info", "--query=property", f"--name={path}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def latency_of(path: str) -> str:
    name = Path(path).resolve().name
    return (Path("/sys/bus/usb-serial/devices") / name / "latency_timer").read_text().strip()


def one_adapter(talk: Talk) -> None:
    plug(talk, "ftdi")
    by_id = only(BY_ID)
    until(lambda: mode_of(by_id).endswith("660"), "its group")
    talk.check("udev gives it to the group dialout", mode_of(by_id) == "root:dialout 660", mode_of(by_id))
    ours = Path(OURS)
    talk.check("our rule's link leads to it", ours.resolve() == Path(by_id).resolve(), ours.resolve())
    talk.check("latency_timer is 1 before anybody opened it", latency_of(by_id) == "1", latency_of(by_id))
    known = properties(by_id)
    talk.check("ModemManager is told to leave it alone", "ID_MM_PORT_IGNORE=1" in known, known)
    with as_nobody():
        talk.refused(
            "a user outside the group is denied, in words",
            DeviceDenied,
            scanner("x", OURS).open,
            "Permission",
        )
    desk = scanner("desk", OURS)
    opened(desk)
    talk.refused("a second program hears that it is taken", DeviceClaimed, scanner("y", OURS).open)
    talk.wish("send", cable="one", text=f"{GTIN}\r")
    got = texts(desk)
    talk.check("a scan is read by the service's user", got == [GTIN], got)
    _latency(talk, desk)
    talk.wish("send", cable="one", text=GTIN[:5])
    before, began = desk.dropped, time.monotonic()
    unplug(talk, "ftdi")
    why = gone(desk)
    talk.figure("ms until an unplugging is noticed", _ms(began))
    talk.check(
        "unplugged in mid-code it is absent, and half a code is none", why and desk.dropped == before + 1, why
    )
    talk.refused("while it is away it is absent", DeviceAbsent, desk.open)


def _latency(talk: Talk, desk: SerialScanner) -> None:
    """From the wish for a scan to the reading; a wish for nothing tells what the asking itself takes of that."""
    asked, took, kept = [], [], 0
    for number in range(SCANS):
        began = time.monotonic()
        talk.wish("ping")
        asked.append(_ms(began))
        code = f"{number:013d}"
        began = time.monotonic()
        talk.wish("send", cable="one", text=code + "\r")
        kept += texts(desk) == [code]
        took.append(_ms(began))
    talk.check("every scan is read once, in order", kept == SCANS, f"{kept} of {SCANS}")
    talk.figure("ms from asking for a scan to its reading", sorted(took))
    talk.figure("ms of the asking alone", sorted(asked))


def many_replugs(talk: Talk) -> None:
    """One driver object for all its lives, as in the service."""
    desk, took, names = scanner("desk", OURS), [], set()
    for _ in range(REPLUGS):
        began = time.monotonic()
        plug(talk, "ftdi")
        talk.wish("scan", cable="one")
        opened(desk)
        read = heard(desk)
        took.append(_ms(began))
        names.add(os.path.realpath(OURS))
        talk.wish("hush", cable="one")
        if not read:
            break
        unplug(talk, "ftdi")
        gone(desk)
        until(lambda: not Path(OURS).exists(), "its name goes")
    talk.check("each replug is followed by a scan", len(took) == REPLUGS, took)
    talk.check(
        "always under the same name, because the dead file is closed", names == {"/dev/ttyUSB0"}, names
    )
    talk.figure("ms from a replug to the first scan", sorted(took))


def held_by_another(talk: Talk) -> None:
    """Somebody else keeps the dead name: the link leads to the new one."""
    plug(talk, "ftdi")
    with as_root():
        other = os.open(only(OURS), os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    desk = scanner("desk", OURS)
    opened(desk)
    unplug(talk, "ftdi")
    gone(desk)
    until(lambda: not Path(OURS).exists(), "its name goes")
    plug(talk, "ftdi")
    opened(desk)
    talk.check(
        "while another holds the old one it has another number", os.path.realpath(OURS) == "/dev/ttyUSB1"
    )
    talk.wish("send", cable="one", text=f"{GTIN}\r")
    got = texts(desk)
    talk.check("and is read by its link all the same", got == [GTIN], got)
    os.close(other)
    desk.close()
    unplug(talk, "ftdi")
    until(lambda: not Path(OURS).exists(), "its name goes")


def twins(talk: Talk) -> None:
    """Two adapters without serial numbers, in sockets 2 and 3, plugged in one order and then in the other."""
    paths = {
        cable: f"/dev/serial/by-path/*-usb-0:{port}:1.0-port0" for cable, port in (("one", 2), ("two", 3))
    }
    numbers = []
    for order in (("one", "two"), ("two", "one")):
        for cable in order:
            plug(talk, cable, cable=cable, port="2" if cable == "one" else "3", serial="")
            only(paths[cable])
        desks = {cable: scanner(cable, only(path)) for cable, path in paths.items()}
        for cable, desk in desks.items():
            opened(desk)
            talk.wish("send", cable=cable, text=f"{cable}\r")
        got = {cable: texts(desk) for cable, desk in desks.items()}
        right = got == {cable: [cable] for cable in desks}
        talk.check(f"each is heard by its socket, {order[0]} first", right, got)
        numbers.append({cable: os.path.realpath(only(path)) for cable, path in paths.items()})
        by_socket = os.path.realpath("/dev/store-edge/scanner-desk-right")
        talk.check(
            f"our rule's link for a socket, {order[0]} first", by_socket == numbers[-1]["one"], by_socket
        )
        if order[0] == "one":
            same = len(list(Path("/dev/serial/by-id").iterdir()))
            talk.check("by-id cannot tell them apart", same == 1, same)
        for cable, desk in desks.items():
            unplug(talk, cable)
            gone(desk)
        until(lambda: not Path("/dev/serial/by-path").exists(), "their names go")
    first, second = numbers
    talk.check(
        "their numbers were exchanged",
        (first["one"], first["two"]) == (second["two"], second["one"]),
        numbers,
    )


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)
