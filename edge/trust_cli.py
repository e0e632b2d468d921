"""store-edge hub trust: the keys whose word stores believe. Private halves are files of people's own, never HQ's."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.hq.doing import WHO, doing
from edge.hub_cli import DATABASE, plainly

if TYPE_CHECKING:
    from sync.signed import Role, RoleName, Roster

_PATH = click.Path(path_type=Path, dir_okay=False)
_HEX = 64


class Keys:
    """Key files sorted by what HQ's roster has them for."""

    def __init__(self, database: str, files: Iterable[Path]) -> None:
        """Raises ClickException for a file that is no key, that others may read, or that the roster does not name."""
        from sync.hub.config_draft import roster
        from sync.hub.database import open_hub, snapshot
        from sync.hub.trust import public_of

        with snapshot(open_hub(database)) as conn:
            known = roster(conn)
        self._seeds: dict[str, list[bytes]] = {"config": [], "money": []}
        for file in files:
            seed = read_key(file)
            roles = [
                name
                for name in self._seeds
                if name in known.roles and public_of(seed) in known.roles[name].keys
            ]
            if not roles:
                raise click.ClickException(
                    f"{file} is neither a config key nor a money key of roster {known.version}"
                )
            for name in roles:
                self._seeds[name].append(seed)

    def of(self, role: str) -> list[bytes]:
        """The private keys (32-byte seeds) given for a role."""
        return self._seeds[role]


def read_key(file: Path) -> bytes:
    """The private key (32-byte seed) in a file; raises ClickException."""
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            text = opened.read(_HEX + 2).decode("ascii", "replace").strip()
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise click.ClickException(f"{file} can be read by others: chmod 600 {file}")
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    if len(seed) * 2 != _HEX:
        raise click.ClickException(f"{file} is no key: {_HEX} hex digits are expected")
    return seed


def make_key(file: Path) -> bytes:
    """A new private key in a new file, mode 0600; raises OSError for a file that is there already."""
    seed = secrets.token_bytes(32)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
        made.write(seed.hex() + "\n")
        made.flush()
        os.fsync(made.fileno())
    return seed


@click.group()
def trust() -> None:
    """Whose keys stores believe: an offline root, config keys, money keys."""


@trust.command("init")
@DATABASE
@click.option("--root", type=_PATH, required=True, help="The new root key; keep it offline, two copies.")
@click.option("--config", "config_key", type=_PATH, required=True, help="The new key of who signs settings.")
@click.option(
    "--money", type=_PATH, required=True, help="The new key of the second person where money is touched."
)
@WHO
def init(database: str, root: Path, config_key: Path, money: Path, who: str) -> None:
    """Make three keys in new files (0600) and HQ's first roster. Boxes enrolled from then on believe these."""
    from sync.hub.database import snapshot
    from sync.hub.desk import HubDesk
    from sync.hub.publishing import NotPossible
    from sync.hub.trust import present

    with doing(database, who, "trust.init", "roster 1") as engine:
        with snapshot(engine) as conn:
            if present(conn) is not None:
                raise NotPossible("HQ has its roster already; store-edge hub trust roll renews it")
        seeds = {
            name: make_key(file) for name, file in (("root", root), ("config", config_key), ("money", money))
        }
        roles: dict[RoleName, Role] = {"config": _role(seeds["config"]), "money": _role(seeds["money"])}
        roster = HubDesk(engine).found_trust([seeds["root"]], roles)
    _tell(roster)
    click.echo(f"take {root} offline now, on two media; HQ needs it only for: store-edge hub trust roll")


@trust.command("show")
@DATABASE
def show(database: str) -> None:
    """The roster that stores believe: version, until when, keys by role, the root's fingerprint."""
    from sync.hub.config_draft import roster
    from sync.hub.database import open_hub, snapshot

    with plainly(), snapshot(open_hub(database)) as conn:
        found = roster(conn)
    _tell(found)


@trust.command("roll")
@DATABASE
@click.option(
    "--root", "roots", type=_PATH, multiple=True, required=True, help="The root key; also the new one."
)
@click.option("--new-root", type=_PATH, help="Replace the root by a new key in this new file.")
@click.option(
    "--config", "config_keys", type=_PATH, multiple=True, help="The config keys from now on; made if new."
)
@click.option(
    "--money", "money_keys", type=_PATH, multiple=True, help="The money keys from now on; made if new."
)
@click.option("--why", default="", help="Why, for those who will ask.")
@WHO
def roll(
    database: str,
    roots: tuple[Path, ...],
    new_root: Path | None,
    config_keys: tuple[Path, ...],
    money_keys: tuple[Path, ...],
    why: str,
    who: str,
) -> None:
    """The next roster: keys not named stay, keys left out of a role count no more, and it is good for another year."""
    from sync.hub.desk import HubDesk

    renewed = [("root", new_root), ("config", config_keys), ("money", money_keys)]
    about = "renews " + (" ".join(name for name, files in renewed if files) or "its time alone")
    with doing(database, who, "trust.roll", about, why) as engine:
        seeds = [read_key(file) for file in roots]
        roles: dict[RoleName, Role] = {}
        if config_keys:
            roles["config"] = _role(*map(_key, config_keys))
        if money_keys:
            roles["money"] = _role(*map(_key, money_keys))
        if new_root is not None:
            fresh = make_key(new_root)
            roles["root"] = _role(fresh)
            seeds.append(fresh)
        roster = HubDesk(engine).renew_trust(seeds, roles)
    _tell(roster)


def _key(file: Path) -> bytes:
    return read_key(file) if file.exists() else make_key(file)


def _role(*seeds: bytes) -> Role:
    from sync.hub.trust import public_of
    from sync.signed import Role

    return Role(tuple(public_of(seed) for seed in seeds))


def _tell(roster: Roster) -> None:
    from sync.signed import fingerprint, key_id

    click.echo(f"roster {roster.version}, issued {roster.issued}, good until {roster.expires}")
    for name, role in sorted(roster.roles.items()):
        ids = ", ".join(key_id(public) for public in role.keys)
        click.echo(f"{name}\t{role.threshold} of {ids}")
    click.echo(f"root fingerprint\t{fingerprint(roster.roles['root'])}")
