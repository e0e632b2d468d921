"""store-edge hub promotions: price rules and member tiers, judged, published, listed."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, BinaryIO

import click

from edge.hq.doing import JSON, WHO, doing, looking, said, say
from edge.hub_cli import DATABASE

if TYPE_CHECKING:
    from sync.hub.price_rules import Judged

_FILE = click.argument("file", type=click.File("rb"))
_FORM = click.option(
    "--format", "form", type=click.Choice(["csv", "ndjson"]), help="What the file is; else it is looked at."
)
_ZONE = click.option(
    "--zone", default="Asia/Shanghai", show_default=True, help="Whose clock `starts` is judged by."
)


@click.group("promotions")
def promotions() -> None:
    """Price rules and member tiers, by version."""


@promotions.command("lint")
@_FILE
@_FORM
@_ZONE
@DATABASE
@JSON
def lint(file: BinaryIO, form: str | None, zone: str, database: str, *, as_json: bool) -> None:
    """Say everything that is wrong with the rules in FILE, by line, and change nothing; exit code 1 if anything is."""
    from sync.hub.price_rules import PriceRuleDesk
    from sync.hub.sheet import Sheet, SheetRefused

    try:
        with looking(database) as engine, contextlib.closing(Sheet(file, form=form or "")) as sheet:
            judged = PriceRuleDesk(engine, zone=zone).judge(sheet)
    except SheetRefused as refused:
        raise click.ClickException(str(refused)) from refused
    _tell(judged, 0, "nothing is wrong", as_json=as_json)


@promotions.command("import")
@_FILE
@_FORM
@_ZONE
@DATABASE
@WHO
@JSON
def import_rules(
    file: BinaryIO, form: str | None, zone: str, database: str, who: str, *, as_json: bool
) -> None:
    """Publish the rules and tiers in FILE to every store, all of them or, where anything is wrong, none."""
    from sync.hub.price_rules import PriceRuleDesk
    from sync.hub.sheet import Sheet, SheetRefused

    try:
        with (
            doing(database, who, "promotions.import", file.name) as engine,
            contextlib.closing(Sheet(file, form=form or "")) as sheet,
        ):
            judged, changed = PriceRuleDesk(engine, zone=zone).take(sheet)
    except SheetRefused as refused:
        raise click.ClickException(str(refused)) from refused
    _tell(judged, changed, f"{changed} changed something", as_json=as_json)


@promotions.command("list")
@DATABASE
@JSON
def list_rules(database: str, *, as_json: bool) -> None:
    """Every version that is published: in force, to come, replaced or over."""
    from sync.hub.price_rules import PriceRuleDesk

    with looking(database) as engine:
        say(PriceRuleDesk(engine).listed(), as_json=as_json)


def _tell(judged: Judged, changed: int, good: str, *, as_json: bool) -> None:
    for line, problem in judged.problems:
        said({"line": line, "problem": problem}, f"line {line}: {problem}", as_json=as_json)
    for line, warning in judged.warnings:
        said({"line": line, "warning": warning}, f"line {line}: warning: {warning}", as_json=as_json)
    bad = len(judged.problems)
    words = f"{len(judged.said)} rules and tiers read; " + (
        f"{bad} problems, nothing was written" if bad else good
    )
    sums = {"read": len(judged.said), "problems": bad, "warnings": len(judged.warnings), "changed": changed}
    said(sums, words, as_json=as_json)
    if bad:
        sys.exit(1)
