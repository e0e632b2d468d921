"""What runs inside the guest: makes it a till and plays the scenarios."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from devices.simulated_nodes import nobody_asks
from tests.proof.usb_bench import guest_camera, guest_hid, guest_listed, guest_printer, guest_serial
from tests.proof.usb_bench.guest_root import HARDWARE
from tests.proof.usb_bench.talk import Late, Talk, as_root, files, until

HERE = Path("/opt/store-edge")
RULES = Path("/etc/udev/rules.d/70-store-edge.rules")
OWN_RULES = Path("/etc/udev/rules.d/71-store-edge-devices.rules")
SCENARIOS: dict[str, Callable[[Talk], None]] = {
    "serial": guest_serial.one_adapter,
    "replugs": guest_serial.many_replugs,
    "held": guest_serial.held_by_another,
    "twins": guest_serial.twins,
    "keyboard": guest_hid.keyboard,
    "wedge": guest_hid.wedge,
    "hidpos": guest_hid.hidpos,
    "printer": guest_printer.one_printer,
    "two printers": guest_printer.two_printers,
    "libusb": guest_printer.both_drivers,
    "listed": guest_listed.listed,
    "camera": guest_camera.camera,
}
OPTIONS = {
    "dummy_hcd": ["num=2"],
    "vivid": ["n_devs=1", "node_types=0x1", "num_inputs=1", "input_types=0", "no_error_inj=1"],
}


def run(*command: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def settled_at(count: int) -> bool:
    """Whether so many files are open; a printer's line is shut by the thread that reads it, a moment later."""
    try:
        until(lambda: files() == count, limit_s=5)
    except Late:
        return False
    return True


def main() -> None:
    try:
        talk = _talk()
        # Which faults to build in, and which scenarios to play: "no grab; only keyboard, wedge".
        planted, _, some = (HERE / "planted").read_text("utf-8").partition("; only ")
        wanted = some.split(", ") if some else []
        _till(planted)
        if "no grab" in planted:
            guest_hid.PLANTED["grab"] = nobody_asks
        talk.group = "till"
        talk.figure("seconds since the kernel started", float(Path("/proc/uptime").read_text().split()[0]))
        talk.check("udev takes every line of our rules", *_refused_lines())
        guest_printer.libusb_awake()
        for name, scenario in SCENARIOS.items():
            if wanted and name not in wanted:
                continue
            talk.group = name
            began, before = time.monotonic(), files()
            _played(talk, scenario)
            talk.check("no file is left open", settled_at(before), f"{before} before, {files()} after")
            talk.figure("seconds", round(time.monotonic() - began, 1))
    finally:
        os.seteuid(0)


def _played(talk: Talk, scenario: Callable[[Talk], None]) -> None:
    ended, detail = False, ""
    try:
        scenario(talk)
        ended = True
    except BaseException:  # noqa: BLE001 - whatever it is, the other scenarios are to be seen
        detail = traceback.format_exc()
        os.seteuid(0)
        _as_service()
    talk.check("it was played to its end", ended, detail)


def _talk() -> Talk:
    for module in HARDWARE:
        if said := run("modprobe", module, *OPTIONS.get(module, [])):
            sys.stdout.write(f"modprobe {module}: {said}\n")
    run("busybox", "mount", "-t", "configfs", "configfs", "/sys/kernel/config")
    port = until(lambda: next(Path("/dev").glob("vport*p*"), None), "the cable to the host")
    return Talk(os.open(port, os.O_RDWR))


def _till(planted: str) -> None:
    """The user, the groups and the rules of a till, from the product's own files."""
    run("systemd-sysusers", str(HERE / "systemd/store-edge.sysusers.conf"))
    rules = (HERE / "systemd/70-store-edge.rules").read_text("utf-8")
    # The examples of a shop's own are taken at their word: our devices carry their serial number.
    own = (HERE / "systemd/71-store-edge-devices.rules").read_text("utf-8")
    OWN_RULES.write_text(re.sub(r"(?m)^# (?=(SUBSYSTEMS?|ENV)\b)", "", own), "utf-8")
    if "no latency rule" in planted:
        rules = re.sub(r"(?m)^.*latency_timer.*$", "", rules)
    RULES.write_text(rules, "utf-8")
    subprocess.Popen(["/lib/systemd/systemd-udevd", "--daemon"], stdout=subprocess.DEVNULL).wait()
    run("udevadm", "trigger", "--action=add")
    run("udevadm", "settle", "--timeout=60")
    _as_service()


def _as_service() -> None:
    """The user and the groups that the unit names, until somebody takes more for a moment."""
    user = pwd.getpwnam("store-edge-lane")
    unit = (HERE / "systemd/store-edge-lane.service").read_text("utf-8")
    extra = re.search(r"(?m)^SupplementaryGroups=(.*)$", unit)
    assert extra
    os.setgroups([_group(name) for name in extra[1].split()])
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)


def _group(name: str) -> int:
    import grp

    return grp.getgrnam(name).gr_gid


def _refused_lines() -> tuple[bool, str]:
    """udev names the file and the line before what it does not understand."""
    with as_root():
        said = run("udevadm", "test", "/sys/class/tty/ttyS0")
    lines = [line for line in said.splitlines() if line.startswith(str(RULES))]
    read = f"Reading rules file: {RULES}" in said
    return read and not lines, "\n".join(lines) or said


if __name__ == "__main__":
    main()
