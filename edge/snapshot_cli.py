"""store-edge hub snapshot: HQ's buckets as files, built ahead of the stores that will load them."""

from __future__ import annotations

from pathlib import Path

import click

from edge.hq.doing import JSON, WHO, doing, said
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
@WHO
@JSON
def build(database: str, buckets: tuple[str, ...], folder: Path | None, who: str, *, as_json: bool) -> None:
    """Write snapshots as of now; a hub that is running offers them at once."""
    import msgspec

    from sync.hub.database import write
    from sync.hub.snapshot_web import folder_beside
    from sync.hub.snapshots import Snapshots

    with doing(database, who, "snapshot.build", " ".join(buckets) or "all") as engine:
        place = folder or folder_beside(engine)
        if place is None:
            raise click.UsageError("a database that is no file needs --folder")
        snapshots = Snapshots(engine, place)
        for name in buckets or snapshots.buckets():
            made = snapshots.build(name)
            words = f"{made.bucket}: {made.rows} rows as of {made.seq}, {made.bytes} bytes"
            said(msgspec.to_builtins(made), words, as_json=as_json)
        # Files change no table: noted here, once they stand, unless a write on the way did.
        write(engine, lambda _: None)
