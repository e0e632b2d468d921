"""What runs inside the mini-PC of the proof of harm: installs the package, breaks things, writes down what it saw."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from guest_words import (
    FOLDER,
    LANE,
    SETTINGS,
    STATE,
    UNIT,
    Unusable,
    journal,
    learn,
    number,
    run,
    served,
    show,
    status_of,
    timed,
    tried,
    until,
    value,
)

LATE = "10.77.0.5"
"""An address of the shop's that comes up late."""
LANE_STATE = Path("/var/lib/store-edge-lane")
UNDER_ALARM = 15
seen: dict[str, Any] = {}


def install() -> None:
    """A shop without an HQ, with the settings of this proof."""
    for words in (
        ("apt-get", "-q", "-y", "install", str(next(FOLDER.glob("*.deb")))),
        ("store-edge", "enroll", "--alone", "--store", "S00421"),
    ):
        seen["install"] = tried(*words)
        if seen["install"][0]:
            raise Unusable(seen["install"][1])
    until(served, 60)
    seen["alone twice"] = tried("store-edge", "enroll", "--alone", "--store", "S00421")
    shutil.copy(FOLDER / "store.toml", SETTINGS)
    seen["check"] = tried("store-edge", "check", str(SETTINGS))
    run("systemctl", "restart", UNIT)


def began() -> None:
    until(served, 60)
    if not served():
        raise Unusable("it does not serve")
    seen["first"] = show("ActiveState", "SubState", "NRestarts", "User", "StatusErrno")
    seen["modes"] = {
        path.name: [oct(path.stat().st_mode & 0o777), path.owner()] for path in sorted(STATE.iterdir())
    } | {"state": [oct(STATE.stat().st_mode & 0o777), STATE.owner()]}
    seen["pages"] = {path: status_of(path) for path in ("/cashier/sign-in", "/guide/", "/nowhere")}


def stuck() -> None:
    """A camera that hangs in its driver (opening a pipe that nobody writes to) ends the devices, not the pages."""
    store, pid = number("MainPID"), number("MainPID", LANE)
    pipe = LANE_STATE / "stuck.mp4"
    os.mkfifo(pipe)
    shutil.chown(pipe, LANE, LANE)
    seen["stuck_s"] = timed(lambda: until(lambda: number("MainPID", LANE) not in (0, pid), 120))
    seen["stuck_said"] = [journal("devices are stuck"), journal("scanners.hangs")]
    pipe.unlink()
    seen["stuck_stacks"] = journal("devices/camera_scanner.py")
    seen["stuck_store"] = [number("MainPID") == store, served()]


def stopped() -> None:
    seen["stop_s"] = timed(lambda: run("systemctl", "stop", UNIT))
    seen["stop"] = show("Result", "ExecMainStatus", "ActiveState")
    seen["left"] = sorted(path.name for path in STATE.iterdir())


def refused() -> None:
    good = SETTINGS.read_text("utf-8")
    SETTINGS.write_text(good.replace("[web]", "[web]\nprot = 1", 1), "utf-8")
    run("systemctl", "start", UNIT)
    time.sleep(4)  # longer than several restarts would take
    seen["refused"] = show("ActiveState", "Result", "ExecMainStatus", "NRestarts")
    seen["refused_says"] = journal("web.prot")
    SETTINGS.write_text(good, "utf-8")


def late() -> None:
    """The shop's address appears long after the service was started, as with a slow switch."""
    good = SETTINGS.read_text("utf-8")
    SETTINGS.write_text(good.replace('"127.0.0.1"', f'"{LATE}"', 1), "utf-8")
    run("systemctl", "reset-failed", UNIT)
    run("systemctl", "start", "--no-block", UNIT)
    # More than the ten starts at which systemd would give up with its usual limit on.
    seen["late_tries_s"] = until(lambda: number("NRestarts") > UNDER_ALARM - 3, 300)
    run("ip", "address", "add", f"{LATE}/32", "dev", "lo")
    seen["late_s"] = timed(lambda: until(lambda: served(LATE), 60))
    seen["late"] = value("ActiveState")
    run("systemctl", "stop", UNIT)


def main() -> None:
    learn(seen, (install, began, stuck, stopped, refused, late))


if __name__ == "__main__":
    main()
