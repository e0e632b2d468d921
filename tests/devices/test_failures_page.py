"""docs/devices/failures.md: each row of the failure list is there once, and every test that it names exists."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "devices" / "failures.md").read_text("utf-8")
ROWS = {
    int(cells[0]): cells
    for line in PAGE.splitlines()
    if re.match(r"\| \d+ \|", line)
    and (cells := [cell.strip() for cell in line.strip().strip("|").split(" | ")])
}
PRINTERS = range(1, 18)


@functools.cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_each_failure_has_one_row() -> None:
    numbers = [int(found) for found in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]
    assert sorted(set(numbers)) == sorted(numbers)
    assert set(PRINTERS) <= set(numbers)


@pytest.mark.parametrize("number", sorted(ROWS))
def test_what_a_row_says_is_shown_by_tests_that_exist(number: int) -> None:
    cells = ROWS[number]
    assert len(cells) == 4, cells
    assert all(cells)
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", cells[3])
    assert named or "same" in cells[3] or cells[3].startswith("no test:"), (
        "a test, or the reason why there is none"
    )
    missing = [f"{path}::{name}" for path, name in named if name not in names_in(path)]
    assert missing == []
