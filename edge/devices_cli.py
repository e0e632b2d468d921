"""store-edge devices: what is plugged in and what the settings make of it; trying, taking in, simulating devices."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from config.loader import load
from config.schema import Settings, SettingsRefused
from edge.terminal import json_line, nameless, plain

if TYPE_CHECKING:
    from devices.plugged import Plugged
    from edge.simulate import Simulation

REFUSED = 78
_PATH = click.Path(path_type=Path)
_SETTINGS = click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group()
def devices() -> None:
    """What is plugged in, and what the settings make of it. Looking never opens a device."""


def _settings(path: Path) -> Settings:
    try:
        return load(path)
    except SettingsRefused as refused:
        _refuse(refused)


def _refuse(refused: SettingsRefused) -> NoReturn:
    for problem in refused.problems:
        click.echo(str(problem), err=True)
    sys.exit(REFUSED)


def _say(fields: dict[str, Any], text: str, *, as_json: bool) -> None:
    # Whatever was plugged in, scanned or found on the network speaks here.
    click.echo(json_line(fields) if as_json else plain(text))


def _plugged() -> tuple[Plugged, ...]:
    from devices.plugged import plugged

    return plugged()


@devices.command("list")
@_SETTINGS
@_JSON
def list_(path: Path, *, as_json: bool) -> None:
    """List the devices of the settings with what stands behind them, then those that no setting uses."""
    from edge.desks.plugged import words
    from edge.plugging import standing, suggestion, unused

    settings, found = _settings(path), _plugged()
    for one in standing(settings, found):
        said = {True: one.identity or "there", False: "NOT THERE", None: "on the network"}[one.there]
        fields: dict[str, Any] = {
            "device": one.name,
            "table": one.table,
            "driver": one.driver,
            "address": nameless(one.address),
        }
        fields |= {"there": one.there, "identity": one.identity}
        _say(
            fields, f"{one.table}.{one.name}  {one.driver}  {nameless(one.address)}  {said}", as_json=as_json
        )
    for free in unused(found, settings):
        fields = {"path": free.path, "kind": free.kind, "identity": words(free.identity), "device": None}
        fields |= {"suggestion": suggestion(free)}
        text = f"unused  {free.kind}  {free.path}  {words(free.identity)}"
        _say(fields, text, as_json=as_json)


@devices.command()
@click.option("--seconds", default=0.0, help="End after so long; 0: at Ctrl-C.")
@_JSON
def watch(seconds: float, *, as_json: bool) -> None:
    """Say what is plugged and unplugged as it happens."""
    from devices.hotplug import Hotplug
    from edge.desks.plugged import words

    hotplug, known, began = Hotplug(), dict[str, "Plugged"](), time.monotonic()
    while not seconds or time.monotonic() - began < seconds:
        if not hotplug.wait(0.2):
            continue
        now = {one.path: one for one in _plugged()}
        gone = [("unplugged", known[path]) for path in known.keys() - now.keys()]
        came = [("plugged", now[path]) for path in now.keys() - known.keys()]
        for word, one in sorted(gone + came, key=lambda change: change[1].path):
            fields = {"event": word, "path": one.path, "kind": one.kind, "identity": words(one.identity)}
            _say(fields, f"{word}  {one.kind}  {one.path}  {words(one.identity)}", as_json=as_json)
        known = now


@devices.command()
@_SETTINGS
@click.argument("name")
@click.option("--seconds", default=20.0, show_default=True, help="How long to wait for a code or a weight.")
@_JSON
def test(path: Path, name: str, seconds: float, *, as_json: bool) -> None:
    """Try the device NAME: open it, ask it, have it do its work once. The store must not be running."""
    from edge.device_trial import table_of, trial

    settings = _settings(path)
    if not table_of(settings, name):
        raise click.ClickException(f"no device {name!r} in the settings")
    good = True
    for word, said in trial(settings, name, _plugged(), seconds):
        good = good and word != "failed"
        _say({"device": name, "word": word, "said": said}, f"{word}: {said}", as_json=as_json)
    sys.exit(0 if good else 1)


@devices.command()
@_SETTINGS
@click.argument("address")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["scanner", "printer", "scale", "display", "lights", "locker"]),
    required=True,
    help="What it is.",
)
@click.option(
    "--name", required=True, help="Its name in the settings; one that is there gets the new address."
)
@click.option("--station", default="", help="The station that it belongs to, or that prints there.")
@click.option("--driver", default="", help="Its driver, where the usual one is not the right one.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@_JSON
def adopt(
    path: Path, address: str, kind: str, name: str, station: str, driver: str, *, dry_run: bool, as_json: bool
) -> None:
    """Write the device at ADDRESS (a path, or host:port) into the settings; comments stay, the rest is checked."""
    from edge.adopt import TABLES, NotAdopted, Wish, plan, write

    if kind != "printer" and not station:
        raise click.UsageError("--station is needed: whose is it?")
    try:
        adoption = plan(path, Wish(address, TABLES[kind], name, station, driver), _plugged())
        if not dry_run:
            write(path, adoption)
    except SettingsRefused as refused:
        _refuse(refused)
    except (NotAdopted, OSError) as error:
        raise click.ClickException(str(error)) from error
    for note in adoption.notes:
        click.echo(f"note: {note}", err=True)
    fields = {"adopted": name, "written": not dry_run, "diff": adoption.diff, "notes": adoption.notes}
    _say(fields, adoption.diff.rstrip("\n") or "nothing to change", as_json=as_json)
    if not dry_run and not as_json:
        click.echo("restart the store to use it: systemctl restart store-edge")


@devices.command()
@_SETTINGS
@click.argument("name")
@_JSON
def accept(path: Path, name: str, *, as_json: bool) -> None:
    """Say that the device that now stands at NAME's address is meant; the alarm ends within seconds.

    In a shop: as root, who can open the store's sealed key.
    """
    from edge.db import WrongKey
    from edge.domain.refusals import UnknownThing
    from edge.owner import KeyElsewhere
    from edge.plugging import accepted

    try:
        known, seen = accepted(_settings(path), name)
    except UnknownThing:
        raise click.ClickException(f"nothing was swapped at {name!r}") from None
    except (WrongKey, KeyElsewhere, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from error
    _say(
        {"device": name, "was": known, "accepted": seen},
        f"{name}: {seen} instead of {known}",
        as_json=as_json,
    )


@devices.command()
@click.argument("kind", type=click.Choice(["scanner", "printer", "scale", "display", "locker"]))
@_JSON
def simulate(kind: str, *, as_json: bool) -> None:
    """Start a simulated device and say what the settings need; each line of standard input is a word to it."""
    from edge.simulate import KINDS
    from edge.simulate import answer as act

    start: Callable[[], AbstractContextManager[Simulation]] = KINDS[kind]
    with start() as simulation:
        words = sorted(simulation.words)
        text = f"{simulation.settings}\n# words: {', '.join(words)}; an empty line or Ctrl-D ends it"
        _say({"settings": simulation.settings, "words": words}, text, as_json=as_json)
        for line in sys.stdin:
            if not line.strip():
                break
            said = act(simulation, line)
            _say({"said": said}, said, as_json=as_json)


@devices.command()
@click.argument("networks", nargs=-1)
@click.option("--seconds", default=3.0, show_default=True, help="How long to listen for announcements.")
@click.option("--own", multiple=True, help="An address of this machine to listen on; default: all of them.")
@_JSON
def discover(networks: tuple[str, ...], seconds: float, own: tuple[str, ...], *, as_json: bool) -> None:
    """Find receipt printers on the network: by mDNS, and by SNMP at NETWORKS (192.168.10.31, 192.168.10.0/26)."""
    from devices.discovery import ExtraMissing, addresses_in, announced, asked

    try:
        hosts = addresses_in(networks)
        found = announced(seconds, own) + asked(hosts)
    except (ExtraMissing, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for one in found:
        fields = {"host": one.host, "port": one.port, "by": one.by, "model": one.model, "serial": one.serial}
        words = "  ".join(word for word in (f"{one.host}:{one.port}", one.by, one.model, one.serial) if word)
        _say(fields | {"errors": one.errors}, "  ".join((words, *one.errors)), as_json=as_json)
    if not found and not as_json:
        click.echo(
            "nobody answered; cheap printers often cannot: print their own test page, it names the address"
        )
