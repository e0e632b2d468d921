"""What is built holds every room and every file that a room reads: else a shop's box misses what a checkout has."""

from __future__ import annotations

import configparser
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "devices", "edge", "kiosk_ui", "paying", "sync")
NOT_READ = frozenset({"kiosk_ui/babel.cfg"})
"""For those who translate."""


def left_out(listed: list[str], setup: configparser.ConfigParser) -> list[str]:
    """Files under a room that a wheel would lack. A pattern's ** stands for folders, at least none."""
    packages = setup["options.packages.find"]["include"].split()
    data = {
        room: [one.strip() for one in globs.split(",")]
        for room, globs in setup["options.package_data"].items()
    }
    missing = []
    for name in listed:
        room, _, inner = name.partition("/")
        patterns = [one.replace("**/", "*") for one in data.get(room, ())]
        in_a_package = any(fnmatch(room, package) for package in packages)
        if not in_a_package or not (name.endswith(".py") or any(fnmatch(inner, one) for one in patterns)):
            missing.append(name)
    return missing


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    return [name for name in listed.stdout.splitlines() if name not in NOT_READ]


def built() -> configparser.ConfigParser:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return setup


def test_nothing_that_a_room_reads_is_left_out() -> None:
    listed = tracked()
    assert {name.partition("/")[0] for name in listed} == set(ROOMS)
    assert left_out(listed, built()) == []


def test_a_room_or_a_file_that_is_left_out_is_seen() -> None:
    setup = built()
    found = left_out(["kiosk_ui/words.json", "edge/rules.txt", "tests/x.py"], setup)
    assert found == ["kiosk_ui/words.json", "edge/rules.txt", "tests/x.py"]
    include = setup["options.packages.find"]["include"]
    setup["options.packages.find"]["include"] = include.replace("paying*", "")
    assert "paying/scripted.py" in left_out(tracked(), setup)
