"""The SQL of the guide screens: what HQ says of products there (replica), what a screen shows and counts (ledger)."""

from __future__ import annotations

REPLICA = (
    """CREATE TABLE review (
        sku TEXT PRIMARY KEY, stars10 INTEGER NOT NULL, reviews INTEGER NOT NULL,
        says TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE TABLE ranked (list TEXT PRIMARY KEY, skus TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE variant (
        sku TEXT PRIMARY KEY, family TEXT NOT NULL, label_zh TEXT NOT NULL, label_en TEXT NOT NULL,
        rank INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX variant_family ON variant (family)",
    # Shoppers leaf through categories, a page at a time.
    "CREATE INDEX product_category ON product (category) WHERE category <> ''",
)

LEDGER = (
    # What a screen shows is gone with the shopper: one row a screen, and nothing personal in it.
    """CREATE TABLE guide_session (
        station TEXT PRIMARY KEY, state TEXT NOT NULL, doc TEXT NOT NULL, scan INTEGER NOT NULL,
        entered_at TEXT NOT NULL, touched_at TEXT NOT NULL, rev INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE screen_count (
        station TEXT NOT NULL, what TEXT NOT NULL, campaign TEXT NOT NULL, sku TEXT NOT NULL,
        since TEXT NOT NULL, n INTEGER NOT NULL CHECK (n > 0),
        PRIMARY KEY (station, what, campaign, sku)) STRICT, WITHOUT ROWID""",
)
