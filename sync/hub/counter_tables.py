"""HQ's tables for what happens at counters: signing keys, holds on coupons, vouchers, promises, members' numbers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sync.hub.schema import metadata

counter_key = Table(
    "counter_key",
    metadata,
    Column("role", Text, primary_key=True),  # coupon | member | lookup
    Column("kid", Integer, primary_key=True),
    Column("private", Text, nullable=False),  # a seed, or the look-up secret; "" once retired
    Column("public", Text, nullable=False),
    Column("not_after", Text, nullable=False),
    Column("retired", Integer, nullable=False),
)

coupon_hold = Table(
    "coupon_hold",
    metadata,
    Column("lock_id", Text, primary_key=True),
    Column("coupon", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("until", Text, nullable=False),
    Index("coupon_hold_by_coupon", "coupon", "until"),
)

voucher = Table(
    "voucher",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("lock_id", Text, nullable=False, unique=True),
    Column("store", Text, nullable=False),
    # One of: asking, held, using, used, dropping, dropped, refused, returning, returned, kept.
    Column("state", Text, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("until", Text, nullable=False),
    Index("voucher_by_state", "state"),
)

repurchase_offer = Table(
    "repurchase_offer",
    metadata,
    Column("offer", Text, primary_key=True),
    Column("min_fen", BigInteger, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
)

promise = Table(
    "promise",
    metadata,
    Column("store", Text, primary_key=True),
    Column("sale", Text, primary_key=True),
    Column("coupon", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column(
        "claim", Text, nullable=False
    ),  # the nonce of the claim code it was given for, "" where HQ was asked
    Index("promise_by_claim", "claim"),
)

claim = Table(
    "claim",
    metadata,
    Column("nonce", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("sale", Text, nullable=False),
    Column("fen", BigInteger, nullable=False),
    Column("until", Text, nullable=False),
)

member_number = Table(
    "member_number",
    metadata,
    Column("kid", Integer, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("member", Text, primary_key=True),
    Index("member_number_by_member", "member"),
)

member_contact = Table(
    "member_contact",
    metadata,
    Column("member", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
)

member_merge = Table(
    "member_merge",
    metadata,
    Column("member", Text, primary_key=True),
    Column("into_member", Text, nullable=False),
    Column("at", Text, nullable=False),
)

member_erase = Table(
    "member_erase",
    metadata,
    Column("cmd", Text, primary_key=True),
    Column("member", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("done_at", Text, nullable=False),  # "" while the store has not answered
    Column("rows_gone", BigInteger, nullable=False),
    Index("member_erase_open", "done_at", "at"),
)

join_scene = Table(
    "join_scene",
    metadata,
    Column("scene", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("screen", Text, nullable=False),
    Column("guide", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("member", Text, nullable=False),
)
