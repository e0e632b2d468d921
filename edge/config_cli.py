"""store-edge hub config: HQ's people push settings to stores, watch them, stop them, take them back."""

from __future__ import annotations

import getpass
import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.config_shown import desk_of, diff, said_value, status, why
from edge.hq.doing import WHO, doing
from edge.hub_cli import DATABASE, plainly
from edge.terminal import some
from edge.trust_cli import Keys

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from sync.configured import Scope
    from sync.hub.config_desk import ConfigDesk, Draft

_PATH = click.Path(path_type=Path, dir_okay=False)
_KEYS = click.option(
    "--key",
    "keys",
    type=_PATH,
    multiple=True,
    required=True,
    help="A config key; once more for the money key.",
)
_BY = click.option(
    "--by", default=getpass.getuser, show_default="you", envvar="STORE_EDGE_WHO", help="Who says it."
)
_WHY = click.option("--why", default="", help="Why, for those who will ask.")
_RINGS = click.option(
    "--rings", default="1,10,50,100", show_default=True, help="Percent of the stores, rising to 100."
)
_SOAK = click.option(
    "--soak", default=60, show_default=True, help="Minutes that a ring lasts from its first good answer."
)


@click.group()
def config() -> None:
    """How stores are set up: revisions, pushed ring by ring, and what became of them."""


for _verb in (status, why, diff):
    config.add_command(_verb)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Every problem of a push, a line each; exit status 1."""
    from config.schema import SettingsRefused

    try:
        with plainly():
            yield
    except SettingsRefused as refused:
        raise click.ClickException("\n".join(map(str, refused.problems))) from refused


@config.command("push")
@click.argument("file", type=_PATH)
@DATABASE
@click.option("--scope", required=True, help="all, region:NAME, store:NUMBER or station:NUMBER/NAME.")
@_KEYS
@_BY
@_WHY
@_RINGS
@_SOAK
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 3650), help="How long it is good."
)
@click.option("--min-daemon", default="", help="The oldest release that may take it, as 1.4.")
@click.option(
    "--instead", type=int, multiple=True, help="Takes back this revision, whose roll-out is not over."
)
@click.option("--dry-run", is_flag=True, help="Say what would change, sign and send nothing.")
def push(
    file: Path,
    database: str,
    scope: str,
    keys: tuple[Path, ...],
    by: str,
    why: str,
    rings: str,
    soak: int,
    days: int,
    min_daemon: str,
    instead: tuple[int, ...],
    *,
    dry_run: bool,
) -> None:
    """Push the sections in FILE (TOML or JSON) to a scope: a section replaces what the scope said of it before.

    What is about money (payments) needs a money key beside the config key.
    """
    from sync.hub.config_desk import Wish

    with _said_plainly():
        desk = desk_of(database)
        wish = Wish(_scope(scope), _sections(file), by, why, min_daemon, timedelta(days=days), instead)
        draft = desk.draft(wish)
        if dry_run:
            _tell_draft(desk, draft)
            return
        _send(desk, draft, database, keys, rings, soak, "config.push")


@config.command("rollback")
@click.argument("revision", type=int)
@DATABASE
@_KEYS
@_BY
@_WHY
@click.option("--rings", default="100", show_default=True, help="Percent of the stores, rising to 100.")
@_SOAK
def rollback(
    revision: int, database: str, keys: tuple[Path, ...], by: str, why: str, rings: str, soak: int
) -> None:
    """Take REVISION back: a new version that says what its scope said before."""
    with _said_plainly():
        desk = desk_of(database)
        draft = desk.draft_rollback(revision, by=by, why=why)
        _send(desk, draft, database, keys, rings, soak, "config.rollback")


def _send(
    desk: ConfigDesk, draft: Draft, database: str, keys: tuple[Path, ...], rings: str, soak: int, act: str
) -> None:
    from sync.hub.audit import acting

    if not all(part.strip().isdecimal() for part in rings.split(",")):
        raise click.BadParameter("percentages with commas between them, for example 1,10,50,100")
    own = Keys(database, keys)
    words = draft.signed(own.of("config"), own.of("money"))
    about = f"{draft.rev} to {_said_scope(draft.wish.scope)}: {' '.join(sorted(draft.wish.sections))}"
    if draft.wish.withdraws:
        about += f", takes back {' '.join(map(str, draft.wish.withdraws))}"
    with acting(draft.wish.by[:80], act, about[:200], draft.wish.why[:500]):
        rev = desk.push(draft, words, [int(part) for part in rings.split(",")], soak * 60)
    row = next(row for row in desk.revisions() if row["rev"] == rev)
    click.echo(f"revision {rev} goes to {some(row['ends'][-1], 'store')}, first to {row['released']}")


def _tell_draft(desk: ConfigDesk, draft: Draft) -> None:
    click.echo(f"revision {draft.rev} would go to {some(len(draft.bundles), 'store')}")
    shown = next(iter(sorted(draft.bundles)))
    before = [
        row["version"] for row in desk.offers(store=shown) if row["state"] in ("offered", "trying", "applied")
    ]
    from config.layers import changes

    old = desk.sections(shown, before[0]) if before else {}
    for path, was, becomes in changes(old, draft.bundles[shown].sections):
        click.echo(f"  {shown} {path}: {said_value(was)} -> {said_value(becomes)}")
    if draft.money:
        click.echo(f"a money key is needed for {len(draft.money)} of them")


@config.command("halt")
@click.argument("revision", type=int)
@DATABASE
@_WHY
@WHO
def halt(revision: int, database: str, why: str, who: str) -> None:
    """Offer REVISION to no more stores; those that have it keep it."""
    with doing(database, who, "config.halt", str(revision), why) as engine:
        _desk(engine).halt(revision, why)
    click.echo(f"revision {revision} is halted")


@config.command("resume")
@click.argument("revision", type=int)
@DATABASE
@WHO
def resume(revision: int, database: str, who: str) -> None:
    """Go on with a halted REVISION: the failures so far were looked at."""
    with doing(database, who, "config.resume", str(revision)) as engine:
        _desk(engine).resume(revision)
    click.echo(f"revision {revision} goes on")


@config.command("region")
@click.argument("store")
@click.argument("region")
@DATABASE
@WHO
def region(store: str, region: str, database: str, who: str) -> None:
    """Put STORE into REGION ("" for none); counts from the next push on."""
    with doing(database, who, "config.region", f"{store} {region}".strip()) as engine:
        _desk(engine).set_region(store, region)
    click.echo(f"store {store} is in {region or 'no region'}")


def _desk(engine: Engine) -> ConfigDesk:
    from sync.hub.config_desk import ConfigDesk

    return ConfigDesk(engine)


def _said_scope(scope: Scope) -> str:
    if scope.station:
        return f"station:{scope.store}/{scope.station}"
    return f"store:{scope.store}" if scope.store else f"region:{scope.region}" if scope.region else "all"


def _scope(text: str) -> Scope:
    from sync.configured import Scope

    kind, _, name = text.partition(":")
    number, _, station = name.partition("/")
    if text == "all":
        return Scope()
    if kind == "region" and name:
        return Scope(region=name)
    if kind == "store" and name:
        return Scope(store=name)
    if kind == "station" and number and station:
        return Scope(store=number, station=station)
    raise click.BadParameter(f"{text!r} is no scope: all, region:NAME, store:NUMBER or station:NUMBER/NAME")


def _sections(file: Path) -> dict[str, Any]:
    """A file's tables, as they travel (JSON)."""
    try:
        data = file.read_bytes().decode("utf-8")
        said = json.loads(data) if file.suffix.lower() == ".json" else tomllib.loads(data)
    except ValueError as error:
        raise click.ClickException(f"{file} cannot be read: {error}") from error
    if not isinstance(said, dict):
        raise click.ClickException(f"{file} holds no tables")
    from msgspec.json import decode, encode

    sections: dict[str, Any] = decode(encode(said))
    return sections
