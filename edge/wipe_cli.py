"""store-edge wipe: the end of a store on this box, keys first, so that what is left on the disk is noise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import click


@dataclass
class _Ended:
    """What was done, for people and for the machine that images boxes."""

    store: str
    unsent: int | None
    keys: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@click.command("wipe")
@click.option("--yes-wipe", "word", default="", help="The store's number, instead of typing it when asked.")
@click.option("--lose-unsent", is_flag=True, help="Also where facts would be lost that HQ does not have.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object of what was ended.")
def wipe(word: str, *, lose_unsent: bool, as_json: bool) -> None:
    """End the store on this box: its keys, its books, its settings. Nothing of it can be read afterwards.

    The package stays; the box can become another store's. The device is shut out at HQ by `hub devices revoke`.
    Refused while facts wait that HQ does not have (`outbox export` carries them) unless --lose-unsent is said.
    """
    from edge.box import under_systemd

    if os.geteuid() != 0:
        raise click.ClickException("only root ends a store: sudo store-edge wipe")
    store = _store()
    if word or as_json or not sys.stdin.isatty():
        if word != store:
            raise click.UsageError(f"--yes-wipe must say the store's number, {store}")
    elif click.prompt(f"This ends store {store} on this box for good. Type its number") != store:
        raise click.ClickException("not its number; nothing was done")
    unsent = _unsent()
    if unsent != 0 and not lose_unsent:
        told = "its books cannot be opened, so nobody knows what HQ lacks" if unsent is None else ""
        told = told or f"HQ does not have {unsent} of its facts"
        raise click.ClickException(f"{told}; --lose-unsent ends it all the same. Nothing was done")
    if under_systemd():
        _stop()
    ended = _end(_Ended(store, unsent))
    _tell(ended, as_json=as_json)


def _store() -> str:
    """The store's number as the settings say it, whatever else is wrong with them; "NONE" where there are none."""
    from edge.box import SETTINGS

    try:
        return str(tomllib.loads(SETTINGS.read_text("utf-8"))["store"]["id"])
    except (OSError, KeyError, TypeError, ValueError):
        return "NONE"


def _unsent() -> int | None:
    """How many facts HQ has not acknowledged; 0 where there are no books, None where they do not open.

    Asked in a process of its own, which becomes the books' user for good.
    """
    from edge.box import SETTINGS, STATE

    if not (STATE / "ledger.db").exists():
        return 0
    asked = [sys.executable, "-I", "-m", "edge", "outbox", "waiting", "--settings", str(SETTINGS)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    said = done.stdout.strip()
    return int(said) if done.returncode == 0 and said.isdigit() else None


def _stop() -> None:
    from edge.box import UNITS, Failed, systemctl

    try:
        systemctl("disable", "--now", "--quiet", *UNITS)
    except Failed as failed:
        raise click.ClickException(f"the store does not stop: {failed}; nothing was wiped") from failed


def _end(ended: _Ended) -> _Ended:
    """Keys, then data, then settings: cut off anywhere, what is left cannot be read and the verb can be run again."""
    from edge.box import DROP_IN, LANE_STATE, SETTINGS, STATE, UNATTENDED
    from edge.durable import settled
    from edge.sealed import EDGE_KEY, LANE_TOKEN, destroy, place_of, shred

    for name in (EDGE_KEY, LANE_TOKEN):
        if destroy(name):
            ended.keys.append(str(place_of(name)))
    for beside in (STATE / "edge.key", STATE / "lane-certificate.pem", UNATTENDED):
        if beside.exists():
            shred(beside)
            ended.keys.append(str(beside))
    for folder in (STATE, LANE_STATE):
        if folder.is_dir():
            ended.removed += [str(inner) for inner in _emptied(folder)]
            settled(folder)
    # The settings last: they say which store it is, should this be cut off and run again.
    for path in (*sorted(Path("/etc/store-edge/secrets").glob("*")), DROP_IN, SETTINGS):
        if path.exists():
            shred(path)
            ended.removed.append(str(path))
    return ended


def _emptied(folder: Path) -> list[Path]:
    gone = sorted(folder.iterdir())
    for inner in gone:
        shutil.rmtree(inner) if inner.is_dir() and not inner.is_symlink() else inner.unlink()
    return gone


def _tell(ended: _Ended, *, as_json: bool) -> None:
    if as_json:
        told = {"store": ended.store, "unsent": ended.unsent, "keys": ended.keys, "removed": ended.removed}
        click.echo(json.dumps(told))
        return
    click.echo(f"store {ended.store}: {len(ended.keys)} keys destroyed, {len(ended.removed)} files removed")
    click.echo("Nothing of it can be read on this box any more. At HQ: hub devices revoke")
