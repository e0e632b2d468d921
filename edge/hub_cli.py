"""store-edge hub: the reference HQ's command line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from edge.domain import pickup_code

if TYPE_CHECKING:
    from sync.hub.desk import HubDesk
    from sync.hub.keys import CodeClaims

DATABASE = click.option(
    "--database",
    default="hub.db",
    show_default=True,
    envvar="STORE_EDGE_HUB_DATABASE",
    help="HQ's database: a file, or a URL as postgresql+psycopg://hub@db/hub.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_MAX_DAYS = 3650


def encode_code(claims: CodeClaims, sign: pickup_code.Sign) -> str:
    """The text of a pickup code, in the store's own format: HQ's side of `edge.domain.pickup_code`."""
    return pickup_code.issue(
        pickup_code.Claims(
            kid=claims.kid,
            store=claims.store,
            order=claims.order,
            gen=claims.gen,
            not_after=claims.not_after,
            nonce=claims.nonce,
            unit=claims.unit,
        ),
        sign,
    )


def _desk(database: str) -> HubDesk:
    from sync.hub.database import open_hub
    from sync.hub.desk import HubDesk

    return HubDesk(open_hub(database))


@contextmanager
def plainly() -> Iterator[None]:
    """Says in one line what HQ, its database or the disk refuses; exit status 1."""
    from sqlalchemy.exc import DatabaseError

    from sync.hub.publishing import NotPossible

    try:
        yield
    except NotPossible as refused:
        raise click.ClickException(str(refused)) from refused
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise click.ClickException(f"{error.strerror or type(error).__name__}{where}") from error
    except DatabaseError as error:
        raise click.ClickException(f"HQ's database cannot be used: {error.orig}") from error


@click.group()
def hub() -> None:
    """The reference HQ: publishes orders, takes in what happened in the stores."""


@hub.command("issue-code")
@click.argument("order")
@DATABASE
@click.option("--unit", type=click.IntRange(min=0), default=0, help="For one unit of the order (1, 2, ...).")
@click.option(
    "--days",
    type=click.IntRange(1, _MAX_DAYS),
    default=7,
    show_default=True,
    help="How long the code is good.",
)
@click.option(
    "--png", type=click.Path(path_type=Path, dir_okay=False), help="Draw the QR code into this file."
)
@_JSON
def issue_code(order: str, database: str, unit: int, days: int, png: Path | None, *, as_json: bool) -> None:
    """Issue a pickup code for ORDER and print its text (or its QR, on a terminal)."""
    import segno

    not_after = datetime.now(UTC) + timedelta(days=days)
    with plainly():
        text = _desk(database).issue_code(order, encode_code, not_after=not_after, unit=unit)
        qr = segno.make(text, error="m", micro=False)
        if png:
            qr.save(str(png), kind="png", scale=8, border=4)
    if as_json:
        click.echo(
            json.dumps({"order": order, "unit": unit, "code": text, "not_after": not_after.isoformat()})
        )
        return
    if sys.stdout.isatty() and not png:
        qr.terminal(compact=True)
    click.echo(text)


@hub.group("store")
def store() -> None:
    """The stores that HQ knows."""


@store.command("add")
@click.argument("number")
@DATABASE
@click.option("--name-zh", required=True, help="The store's name, Chinese.")
@click.option("--name-en", required=True, help="The store's name, English.")
@click.option("--address-zh", default="", help="Its address, Chinese.")
@click.option("--address-en", default="", help="Its address, English.")
@click.option("--phone", default="", help="Its telephone, for slips.")
@click.option("--token-file", type=click.Path(path_type=Path, dir_okay=False), required=True)
def add_store(number: str, database: str, token_file: Path, **facts: str) -> None:
    """Admit store NUMBER; its bearer token goes into --token-file (mode 0600) and is shown nowhere."""
    from sync.messages import Shop

    with plainly():
        desk = _desk(database)
        # Before the store is added: its token can be had only once, and a file that is there may hold another's.
        handle = os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file, _removed_on_error(token_file):
            file.write(desk.add_store(Shop(store=number, **facts)) + "\n")
    click.echo(f"store {number} added; copy {token_file} to its box (hq.token_file) and delete it here")


@contextmanager
def _removed_on_error(file: Path) -> Iterator[None]:
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            file.unlink()


@hub.group("key")
def key() -> None:
    """The keys that sign pickup codes; two may be live at a time."""


@key.command("new")
@click.argument("kid", type=click.IntRange(0, 255))
@DATABASE
def new_key(kid: int, database: str) -> None:
    """Make signing key KID; every store learns its public half."""
    with plainly():
        made = _desk(database).new_pickup_key(kid)
    click.echo(f"key {kid}: {made.public}")


@hub.group("orders")
def orders() -> None:
    """Click-and-collect orders at HQ."""


@orders.command("import")
@click.argument("file", type=click.File("rb"))
@DATABASE
@_JSON
def import_orders(file: BinaryIO, database: str, *, as_json: bool) -> None:
    """Publish the orders in FILE (one JSON object a line); all of them or, with every error named, none."""
    from sync.hub.publishing import ImportRefused

    lines = list(file)
    try:
        with plainly(), click.progressbar(lines, label="Reading", file=sys.stderr, hidden=as_json) as shown:
            done = _desk(database).import_orders(shown)
    except ImportRefused as refused:
        for line, problem in refused.problems:
            if as_json:
                click.echo(json.dumps({"line": line, "problem": problem}, ensure_ascii=False))
            else:
                click.echo(f"line {line}: {problem}", err=True)
        sys.exit(1)
    click.echo(json.dumps({"imported": done}) if as_json else f"{done} orders published")


@orders.command("list")
@DATABASE
@click.option("--store", default="", help="Orders of this store only.")
@_JSON
def list_orders(database: str, store: str, *, as_json: bool) -> None:
    """List orders: number, store, generation, state, until when it is held. Names and codes stay out."""
    with plainly():
        found = _desk(database).orders(store)
    for order in found:
        row = {name: getattr(order, name) for name in ("order", "store", "gen", "state", "hold_until")}
        click.echo(json.dumps(row) if as_json else "\t".join(map(str, row.values())))


@orders.command("reissue")
@click.argument("order")
@DATABASE
@click.option(
    "--days", type=click.IntRange(1, _MAX_DAYS), help="Hold it for so long from now; 3 unless held longer."
)
@_JSON
def reissue(order: str, database: str, days: int | None, *, as_json: bool) -> None:
    """Renew ORDER: a new hold and new codes; former codes no longer open it, and an expired one waits again."""
    until = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with plainly():
        made = _desk(database).reissue(order, until)
    row = {name: getattr(made, name) for name in ("order", "gen", "state", "hold_until", "numeric_code")}
    if as_json:
        click.echo(json.dumps(row))
        return
    held = f", held until {made.hold_until}" if made.hold_until else ""
    click.echo(f"order {order} is {made.state} in generation {made.gen}{held}", err=True)
    click.echo(made.numeric_code)
