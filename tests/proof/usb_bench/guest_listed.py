"""What `store-edge devices list` says of devices that the kernel has, and what wakes whoever waits for one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from devices.hotplug import Hotplug
from tests.proof.usb_bench.guest_hid import settled
from tests.proof.usb_bench.guest_printer import LP, RECEIPT, UsbPrinter
from tests.proof.usb_bench.guest_serial import OURS, SERIAL, plug, unplug
from tests.proof.usb_bench.talk import Talk, only, until

SETTINGS = f"""
[store]
id = "S00421"
state_dir = "/var/lib/store-edge"
[stations.T1]
[stations.G1]
kind = "guide"
[scanners.desk]
station = "T1"
port = "{OURS}"
[scanners.door]
driver = "hidpos"
station = "G1"
port = "/dev/store-edge/scanner-door"
[printers.receipt]
driver = "escpos-usb"
device = "{RECEIPT}"
"""


def listed(talk: Talk) -> None:
    _woken(talk)
    path = Path(tempfile.mkdtemp()) / "store.toml"
    path.write_text(SETTINGS, "utf-8")
    with UsbPrinter(0, SERIAL) as printer:
        plug(talk, "ftdi")
        plug(talk, "stranger", cable="two", port="3", serial="A1B2C3D4")
        printer.plug()
        settled(only(LP), "root:lp 660")
        only("/dev/serial/by-id/*A1B2C3D4*")
        only(OURS)
        command = [sys.executable, "-m", "edge", "devices", "list", "--settings", str(path), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
        there = {one["device"]: one["there"] for one in said if one["device"]}
        talk.check(
            "what is set and plugged is there, what is not is not",
            there == {"desk": True, "door": False, "receipt": True},
            done.stdout + done.stderr,
        )
        unused = [one["path"] for one in said if not one["device"]]
        stable = any("/by-id/" in name and "A1B2C3D4" in name for name in unused)
        talk.check("what no setting names is told by its stable name", stable, said)
        unplug(talk, "ftdi")
        unplug(talk, "stranger")
        until(lambda: not Path("/dev/serial").exists(), "their names go")


def _woken(talk: Talk) -> None:
    """udev's word comes when the links are there."""
    hotplug, took = Hotplug(sweep_s=60), []
    hotplug.wait(0)
    for _ in range(3):
        began = time.monotonic()
        plug(talk, "ftdi")
        woken = hotplug.wait(30)
        took.append(round((time.monotonic() - began) * 1000, 1))
        if not woken or not Path(OURS).exists():
            break
        unplug(talk, "ftdi")
        until(lambda: not Path(OURS).exists(), "its name goes")
        hotplug.wait(30)
    hotplug.close()
    talk.check(
        "each plug wakes who waits for it, its link is there then",
        len(took) == 3 and max(took) < 30_000,
        took,
    )
    talk.figure("ms from a plug to the waking", sorted(took))
