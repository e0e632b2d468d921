"""store-edge hub orders: click-and-collect orders at HQ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import click

from edge.hq.doing import JSON, WHO, doing, for_files, give_file, looking, said, say, take_file
from edge.hub_cli import DATABASE

_MAX_DAYS = 3650
_STORE = click.option("--store", default="", help="Orders of this store only.")


@click.group("orders")
def orders() -> None:
    """Click-and-collect orders at HQ."""


@orders.command("import")
@for_files
@DATABASE
@WHO
@JSON
def import_orders(
    file: BinaryIO,
    form: str | None,
    encoding: str | None,
    database: str,
    who: str,
    *,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Publish the orders in FILE to their stores; all of them or, with every error named, none."""
    with doing(database, who, "orders.import", file.name) as engine:
        how = {"form": form, "encoding": encoding}
        take_file(engine, lambda to: to.orders(), file, **how, skip_bad=skip_bad, as_json=as_json)


@orders.command("export")
@click.argument("out", metavar="OUT")
@click.option("--format", "form", type=click.Choice(["csv", "ndjson"]), help="Else what OUT's ending says.")
@_STORE
@click.option("--codes", is_flag=True, help="With the numeric codes, which open the orders.")
@DATABASE
def export_orders(out: str, form: str | None, store: str, database: str, *, codes: bool) -> None:
    """Write orders as they stand now to OUT (`-` is standard output); as CSV, a row a line of an order."""
    from sync.hub import exports
    from sync.hub.row_forms import ORDER_COLUMNS

    with looking(database) as engine:
        give_file(
            out, form, ORDER_COLUMNS, lambda kind: exports.orders(engine, store, codes=codes, form=kind)
        )


@orders.command("list")
@DATABASE
@_STORE
@JSON
def list_orders(database: str, store: str, *, as_json: bool) -> None:
    """List orders: number, store, generation, state, until when it is held. Names and codes stay out."""
    from sync.hub import exports

    names = ("order", "store", "gen", "state", "hold_until")
    with looking(database) as engine:
        say(({name: row[name] for name in names} for row in exports.orders(engine, store)), as_json=as_json)


@orders.command("show")
@click.argument("order")
@DATABASE
@JSON
def show_order(order: str, database: str, *, as_json: bool) -> None:
    """Show ORDER: where it stands, what is still to be handed over, what HQ asked of its store, its hand-overs."""
    from sync.hub.order_file import order_file

    with looking(database) as engine:
        row = order_file(engine, order)
    if as_json:
        say([row], as_json=True)
        return
    for name, value in row.items():
        for each in value if isinstance(value, list) else [value]:
            words = "  ".join(f"{k} {v}" for k, v in each.items()) if isinstance(each, dict) else each
            click.echo(f"{name}\t{words}")


@orders.command("cancel")
@click.argument("order")
@DATABASE
@WHO
@JSON
def cancel(order: str, database: str, who: str, *, as_json: bool) -> None:
    """Ask ORDER's store to give it back; it is cancelled when the store says so, or was collected before that."""
    from sync.hub.desk import HubDesk

    with doing(database, who, "orders.cancel", order) as engine:
        wish = HubDesk(engine).request_cancel(order)
    said(
        {"order": order, "cmd": wish.cmd},
        f"the store of order {order} is asked to give it back",
        as_json=as_json,
    )


@orders.command("force-cancel")
@click.argument("order")
@click.option("--why", required=True, help="Why its store is not waited for; stands in HQ's record.")
@DATABASE
@WHO
@JSON
def force_cancel(order: str, database: str, who: str, why: str, *, as_json: bool) -> None:
    """Cancel ORDER although its store cannot be asked; a hand-over there meanwhile stands and opens a case."""
    from sync.hub.desk import HubDesk

    with doing(database, who, "orders.force-cancel", order, why) as engine:
        HubDesk(engine).force_cancel(order)
    said(
        {"order": order, "state": "cancelled"},
        f"order {order} is cancelled at HQ's own risk",
        as_json=as_json,
    )


@orders.command("reassign")
@click.argument("order")
@click.argument("store")
@click.option("--lease-days", type=click.IntRange(1, _MAX_DAYS), help="Until when STORE may hand it over.")
@DATABASE
@WHO
@JSON
def reassign(
    order: str, store: str, lease_days: int | None, database: str, who: str, *, as_json: bool
) -> None:
    """Give ORDER to STORE, once its former store cannot hand it over any more; a new generation with a new code."""
    from sync.hub.desk import HubDesk
    from sync.messages import stamp

    until = stamp(datetime.now(UTC) + timedelta(days=lease_days)) if lease_days else ""
    with doing(database, who, "orders.reassign", f"{order} to {store}") as engine:
        made = HubDesk(engine).reassign(order, store, until)
    row = {"order": order, "store": store, "gen": made.gen, "numeric_code": made.numeric_code}
    said(row, made.numeric_code, as_json=as_json)


@orders.command("reissue")
@click.argument("order")
@DATABASE
@click.option(
    "--days", type=click.IntRange(1, _MAX_DAYS), help="Hold it for so long from now; 3 unless held longer."
)
@WHO
@JSON
def reissue(order: str, database: str, days: int | None, who: str, *, as_json: bool) -> None:
    """Renew ORDER: a new hold and new codes; former codes no longer open it, and an expired one waits again."""
    from sync.hub.desk import HubDesk

    until = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with doing(database, who, "orders.reissue", order) as engine:
        made = HubDesk(engine).reissue(order, until)
    row = {name: getattr(made, name) for name in ("order", "gen", "state", "hold_until", "numeric_code")}
    if not as_json:
        held = f", held until {made.hold_until}" if made.hold_until else ""
        click.echo(f"order {order} is {made.state} in generation {made.gen}{held}", err=True)
    said(row, made.numeric_code, as_json=as_json)


@orders.command("revoke-code")
@click.argument("order")
@click.option("--nonce", help="Only the code with this nonce (hex); else all of the order's.")
@DATABASE
@WHO
@JSON
def revoke_code(order: str, nonce: str | None, database: str, who: str, *, as_json: bool) -> None:
    """Withdraw the QR codes issued for ORDER; its numeric code stays (`reissue` changes that one, too)."""
    from sync.hub.order_file import codes_of, revoke_codes

    with doing(database, who, "orders.revoke-code", order) as engine:
        count = revoke_codes(engine, order, [nonce] if nonce else codes_of(engine, order))
    said(
        {"order": order, "revoked": count},
        f"{count} codes of order {order} open nothing any more",
        as_json=as_json,
    )
