"""HQ's tables of config push: revisions, what each store was offered and what became of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from sync.hub.schema import metadata

revision = Table(
    "config_revision",
    metadata,
    Column("rev", BigInteger, primary_key=True),  # is also the version of the bundles made for it
    Column("region", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("sections", Text, nullable=False),  # JSON
    Column("said_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("state", Text, nullable=False),  # rolling | halted | done | withdrawn
    Column("ends", Text, nullable=False),  # JSON: after how many stores each ring ends
    Column("soak_s", Integer, nullable=False),
    Column("ring", Integer, nullable=False),
    Column("released", Integer, nullable=False),
    Column("waived", Integer, nullable=False),
    Column("note", Text, nullable=False),  # why it was halted or withdrawn
    Index("config_revision_by_state", "state"),
)

offer = Table(
    "config_offer",
    metadata,
    Column("version", BigInteger, ForeignKey("config_revision.rev"), primary_key=True),
    Column("store", Text, ForeignKey("store.store"), primary_key=True),
    Column("pos", Integer, nullable=False),  # its place in the roll-out
    Column(
        "state", Text, nullable=False
    ),  # staged | offered | trying | applied | rolled_back | rejected | replaced
    Column("word", Text, nullable=False),  # the ConfigWord as it travels, JSON
    Column("money", Integer, nullable=False),  # 1: a second person signed it
    Column("said_at", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("msg", Text, nullable=False),
    Index("config_offer_by_store", "store", "version"),
    Index("config_offer_by_pos", "version", "pos"),
)

box = Table(
    "config_box",
    metadata,
    Column("store", Text, ForeignKey("store.store"), primary_key=True),
    Column("region", Text, nullable=False),
    Column("applied", BigInteger, nullable=False),  # as the store says
    Column("seen", BigInteger, nullable=False),  # the highest version it ever spoke of
    Column("daemon", Text, nullable=False),
    Column("said_at", Text, nullable=False),
)

heard = Table(
    "config_heard",
    metadata,
    Column("store", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("at", Text, nullable=False),
)
