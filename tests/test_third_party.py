"""Files by others: each is listed with its origin, and is byte for byte what was listed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def listed() -> dict[str, list[str]]:
    """Path -> the row's other cells: name and version, licence, source, SHA-256."""
    rows = {}
    for line in (ROOT / "THIRD_PARTY.md").read_text("utf-8").splitlines():
        if line.startswith("| `"):
            cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            rows[cells[0]] = cells[1:]
    return rows


def vendored() -> list[str]:
    files = (ROOT / "kiosk_ui").rglob("vendor/**/*")
    return sorted(file.relative_to(ROOT).as_posix() for file in files if file.is_file())


def test_the_table_and_the_folder_name_the_same_files() -> None:
    assert sorted(listed()) == vendored()


@pytest.mark.parametrize(("path", "cells"), listed().items(), ids=listed().keys())
def test_a_file_is_what_was_listed(path: str, cells: list[str]) -> None:
    name, licence, source, sha256 = cells
    assert name
    assert licence
    assert source.startswith("https://")
    assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == sha256
