"""store-edge hub backup, hub tidy: what keeps HQ's database and the stores' journals from growing for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from edge.hq.doing import JSON, WHO, doing, said
from edge.hub_cli import DATABASE


@click.group("backup")
def backup() -> None:
    """Backups of HQ's database, which are made with the database's own tools."""


@backup.command("done")
@click.argument("began")
@DATABASE
@WHO
@JSON
def backup_done(began: str, database: str, who: str, *, as_json: bool) -> None:
    """Say that a backup is whole and safe which began at BEGAN, in UTC like 2026-01-05T10:00:00.000Z."""
    from sync.hub.database import write
    from sync.hub.restoring import note_backup
    from sync.messages import is_stamp, moment_of

    if not is_stamp(began) or moment_of(began) > datetime.now(UTC):
        raise click.BadParameter("no time that is over, in UTC like 2026-01-05T10:00:00.000Z")
    with doing(database, who, "backup done", began) as engine:
        moved = write(engine, lambda conn: note_backup(conn, moment_of(began)))
    said({"streams": moved}, f"{moved} journals are safe further than before", as_json=as_json)


@backup.command("restored")
@DATABASE
@WHO
@JSON
def backup_restored(database: str, who: str, *, as_json: bool) -> None:
    """Begin a new life after the database came back from a backup; before any hub serves it."""
    from sync.hub.database import write
    from sync.hub.restoring import begin_new_life

    with doing(database, who, "backup restored") as engine:
        epoch = write(engine, begin_new_life)
    said({"hq_epoch": epoch}, f"a new life, {epoch}: stores read everything again", as_json=as_json)


@click.command("tidy")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    default=90,
    show_default=True,
    help="How long a deleted row is remembered.",
)
@DATABASE
@WHO
@JSON
def tidy(days: int, database: str, who: str, *, as_json: bool) -> None:
    """Forget deleted rows; a store that was away for longer reads their buckets again from the start."""
    from sync.hub.database import write
    from sync.hub.feed import prune
    from sync.messages import stamp

    before = stamp(datetime.now(UTC) - timedelta(days=days))
    with doing(database, who, "tidy", before) as engine:
        gone = write(engine, lambda conn: prune(conn, before))
    said({"forgotten": gone}, f"{gone} deleted rows forgotten", as_json=as_json)
