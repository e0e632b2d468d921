"""HQ's tables of returns: what came back, piece by piece, whose money HQ owes, and what other stores may take back."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sync.hub.schema import metadata

goods_return = Table(
    "goods_return",
    metadata,
    Column("ret", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("refund_fen", BigInteger, nullable=False),
    Column("gift_fen", BigInteger, nullable=False),
    Column("broken_fen", BigInteger, nullable=False),
    Column("estimate", Integer, nullable=False),
    Column("rma", Text, nullable=False),
    Column(
        "state", Text, nullable=False
    ),  # done: the store gave the money back | to_refund | refunded | refused
    Column("back_fen", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("settled_at", Text, nullable=False),
    Index("goods_return_by_ref", "source", "ref"),
    Index("goods_return_by_state", "state", "store"),
)

return_piece = Table(
    "return_piece",
    metadata,
    Column("source", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("line", BigInteger, primary_key=True),
    Column("unit", BigInteger, primary_key=True),
    Column("ret", Text, nullable=False),
    Column("store", Text, nullable=False),
)

return_word = Table(
    "return_word",
    metadata,
    Column("rma", Text, primary_key=True),
    Column("ret", Text, nullable=False, unique=True),
    Column("store", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("lines", Text, nullable=False),  # JSON: line number -> piece numbers
    Column("at", Text, nullable=False),
    Index("return_word_by_ref", "source", "ref"),
)
