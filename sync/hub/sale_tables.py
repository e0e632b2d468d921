"""HQ's tables of what stores sold: sales, their lines, how they were paid, shifts and their cash."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sync.hub.schema import metadata

sale = Table(
    "sale",
    metadata,
    Column("sale", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("shift", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("guide", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("net_fen", BigInteger, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("offline", Integer, nullable=False),
    Column("price_stale", Integer, nullable=False),  # 1: a line came from another price book than HQ's newest
    Column("odd", Text, nullable=False),  # why its figures cannot be believed; "" where they can
    Index("sale_by_receipt", "store", "receipt"),
    Index("sale_by_stream", "stream", "seq"),
)

sale_line = Table(
    "sale_line",
    metadata,
    Column("sale", Text, primary_key=True),
    Column("line", BigInteger, primary_key=True),
    Column("store", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("qty", BigInteger, nullable=False),
    Column("grams", BigInteger, nullable=False),
    Column("unit_fen", BigInteger, nullable=False),
    Column("net_fen", BigInteger, nullable=False),
    Column("book", Text, nullable=False),
    Column("tax", Text, nullable=False),
    Column("units", Text, nullable=False),  # the allocation piece by piece, JSON as received: returns read it
)

sale_tender = Table(
    "sale_tender",
    metadata,
    Column("sale", Text, primary_key=True),
    Column("pos", Integer, primary_key=True),
    Column("store", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("tail", Text, nullable=False),
)

till_shift = Table(
    "till_shift",
    metadata,
    Column("shift", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("z", BigInteger, nullable=False),
    Column("sales", BigInteger, nullable=False),
    Column("net_fen", BigInteger, nullable=False),
    Column("refund_fen", BigInteger, nullable=False),
    Column("tenders", Text, nullable=False),  # JSON list of [kind, count, fen]
    Column("expected_fen", BigInteger, nullable=False),
    Column("counted_fen", BigInteger),  # NULL: nobody counted
    Column("head", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
