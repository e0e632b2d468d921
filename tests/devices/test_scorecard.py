"""docs/devices/scorecard.md: every driver is on it, and what it claims is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from devices import registry

ROOT = Path(__file__).resolve().parents[2]
CARD = ROOT / "docs" / "devices" / "scorecard.md"
RULES = (ROOT / "systemd" / "70-store-edge.rules").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in CARD.read_text("utf-8").splitlines()
    if line.startswith("| `")
]


def test_every_driver_is_on_the_card_once() -> None:
    listed = [row[0].strip("`") for row in ROWS]
    tables = [table for name, table in vars(registry).items() if name.isupper()]
    assert len(tables) >= 6
    assert sorted(listed) == sorted(driver for table in tables for driver in table)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("`"))
def test_what_the_card_claims_is_there(row: list[str]) -> None:
    _, simulated, unplugged, in_bytes, rule, documented = row
    module, _, name = simulated.strip("`").rpartition(".")
    assert hasattr(importlib.import_module(module), name)
    for test in (unplugged, in_bytes):
        file, _, function = test.strip("`").partition("::")
        assert re.search(rf"^def {function}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), test
    assert rule == "none needed" or any(
        rule.strip("`") in line for line in RULES.splitlines() if not line.startswith("#")
    )
    page, _, anchor = re.fullmatch(r"\[\w[\w -]*\]\((.+)\)", documented).group(1).partition("#")  # type: ignore[union-attr]
    headings = re.findall(r"^#+ (.+)$", (CARD.parent / page).read_text("utf-8"), re.MULTILINE)
    assert anchor in [heading.lower().replace(" ", "-") for heading in headings]
