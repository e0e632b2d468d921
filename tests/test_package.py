"""What is built holds every room and every file that a room reads: else a shop's box misses what a checkout has."""

from __future__ import annotations

import configparser
from fnmatch import fnmatch
from pathlib import Path

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


def there() -> list[str]:
    """Every file of the rooms but what Python leaves; asked of the disk, since a box that builds may have no git."""
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*") if file.is_file()]
    names = [file.relative_to(ROOT).as_posix() for file in files if "__pycache__" not in file.parts]
    return [name for name in names if name not in NOT_READ]


def built() -> configparser.ConfigParser:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return setup


def test_nothing_that_a_room_reads_is_left_out() -> None:
    listed = there()
    assert {name.partition("/")[0] for name in listed} == set(ROOMS)
    assert left_out(listed, built()) == []


def test_a_room_or_a_file_that_is_left_out_is_seen() -> None:
    setup = built()
    found = left_out(["kiosk_ui/words.json", "edge/rules.txt", "tests/x.py"], setup)
    assert found == ["kiosk_ui/words.json", "edge/rules.txt", "tests/x.py"]
    include = setup["options.packages.find"]["include"]
    setup["options.packages.find"]["include"] = include.replace("paying*", "")
    assert "paying/scripted.py" in left_out(there(), setup)
