"""HQ's tables of deposits: what was paid online, and which sales took it into account."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from sync.hub.schema import metadata

deposit = Table(
    "deposit",
    metadata,
    Column("deposit", Text, primary_key=True),
    Column("store", Text, ForeignKey("store.store"), nullable=False),
    Column("state", Text, nullable=False),  # live | used | refunded
    Column("body", Text, nullable=False),  # the Deposit as taken in, JSON
)

deposit_use = Table(
    "deposit_use",
    metadata,
    Column("use_id", Text, primary_key=True),
    Column("deposit", Text, nullable=False),
    Column("sale", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
    Column("released", Integer, nullable=False),
    Index("deposit_use_by_deposit", "deposit", "released"),
)
