"""HQ's tables of orders that screens take money for: the orders, what stores say was paid, where members live."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sync.hub.schema import metadata

screen_order = Table(
    "screen_order",
    metadata,
    Column("order_no", Text, primary_key=True),
    Column("store", Text, nullable=False),  # whose screen asked
    Column("nonce_sha", Text, nullable=False),  # of the wish that made it
    Column("code_sha", Text, nullable=False),  # of the member's code: one code, one order
    Column("token_sha", Text, nullable=False),  # of what stands in the phone's address
    Column("member", Text, nullable=False),
    Column("screen", Text, nullable=False),
    Column("guide", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("qty", Integer, nullable=False),
    Column("option", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),  # the place that it comes from
    Column("ready", Text, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("way_fen", BigInteger, nullable=False),
    Column("district", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("pay_until", Text, nullable=False),  # nobody begins to pay after that
    Column("lapses", Text, nullable=False),  # unpaid it is nobody's after that
    Column("state", Text, nullable=False),  # waiting | paid | lapsed
    Column("number", Text, nullable=False),  # the attempt that paid it, '' before
    Column("ended_at", Text, nullable=False),
    Column("leased", Integer, nullable=False),  # whether a store collects it for the member
    Index("screen_order_by_nonce", "store", "nonce_sha", unique=True),
    Index("screen_order_by_code", "code_sha", unique=True),
    Index("screen_order_by_token", "token_sha", unique=True),
    Index("screen_order_waiting", "state", "lapses"),
    Index("screen_order_goods", "sku", "source"),
)

order_told = Table(
    "order_told",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("store", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("screen", Text, nullable=False),
    Column("shift", Text, nullable=False),
    Column("said", Text, nullable=False),  # '' until HQ answered: paid | lapsed | again
    Column("said_at", Text, nullable=False),  # '' once the answer is old enough to be taken back
    Index("order_told_open", "said", "said_at"),
)

member_place = Table(
    "member_place",
    metadata,
    Column("member", Text, primary_key=True),
    Column("district", Text, nullable=False),
    Column("address", Text, nullable=False),
)
