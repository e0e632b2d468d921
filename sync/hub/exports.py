"""What HQ holds as rows for a file: one state of the database, a few rows in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Engine, Select, func, select

from sync.benefits import Member
from sync.hub.benefit_tables import coupon, escrow, member, points_entry
from sync.hub.database import snapshot
from sync.hub.fleet_schema import case_word
from sync.hub.row_forms import order_rows
from sync.hub.rows import CATALOG, PRICE, order_of
from sync.hub.schema import case_file, customer_order, feed, ingest_event, ingest_stream, stock_level
from sync.hub.sheet import yuan_of

EVENT_COLUMNS = tuple("store stream seq id kind at d verdict code case late received_at".split())
CASE_COLUMNS = tuple(
    "case code store order_no subject stream seq opened_at state closed_at closed_by why".split()
)
GRANT_COLUMNS = tuple("grant kind store subject units spent returned left asked_back not_after".split())
_FETCH = 500


def products(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every product that is sold, by number, as the protocol has it."""
    return _published(engine, CATALOG, "product")


def barcodes(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every further number of a product, as the protocol has it."""
    return _published(engine, CATALOG, "barcode")


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


def coupons(
    engine: Engine, store: str = "", state: str = "", *, form: str = "ndjson"
) -> Iterator[dict[str, Any]]:
    """Coupons as they stand now, by name; those of class B of one store, or all."""
    query = select(coupon).order_by(coupon.c.coupon)
    query = query.where(coupon.c.store == store) if store else query
    for row in _each(engine, query.where(coupon.c.state == state) if state else query):
        known = msgspec.json.decode(row.body)
        known.pop("tb", None)
        shown = {**dict.fromkeys(("store", "not_before", "not_after"), ""), **known, "state": row.state}
        if form == "csv":
            shown["yuan"] = yuan_of(shown.pop("fen"))
            shown["offline_yuan"] = yuan_of(shown.pop("offline_fen", 0))
        yield shown


def members(engine: Engine, store: str = "", *, form: str = "ndjson") -> Iterator[dict[str, Any]]:
    """Members with the stores that hold their profile and the points they have, by token."""
    booked = func.sum(points_entry.c.points).label("points")
    sums = select(points_entry.c.member, booked).group_by(points_entry.c.member).subquery("sums")
    query = select(member, func.coalesce(sums.c.points, 0).label("points"))
    query = query.select_from(member.outerjoin(sums, sums.c.member == member.c.member))
    query = query.order_by(member.c.member)
    if store:
        # A JSON list of numbers: none of them can hold a quotation mark.
        query = query.where(member.c.stores.contains(f'"{store}"', autoescape=True))
    for row in _each(engine, query):
        profile = msgspec.to_builtins(msgspec.json.decode(row.body, type=Member))
        stores = msgspec.json.decode(row.stores)
        shown = {name: text for name, text in profile.items() if name not in {"tb", "ver"}}
        yield {**shown, "stores": " ".join(stores) if form == "csv" else stores, "points": int(row.points)}


def cases(engine: Engine, store: str = "", state: str = "") -> Iterator[dict[str, Any]]:
    """Cases with how they were closed, oldest first."""
    query = select(case_file, case_word.c.closed_at, case_word.c.who, case_word.c.why)
    query = query.select_from(case_file.outerjoin(case_word, case_word.c.n == case_file.c.n))
    query = query.order_by(case_file.c.n)
    query = query.where(case_file.c.store == store) if store else query
    for row in _each(engine, query.where(case_file.c.state == state) if state else query):
        known = {name: getattr(row, name) or "" for name in CASE_COLUMNS if name not in {"case", "closed_by"}}
        yield {"case": f"c-{row.n}", **known, "closed_by": row.who or ""}


def grants(engine: Engine, store: str = "") -> Iterator[dict[str, Any]]:
    """What stores may spend by themselves, by store; `left` of it as far as HQ has heard."""
    query = select(escrow).order_by(escrow.c.store, escrow.c.kind, escrow.c.subject, escrow.c.grant_id)
    for row in _each(engine, query.where(escrow.c.store == store) if store else query):
        left = max(0, row.units - row.spent - row.returned)
        asked = max(0, row.recall - row.answered)
        known = {name: getattr(row, name) for name in ("kind", "store", "subject", "units", "spent")}
        yield {
            "grant": row.grant_id,
            **known,
            "returned": row.returned,
            "left": left,
            "asked_back": asked,
            "not_after": row.not_after,
        }


def _published(engine: Engine, bucket: str, tb: str) -> Iterator[dict[str, Any]]:
    live = (feed.c.bucket == bucket) & (feed.c.tb == tb) & (feed.c.op == "put")
    for row in _each(engine, select(feed.c.d).where(live).order_by(feed.c.id)):
        yield msgspec.json.decode(row.d)


def _each(engine: Engine, query: Select[Any]) -> Iterator[Any]:
    with snapshot(engine) as conn:
        yield from conn.execution_options(yield_per=_FETCH).execute(query)
