"""Scanners that type and scanners that speak HID-POS, as whole USB devices under usbhid; and a stranger's keyboard."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from pathlib import Path

from config.device_schema import ScannerSettings
from devices.evdev_scanner import EvdevScanner, grab
from devices.hidpos_scanner import HidPosScanner
from devices.ports import BadSource, DeviceClaimed, DeviceDenied, Symbology
from tests.proof.usb_bench.gadgets import Gadget
from tests.proof.usb_bench.guest_serial import GTIN, SERIAL, properties
from tests.proof.usb_bench.talk import (
    Late,
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

ZEBRA = 0x05E0
BURST = 60
PLANTED: dict[str, Callable[[int], None]] = {}
"""A grab that is none, where the bench is to show that it would see that."""
DOOR = "/dev/store-edge/scanner-door"
# HID 1.11, appendix B.1: eight modifier bits, a spare byte, six keys; without the lamps.
KEYBOARD = bytes.fromhex(
    "05010906a101050719e029e71500250175019508810295017508810395067508150025650507190029658100c0"
)
# HID Point of Sale 1.02: report 3 is a byte count, an AIM identifier of three, 56 bytes, and whether more follows.
POINT_OF_SALE = bytes.fromhex(
    "058c0902a101850315002600ff750895010501093b8102058c950309fb09fc09fd8102953809fe82020195010600ff09018102c0"
)
_ENTER, _FIRST_DIGIT = 0x28, 0x1E


class Reports:
    """A gadget's inner end: what it reports to whoever reads it."""

    def __init__(self, node: str = "/dev/hidg0") -> None:
        with as_root():
            only(node)
            self.fd = os.open(node, os.O_RDWR | os.O_NONBLOCK)

    def report(self, data: bytes) -> None:
        poll = select.poll()
        poll.register(self.fd, select.POLLOUT)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            poll.poll(1000)
            try:
                os.write(self.fd, data)
            except BlockingIOError:
                continue
            return
        raise Late("nobody takes the report")

    def type(self, digits: str, *, enter: bool = True) -> None:
        for digit in digits:
            self._key(_FIRST_DIGIT + (int(digit) - 1) % 10)
        if enter:
            self._key(_ENTER)

    def scan(self, aim: bytes, data: bytes) -> None:
        """As many reports as the data needs."""
        for start in range(0, len(data), 56):
            piece, more = data[start : start + 56], start + 56 < len(data)
            self.report(bytes([3, len(piece)]) + aim + piece.ljust(56, b"\0") + bytes([more]))

    def _key(self, code: int) -> None:
        self.report(bytes([0, 0, code, 0, 0, 0, 0, 0]))
        self.report(bytes(8))


def evdev(name: str, port: str) -> EvdevScanner:
    return EvdevScanner(name, ScannerSettings(driver="evdev", port=port), PLANTED.get("grab", grab))


def hidpos_scanner(name: str, port: str) -> HidPosScanner:
    return HidPosScanner(name, ScannerSettings(driver="hidpos", port=port))


def settled(path: str, owner: str) -> str:
    """The node's mode once udev is done with it, or at last."""
    deadline = time.monotonic() + 10
    while mode_of(path) != owner and time.monotonic() < deadline:
        time.sleep(0.01)
    return mode_of(path)


def keyboard(talk: Talk) -> None:
    """QEMU's keyboard is none of the makers in our rules: who may read a keyboard reads passwords."""
    talk.wish("plug", name="keys", driver="usb-kbd", port="4")
    path = only("/dev/input/by-id/*QEMU*-event-kbd")
    mode = settled(path, "root:input 660")
    talk.check("a stranger's keyboard stays what it was", mode == "root:input 660", mode)
    talk.refused(
        "the service is denied, in words", DeviceDenied, evdev("w", path).open, "not open it (Permission"
    )
    # From here on as if a rule named it.
    with as_root():
        other = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        wedge_ = evdev("w", path)
        opened(wedge_)
        talk.refused("a second program hears that it is taken", DeviceClaimed, evdev("v", path).open)
        talk.wish("keys", keys=["6", "9", "shift+a", "a", "minus", "ret"])
        got = texts(wedge_)
        talk.check("what is typed is read, case and all", got == ["69Aa-"], got)
        talk.wish("keys", keys=["ctrl+bracket_right", "1", "alt+f4", "2", "ret", "7", "ret"])
        got = texts(wedge_)
        talk.check(
            "a code with a hole in it is none", (got, wedge_.dropped) == (["7"], 1), (got, wedge_.dropped)
        )
        talk.check("typed nowhere else while it is ours", not _typed(other))
        wedge_.close()
        talk.wish("keys", keys=["1"])
        talk.check(
            "typed elsewhere again when it was given back",
            until(lambda: _typed(other), "the other hears", 10),
        )
        os.close(other)
        opened(wedge_)
        talk.wish("unplug", name="keys")
        why = gone(wedge_)
        talk.check("unplugged it is absent (ENODEV)", "No such device" in why, why)


def _typed(fd: int) -> bytes:
    try:
        return os.read(fd, 4096)
    except BlockingIOError:
        return b""


def wedge(talk: Talk) -> None:
    """A scanner of a maker in our rules, in its keyboard mode."""
    with Gadget(
        *("wedge", (ZEBRA, 0x1200), ("Symbol", "Scanner", SERIAL), "hid.keys"),
        protocol="1",
        subclass="1",
        report_length="8",
        report_desc=KEYBOARD,
    ) as gadget:
        gadget.plug()
        path, reports = only(f"/dev/input/by-id/*Symbol*{SERIAL}*-event-kbd"), Reports()
        mode = settled(path, "root:store-edge 660")
        talk.check("our rule gives it to the service", mode == "root:store-edge 660", mode)
        known = properties(path)
        talk.check("our rule hides it from the desktop", "LIBINPUT_IGNORE_DEVICE=1" in known, known)
        with as_nobody():
            talk.refused(
                "a user outside the group is denied, in words",
                DeviceDenied,
                evdev("x", path).open,
                "Permission",
            )
        _wrong_mode(talk)
        typing = evdev("kiosk", path)
        opened(typing)
        _sixty_typed(talk, typing, reports)
        dropped = typing.dropped
        reports.type(GTIN[:5], enter=False)
        _unplugged(talk, gadget, lambda: gone(typing), "No such device")
        talk.check("half a code is none", typing.dropped == dropped + 1, typing.dropped)
        gadget.plug()
        opened(typing)
        reports.type(GTIN)
        got = texts(typing)
        talk.check("plugged in again it is read by its link", got == [GTIN], got)
        typing.close()
        os.close(reports.fd)


def _wrong_mode(talk: Talk) -> None:
    node = only("/dev/hidraw*")
    settled(node, "root:store-edge 660")
    words = "in keyboard mode it is no HID-POS scanner, in words"
    talk.refused(words, BadSource, hidpos_scanner("h", node).open, "no usage page 8C")
    talk.refused("and its hidraw node is no keyboard", BadSource, evdev("h", node).open, "no input device")


def _sixty_typed(talk: Talk, typing: EvdevScanner, reports: Reports) -> None:
    codes, got = [f"{number:013d}" for number in range(BURST)], list[str]()
    # The kernel keeps 64 events, less than a code has: a reader without a processor loses one, and must know it.
    for count, code in enumerate(codes, 1):
        reports.type(code)
        while len(got) + typing.dropped < count:
            got += [reading.text for reading in typing.read(0.1)]
    talk.figure("codes lost and counted as lost, of sixty", typing.dropped)
    kept = [code for code in codes if code in got]
    talk.check("sixty codes: whole, in order, and what is lost is counted", got == kept, got)


def hidpos(talk: Talk) -> None:
    """The same maker's scanner in HID-POS mode."""
    with Gadget(
        *("pos", (ZEBRA, 0x1300), ("Symbol", "Scanner", SERIAL), "hid.pos"),
        protocol="0",
        subclass="0",
        report_length="64",
        report_desc=POINT_OF_SALE,
    ) as gadget:
        until(lambda: not Path(DOOR).exists(), "the scanner before it goes")
        keyboards = set(Path("/dev/input").glob("event*"))
        gadget.plug()
        node, reports = only(DOOR), Reports()
        mode = settled(node, "root:store-edge 660")
        talk.check("our rule names it and gives it to the service", mode == "root:store-edge 660", mode)
        typing = set(Path("/dev/input").glob("event*")) - keyboards
        talk.check("it types nowhere", not typing, typing)
        with as_nobody():
            talk.refused(
                "a user outside the group is denied, in words",
                DeviceDenied,
                hidpos_scanner("x", DOOR).open,
                "Perm",
            )
        door = hidpos_scanner("door", DOOR)
        opened(door)
        talk.refused("a second program hears that it is taken", DeviceClaimed, hidpos_scanner("y", DOOR).open)
        reports.scan(b"]E0", GTIN.encode())
        (read,) = heard(door)
        kind = (read.text, read.symbology)
        talk.check("a report is a code with its kind", kind == (GTIN, Symbology.EAN13), read)
        _long_and_many(talk, door, reports)
        _unplugged(talk, gadget, lambda: gone(door), "Input/output error")
        gadget.plug()
        opened(door)
        reports.scan(b"]E0", GTIN.encode())
        got = texts(door)
        talk.check("plugged in again it is read by its link", got == [GTIN], got)
        door.close()
        os.close(reports.fd)


def _long_and_many(talk: Talk, door: HidPosScanner, reports: Reports) -> None:
    long = "x" * 56 + "tail\x1d\r\n"
    reports.scan(b"]Q1", long.encode())
    got = texts(door)
    talk.check("two reports are one long code, byte for byte", got == [long], got)
    for number in range(BURST):
        reports.scan(b"]E0", b"%013d" % number)
    numbers = [int(one) for one in texts(door, BURST)]
    talk.check("sixty without a pause are read in order", numbers == list(range(BURST)), numbers)


def _unplugged(talk: Talk, gadget: Gadget, gone_: Callable[[], str], error: str) -> None:
    began = time.monotonic()
    gadget.unplug()
    why = gone_()
    talk.figure("ms until an unplugging is noticed", round((time.monotonic() - began) * 1000, 1))
    talk.check(f"unplugged it is absent ({error})", error in why, why)
