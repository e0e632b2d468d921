"""store-edge hub issue-code, keys: pickup codes, and the keys under which stores believe codes."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from edge.hq.doing import JSON, WHO, doing, looking, said, say
from edge.hub_cli import DATABASE, encode_code

if TYPE_CHECKING:
    from sync.hub.counter_keys import Role

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


_ROLE = click.option(
    "--role",
    type=click.Choice(["pickup", "coupon", "member", "lookup"]),
    default="pickup",
    show_default=True,
    help="What it signs; lookup is the secret under which stores tell phone and card numbers.",
)
_UNTIL = click.option("--until", default="", help="Good until then: 2026-01-05T00:00:00.000Z.")


@click.group("keys")
def keys() -> None:
    """The keys under which stores believe codes and tell numbers; two of a role may be live at a time."""


@keys.command("list")
@DATABASE
@JSON
def list_keys(database: str, *, as_json: bool) -> None:
    """List the keys of every role: role, kid, public half, until when, state. Nothing that is secret."""
    from sync.hub.counter_keys import listed

    with looking(database) as engine:
        say(listed(engine), as_json=as_json)


@keys.command("new")
@click.argument("kid", type=click.IntRange(0, 255))
@_ROLE
@_UNTIL
@DATABASE
@WHO
@JSON
def new_key(kid: int, role: str, until: str, database: str, who: str, *, as_json: bool) -> None:
    """Make key KID of a role; every store learns its public half, or the look-up secret."""
    from sync.hub import counter_keys
    from sync.hub.database import write
    from sync.hub.desk import HubDesk
    from sync.messages import stamp

    with doing(database, who, "keys.new", f"{role} {kid}") as engine:
        if role == "pickup":
            public = HubDesk(engine).new_pickup_key(kid, until).public
        else:
            at = stamp(datetime.now(UTC))
            word = write(engine, lambda conn: counter_keys.new_key(conn, _role(role), kid, until, at))
            public = getattr(word, "public", "")
    said(
        {"kid": kid, "role": role, "public": public}, f"{role} key {kid}: {public or 'made'}", as_json=as_json
    )


@keys.command("retire")
@click.argument("kid", type=click.IntRange(0, 255))
@_ROLE
@DATABASE
@WHO
@JSON
def retire_key(kid: int, role: str, database: str, who: str, *, as_json: bool) -> None:
    """Withdraw key KID of a role: what it vouched for stops working at every store that hears of it."""
    from sync.hub import counter_keys
    from sync.hub.database import write
    from sync.hub.desk import HubDesk
    from sync.messages import stamp

    with doing(database, who, "keys.retire", f"{role} {kid}") as engine:
        if role == "pickup":
            HubDesk(engine).retire_pickup_key(kid)
        else:
            at = stamp(datetime.now(UTC))
            write(engine, lambda conn: counter_keys.retire_key(conn, _role(role), kid, at))
    said({"kid": kid, "role": role, "retired": True}, f"{role} key {kid} is withdrawn", as_json=as_json)


def _role(text: str) -> Role:
    return cast("Role", text)
