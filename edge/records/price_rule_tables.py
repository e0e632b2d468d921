"""The tables of hq.db for HQ's price rules and member tiers, every version that a basket may still need."""

from __future__ import annotations

REPLICA = (
    """CREATE TABLE promotion (
        row TEXT PRIMARY KEY, rule TEXT NOT NULL, version INTEGER NOT NULL, starts TEXT NOT NULL,
        doc TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tier (
        row TEXT PRIMARY KEY, tier TEXT NOT NULL, version INTEGER NOT NULL, starts TEXT NOT NULL,
        doc TEXT NOT NULL) STRICT, WITHOUT ROWID""",
)
