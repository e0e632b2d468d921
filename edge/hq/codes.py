"""store-edge hub issue-code, keys: pickup codes and the keys that sign them."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from edge.hq.doing import JSON, WHO, doing, said
from edge.hub_cli import DATABASE, encode_code

_MAX_DAYS = 3650


@click.command("issue-code")
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
@WHO
@JSON
def issue_code(
    order: str, database: str, unit: int, days: int, png: Path | None, who: str, *, as_json: bool
) -> None:
    """Issue a pickup code for ORDER and print its text (or its QR, on a terminal)."""
    import segno

    from sync.hub.desk import HubDesk

    not_after = datetime.now(UTC) + timedelta(days=days)
    with doing(database, who, "orders.issue-code", order) as engine:
        text = HubDesk(engine).issue_code(order, encode_code, not_after=not_after, unit=unit)
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


@click.group("keys")
def keys() -> None:
    """The keys that sign pickup codes; two may be live at a time."""


@keys.command("new")
@click.argument("kid", type=click.IntRange(0, 255))
@DATABASE
@WHO
@JSON
def new_key(kid: int, database: str, who: str, *, as_json: bool) -> None:
    """Make signing key KID; every store learns its public half."""
    from sync.hub.desk import HubDesk

    with doing(database, who, "keys.new", str(kid)) as engine:
        made = HubDesk(engine).new_pickup_key(kid)
    said({"kid": kid, "public": made.public}, f"key {kid}: {made.public}", as_json=as_json)


@keys.command("retire")
@click.argument("kid", type=click.IntRange(0, 255))
@DATABASE
@WHO
@JSON
def retire_key(kid: int, database: str, who: str, *, as_json: bool) -> None:
    """Withdraw signing key KID: codes under it stop working at every store that hears of it."""
    from sync.hub.desk import HubDesk

    with doing(database, who, "keys.retire", str(kid)) as engine:
        HubDesk(engine).retire_pickup_key(kid)
    said({"kid": kid, "retired": True}, f"key {kid} is withdrawn", as_json=as_json)
