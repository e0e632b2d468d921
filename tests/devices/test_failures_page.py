"""docs/devices/failures.md: each failure of the list is there, and every test that it names exists."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "devices" / "failures.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d+ \|", line)
]
LISTED = range(1, 32)


@functools.cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_each_failure_of_the_list_has_a_row() -> None:
    assert {int(cells[0]) for cells in ROWS} == set(LISTED)


@pytest.mark.parametrize("cells", ROWS, ids=lambda cells: f"{cells[0]} {cells[1][:30]}")
def test_what_a_row_says_is_shown_by_tests_that_exist(cells: list[str]) -> None:
    assert len(cells) == 4, cells
    assert all(cells)
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", cells[3])
    assert named or "same" in cells[3] or cells[3].startswith("no test:"), (
        "a test, or the reason why there is none"
    )
    missing = [f"{path}::{name}" for path, name in named if name not in names_in(path)]
    assert missing == []
