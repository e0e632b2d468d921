"""HQ's tables for its people: who they are, what they did, cases closed, verdicts given again, stores as last seen."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from sync.hub.schema import case_file, ingest_event, ingest_stream, issued_code, metadata

person = Table(
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),  # viewer | operator | signer
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("created_at", Text, nullable=False),
)

web_session = Table(
    "web_session",
    metadata,
    Column("token_sha", Text, primary_key=True),
    Column("name", Text, ForeignKey("person.name"), nullable=False, index=True),
    Column("form_token", Text, nullable=False),  # what a form of this session must bring along
    Column("expires_at", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("act", Text, nullable=False),  # a verb's name: orders.cancel
    Column("about", Text, nullable=False),  # what it was done to
    Column("why", Text, nullable=False),
)

case_word = Table(
    "case_word",
    metadata,
    Column("n", Integer, ForeignKey("case_file.n"), primary_key=True),
    Column("closed_at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
)

former_verdict = Table(
    "former_verdict",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("pos", Integer, primary_key=True),  # 1 is what HQ said first
    Column("verdict", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("until", Text, nullable=False),  # when it was judged again
    Column("who", Text, nullable=False),  # and at whose wish
)

store_seen = Table(
    "store_seen",
    metadata,
    Column("store", Text, primary_key=True),
    Column("seen_at", Text, nullable=False, index=True),
    Column("stream", Text, nullable=False),
    Column("boot", Text, nullable=False),  # as the store names it
    Column("boots", Integer, nullable=False),  # how many HQ heard of
    # Facts there that HQ does not have yet; NULL where not told.
    Column("depth", BigInteger, nullable=True, index=True),
    # Its clock minus HQ's as of the request, ms; NULL where not told.
    Column("off_ms", BigInteger, nullable=True),
    Column("cursors", Text, nullable=False),  # JSON: bucket -> {e, seq} as it last asked
)

# What people look for first is found without reading everything that ever came in.
INDEXES = (
    Index("stream_by_store", ingest_stream.c.store, ingest_stream.c.state),
    Index("case_by_order", case_file.c.order_no),
    Index("code_by_order", issued_code.c.order_no),
    Index("case_by_state", case_file.c.state, case_file.c.store, case_file.c.n),
    Index(
        "event_quarantined",
        ingest_event.c.stream,
        ingest_event.c.seq,
        sqlite_where=ingest_event.c.verdict == "quarantined",
        postgresql_where=ingest_event.c.verdict == "quarantined",
    ),
)
