"""The demo runs its whole journey as a newcomer would start it, and leaves nothing running behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def until(holds: Callable[[], object], wait_s: float = 20) -> bool:
    end = time.monotonic() + wait_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def processes_that_name(text: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if text in line:
                found.append(int(entry.name))
    return found


def test_the_journey_goes_through_and_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = subprocess.run(
        [sys.executable, "-m", "edge", "demo", "--journey", "--json", "--folder", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    *hops, end = lines
    assert [hop["hop"] for hop in hops] == list(range(1, len(hops) + 1))
    assert all(hop["ok"] for hop in hops)
    assert end["ok"]
    assert end["hops"] == len(hops) >= 19
    assert (folder / "pictures" / "slip.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "pictures" / "phone.jpg").read_bytes().startswith(b"\xff\xd8")
    assert "enrolled" in hops[0]["name"]
    settings = (folder / "store.toml").read_text("utf-8")
    assert 'url = "https://127.0.0.1:' in settings
    assert "token_file" not in settings
    keys = {file.name: file.stat().st_mode & 0o777 for file in (folder / "keys").glob("*.key")}
    assert keys == dict.fromkeys(("config.key", "hub.key", "money.key", "root.key"), 0o600)
    assert not (folder / "invitation.json").exists()
    assert processes_that_name(str(folder)) == []


def test_a_folder_of_somebody_else_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = subprocess.run(
        [sys.executable, "-m", "edge", "demo", "--journey", "--folder", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "empty folder" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


PARENT = """
import sys, time
from pathlib import Path
from edge.demo.children import Child
from edge.demo.ports import free_ports
folder = Path(sys.argv[1])
port = str(free_ports(1)[0])
child = Child("hub", ["hub", "run", "--database", str(folder / "hq.db"), "--port", port], folder / "log")
print(child.id, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_a_child_does_not_outlive_its_parent(tmp_path: Path, end: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert until(lambda: b"HQ listens" in (tmp_path / "log").read_bytes())
    parent.send_signal(end)
    parent.wait(10)
    parent.stdout.close()
    assert until(lambda: child not in processes_that_name(str(tmp_path)))
