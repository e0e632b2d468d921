"""HQ's tables of unfit pieces, short picks, how long picks took, and what shoppers wanted in vain."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sync.hub.schema import metadata


def _from() -> tuple[Column[str], Column[int], Column[str]]:
    """Which fact a row is of."""
    return (
        Column("stream", Text, primary_key=True),
        Column("seq", BigInteger, primary_key=True),
        Column("store", Text, nullable=False),
    )


unfit_piece = Table(
    "unfit_piece",
    metadata,
    *_from(),
    Column("sku", Text, nullable=False),
    Column("qty", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("unfit_piece_by_store", "store", "sku"),
)

pick_short = Table(
    "pick_short",
    metadata,
    *_from(),
    Column("order_no", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text, nullable=False),
    Column("qty", Integer, nullable=False),
    Column("reason", Text, nullable=False),  # short reasons; `substituted`: `sku` was given instead
    Index("pick_short_by_order", "order_no"),
)

pick_time = Table(
    "pick_time",
    metadata,
    *_from(),
    Column("order_no", Text, nullable=False),
    Column("accept_s", BigInteger, nullable=False),
    Column("wait_s", BigInteger, nullable=False),
    Column("pick_s", BigInteger, nullable=False),
    Column("shelve_s", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("shorted", BigInteger, nullable=False),
    Column("in_time", Integer, nullable=False),
)

lost_demand = Table(
    "lost_demand",
    metadata,
    *_from(),
    Column("sku", Text, nullable=False),
    Column("qty", Integer, nullable=False),
    Column("how", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("lost_demand_by_sku", "sku", "store"),
)
