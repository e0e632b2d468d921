"""What a person must be able to look up: verbs, settings, refusals, message kinds, dependencies, links."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import click
import msgspec
import pytest

from config import schema
from edge.domain import refusals
from kiosk_ui import answers  # noqa: F401 - importing them lists the web's own refusals too
from sync import messages

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
for _file in sorted((ROOT / "edge" / "domain").glob("*_refusals.py")):
    importlib.import_module(f"edge.domain.{_file.stem}")  # each lists more of the root's


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def rows(text: str) -> list[str]:
    """The body rows of the tables whose first cell is a literal, as they stand."""
    return [line for line in text.splitlines() if line.startswith("| `")]


def differences(expected: Iterator[str], listed: list[str]) -> list[str]:
    """Rows to add (`+`) and to take out (`-`), ready to paste."""
    wanted_rows = list(expected)
    missing = [f"+{row}" for row in wanted_rows if row not in listed]
    return missing + [f"-{row}" for row in listed if row not in wanted_rows]


# ---- settings: the docstrings of the schema are the source ---------------------------------------


def field_docs() -> dict[tuple[str, str], str]:
    """(class, field) -> the string literal that follows the field."""
    found = {}
    sources = (file.read_text("utf-8") for file in (ROOT / "config").glob("*schema.py"))
    for node in (node for source in sources for node in ast.parse(source).body):
        if isinstance(node, ast.ClassDef):
            for field, doc in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(doc, ast.Expr):
                    found[node.name, ast.unparse(field.target)] = " ".join(
                        ast.literal_eval(doc.value).split()
                    )
    return found


def setting_rows(kind: type[Any], path: str = "") -> Iterator[str]:
    docs = field_docs()
    for field in msgspec.structs.fields(kind):
        where = f"{path}.{field.name}" if path else field.name
        inner = get_args(field.type)[1] if get_origin(field.type) is dict else field.type
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield from setting_rows(inner, where if inner is field.type else f"{where}.NAME")
        else:
            made = field.default_factory is not msgspec.NODEFAULT
            value = field.default_factory() if made else field.default
            default = json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
            yield f"| `{where}` | `{default}` | {docs[kind.__name__, field.name]} |"


def test_every_setting_is_explained_as_the_schema_does() -> None:
    assert differences(setting_rows(schema.Settings), rows(page("settings.md"))) == []


# ---- refusals ------------------------------------------------------------------------------------


def refusal_rows(kind: type[refusals.Refusal]) -> Iterator[str]:
    for child in kind.__subclasses__():
        yield (
            f"| `{child.code}` | {child.status} | {child.zh}<br>{child.en} | {child.next_zh}<br>{child.next_en} |"
        )
        yield from refusal_rows(child)


def test_every_refusal_is_listed_with_its_words() -> None:
    assert differences(refusal_rows(refusals.Refusal), rows(page("refusals.md"))) == []


def test_no_two_refusals_share_a_code() -> None:
    codes = [row.split("`")[1] for row in refusal_rows(refusals.Refusal)]
    assert len(codes) == len(set(codes))


# ---- messages, verbs -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted({*messages.UP_KINDS, *messages.DOWN_KINDS}))
def test_every_message_kind_is_described(kind: str) -> None:
    assert f"`{kind}`" in page("sync-protocol.md")


def verbs(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from verbs(inner, f"{path} {name}")
    else:
        yield path


def test_every_verb_has_its_heading_and_every_heading_its_verb() -> None:
    from edge.cli import main

    headings = re.findall(r"^## `(store-edge [a-z -]+?)(?: [A-Z\[].*)?`$", page("commands.md"), re.MULTILINE)
    assert sorted(headings) == sorted(verbs(main, "store-edge"))


def test_every_verb_of_dev_is_in_its_help() -> None:
    script = (ROOT / "dev").read_text("utf-8")
    known = set(re.findall(r"^    ([a-z]+)\)$", script, re.MULTILINE))
    assert {"demo", "test", "check", "bench", "proof", "lock"} <= known
    assert known <= set(re.findall(r"^\./dev ([a-z]+)", script, re.MULTILINE))


# ---- dependencies, links -------------------------------------------------------------------------


def wanted(name: str) -> set[str]:
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    return {re.split(r"[<>=\[]", line)[0].lower() for line in lines if line and line[0] not in "#-"}


def test_every_dependency_has_its_reason() -> None:
    listed = {row.split("`")[1].lower() for row in rows(page("dependencies.md"))}
    sets = ("run", "extra", "test", "lock", "judge")
    assert set().union(*(wanted(f"{name}.in") for name in sets)) == listed


PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "systemd").glob("*.md")])


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_link_leads_nowhere(file: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", file.read_text("utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []
