"""What runs inside the mini-PC: installs by the README's words, does harm, and writes down what it saw."""

from __future__ import annotations

import http.client
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path("/proof")
UNIT = "store-edge"
SETTINGS = Path("/etc/store-edge/store.toml")
STATE = Path("/var/lib/store-edge")
SCANNER = Path("/dev/store-edge/scanner-desk-left")
FAR, LATE = "198.51.100.7", "10.77.0.5"
"""An address of nobody that the shop knows, and one of the shop's that comes up late."""
GTIN = b"6901234567892"
UNDER_ALARM = 15
seen: dict[str, Any] = {}


class Unusable(Exception):
    """Nothing more can be learnt."""


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def show(*names: str) -> dict[str, str]:
    lines = run("systemctl", "show", UNIT, *(f"--property={name}" for name in names)).splitlines()
    return dict(line.split("=", 1) for line in lines)


def value(name: str) -> str:
    return show(name).get(name, "")


def number(name: str) -> int:
    return int(value(name) or 0)


def status_of(path: str = "/cashier/", host: str = "127.0.0.1") -> int:
    line = http.client.HTTPConnection(host, 8770, timeout=2)
    try:
        line.request("GET", path)
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        line.close()


def served(host: str = "127.0.0.1") -> bool:
    return status_of(host=host) in (200, 303)


def until(condition: Callable[[], object], limit_s: float) -> float:
    """Seconds until the condition held; infinite when it did not within the limit."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > limit_s:
            return float("inf")
        time.sleep(0.02)
    return round(time.monotonic() - began, 2)


def journal(text: str) -> int:
    run("journalctl", "--sync")
    return run("journalctl", "-o", "cat", "--no-pager").count(text)


def another(pid: int) -> Callable[[], bool]:
    """Whether a new process serves and has said so: before READY nothing watches it but the start's own time-out."""
    return lambda: number("MainPID") not in (0, pid) and served() and value("ActiveState") == "active"


def install() -> None:
    """The README's steps 2 to 4, word for word, each of which must succeed."""
    script = "set -ex\ncd /opt/store-edge\n" + (FOLDER / "steps.sh").read_text("utf-8")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    seen["install"] = [done.returncode, (done.stdout + done.stderr)[-3000:]]
    if done.returncode:
        raise Unusable


def began() -> None:
    seen["serves_s"] = until(served, 30)
    if not served():
        raise Unusable
    moments = show("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    took = int(moments["ActiveEnterTimestampMonotonic"]) - int(moments["ExecMainStartTimestampMonotonic"])
    seen["ready_s"] = took / 1e6
    seen["first"] = show("ActiveState", "SubState", "NRestarts", "User", "StatusErrno")
    seen["modes"] = {
        path.name: [oct(path.stat().st_mode & 0o777), path.owner()] for path in sorted(STATE.iterdir())
    } | {"state": [oct(STATE.stat().st_mode & 0o777), STATE.owner()]}
    seen["pages"] = {path: status_of(path) for path in ("/cashier/sign-in", "/guide/", "/nowhere")}


def scanned() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    name = os.ttyname(theirs)
    shutil.chown(name, "root", "dialout")
    Path(name).chmod(0o660)
    SCANNER.parent.mkdir(exist_ok=True)
    SCANNER.symlink_to(name)
    seen["scanner_online_s"] = until(lambda: os.write(ours, GTIN + b"\r") and journal('"fact": "scan"'), 15)
    seen["scan_line"] = [line for line in run("journalctl", "-o", "cat").splitlines() if '"scan"' in line][:1]


def killed() -> None:
    pid = number("MainPID")
    os.kill(pid, signal.SIGKILL)
    seen["kill_s"] = until(another(pid), 15)
    seen["kill_restarts"] = number("NRestarts")


def frozen() -> None:
    pid = number("MainPID")
    os.kill(pid, signal.SIGSTOP)
    seen["freeze_s"] = until(another(pid), 45)
    seen["freeze_said"] = journal("Watchdog timeout")


def stuck() -> None:
    """A camera that hangs in its driver: opening a pipe that nobody writes to."""
    pid = number("MainPID")
    pipe = STATE / "stuck.mp4"
    os.mkfifo(pipe)
    shutil.chown(pipe, UNIT, UNIT)
    seen["stuck_s"] = until(lambda: journal("worker scanner hangs: stuck"), 45)
    pipe.unlink()
    seen["stuck_back_s"] = until(another(pid), 30)
    seen["stuck_stacks"] = journal('File "/opt/store-edge/devices/camera_scanner.py"')


def fenced() -> None:
    """The same probes with the unit's fence and without it."""
    os.mknod("/dev/unlisted", 0o666 | 0o020000, os.makedev(10, 229))
    Path("/dev/unlisted").chmod(0o666)
    Path("/home/open").mkdir(mode=0o777)
    Path("/home/open/note").write_text("a letter")
    unit = Path(f"/etc/systemd/system/{UNIT}.service").read_text("utf-8")
    for key, new in (
        ("ExecStart", "/usr/bin/python3 /opt/minipc_probe.py"),
        ("Type", "oneshot\nStandardOutput=truncate:/proof/probe.json"),
        ("Restart", "no"),
    ):
        unit = re.sub(rf"(?m)^{key}=.*$", f"{key}={new}", unit)
    Path("/etc/systemd/system/probe.service").write_text(unit, "utf-8")
    shutil.copy(FOLDER / "minipc_probe.py", "/opt/minipc_probe.py")
    with socket.create_server((FAR, 80)):
        run("systemctl", "daemon-reload")
        run("systemctl", "start", "probe")
        plain = run("setpriv", "--reuid=0", "python3", "/opt/minipc_probe.py")
    seen["fence"] = json.loads((FOLDER / "probe.json").read_text() or "{}")
    seen["no_fence"] = json.loads(plain or "{}")
    seen["score"] = run("systemd-analyze", "security", "--no-pager", f"{UNIT}.service").splitlines()[-1]


def stopped() -> None:
    timed = time.monotonic()
    run("systemctl", "stop", UNIT)
    seen["stop_s"] = round(time.monotonic() - timed, 2)
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
    SETTINGS.write_text(good.replace('"127.0.0.1"', f'"{LATE}"'), "utf-8")
    run("systemctl", "reset-failed", UNIT)
    run("systemctl", "start", "--no-block", UNIT)
    # More than the ten starts at which systemd would give up with its usual limit on.
    seen["late_tries_s"] = until(lambda: number("NRestarts") > UNDER_ALARM - 3, 60)
    run("ip", "address", "add", f"{LATE}/32", "dev", "lo")
    seen["late_s"] = until(lambda: served(LATE), 15)
    run("systemctl", "stop", UNIT)


def main() -> None:
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{FAR}/32", "dev", "lo")
    try:
        for step in (install, began, scanned, killed, frozen, stuck, fenced, stopped, refused, late):
            timed = time.monotonic()
            step()
            seen[f"took {step.__name__}"] = round(time.monotonic() - timed, 1)
    finally:
        (FOLDER / "journal.txt").write_text(run("journalctl", "--no-pager"), "utf-8")
        (FOLDER / "seen.json").write_text(json.dumps(seen, indent=1), "utf-8")


if __name__ == "__main__":
    main()
