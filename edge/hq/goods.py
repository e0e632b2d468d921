"""store-edge hub products, barcodes, prices, stock, events: files of HQ's people in and out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

import click

from edge.hq.doing import JSON, WHO, doing, for_files, give_file, looking, say, take_file
from edge.hub_cli import DATABASE

_OUT = click.argument("out", metavar="OUT")
_FORM = click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "ndjson"]),
    help="Else what OUT's ending says; ndjson to `-`.",
)
_STORE = click.option("--store", default="", help="Of this store only.")


@click.group("products")
def products() -> None:
    """The things that are sold."""


@products.command("import")
@for_files
@DATABASE
@WHO
@JSON
def import_products(
    file: BinaryIO,
    form: str | None,
    encoding: str | None,
    database: str,
    who: str,
    *,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Add or change the products in FILE: sku, gtin, name_zh, name_en and what else is known (docs/hq.md)."""
    with doing(database, who, "products.import", file.name) as engine:
        how = {"form": form, "encoding": encoding}
        take_file(engine, lambda to: to.products(), file, **how, skip_bad=skip_bad, as_json=as_json)


@products.command("export")
@_OUT
@_FORM
@DATABASE
def export_products(out: str, form: str | None, database: str) -> None:
    """Write every product to OUT (`-` is standard output)."""
    from sync.hub import exports
    from sync.hub.row_forms import PRODUCT_COLUMNS

    with looking(database) as engine:
        give_file(out, form, PRODUCT_COLUMNS, lambda kind: _cells(kind, exports.products(engine)))


@click.group("barcodes")
def barcodes() -> None:
    """Further numbers of products: other makers', and cases'."""


@barcodes.command("import")
@for_files
@DATABASE
@WHO
@JSON
def import_barcodes(
    file: BinaryIO,
    form: str | None,
    encoding: str | None,
    database: str,
    who: str,
    *,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Add or change the further numbers in FILE: gtin, sku, units (pieces that one scan of it stands for)."""
    with doing(database, who, "barcodes.import", file.name) as engine:
        how = {"form": form, "encoding": encoding}
        take_file(engine, lambda to: to.barcodes(), file, **how, skip_bad=skip_bad, as_json=as_json)


@barcodes.command("export")
@_OUT
@_FORM
@DATABASE
def export_barcodes(out: str, form: str | None, database: str) -> None:
    """Write every further number to OUT (`-` is standard output)."""
    from sync.hub import exports
    from sync.hub.row_forms import BARCODE_COLUMNS

    with looking(database) as engine:
        give_file(out, form, BARCODE_COLUMNS, lambda _: exports.barcodes(engine))


@click.group("prices")
def prices() -> None:
    """What things cost."""


@prices.command("import")
@for_files
@DATABASE
@WHO
@JSON
def import_prices(
    file: BinaryIO,
    form: str | None,
    encoding: str | None,
    database: str,
    who: str,
    *,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Add or change the prices in FILE: sku, yuan (12.50; NDJSON: fen, 1250), book (its version)."""
    with doing(database, who, "prices.import", file.name) as engine:
        how = {"form": form, "encoding": encoding}
        take_file(engine, lambda to: to.prices(), file, **how, skip_bad=skip_bad, as_json=as_json)


@prices.command("export")
@_OUT
@_FORM
@DATABASE
def export_prices(out: str, form: str | None, database: str) -> None:
    """Write every price to OUT (`-` is standard output)."""
    from sync.hub import exports
    from sync.hub.row_forms import PRICE_COLUMNS

    with looking(database) as engine:
        give_file(out, form, PRICE_COLUMNS, lambda kind: _cells(kind, exports.prices(engine)))


@click.group("stock")
def stock() -> None:
    """Units on hand at the stores, as HQ counts them."""


@stock.command("import")
@for_files
@DATABASE
@WHO
@JSON
def import_stock(
    file: BinaryIO,
    form: str | None,
    encoding: str | None,
    database: str,
    who: str,
    *,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Set units on hand as in FILE (store, sku, on_hand), as of everything the stores have reported so far."""
    with doing(database, who, "stock.import", file.name) as engine:
        how = {"form": form, "encoding": encoding}
        take_file(engine, lambda to: to.stock(), file, **how, skip_bad=skip_bad, as_json=as_json)


@stock.command("export")
@_OUT
@_FORM
@_STORE
@DATABASE
def export_stock(out: str, form: str | None, store: str, database: str) -> None:
    """Write units on hand to OUT (`-` is standard output)."""
    from sync.hub import exports
    from sync.hub.row_forms import STOCK_COLUMNS

    with looking(database) as engine:
        give_file(out, form, STOCK_COLUMNS, lambda _: exports.stock(engine, store))


@stock.command("show")
@click.argument("store")
@click.argument("sku", nargs=-1)
@DATABASE
@JSON
def show_stock(store: str, sku: tuple[str, ...], database: str, *, as_json: bool) -> None:
    """Show units on hand at STORE, of the named products or of all."""
    from sync.hub import exports

    with looking(database) as engine:
        say((row for row in exports.stock(engine, store) if not sku or row["sku"] in sku), as_json=as_json)


@click.group("events")
def events() -> None:
    """What happened in the stores, as HQ received it."""


@events.command("export")
@_OUT
@_FORM
@_STORE
@click.option("--since", default="", help="Received by HQ since then: 2026-01-05T00:00:00.000Z.")
@DATABASE
def export_events(out: str, form: str | None, store: str, since: str, database: str) -> None:
    """Write facts as received, each with HQ's verdict, to OUT (`-` is standard output)."""
    from sync.hub import exports
    from sync.messages import moment_of, stamp

    try:
        since = stamp(moment_of(since)) if since else ""
    except ValueError as error:
        raise click.UsageError(f"--since is {error}") from error
    with looking(database) as engine:
        rows = exports.EVENT_COLUMNS
        give_file(out, form, rows, lambda kind: exports.events(engine, store, since, form=kind))


def _cells(form: str, rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    from sync.hub.exports import as_cells

    return map(as_cells, rows) if form == "csv" else rows
