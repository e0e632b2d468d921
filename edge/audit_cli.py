"""store-edge audit: whether the journal is whole, its head, and who did what."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.own_books import own_books
from edge.terminal import json_line, plain

if TYPE_CHECKING:
    from edge.records.chain import Checked

_PATH = click.Path(path_type=Path, dir_okay=False)
_SETTINGS = click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
_PIECE, _BYTES = 500, 1 << 20


@click.group("audit")
def audit() -> None:
    """The journal of this store as evidence: nothing here changes it, and the store may go on working."""


def _hash(_: click.Context, __: click.Parameter, value: str) -> str:
    said = value.strip().lower()
    if said and (not 8 <= len(said) <= 64 or set(said) - set("0123456789abcdef")):
        raise click.BadParameter("8 to 64 characters 0-9 a-f, as the slip shows them")
    return said


@audit.command("verify")
@_SETTINGS
@click.option(
    "--head", default="", callback=_hash, help="The hash on a close-of-day slip, 8 characters or more."
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def verify(path: Path, head: str, *, as_json: bool) -> None:
    """Check the whole kept chain and what stands beside it. Exit 0: all holds; 1: it does not, and where."""
    from edge.records.chain import checked

    with own_books(path) as (_, books):
        found = checked(books.ledger, head)
    click.echo(json_line({"ok": not found.faults, **asdict(found)}) if as_json else plain(_told(found)))
    if found.faults:
        raise SystemExit(1)


def _told(found: Checked) -> str:
    lines = [
        f"stream {found.stream}",
        f"facts {found.first} to {found.last}: {found.facts} checked, head {found.head}",
        f"acknowledged by HQ: up to fact {found.acked}"
        + (f", {found.acked_sha[:8]}" if found.acked_sha else ""),
        f"closed tills: {found.closings}; rules between facts and the ledger: {found.pairs}",
    ]
    if found.paper is not None:
        lines.append(f"the paper's hash is that of fact {found.paper}")
    lines += [f"FAULT: {words}" for words in found.faults]
    return "\n".join([*lines, "the journal holds" if not found.faults else "THE JOURNAL DOES NOT HOLD"])


@audit.command("head")
@_SETTINGS
def head(path: Path) -> None:
    """Print the newest fact's number and hash, to be written down elsewhere."""
    with own_books(path) as (_, books):
        seq, sha = books.ledger.read().execute("SELECT last_seq, last_sha FROM stream").fetchone()
    click.echo(f"{seq} {sha}")


@audit.command("list")
@_SETTINGS
@click.option("--by", "staff", default="", help="Only this staff number or API client.")
@click.option("--since", default="", help="Only from this UTC time on, like 2026-01-05 or 2026-01-05T10:00.")
@click.option("--kind", default="", help="Only this kind, or a family of them: drawer, sale.completed.")
def listed(path: Path, staff: str, since: str, kind: str) -> None:
    """Print who did what, oldest first: number, UTC, kind, station, staff. What was done stays in the journal."""
    with own_books(path) as (_, books):
        after, last = books.journal.kept_from() - 1, books.journal.last_seq()
        while after < last:
            for event in books.journal.pending(after, _PIECE, _BYTES):
                after = event.seq
                family = not kind or event.k == kind or event.k.startswith(f"{kind}.")
                if family and event.at >= since and staff in ("", event.actor.op):
                    words = (str(event.seq), event.at, event.k, event.actor.station, event.actor.op or "-")
                    click.echo(plain("  ".join(words)))
