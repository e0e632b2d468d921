"""store-edge hub config, looking: what became of pushes, who set a value, what differs; on a box, whose word counts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.config_box import ConfigBox
from edge.hub_cli import DATABASE, plainly
from edge.terminal import plain

if TYPE_CHECKING:
    from sync.configured import Scope
    from sync.hub.config_desk import ConfigDesk

_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_SHOWN = 50


def desk_of(database: str) -> ConfigDesk:
    """HQ's desk of configuration over a database."""
    from sync.hub.config_desk import ConfigDesk
    from sync.hub.database import open_hub

    return ConfigDesk(open_hub(database))


@click.command("status")
@DATABASE
@click.option("--rev", type=int, default=0, help="Every store of this revision.")
@click.option("--store", default="", help="Everything that this store was offered.")
@_JSON
def status(database: str, rev: int, store: str, *, as_json: bool) -> None:
    """The newest revisions with their rings, and every store that went back, with its reason."""
    with plainly():
        desk = desk_of(database)
        rows = desk.offers(rev, store) if rev or store else desk.revisions()
        failed = (
            []
            if rev or store
            else [row for row in desk.offers() if row["state"] in ("rolled_back", "rejected")]
        )
    if as_json:
        for row in rows:
            click.echo(
                json.dumps({name: row[name] for name in row if name != "sections"}, ensure_ascii=False)
            )
        return
    for row in rows:
        click.echo(_offer(row) if rev or store else _revision(row))
    if failed:
        click.echo("went back:")
    for row in failed[:_SHOWN]:
        click.echo(f"  {_offer(row)}")


def _revision(row: dict[str, Any]) -> str:
    stores = ", ".join(f"{count} {state}" for state, count in sorted(row["stores"].items()))
    where = "/".join(filter(None, (row["region"], row["store"], row["station"]))) or "all"
    ring = f"ring {row['ring'] + 1} of {len(row['ends'])}"
    said = [
        f"{row['rev']}",
        row["at"],
        where,
        row["said_by"],
        row["state"],
        ring,
        stores,
        row["why"],
        row["note"],
    ]
    return "\t".join(map(plain, filter(None, said)))


def _offer(row: dict[str, Any]) -> str:
    said = [
        f"{row['version']}",
        row["store"],
        row["state"],
        row["said_at"],
        row["code"],
        row["path"],
        row["msg"],
    ]
    return "\t".join(map(plain, filter(None, said)))


@click.command("why")
@click.argument("store")
@click.argument("setting")
@DATABASE
@_JSON
def why(store: str, setting: str, database: str, *, as_json: bool) -> None:
    """Who set SETTING (as pickup.lock_s, or a table) for STORE: the widest word first, the one that counts last."""
    with plainly():
        said = desk_of(database).why(store, setting)
    for one in said:
        scope = scope_text(one.scope)
        if as_json:
            fields = {"path": one.path, "value": one.value, "revision": one.rev, "scope": scope}
            click.echo(json.dumps({**fields, "by": one.by, "at": one.at, "why": one.why}, ensure_ascii=False))
        else:
            click.echo(
                f"{one.path} = {said_value(one.value)}\trevision {one.rev}\t{scope}\t{plain(one.by)}\t{one.at}\t"
                f"{plain(one.why)}"
            )
    if not said:
        click.echo(f"HQ says nothing of {setting}: the box's own file or the default counts", err=True)
        sys.exit(1)


@click.command("diff")
@click.argument("store")
@click.argument("old", type=int)
@click.argument("new", type=int)
@DATABASE
def diff(store: str, old: int, new: int, database: str) -> None:
    """What differs between versions OLD and NEW of STORE; version 0 says nothing."""
    with plainly():
        found = desk_of(database).diff(store, old, new)
    for path, before, after in found:
        click.echo(f"{path}: {said_value(before)} -> {said_value(after)}")


def in_force(path: Path, setting: str) -> Iterator[str]:
    """A line for each setting at or below `setting` ("" for all): its value and whose word it is."""
    from config.loader import origins

    box = ConfigBox(path)
    settings, bundle = box.in_force(), box.bundle()
    for one in origins(settings, box.local, bundle.origins if bundle else {}):
        if setting and one.path != setting and not one.path.startswith(setting + "."):
            continue
        whose = f"{path}" if one.from_file else "default"
        if bundle and one.version:
            source = bundle.sources.get(str(one.version))
            told = f"{scope_text(source.scope)}, {source.by}, {source.at}, {source.why}" if source else ""
            whose = f"HQ's version {bundle.version}, revision {one.version}: {told}"
        yield plain(f"{one.path} = {said_value(one.value)}  ({whose})")


def scope_text(scope: Scope) -> str:
    """A scope as `push` takes it."""
    if scope.station:
        return f"station:{scope.store}/{scope.station}"
    if scope.store:
        return f"store:{scope.store}"
    return f"region:{scope.region}" if scope.region else "all"


def said_value(value: object) -> str:
    """A value as a person reads it."""
    return "not said" if value is None else plain(json.dumps(value, ensure_ascii=False, default=str))
