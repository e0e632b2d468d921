"""What is plugged in, read from the files of a made-up machine; and that nothing is opened on the way."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from devices.hidpos_scanner import calls_itself_scanner
from devices.hotplug import Hotplug
from devices.neighbours import mac_of
from devices.plugged import behind, plugged
from tests.devices.made_up_machine import HID_POS, KEYBOARD, MadeUpMachine


@pytest.fixture
def box(tmp_path: Path) -> MadeUpMachine:
    return MadeUpMachine(tmp_path)


def told(box: MadeUpMachine) -> list[tuple[str, str, str]]:
    dev = str(box.machine.dev)
    return [(one.path.removeprefix(f"{dev}/"), one.kind, one.driver) for one in plugged(box.machine)]


def test_every_kind_of_device_comes_under_its_stablest_name(box: MadeUpMachine) -> None:
    box.serial(0, "1", serial="S123")
    box.link("store-edge/scanner-desk", "ttyACM0")
    box.serial(1, "2", serial="S124")
    wedge = box.usb("3", "05f9", "2204", "Datalogic", "Handheld Barcode Scanner", "D1")
    links = ("input/by-id/usb-Datalogic_D1-event-kbd", "input/by-path/pci-0000:00:14.0-usb-0:3:1.0-event-kbd")
    box.entry("input", "event4", wedge, "input/event4", links)
    hid = box.usb("4", "1eab", "0d10", "Newland", "HID-POS", "N1")
    (hid / "report_descriptor").write_bytes(HID_POS)
    box.entry("hidraw", "hidraw0", hid, "hidraw0")
    lp = box.usb("5", "04b8", "0e15", "EPSON", "TM Printer", "X1")
    (lp / "ieee1284_id").write_text("MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;CLS:PRINTER;\n")
    box.entry("usbmisc", "lp0", lp, "usb/lp0")
    eye = box.usb("6", "046d", "0825", "", "C270", "")
    for number in (0, 1):
        entry = box.entry("video4linux", f"video{number}", eye, f"video{number}")
        (entry / "index").write_text(f"{number}\n")
    for number, uart in ((0, "4"), (1, "0")):
        port = box.entry("tty", f"ttyS{number}", box.root / f"sys/devices/platform/{number}", f"ttyS{number}")
        (port / "type").write_text(uart)
    assert told(box) == [
        ("hidraw0", "hidpos", "scanners hidpos"),
        ("input/by-id/usb-Datalogic_D1-event-kbd", "keyboard", "scanners evdev"),
        ("serial/by-id/usb-Honeywell_USB_Scanner_S124-if00", "serial", "scanners serial"),
        ("store-edge/scanner-desk", "serial", "scanners serial"),
        ("ttyS0", "serial", ""),
        ("usb/lp0", "printer", "printers escpos-usb"),
        ("video0", "camera", "scanners camera"),
    ]
    printer = next(one for one in plugged(box.machine) if one.kind == "printer")
    assert (printer.identity.maker, printer.identity.model) == ("EPSON", "TM-T88V")
    assert printer.identity.key == "usb:04b8:0e15:X1"


def test_other_hid_devices_and_keyboards_of_people_are_no_scanners(box: MadeUpMachine) -> None:
    keyboard = box.usb("1", "046d", "c31c", "Logitech", "USB Keyboard")
    (keyboard / "report_descriptor").write_bytes(KEYBOARD)
    box.entry("hidraw", "hidraw0", keyboard, "hidraw0")
    box.entry("input", "event3", keyboard, "input/event3", ("input/by-id/usb-Logitech-event-kbd",))
    box.entry("input", "event4", keyboard, "input/event4", ("input/by-id/usb-Logitech-event-mouse",))
    assert told(box) == [("input/by-id/usb-Logitech-event-kbd", "keyboard", "")]


def test_the_page_of_scanners_is_found_item_by_item() -> None:
    assert calls_itself_scanner(HID_POS)
    assert calls_itself_scanner(bytes.fromhex("068c00"))
    assert calls_itself_scanner(bytes.fromhex("fe0200aabb058c")), "after a long item"
    assert not calls_itself_scanner(KEYBOARD)
    assert not calls_itself_scanner(bytes.fromhex("26058c")), "the two bytes are data of another item"
    assert not calls_itself_scanner(bytes.fromhex("05"))
    assert not calls_itself_scanner(b"")


def test_two_of_a_kind_without_serial_numbers_are_told_apart_by_their_sockets(box: MadeUpMachine) -> None:
    left, right = "pci-0000:00:14.0-usb-0:1:1.0", "pci-0000:00:14.0-usb-0:2.4:1.0"
    box.serial(0, "1")
    box.serial(1, "2.4")
    first, second = plugged(box.machine)
    by_path = box.machine.dev / "serial/by-path"
    assert [first.path, second.path] == [str(by_path / left), str(by_path / right)]
    assert first.shared_name, "their one by-id name belongs to whoever came last"
    assert first.identity.key == f"usb:0c2e:0720@{left}"
    assert second.identity.key == f"usb:0c2e:0720@{right}"


def test_a_device_is_found_by_any_of_its_names(box: MadeUpMachine, tmp_path: Path) -> None:
    node = box.serial(0, "1", serial="S1")
    mine = tmp_path / "mine"
    mine.symlink_to(node)
    found = plugged(box.machine)
    for name in (node, mine, box.machine.dev / "serial/by-path/pci-0000:00:14.0-usb-0:1:1.0"):
        assert behind(str(name), found) is found[0]
    assert behind(str(tmp_path / "other"), found) is None


def test_a_look_opens_no_node(box: MadeUpMachine) -> None:
    box.serial(0, "1", serial="S1")
    opened: list[str] = []
    watching = True

    def hear(event: str, details: tuple[object, ...]) -> None:
        if watching and event == "open":
            opened.append(str(details[0]))

    sys.addaudithook(hear)
    assert plugged(box.machine)
    watching = False
    assert opened, "attributes are read"
    assert [path for path in opened if path.startswith(str(box.machine.dev))] == []


def test_a_device_that_goes_away_during_the_look_is_no_error(box: MadeUpMachine) -> None:
    node = box.serial(0, "1", serial="S1")
    (box.root / "sys/class/hidraw/hidraw7").mkdir(parents=True)
    box.unplug("tty", "ttyACM0", "ttyACM0")
    assert not node.exists()
    assert plugged(box.machine) == ()


# ---- events ------------------------------------------------------------------------------------------------


def test_the_first_look_is_at_once_and_later_ones_come_by_themselves() -> None:
    hotplug = Hotplug(lambda: None, sweep_s=0.05)
    assert hotplug.wait(0.0)
    assert not hotplug.wait(0.0)
    for _ in range(1000):
        if hotplug.wait(0.01):
            break
    else:
        pytest.fail("no look without events")


def test_an_event_of_the_kernel_ends_the_wait() -> None:
    pyudev = pytest.importorskip("pyudev")
    port = Path("/sys/class/tty/ttyS0/uevent")
    try:
        port.write_text("change")
    except OSError:
        pytest.skip("only root of a machine with a serial port can make the kernel tell something")

    def kernel() -> object:
        monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="kernel")
        monitor.filter_by("tty")
        monitor.start()
        return monitor

    hotplug = Hotplug(kernel, sweep_s=3600)
    assert hotplug.wait(0)
    assert not hotplug.wait(0), "nothing happened yet"
    later = threading.Timer(0.05, port.write_text, ("change",))
    later.start()
    assert hotplug.wait(20)
    later.join()
    hotplug.close()


def test_lost_events_are_a_reason_to_look() -> None:
    class Overrun:
        def poll(self, wait_s: float) -> object:
            raise OSError(105, "No buffer space available")

    made: list[Overrun] = []

    def listen() -> Overrun:
        made.append(Overrun())
        return made[-1]

    hotplug = Hotplug(listen, sweep_s=3600)
    assert hotplug.wait(0)
    assert hotplug.wait(1), "there is something to look at"
    assert not hotplug.wait(0.01), "and it does not spin"


# ---- who is at an address ----------------------------------------------------------------------------------


def test_the_kernels_table_names_the_mac_address(tmp_path: Path) -> None:
    table = tmp_path / "arp"
    table.write_text(
        "IP address       HW type     Flags       HW address            Mask     Device\n"
        "192.168.10.31    0x1         0x2         00:26:AB:01:02:03     *        eth0\n"
        "192.168.10.32    0x1         0x0         00:00:00:00:00:00     *        eth0\n"
    )
    assert mac_of("192.168.10.31", table) == "00:26:ab:01:02:03"
    assert mac_of("192.168.10.32", table) == "", "nobody answered there"
    assert mac_of("192.168.10.3", table) == ""
    assert mac_of("printer.lan", table) == ""
    assert mac_of("192.168.10.31", tmp_path / "none") == ""
