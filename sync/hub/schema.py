"""HQ's tables."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

meta = Table(
    "hub_meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False)
)

store = Table(
    "store",
    metadata,
    Column("store", Text, primary_key=True),
    Column("token_sha", Text, nullable=False, unique=True),
    # The minute since 1970 of a person's word that its next bad batch may be quarantined, however much of it.
    Column("waived", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
)

ingest_stream = Table(
    "ingest_stream",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("store", Text, ForeignKey("store.store"), nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_sha", Text, nullable=False),
    Column("durable_seq", BigInteger, nullable=False),  # what HQ's backup holds
    Column("state", Text, nullable=False),  # open | closing | closed | frozen
    Column("bound_at", Text, nullable=False),
    Column("boot", Text, nullable=False, server_default=""),  # of the machine that sent the newest facts
    Column("boots_over", Text, nullable=False, server_default=""),  # those before it, newest first, JSON list
    Column("returns", Integer, nullable=False, server_default="0"),  # how often one of those came back
)

ingest_event = Table(
    "ingest_event",
    metadata,
    Column("stream", Text, ForeignKey("ingest_stream.stream"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("id", Text, unique=True),  # NULL only where a second event claims an id already used
    Column("sha", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),  # the line as received
    Column("verdict", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("late", Integer, nullable=False),  # 1: came on a stream that was already being closed
    Column("received_at", Text, nullable=False),
)

bucket = Table(
    "bucket",
    metadata,
    Column("bucket", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("ck", Text, nullable=False),  # 16 hex digits: an unsigned 64-bit number fits no SQL integer
    # When it last moved by the writer's clock, ms: where waiting stores' pokes come from, and nothing else.
    Column("moved_ms", BigInteger, nullable=False, server_default="0"),
    Index("bucket_moved", "moved_ms"),
)

feed = Table(
    "feed",
    metadata,
    Column("bucket", Text, ForeignKey("bucket.bucket"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("tb", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("ver", BigInteger, nullable=False),
    Column("op", Text, nullable=False),  # put | del
    Column("d", Text, nullable=False),  # canonical JSON; empty for del
    Column("hash", Text, nullable=False),
    Column("at", Text, nullable=False),
    UniqueConstraint("bucket", "tb", "id"),
)

customer_order = Table(
    "customer_order",
    metadata,
    Column("order_no", Text, primary_key=True),
    Column("store", Text, ForeignKey("store.store"), nullable=False),
    Column("gen", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    Column("cancel", Text, nullable=False),  # '' | requested | forced | returned
    Column("numeric_code", Text, nullable=False),
    Column("body", Text, nullable=False),  # the Order as published, JSON
    Column("waybill", Text, nullable=False, server_default=""),  # the carrier's number, as on the parcel
    UniqueConstraint("store", "numeric_code"),
    Index("order_by_waybill", "waybill"),
)

order_line = Table(
    "order_line",
    metadata,
    Column("order_no", Text, ForeignKey("customer_order.order_no"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("qty", Integer, nullable=False),
    Column("handed", Integer, nullable=False),  # by all pickups not annulled
)

pickup = Table(
    "pickup",
    metadata,
    Column("pickup", Text, primary_key=True),
    Column("order_no", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("gen", Integer, nullable=False),
    Column("unit", Integer, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("annulled", Integer, nullable=False),
    Index("pickup_by_order", "order_no"),
)

pickup_line = Table(
    "pickup_line",
    metadata,
    Column(
        "pickup", Text, primary_key=True
    ),  # no FOREIGN KEY: written with its pickup, and looked up for every line
    Column("pos", Integer, primary_key=True),
    Column("line", Integer, nullable=False),
    Column("sku", Text, nullable=False),
    Column("qty", Integer, nullable=False),
)

movement = Table(
    "movement",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("pos", Integer, primary_key=True),
    Column("store", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("delta", Integer, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),  # counted: the difference that a count found
)

stock_level = Table(
    "stock_level",
    metadata,
    Column("store", Text, ForeignKey("store.store"), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("on_hand", Integer, nullable=False),
    Column("stream", Text, nullable=False),
    Column("upto_seq", BigInteger, nullable=False),
    # The newest count: its journal, the fact after which it looked at the shelf, its own number.
    Column("count_stream", Text, nullable=False, server_default=""),
    Column("count_upto", BigInteger, nullable=False, server_default="0"),
    Column("count_seq", BigInteger, nullable=False, server_default="0"),
)

command = Table(
    "command",
    metadata,
    Column("cmd", Text, primary_key=True),
    Column("order_no", Text, ForeignKey("customer_order.order_no"), nullable=False),
    Column("gen", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("outcome", Text, nullable=False),  # '' | returned | collected
)

pickup_key = Table(
    "pickup_key",
    metadata,
    Column("kid", Integer, primary_key=True),
    Column("private", Text, nullable=False),  # Ed25519 seed, hex
    Column("public", Text, nullable=False),
    Column("not_after", Text, nullable=False),
    Column("retired", Integer, nullable=False),
)

issued_code = Table(
    "issued_code",
    metadata,
    Column("nonce", Text, primary_key=True),
    Column("order_no", Text, ForeignKey("customer_order.order_no"), nullable=False),
    Column("gen", Integer, nullable=False),
    Column("unit", Integer, nullable=False),
    Column("kid", Integer, nullable=False),
    Column("not_after", Text, nullable=False),
    Column("revoked", Integer, nullable=False),
)

case_file = Table(
    "case_file",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("code", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("state", Text, nullable=False),  # open | closed
    # The product, coupon, grant or member it is about, where that is no order.
    Column("subject", Text, nullable=False, server_default=""),
)

nack = Table(
    "nack",
    metadata,
    Column("store", Text, primary_key=True),
    Column("bucket", Text, primary_key=True),
    Column("tb", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("at", Text, nullable=False),
)


invitation = Table(
    "invitation",
    metadata,
    Column("token_sha", Text, primary_key=True),
    Column("store", Text, ForeignKey("store.store"), nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("used_by", Text, nullable=False),  # the device; '' while nobody used it
)

device = Table(
    "device",
    metadata,
    Column("device", Text, primary_key=True),
    Column("store", Text, ForeignKey("store.store"), nullable=False),
    Column("public", Text, nullable=False, unique=True),
    Column("stream", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # active | replaced | revoked
    Column("enrolled_at", Text, nullable=False),
    Column("hw", Text, nullable=False),
    Column("sw", Text, nullable=False),
    Index("device_by_store", "store"),
)

roster = Table(
    "roster",
    metadata,
    Column("version", BigInteger, primary_key=True),
    Column("word", Text, nullable=False),  # the signed roster, as it travels
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("public", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("seed", Text, nullable=False),  # only of roles that HQ itself signs for: snapshot
)
