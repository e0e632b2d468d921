"""What guests of the booted proofs have in common: asking systemd, the pages and the journal. Debian's Python alone."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path("/proof")
UNIT = "store-edge"
LANE = "store-edge-lane"
SETTINGS = Path("/etc/store-edge/store.toml")
STATE = Path("/var/lib/store-edge")
FAR = "198.51.100.7"
"""An address of nobody that the shop knows."""
PROBE = "/opt/minipc_probe.py"


class Unusable(Exception):
    """Nothing more can be learnt."""


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def tried(*command: str) -> tuple[int, str]:
    """Exit status, and all that was said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.returncode, (done.stdout + done.stderr)[-3000:]


def show(*names: str, unit: str = UNIT) -> dict[str, str]:
    lines = run("systemctl", "show", unit, *(f"--property={name}" for name in names)).splitlines()
    return dict(line.split("=", 1) for line in lines)


def value(name: str, unit: str = UNIT) -> str:
    return show(name, unit=unit).get(name, "")


def number(name: str, unit: str = UNIT) -> int:
    return int(value(name, unit) or 0)


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


def fenced(unit: str, side: str) -> dict[str, str]:
    """The probes of one side (web, devices), run with a unit's fence: deed -> how it ended."""
    text = Path(f"/usr/lib/systemd/system/{unit}.service").read_text("utf-8")
    answer = FOLDER / f"probe-{side}.json"
    for key, new in (
        ("ExecStart", f"/usr/bin/python3 {PROBE} {side}"),
        ("Type", f"oneshot\nStandardOutput=truncate:{answer}"),
        ("Restart", "no"),
        ("RuntimeDirectory", ""),  # its end would take the running store's folder along
    ):
        text = re.sub(rf"(?m)^{key}=.*$", f"{key}={new}", text)
    Path(f"/etc/systemd/system/probe-{side}.service").write_text(text, "utf-8")
    shutil.copy(FOLDER / "minipc_probe.py", PROBE)
    run("systemctl", "daemon-reload")
    run("systemctl", "start", f"probe-{side}")
    found: dict[str, str] = json.loads((answer.exists() and answer.read_text()) or "{}")
    return found


def slowness() -> float:
    """How many times longer than alone on the machine a piece of work takes now: wall clock by CPU time."""
    wall, cpu = time.monotonic(), time.process_time()
    while time.process_time() - cpu < 0.2:
        pass
    return max(1.0, (time.monotonic() - wall) / 0.2)


def timed(step: Callable[[], object]) -> tuple[float, float]:
    """Seconds that a step took, and how slow the machine was around it."""
    before, began = slowness(), time.monotonic()
    step()
    took = round(time.monotonic() - began, 2)
    return took, round(max(before, slowness()), 2)


def score(unit: str) -> str:
    return run("systemd-analyze", "security", "--no-pager", f"{unit}.service").splitlines()[-1]


def learn(seen: dict[str, Any], steps: Sequence[Callable[[], None]]) -> None:
    """Runs the steps in turn and writes down what was seen, however far it came."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{FAR}/32", "dev", "lo")
    try:
        for step in steps:
            timed = time.monotonic()
            step()
            seen[f"took {step.__name__}"] = round(time.monotonic() - timed, 1)
    except Unusable as why:
        seen["unusable"] = str(why)
    finally:
        (FOLDER / "journal.txt").write_text(run("journalctl", "--no-pager"), "utf-8")
        (FOLDER / "seen.json").write_text(json.dumps(seen, indent=1), "utf-8")
