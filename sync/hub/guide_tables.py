"""HQ's tables of shoppers' screens: baskets handed to phones, and what screens counted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sync.hub.schema import metadata

phone_cart = Table(
    "phone_cart",
    metadata,
    Column("cart", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("nonce_sha", Text, nullable=False),  # of the wish that made it
    Column("token_sha", Text, nullable=False),  # of what stands in the phone's address
    Column("screen", Text, nullable=False),
    Column("guide", Text, nullable=False),  # who is credited, '' the screen itself
    Column("campaign", Text, nullable=False),
    Column("purpose", Text, nullable=False),  # order | continue | notify
    Column("sku", Text, nullable=False),
    Column("qty", Integer, nullable=False),
    Column("option", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("opened_at", Text, nullable=False),  # '' until a phone came with it
    Index("phone_cart_by_nonce", "store", "nonce_sha", unique=True),
    Index("phone_cart_by_token", "token_sha", unique=True),
)

screen_count = Table(
    "screen_count",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("pos", Integer, primary_key=True),
    Column("store", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("screen", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("n", BigInteger, nullable=False),
    Index("screen_count_by_campaign", "campaign", "store"),
)
