"""store-edge hub snapshot: HQ's buckets as files, built ahead of the stores that will load them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge.hub_cli import DATABASE


@click.group("snapshot")
def snapshot() -> None:
    """Big buckets as signed files, for a store's first load."""


@snapshot.command("build")
@DATABASE
@click.option(
    "--bucket", "buckets", multiple=True, help="This bucket; without it every one of more than a page."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the files stand; beside a database file if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def build(database: str, buckets: tuple[str, ...], folder: Path | None, *, as_json: bool) -> None:
    """Write snapshots as of now; a hub that is running offers them at once."""
    import msgspec
    from sqlalchemy.exc import DatabaseError

    from sync.hub.database import open_hub
    from sync.hub.publishing import NotPossible
    from sync.hub.snapshot_web import folder_beside
    from sync.hub.snapshots import Snapshots

    try:
        engine = open_hub(database)
        place = folder or folder_beside(engine)
        if place is None:
            raise click.UsageError("a database that is no file needs --folder")
        snapshots = Snapshots(engine, place)
        for name in buckets or snapshots.buckets():
            made = snapshots.build(name)
            said = f"{made.bucket}: {made.rows} rows as of {made.seq}, {made.bytes} bytes"
            click.echo(json.dumps(msgspec.to_builtins(made)) if as_json else said)
    except NotPossible as refused:
        raise click.ClickException(str(refused)) from refused
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise click.ClickException(f"{error.strerror or type(error).__name__}{where}") from error
    except DatabaseError as error:
        raise click.ClickException(f"HQ's database cannot be used: {error.orig}") from error
