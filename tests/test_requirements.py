"""The locks: complete, hashed, of one mind, and silent about where packages come from."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
BUILDS = {"setuptools"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(name: str) -> set[str]:
    lines = (REQUIREMENTS / name).read_text("utf-8").splitlines()
    return {canonical(re.split(r"[<>=\[]", line)[0]) for line in lines if line and line[0] not in "#-"}


def locked(name: str) -> dict[str, str]:
    """`name==version ; marker` -> its hashes, as one text."""
    text = (REQUIREMENTS / name).read_text("utf-8").replace("\\\n", " ")
    pins = (line for line in text.splitlines() if re.match(r"[a-z0-9]", line))
    return {pin.partition(" --hash=")[0].strip(): pin.partition(" --hash=")[2] for pin in pins}


def test_the_metadata_ask_for_what_the_run_set_asks_for() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    declared = {canonical(line) for line in setup["options"]["install_requires"].split()}
    assert declared == asked("run.in") - BUILDS
    extra = {canonical(line.partition("[")[0]) for line in setup["options.extras_require"]["extra"].split()}
    assert extra == asked("extra.in")


@pytest.mark.parametrize("name", ["run", "extra", "test", "lock", "judge"])
def test_a_lock_pins_and_hashes_all_that_is_asked_for(name: str) -> None:
    pins = locked(f"{name}.txt")
    assert asked(f"{name}.in") <= {pin.partition("==")[0] for pin in pins}
    assert [pin for pin, hashes in pins.items() if "==" not in pin or "sha256:" not in hashes] == []


def test_tests_run_with_the_versions_that_the_shop_runs() -> None:
    run, extra, test = locked("run.txt"), locked("extra.txt"), locked("test.txt")
    assert [pin for pin in run if pin not in extra] + [pin for pin in extra if pin not in test] == []


@pytest.mark.parametrize("name", ["run", "extra", "test", "lock", "judge"])
def test_a_lock_names_no_registry(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text("utf-8")
    assert not re.search(r"https?://|index-url|find-links|\.(?:com|org|net|io)\b", text)
