"""store-edge backup: sealed copies of the ledger made, listed, tried and laid in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.loader import load
from config.schema import SettingsRefused
from edge.own_books import own_books
from edge.terminal import json_line, plain

if TYPE_CHECKING:
    from edge.backup_restored import Drilled, Plan

_PATH = click.Path(path_type=Path, dir_okay=False)
_SETTINGS = click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
_PRIVATE = click.option(
    "--recovery-key", "private", type=_PATH, default=None, help="File with the chain's private key."
)


@click.group("backup")
def backup() -> None:
    """Backups of the ledger, sealed: without a key, a stick with them says the store's number and no more of it."""


@contextmanager
def _told() -> Iterator[None]:
    """What stands against it as one sentence."""
    from edge.backup_seal import BackupRefused
    from edge.db import WrongKey

    try:
        yield
    except (BackupRefused, WrongKey) as refused:
        raise click.ClickException(plain(str(refused))) from refused
    except OSError as error:
        raise click.ClickException(f"{error.strerror}: {error.filename}") from error


@backup.command("now")
@_SETTINGS
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def now(path: Path, *, as_json: bool) -> None:
    """Make a backup, prove it, copy it to the second disk, and remove what is too old. The store may go on working.

    Exit 1: not made, or not copied; nothing older was removed then where it failed.
    """
    from edge.backup_made import copied_to, make, own_folder, thinned

    with own_books(path) as (settings, books), _told():
        wanted, store = settings.backup, settings.store.id
        made, head = make(books.ledger, books.clock, store, wanted)
        gone = thinned(own_folder(books.ledger.path.parent), store, wanted)
        said = {"file": str(made), "last": head.last, "head": head.head, "bytes": made.stat().st_size}
        second = ""
        if wanted.folder:
            second = str(copied_to(made, Path(wanted.folder)))
            gone += thinned(Path(wanted.folder), store, wanted)
    if as_json:
        click.echo(json_line({**said, "second": second, "removed": gone}))
        return
    click.echo(plain(f"{made}: facts up to {head.last}, head {head.head[:8]}, {said['bytes']} bytes, proved"))
    click.echo(plain(f"second disk: {second}" if second else "no second disk: backup.folder is empty"))
    if not head.recovery:
        click.echo(
            "warning: backup.recovery_key is empty; if this box is lost, nobody can open this", err=True
        )


@backup.command("list")
@_SETTINGS
def listed(path: Path) -> None:
    """Print this store's backups, oldest first: UTC, newest fact, bytes, who can open it, file."""
    from edge.backup_made import heads_in, own_folder

    try:
        settings = load(path)
    except SettingsRefused as refused:
        raise click.ClickException("\n".join(map(str, refused.problems))) from refused
    folders = [own_folder(Path(settings.store.state_dir))]
    folders += [Path(settings.backup.folder)] if settings.backup.folder else []
    with _told():
        for folder in folders:
            for file, head in heads_in(folder, settings.store.id):
                if head is None:
                    click.echo(plain(f"cannot be read  {file}"))
                    continue
                who = "box and chain" if head.recovery else "this box"
                click.echo(plain(f"{head.at}  fact {head.last}  {head.size} bytes  {who}  {file}"))


@backup.command("drill")
@click.argument("file", type=_PATH, required=False)
@_SETTINGS
@_PRIVATE
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def drill(file: Path | None, path: Path, private: Path | None, *, as_json: bool) -> None:
    """Open FILE (default: the newest backup) aside, check it whole, and hold its figures against the ledger's.

    Changes nothing; the store may go on working. Exit 0: it could be restored; 1: it could not, and why.
    """
    from edge.backup_made import backups_in, own_folder
    from edge.backup_restored import drill as tried

    with own_books(path) as (settings, books), _told():
        if file is None:
            there = backups_in(own_folder(books.ledger.path.parent), settings.store.id)
            if not there:
                raise click.ClickException("there is no backup yet: store-edge backup now")
            file = there[-1]
        done = tried(file, books.ledger, books.ledger.key, _private(private))
    if as_json:
        click.echo(json_line({"ok": not done.faults, "file": str(file), **asdict(done)}))
    else:
        click.echo(plain(_drilled(file, done)))
    if done.faults:
        raise SystemExit(1)


def _drilled(file: Path, done: Drilled) -> str:
    head = done.head
    lines = [
        str(file),
        f"made {head.at} by {head.release}; facts up to {head.last}, head {head.head[:8]}; pages and chain hold",
        f"the ledger has {done.later} facts since; compared: facts {done.first} to {head.last}",
    ]
    for name, there, here in done.figures:
        lines.append(f"{name}: {there[0]} with sum {there[1]}, in the ledger {here[0]} with sum {here[1]}")
    lines += [f"FAULT: {words}" for words in done.faults]
    return "\n".join([*lines, "it could be restored" if not done.faults else "DO NOT RELY ON THIS BACKUP"])


@backup.command("restore")
@click.argument("file", type=_PATH)
@_SETTINGS
@_PRIVATE
@click.option(
    "--hq-has",
    type=click.IntRange(min=0),
    default=None,
    help="last_seq of this stream as HQ's `hub streams` shows it now.",
)
@click.option("--dry-run", is_flag=True, help="Check and say what would be lost; change nothing.")
def restore(file: Path, path: Path, private: Path | None, hq_has: int | None, *, dry_run: bool) -> None:
    """Lay FILE in where the ledger is broken or gone. The store must not be running; the former ledger is kept.

    --hq-has is needed where the store has an HQ. Refused where HQ has facts that FILE has not,
    and where the ledger is whole.
    """
    from edge.alone import AlreadyRunning, alone
    from edge.backup_restored import lay_in
    from edge.owner import KeyElsewhere, key_as_owner

    try:
        settings = load(path)
        state, store = Path(settings.store.state_dir), settings.store.id
        if hq_has is None and not settings.hq.url:
            hq_has = 0
        with _told():
            secret, key = _private(private), key_as_owner(settings)
            with alone(state):
                plan, kept = lay_in(file, state, key, store, private=secret, hq_has=hq_has, dry_run=dry_run)
    except SettingsRefused as refused:
        raise click.ClickException("\n".join(map(str, refused.problems))) from refused
    except (AlreadyRunning, KeyElsewhere) as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(plain(_planned(plan)))
    if kept:
        click.echo(plain(f"the former ledger lies in {kept}"))
    click.echo("nothing was changed" if dry_run else "restored; start the store")


def _planned(plan: Plan) -> str:
    head = plan.head
    lost = (
        "not known: the former ledger cannot be read"
        if plan.lost is None
        else f"{plan.lost}, as far as it says"
    )
    device = "yes" if plan.device else "no: this box has to be enrolled (docs/backup.md, A new box)"
    return "\n".join(
        (
            f"backup of {head.at}: facts up to {head.last}, head {head.head[:8]}",
            f"HQ has facts up to {plan.hq_has}; {plan.unsent} of the backup's facts will be sent",
            f"facts after the backup that are lost: {lost}",
            f"this box is HQ's device again: {device}",
        )
    )


@backup.command("key")
@click.argument("file", type=_PATH)
def key(file: Path) -> None:
    """Make a chain's recovery key: the private one into FILE (0600, keep it off every box), the public one printed."""
    from edge.backup_seal import new_recovery_key, whole

    private, public = new_recovery_key()
    if file.exists():
        raise click.ClickException(
            f"{file} is there already; a key that backups were made for is not replaced"
        )
    with _told():
        whole(file, lambda made: made.writelines([f"{private}\n".encode()]))
    click.echo(f'[backup]\nrecovery_key = "{public}"')


def _private(file: Path | None) -> bytes:
    from edge.db import load_key

    return b"" if file is None else load_key(file)
