"""HQ's tables of counts, coupons, members, points and what stores hold in escrow."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from sync.hub.schema import metadata

stock_count = Table(
    "stock_count",
    metadata,
    Column("count_id", Text, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("store", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("counted", Integer, nullable=False),
    Column("upto_seq", BigInteger, nullable=False),
    Column("delta", BigInteger, nullable=False),
)

web_hold = Table(
    "web_hold",
    metadata,
    Column("store", Text, ForeignKey("store.store"), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("units", BigInteger, nullable=False),
)

escrow = Table(
    "escrow",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # quota | points
    Column("store", Text, ForeignKey("store.store"), nullable=False),
    Column("stream", Text, nullable=False),  # the journal that may spend it
    Column("subject", Text, nullable=False),  # the product, or the member
    Column("units", BigInteger, nullable=False),  # granted, spent, returned, recall, answered: all told, and
    Column("spent", BigInteger, nullable=False),  # only ever more
    Column("returned", BigInteger, nullable=False),
    Column("recall", BigInteger, nullable=False),
    Column("answered", BigInteger, nullable=False),
    Column("not_after", Text, nullable=False),
    Index("escrow_by_subject", "kind", "subject", "store"),
)

coupon = Table(
    "coupon",
    metadata,
    Column("coupon", Text, primary_key=True),
    Column("cls", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("state", Text, nullable=False),  # live | used | revoked
    Column("body", Text, nullable=False),  # the Coupon as issued, JSON
)

coupon_use = Table(
    "coupon_use",
    metadata,
    Column("use_id", Text, primary_key=True),
    Column("coupon", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("released", Integer, nullable=False),
    Column("member", Text, nullable=False, server_default=""),
    Index("coupon_use_by_coupon", "coupon", "released"),
)

member = Table(
    "member",
    metadata,
    Column("member", Text, primary_key=True),
    Column("ver", BigInteger, nullable=False),
    Column("stores", Text, nullable=False),  # JSON list: who holds the profile
    Column("body", Text, nullable=False),  # the Member as published, JSON
)

points_entry = Table(
    "points_entry",
    metadata,
    Column("stream", Text, primary_key=True),  # one of its own for what HQ itself booked
    Column("seq", BigInteger, primary_key=True),
    Column("store", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("grant_id", Text, nullable=False),
    Index("points_entry_by_member", "member"),
)

member_proposal = Table(
    "member_proposal",
    metadata,
    Column("change_id", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("member", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("base_ver", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # open | overtaken | accepted | declined
    Index("member_proposal_by_state", "state", "member"),
)
