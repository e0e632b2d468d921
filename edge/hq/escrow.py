"""store-edge hub grants: what stores may sell or have spent without asking, given and asked back."""

from __future__ import annotations

import click

from edge.hq.customers import FORM, OUT, STORE
from edge.hq.doing import JSON, WHO, adds_import, doing, give_file, looking, said, say
from edge.hub_cli import DATABASE
from edge.terminal import some

_UNITS = click.argument("units", type=click.IntRange(1, 1_000_000_000))


@click.group("grants")
def grants() -> None:
    """Pieces of hot products and members' points that one store may give out without asking."""


adds_import(
    grants,
    "grants.import",
    lambda to: to.quotas(),
    "Grant pieces until each store has as many left as FILE says: store, sku, units. Takes nothing back.",
)


@grants.command("give")
@click.argument("store")
@click.argument("sku")
@_UNITS
@DATABASE
@WHO
@JSON
def give(store: str, sku: str, units: int, database: str, who: str, *, as_json: bool) -> None:
    """Let STORE sell UNITS more pieces of SKU without asking."""
    from sync.hub.grants import GrantDesk

    with doing(database, who, "grants.give", f"{store} {sku} {units}") as engine:
        word = GrantDesk(engine).grant_quota(store, sku, units)
    words = f"{some(word.units, 'piece')} of {sku} granted in all: {word.grant}"
    said({"grant": word.grant, "store": store, "units": word.units}, words, as_json=as_json)


@grants.command("give-points")
@click.argument("store")
@click.argument("member")
@_UNITS
@click.option("--until", required=True, help="How long they may be spent: 2026-01-05T00:00:00.000Z.")
@DATABASE
@WHO
@JSON
def give_points(
    store: str, member: str, units: int, until: str, database: str, who: str, *, as_json: bool
) -> None:
    """Let UNITS of MEMBER's points be spent at STORE without asking."""
    from sync.hub.grants import GrantDesk

    with doing(database, who, "grants.give-points", f"{store} {member[:60]} {units}") as engine:
        word = GrantDesk(engine).grant_points(store, member, units, until)
    words = f"{some(word.units, 'point')} granted in all: {word.grant}"
    said({"grant": word.grant, "store": store, "units": word.units}, words, as_json=as_json)


@grants.command("recall")
@click.argument("grant")
@_UNITS
@DATABASE
@WHO
@JSON
def recall(grant: str, units: int, database: str, who: str, *, as_json: bool) -> None:
    """Ask the store for UNITS of GRANT back; they are HQ's again when it has answered."""
    from sync.hub.grants import GrantDesk

    with doing(database, who, "grants.recall", f"{grant} {units}") as engine:
        GrantDesk(engine).recall(grant, units)
    said({"grant": grant, "asked": units}, f"{units} of {grant} are asked back", as_json=as_json)


@grants.command("hold")
@click.argument("store")
@click.argument("sku")
@click.argument("units", type=click.IntRange(0, 1_000_000_000))
@DATABASE
@WHO
@JSON
def hold(store: str, sku: str, units: int, database: str, who: str, *, as_json: bool) -> None:
    """Keep UNITS pieces of SKU on STORE's shelf for the web to sell; 0 ends it."""
    from sync.hub.grants import GrantDesk

    with doing(database, who, "grants.hold", f"{store} {sku} {units}") as engine:
        GrantDesk(engine).hold_for_web(store, sku, units)
    words = f"the web's on the shelf of {store}: {some(units, 'piece')} of {sku}"
    said({"store": store, "sku": sku, "units": units}, words, as_json=as_json)


@grants.command("write-off")
@click.argument("grant")
@DATABASE
@WHO
@JSON
def write_off(grant: str, database: str, who: str, *, as_json: bool) -> None:
    """Take what is left of GRANT, whose journal is closed: nobody can spend it any more."""
    from sync.hub.grants import GrantDesk

    with doing(database, who, "grants.write-off", grant) as engine:
        left = GrantDesk(engine).write_off(grant)
    said({"grant": grant, "left": left}, f"{left} of {grant} are free again", as_json=as_json)


@grants.command("list")
@STORE
@DATABASE
@JSON
def list_grants(store: str, database: str, *, as_json: bool) -> None:
    """List grants: grant, kind, store, product or member, granted, spent, returned, left, asked back, until when."""
    from sync.hub import exports

    with looking(database) as engine:
        say(exports.grants(engine, store), as_json=as_json)


@grants.command("export")
@OUT
@FORM
@STORE
@DATABASE
def export_grants(out: str, form: str | None, store: str, database: str) -> None:
    """Write grants as they stand to OUT (`-` is standard output)."""
    from sync.hub import exports

    with looking(database) as engine:
        give_file(out, form, exports.GRANT_COLUMNS, lambda _: exports.grants(engine, store))
