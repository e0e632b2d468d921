"""What HQ holds as rows for a file: one state of the database, a few rows in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Engine, Select, select

from sync.hub.database import snapshot
from sync.hub.row_forms import order_rows
from sync.hub.rows import CATALOG, PRICE, order_of
from sync.hub.schema import customer_order, feed, ingest_event, ingest_stream, stock_level
from sync.hub.sheet import yuan_of

EVENT_COLUMNS = tuple("store stream seq id kind at d verdict code case late received_at".split())
_FETCH = 500


def products(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every product that is sold, by number, as the protocol has it."""
    return _published(engine, CATALOG, "product")


def prices(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every price, by product, as the protocol has it."""
    return _published(engine, PRICE, "price")


def as_cells(row: dict[str, Any]) -> dict[str, Any]:
    """A product or price as cells: amounts in yuan, lists as words."""
    cells: dict[str, Any] = {
        name: " ".join(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return {**cells, "yuan": yuan_of(cells.pop("fen"))} if "fen" in cells else cells


def stock(engine: Engine, store: str = "") -> Iterator[dict[str, Any]]:
    """Units on hand as HQ counts them, by store and product."""
    columns = (stock_level.c.store, stock_level.c.sku, stock_level.c.on_hand)
    query = select(*columns).order_by(stock_level.c.store, stock_level.c.sku)
    for row in _each(engine, query.where(stock_level.c.store == store) if store else query):
        yield {"store": row.store, "sku": row.sku, "on_hand": row.on_hand}


def orders(
    engine: Engine, store: str = "", *, codes: bool = False, form: str = "ndjson"
) -> Iterator[dict[str, Any]]:
    """Orders as they stand now, by number; with the codes that open them only where `codes` says so."""
    query = select(customer_order).order_by(customer_order.c.order_no)
    for row in _each(engine, query.where(customer_order.c.store == store) if store else query):
        order = order_of(row)
        if not codes:
            order = msgspec.structs.replace(order, numeric_code="")
        if form == "csv":
            yield from order_rows(order)
        else:
            whole = msgspec.to_builtins(order)
            yield {
                name: value
                for name, value in whole.items()
                if name != "tb" and (codes or name != "numeric_code")
            }


def events(
    engine: Engine, store: str = "", since: str = "", *, form: str = "ndjson"
) -> Iterator[dict[str, Any]]:
    """Facts as received, by journal and number, of one store or all; `since` RFC 3339, by when HQ received them."""
    query = (
        select(ingest_event, ingest_stream.c.store)
        .join(ingest_stream, ingest_stream.c.stream == ingest_event.c.stream)
        .order_by(ingest_stream.c.store, ingest_stream.c.bound_at, ingest_event.c.stream, ingest_event.c.seq)
    )
    if store:
        query = query.where(ingest_stream.c.store == store)
    if since:
        query = query.where(ingest_event.c.received_at >= since)
    for row in _each(engine, query):
        body = msgspec.json.decode(row.body)
        d = body.get("d", {})
        shown = {"d": msgspec.json.encode(d).decode() if form == "csv" else d, "at": body.get("at", "")}
        same = {name: getattr(row, name) for name in EVENT_COLUMNS if name not in {"d", "at", "case"}}
        yield {**same, **shown, "case": row.case_id}


def _published(engine: Engine, bucket: str, tb: str) -> Iterator[dict[str, Any]]:
    live = (feed.c.bucket == bucket) & (feed.c.tb == tb) & (feed.c.op == "put")
    for row in _each(engine, select(feed.c.d).where(live).order_by(feed.c.id)):
        yield msgspec.json.decode(row.d)


def _each(engine: Engine, query: Select[Any]) -> Iterator[Any]:
    with snapshot(engine) as conn:
        yield from conn.execution_options(yield_per=_FETCH).execute(query)
