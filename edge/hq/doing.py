"""What the verbs of HQ's people share: who acts, what they are told, files going in and out."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from edge.hub_cli import DATABASE, plainly
from edge.terminal import some

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from sync.hub.customer_imports import CustomerImporter
    from sync.hub.imports import Done

F = TypeVar("F", bound=Callable[..., Any])
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_FORM = click.Choice(["csv", "ndjson"])


def _login() -> str:
    try:
        return f"shell:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"shell:{os.getuid()}"


WHO = click.option(
    "--who",
    default=_login,
    show_default="your login here",
    envvar="STORE_EDGE_WHO",
    help="Who does it, for HQ's record.",
)


@contextmanager
def looking(database: str) -> Iterator[Engine]:
    """HQ's database for a verb that changes nothing; what is refused is said in a line."""
    from sync.hub.database import open_hub

    with plainly():
        engine = open_hub(database)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def doing(database: str, who: str, act: str, about: str = "", why: str = "") -> Iterator[Engine]:
    """HQ's database for a verb that changes something, which is noted with it; what is refused is said in a line."""
    from sync.hub.audit import acting

    with looking(database) as engine, acting(who[:80], act, about[:200], why[:500]):
        yield engine


def say(rows: Iterable[dict[str, Any]], *, as_json: bool) -> None:
    """Rows as JSON lines, or as words between tabs below a line with the columns' names."""
    for number, row in enumerate(rows):
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            if not number:
                click.echo("\t".join(row))
            click.echo("\t".join(str(value).replace("\t", " ").replace("\n", " ") for value in row.values()))


def said(row: dict[str, Any], words: str, *, as_json: bool) -> None:
    """One answer: its facts as JSON, or in words."""
    click.echo(json.dumps(row, ensure_ascii=False) if as_json else words)


@contextmanager
def secret_file(path: Path) -> Iterator[IO[str]]:
    """A new file readable by its owner only; gone again where what should stand in it could not be had."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise


def for_files(command: F) -> F:
    """The options of a verb that takes a file in."""
    options = (
        click.argument("file", type=click.File("rb")),
        click.option("--format", "form", type=_FORM, help="What the file is; else it is looked at."),
        click.option(
            "--encoding",
            type=click.Choice(["utf-8", "gb18030"]),
            help="How its text is written; else it is looked at.",
        ),
        click.option(
            "--skip-bad", is_flag=True, help="Take the good rows in; the others are named all the same."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def adds_import(
    group: click.Group, act: str, take: Callable[[CustomerImporter], Done], words: str, verb: str = "import"
) -> None:
    """Gives a group of verbs one that takes a file in; `act` is its name on HQ's record, `words` its help."""

    @group.command(verb, help=words)
    @for_files
    @DATABASE
    @WHO
    @JSON
    def _(
        file: BinaryIO,
        form: str | None,
        encoding: str | None,
        database: str,
        who: str,
        *,
        skip_bad: bool,
        as_json: bool,
    ) -> None:
        with doing(database, who, act, file.name) as engine:
            how = {"form": form, "encoding": encoding}
            take_file(engine, take, file, **how, skip_bad=skip_bad, as_json=as_json)


def take_file(
    engine: Engine,
    take: Callable[[CustomerImporter], Done],
    file: BinaryIO,
    *,
    form: str | None,
    encoding: str | None,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Takes a file in and says what became of it; exit status 1 where a row was wrong."""
    from sync.hub.customer_imports import CustomerImporter
    from sync.hub.sheet import Sheet, SheetRefused

    def tell(line: int, problem: str) -> None:
        said({"line": line, "problem": problem}, f"line {line}: {problem}", as_json=as_json)

    try:
        with contextlib.closing(Sheet(file, form=form or "", encoding=encoding or "")) as sheet:
            if sheet.encoding != "utf-8" and not encoding:
                click.echo(
                    "the file is not UTF-8: read as GB18030 (GBK), as Excel in China writes it", err=True
                )
            bar = click.progressbar(length=sheet.size, label="Reading", file=sys.stderr, hidden=as_json)
            with bar as shown:
                done = take(CustomerImporter(engine, sheet, tell, skip_bad=skip_bad, advance=shown.update))
    except SheetRefused as refused:
        raise click.ClickException(str(refused)) from refused
    _report(done, as_json=as_json)


def _report(done: Done, *, as_json: bool) -> None:
    row = {"read": done.read, "bad": done.bad, "changed": done.changed, "written": done.written}
    words = f"{some(done.read, 'row')} read, {done.bad} wrong"
    words += f", {done.changed} changed something" if done.written else "; nothing was written"
    said(row, words, as_json=as_json)
    if done.bad:
        sys.exit(1)


def give_file(
    out: str,
    form: str | None,
    columns: Iterable[str],
    rows: Callable[[str], Iterable[dict[str, Any]]],
) -> None:
    """Writes rows to a file, whole or not at all, or with `-` to standard output; `rows` is told the form."""
    from sync.hub.sheet import write_rows

    form = form or ("csv" if out.lower().endswith(".csv") else "ndjson")
    counted = _shown(rows(form))
    if out == "-":
        write_rows(sys.stdout.buffer, form, tuple(columns), counted)
        return
    target = Path(out)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            count = write_rows(file, form, tuple(columns), counted)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    click.echo(f"{some(count, 'row')} in {out}", err=True)


def _shown(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    # How many there are is not known before they were read: a bar that only counts.
    with click.progressbar(rows, label="Writing", file=sys.stderr, show_pos=True, show_percent=False) as bar:
        yield from bar
