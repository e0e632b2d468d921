"""store-edge screens: bind a shopper's screen to a station, see what is bound, send one away; on the store's box."""

from __future__ import annotations

import contextlib
import getpass
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.domain.refusals import Refusal
from edge.domain.staff import Operator, Role
from edge.own_books import own_books
from edge.terminal import plain

if TYPE_CHECKING:
    from edge.desks.screens import ScreenDesk

_PATH = click.Path(path_type=Path, dir_okay=False)
_SETTINGS = click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")


@click.group("screens")
def screens() -> None:
    """Kiosks, guide screens and customer displays: which browser stands at which station.

    The store may go on working meanwhile; no line to HQ is needed.
    """


@screens.command("bind")
@click.argument("code")
@click.argument("station")
@_SETTINGS
def bind(code: str, station: str, path: Path) -> None:
    """Bind the screen that shows CODE (six digits) to STATION."""
    with _desk(path) as desk:
        screen = desk.bind(code, station, _somebody(station), secrets.token_urlsafe(18))
    click.echo(f"{screen.id}: a {screen.kind} at {screen.station}; it opens its page within some seconds")


@screens.command("list")
@_SETTINGS
def show(path: Path) -> None:
    """What is bound: one line a screen."""
    with _desk(path) as desk:
        for one in desk.all():
            at = f"{one.bound_at:%Y-%m-%d %H:%MZ}" if one.bound_at else ""
            click.echo(plain(f"{one.id}  {one.station}  {one.kind}  bound {at} by {one.bound_by}"))


@screens.command("revoke")
@click.argument("screen")
@_SETTINGS
def revoke(screen: str, path: Path) -> None:
    """Send SCREEN (its id, see list) back to the page with the code."""
    with _desk(path) as desk:
        desk.revoke(screen, _somebody(""), secrets.token_urlsafe(18))
    click.echo(f"{plain(screen)}: revoked")


@contextlib.contextmanager
def _desk(path: Path) -> Iterator[ScreenDesk]:
    """The desk over the store's books, beside the daemon; its refusals in words, exit code 1."""
    from edge.desks.screens import ScreenDesk

    with own_books(path) as (settings, books):
        try:
            yield ScreenDesk(books, settings, lambda _topic: None)
        except Refusal as refusal:
            said = refusal.words("en")
            raise click.ClickException(f"{said.text}. {said.next}") from refusal


def _somebody(station: str) -> Operator:
    """Whoever may read the store's key may serve its devices."""
    return Operator(f"cli:{getpass.getuser()}", "", Role.LEAD, station)
