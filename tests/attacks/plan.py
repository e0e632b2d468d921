"""The list of attacks as docs/security.md shows it: python -m tests.attacks.plan writes the page's table anew."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- attacks -->\n", "<!-- end of attacks -->\n"


@dataclass(frozen=True)
class Attack:
    """One attack: its number and title, `path::test` wherever it is shown; `missing` says what is not shown."""

    number: int
    title: str
    shown: tuple[str, ...]
    missing: str = ""


def attacks() -> tuple[Attack, ...]:
    """All of them, in the order of plan.toml."""
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["attack"]
    return tuple(Attack(**{**one, "shown": tuple(one["shown"])}) for one in told)


@cache
def named_in(path: str) -> frozenset[str]:
    """The tests of a file; none of one that is not there."""
    if not (file := ROOT / path).is_file():
        return frozenset()
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def table() -> str:
    """A row an attack."""
    lines = ["| no. | attack | shown by |", "| --- | --- | --- |"]
    for one in attacks():
        names = [f"`{where.rpartition('/')[2]}`" for where in one.shown]
        if one.missing:
            names.append(f"**missing**: {one.missing}")
        lines.append(f"| {one.number} | {one.title} | {'<br>'.join(names)} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with the table as it should be."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
