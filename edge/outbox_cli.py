"""store-edge outbox: a store's journal carried to HQ by hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.own_books import own_books

if TYPE_CHECKING:
    from edge.records.journal import Journal

_PATH = click.Path(path_type=Path, dir_okay=False)
_PIECE, _BYTES = 500, 1 << 20


@click.group("outbox")
def outbox() -> None:
    """The journal of this store, for when the line to HQ will not carry it."""


@outbox.command("export")
@click.argument("file", type=_PATH)
@click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="All facts that are kept, not only those HQ has not acknowledged.",
)
def export(file: Path, path: Path, *, everything: bool) -> None:
    """Write the journal into FILE, sealed under a passphrase that is shown once and kept nowhere.

    The store may go on working meanwhile. HQ takes the file in with `hub outbox import`, also from a box it shut out.
    """
    from edge.clock import stamp
    from sync.outbox_file import JournalHead, new_words, seal

    with own_books(path) as (settings, books):
        first, last = books.journal.kept_from(), books.journal.last_seq()
        first = first if everything else max(first, books.journal.acked() + 1)
        n, words = last - first + 1, new_words()
        if n < 1:
            raise click.ClickException("HQ has acknowledged every fact; --all writes those that are kept")
        now = stamp(books.clock.now())
        head = JournalHead(settings.store.id, books.journal.stream_id(), first, n, now)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            seal(made, head, _lines(books.journal, first, last), words)
            made.flush()
            os.fsync(made.fileno())
    click.echo(f"{n} facts, {first} to {last}, of stream {head.stream} in {file}", err=True)
    click.echo(f"passphrase (tell it to HQ, apart from the file): {words}")


@outbox.command("waiting")
@click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
def waiting(path: Path) -> None:
    """Say how many facts HQ has not acknowledged yet: one number. The store may go on working meanwhile."""
    with own_books(path) as (_, books):
        click.echo(books.journal.last_seq() - books.journal.acked())


def _lines(journal: Journal, first: int, last: int) -> Iterator[bytes]:
    from sync.messages import canonical

    after = first - 1
    while after < last:
        for event in journal.pending(after, min(_PIECE, last - after), _BYTES):
            yield canonical(event)
            after = event.seq
