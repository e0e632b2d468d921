"""A till in a guest machine: our drivers, rules and groups under the kernel's own USB drivers, with cables pulled."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

import pytest

from tests.proof.usb_bench.guest_root import cached_root
from tests.proof.usb_bench.machine import NoGuest, run_guest

TOOLS = ("qemu-system-x86_64", "mmdebstrap", "cpio", "mkfs.ext4")
ALWAYS = {"it was played to its end", "no file is left open"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make the guest's disk"),
    pytest.mark.skipif(
        sys.version_info[:2] != (3, 11), reason="the guest is Debian 12, whose Python is 3.11"
    ),
    *(pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not here") for tool in TOOLS),
]

Checks = dict[str, dict[str, tuple[bool, str]]]


def played(planted: str = "") -> Checks:
    """For each scenario its checks: whether it was so, and what was seen. Figures are printed."""
    try:
        said = run_guest(cached_root(), planted)
    except NoGuest as error:
        pytest.skip(f"no guest boots here: {error}")
    found: Checks = {}
    for one in said:
        if "check" in one:
            found.setdefault(one["group"], {})[one["check"]] = (one["ok"], one["detail"])
        elif "figure" in one:
            sys.stdout.write(f"{one['group']}: {one['figure']}: {shown(one['values'])}\n")
        else:
            sys.stdout.write(f"the guest's console ends with:\n{one['console']}\n")
    return found


def shown(values: Any) -> str:
    """A list is told by its middle, its 99th of a hundred and its end."""
    if not isinstance(values, list):
        return str(values)
    ordered = sorted(values)
    worst = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"p50 {ordered[len(ordered) // 2]}, p99 {worst}, max {ordered[-1]} of {len(ordered)}"


@pytest.fixture(scope="module")
def seen() -> Checks:
    return played()


def held(seen: Checks, group: str, *expected: str) -> None:
    """Exactly these checks were made in the scenario, and each held."""
    checks = seen.get(group, {})
    wrong = {name: detail for name, (ok, detail) in checks.items() if not ok}
    assert not wrong, "\n".join(f"{group}: {name}: {detail}" for name, detail in wrong.items())
    assert set(checks) == {*expected, *ALWAYS}


def test_udev_takes_our_rules(seen) -> None:
    ok, said = seen["till"]["udev takes every line of our rules"]
    assert ok, said


def test_a_scanner_on_an_ftdi_adapter(seen) -> None:
    held(
        *(seen, "serial"),
        "udev gives it to the group dialout",
        "our rule's link leads to it",
        "latency_timer is 1 before anybody opened it",
        "ModemManager is told to leave it alone",
        "a user outside the group is denied, in words",
        "a second program hears that it is taken",
        "a scan is read by the service's user",
        "every scan is read once, in order",
        "unplugged in mid-code it is absent, and half a code is none",
        "while it is away it is absent",
    )


def test_a_scanner_replugged_again_and_again_keeps_its_name(seen) -> None:
    held(
        *(seen, "replugs"),
        "each replug is followed by a scan",
        "always under the same name, because the dead file is closed",
    )


def test_another_number_behind_the_same_link(seen) -> None:
    held(
        *(seen, "held"),
        "while another holds the old one it has another number",
        "and is read by its link all the same",
    )


def test_two_adapters_without_serial_numbers(seen) -> None:
    held(
        *(seen, "twins"),
        "by-id cannot tell them apart",
        "their numbers were exchanged",
        *(
            f"{what}, {first} first"
            for what in ("each is heard by its socket", "our rule's link for a socket")
            for first in ("one", "two")
        ),
    )


def test_a_keyboard_is_grabbed_and_a_strangers_is_not_ours(seen) -> None:
    held(
        *(seen, "keyboard"),
        "a stranger's keyboard stays what it was",
        "the service is denied, in words",
        "a second program hears that it is taken",
        "what is typed is read, case and all",
        "a code with a hole in it is none",
        "typed nowhere else while it is ours",
        "typed elsewhere again when it was given back",
        "unplugged it is absent (ENODEV)",
    )


def test_a_scanner_that_types(seen) -> None:
    held(
        *(seen, "wedge"),
        "our rule gives it to the service",
        "our rule hides it from the desktop",
        "a user outside the group is denied, in words",
        "in keyboard mode it is no HID-POS scanner, in words",
        "and its hidraw node is no keyboard",
        "sixty codes: whole, in order, and what is lost is counted",
        "unplugged it is absent (No such device)",
        "half a code is none",
        "plugged in again it is read by its link",
    )


def test_a_scanner_that_speaks_hid_pos(seen) -> None:
    held(
        *(seen, "hidpos"),
        "our rule names it and gives it to the service",
        "it types nowhere",
        "a user outside the group is denied, in words",
        "a second program hears that it is taken",
        "a report is a code with its kind",
        "two reports are one long code, byte for byte",
        "sixty without a pause are read in order",
        "unplugged it is absent (Input/output error)",
        "plugged in again it is read by its link",
    )


def test_a_printer_under_usblp(seen) -> None:
    held(
        *(seen, "printer"),
        "udev gives it to the group lp",
        "a user outside the group is denied, in words",
        "a slip is printed and confirmed through usblp",
        "it says that it is ready",
        "no paper by the port's status: refused",
        "with paper by the port's status it is ready",
        "no paper by the printer's own word is heard unasked",
        "no paper by its answer: refused",
        "and not a byte of them was printed",
        "with paper it goes on",
        "unplugged in mid-slip it is uncertain, not failed",
        "while it is away it is absent",
        "plugged in again the next slip is whole",
        "unplugged while idle: its absence is heard unasked",
    )


def test_two_printers_exchange_their_numbers(seen) -> None:
    held(seen, "two printers", "its number was exchanged", "both slips came out of the same printer")


def test_usblp_and_libusb_want_the_same_printer(seen) -> None:
    held(
        *(seen, "libusb"),
        "a user outside the group is denied, in words",
        "libusb prints though usblp had it open",
        "usblp's node is gone meanwhile",
        "and its driver says absent",
        "no paper by the port's status: refused",
        "given back, usblp prints again",
        "unplugged it is absent",
        "plugged in again it prints",
    )


def test_what_is_plugged_in_is_listed_and_noticed(seen) -> None:
    held(
        *(seen, "listed"),
        "each plug wakes who waits for it, its link is there then",
        "what is set and plugged is there, what is not is not",
        "what no setting names is told by its stable name",
    )


def test_a_camera(seen) -> None:
    held(
        *(seen, "camera"),
        "udev gives it to the group video",
        "a user outside the group sees nothing, in words",
        "pictures keep coming, and none is a code",
        "the camera's driver goes: absent",
        "its process is gone",
    )


def test_the_bench_sees_planted_faults() -> None:
    seen = played("no grab, no latency rule; only serial, keyboard")
    wrong = {(group, name) for group, checks in seen.items() for name, (ok, _) in checks.items() if not ok}
    assert wrong >= {
        ("serial", "latency_timer is 1 before anybody opened it"),
        ("keyboard", "typed nowhere else while it is ours"),
        ("keyboard", "a second program hears that it is taken"),
    }
