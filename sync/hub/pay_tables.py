"""HQ's tables of payments: what went through its gateway, and what stores said became of their attempts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from sync.hub.schema import metadata

pay_order = Table(
    "pay_order",
    metadata,
    Column("number", Text, primary_key=True),
    Column("store", Text, ForeignKey("store.store"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # asked | shown | paying | paid | refused | reversed | closed
    Column("paid_fen", BigInteger, nullable=False),
    Column("txn", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Index("pay_order_by_store", "store", "at"),
)

pay_back = Table(
    "pay_back",
    metadata,
    Column("refund", Text, primary_key=True),
    Column("number", Text, ForeignKey("pay_order.number"), nullable=False),
    Column("store", Text, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # asked | done | refused
    Column("at", Text, nullable=False),
    Index("pay_back_by_number", "number"),
)

pay_told = Table(
    "pay_told",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("store", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("refund", Text, nullable=False),  # '' for a word about the attempt itself
    Column("channel", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
    Column("txn", Text, nullable=False),
    Column("late", Integer, nullable=False),
    Index("pay_told_by_number", "number", "seq"),
)
