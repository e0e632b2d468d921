"""The tables of hq.db: HQ's word, as last heard. Only the sync worker writes it; it can be fetched again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from edge.records import (
    benefit_tables,
    deposit_tables,
    guide_orders,
    guide_tables,
    price_rule_tables,
    return_tables,
)
from edge.records.picking_tables import NODES, NODES_PLACED

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

FIRST = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE cursor (
        bucket TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
        n INTEGER NOT NULL DEFAULT 0, ck TEXT NOT NULL DEFAULT '0000000000000000',
        consistent_at TEXT NOT NULL DEFAULT '', trouble TEXT NOT NULL DEFAULT '') STRICT""",
    """CREATE TABLE feed_row (
        bucket TEXT NOT NULL, tb TEXT NOT NULL, id TEXT NOT NULL, ver INTEGER NOT NULL,
        hash TEXT NOT NULL, fresh INTEGER NOT NULL,
        PRIMARY KEY (bucket, tb, id)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE inbox_quarantine (
        bucket TEXT NOT NULL, seq INTEGER NOT NULL, tb TEXT NOT NULL, id TEXT NOT NULL,
        code TEXT NOT NULL, op TEXT NOT NULL, PRIMARY KEY (bucket, tb, id)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE product (
        sku TEXT PRIMARY KEY, gtin TEXT NOT NULL, gtin14 TEXT NOT NULL, name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
        category TEXT NOT NULL, picture TEXT NOT NULL, flags TEXT NOT NULL) STRICT""",
    "CREATE INDEX product_gtin ON product (gtin14)",
    "CREATE TABLE price (sku TEXT PRIMARY KEY, fen INTEGER NOT NULL, book TEXT NOT NULL) STRICT",
    """CREATE TABLE stock (
        sku TEXT PRIMARY KEY, on_hand INTEGER NOT NULL, stream TEXT NOT NULL, upto_seq INTEGER NOT NULL,
        at TEXT NOT NULL) STRICT""",
    """CREATE TABLE click_order (
        order_id TEXT PRIMARY KEY, gen INTEGER NOT NULL, state TEXT NOT NULL, numeric_code TEXT NOT NULL,
        phone_tail TEXT NOT NULL, ready_by TEXT NOT NULL, hold_until TEXT NOT NULL,
        doc TEXT NOT NULL) STRICT""",
    "CREATE INDEX click_order_code ON click_order (numeric_code)",
    "CREATE INDEX click_order_phone ON click_order (phone_tail)",
    """CREATE TABLE cmd (
        cmd TEXT PRIMARY KEY, order_id TEXT NOT NULL, gen INTEGER NOT NULL, kind TEXT NOT NULL,
        at TEXT NOT NULL) STRICT""",
    "CREATE INDEX cmd_order ON cmd (order_id)",
    """CREATE TABLE pickup_key (kid INTEGER PRIMARY KEY, public TEXT NOT NULL,
        not_after TEXT NOT NULL) STRICT""",
    "CREATE TABLE revocation (nonce TEXT PRIMARY KEY, order_id TEXT NOT NULL) STRICT",
    """CREATE TABLE staff (staff TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL,
        pin_hash TEXT NOT NULL, badge_sha TEXT NOT NULL) STRICT""",
    """CREATE TABLE shop (store TEXT PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
        address_zh TEXT NOT NULL, address_en TEXT NOT NULL, phone TEXT NOT NULL) STRICT""",
)

CONFIG = "CREATE TABLE config (id TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT"

# What a bucket's checksum counts stands in a table of its own: a snapshot replaces it by its name. `feed` is its
# number, 0 where there is none yet; `high_*` how far the bucket ever was: an older snapshot is refused.
# `loading`: the snapshot that may replace the bucket.
FEEDS = tuple(
    f"ALTER TABLE cursor ADD COLUMN {column}"
    for column in (
        "feed INTEGER NOT NULL DEFAULT 0",
        "high_epoch TEXT NOT NULL DEFAULT ''",
        "high_seq INTEGER NOT NULL DEFAULT 0",
        "loading TEXT NOT NULL DEFAULT ''",
    )
)
FEED = """CREATE TABLE {name} (
    tb TEXT NOT NULL, id TEXT NOT NULL, ver INTEGER NOT NULL, hash INTEGER NOT NULL,
    fresh INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (tb, id)) STRICT, WITHOUT ROWID"""
LEAN = ("product", "price", "stock")
"""Tables of a million rows: one tree each, by key, instead of two."""

BENEFITS = (
    """CREATE TABLE quota (
        grant_id TEXT PRIMARY KEY, sku TEXT NOT NULL, stream TEXT NOT NULL, units INTEGER NOT NULL,
        recall INTEGER NOT NULL, web INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX quota_sku ON quota (sku)",
    """CREATE TABLE coupon (
        coupon TEXT PRIMARY KEY, cls TEXT NOT NULL, fen INTEGER NOT NULL, title_zh TEXT NOT NULL,
        title_en TEXT NOT NULL, state TEXT NOT NULL, store TEXT NOT NULL, not_before TEXT NOT NULL,
        not_after TEXT NOT NULL, offline_fen INTEGER NOT NULL,
        offline_per_hour INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE member (
        member TEXT PRIMARY KEY, tier TEXT NOT NULL, ver INTEGER NOT NULL, name_masked TEXT NOT NULL,
        card_tail TEXT NOT NULL, phone_tail TEXT NOT NULL, language TEXT NOT NULL,
        marketing TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE points_grant (
        grant_id TEXT PRIMARY KEY, member TEXT NOT NULL, stream TEXT NOT NULL, units INTEGER NOT NULL,
        not_after TEXT NOT NULL, recall INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX points_grant_member ON points_grant (member)",
)

CATALOGUE = (
    *(
        f"ALTER TABLE product ADD COLUMN {column} NOT NULL DEFAULT {default}"
        for column, default in (
            *((f"{name} TEXT", "''") for name in ("brand", "tags", "tax_code", "unit")),
            *((f"{name} INTEGER", "0") for name in ("grams", "grams_off")),
            *((f"{name} TEXT", "''") for name in ("plu", "zone", "place")),
            ("min_stock INTEGER", "0"),
        )
    ),
    "CREATE INDEX product_plu ON product (plu) WHERE plu <> ''",
    """CREATE TABLE barcode (
        gtin14 TEXT PRIMARY KEY, sku TEXT NOT NULL, units INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    # Products whose name the index of names does not hold yet; `n` in the order in which they came.
    "CREATE TABLE renamed (n INTEGER PRIMARY KEY AUTOINCREMENT, sku TEXT NOT NULL) STRICT",
    "INSERT INTO renamed (sku) SELECT sku FROM product",
)

# Steps that only run statements, after the first ones.
PLAIN = (
    ("benefits", BENEFITS),
    ("catalogue", CATALOGUE),
    ("counter", benefit_tables.REPLICA),
    ("nodes", NODES),
    ("promotions", price_rule_tables.REPLICA),
    ("returns", return_tables.REPLICA),
    ("returns_whole", return_tables.WHOLE),
    ("deposits", deposit_tables.REPLICA),
    ("guide", guide_tables.REPLICA),
    # Products with a least number are few among a million.
    ("minimums", ("CREATE INDEX product_minimum ON product (sku) WHERE min_stock > 0",)),
    ("screen_orders", guide_orders.REPLICA),
    ("nodes_placed", NODES_PLACED),
)
NAMES = ["first", "config", "feeds", *(name for name, _ in PLAIN)]


def migrations() -> Migrations:
    """The replica's migrations, for sqlite-utils."""
    from sqlite_utils.migrations import Migrations as Set

    replica = Set("replica")

    @replica(name="first")
    def first(db: Database) -> None:
        for statement in FIRST:
            db.execute(statement)

    @replica(name="config")
    def config(db: Database) -> None:
        db.execute(CONFIG)

    @replica(name="feeds")
    def feeds(db: Database) -> None:
        for statement in FEEDS:
            db.execute(statement)
        buckets = [row[0] for row in db.execute("SELECT DISTINCT bucket FROM feed_row ORDER BY bucket")]
        for number, bucket in enumerate(buckets, 1):
            _split(db, bucket, number)
        db.execute("INSERT INTO meta (key, value) VALUES ('feeds', ?)", (str(len(buckets)),))
        db.execute("DROP TABLE feed_row")
        for name in LEAN:
            _thin(db, name)
        db.execute("CREATE INDEX product_gtin ON product (gtin14)")

    for name, statements in PLAIN:
        replica(name=name)(_running(statements))

    return replica


def _running(statements: Iterable[str]) -> Callable[[Database], None]:
    def step(db: Database) -> None:
        for statement in statements:
            db.execute(statement)

    return step


def _split(db: Database, bucket: str, number: int) -> None:
    """Moves what is counted of a bucket into a table of its own; sums become numbers."""
    name = f"feed_{number}"
    db.execute(FEED.format(name=name))
    db.execute("INSERT OR IGNORE INTO cursor (bucket, epoch, seq) VALUES (?, '', 0)", (bucket,))
    db.execute("UPDATE cursor SET feed = ? WHERE bucket = ?", (number, bucket))
    rows = db.execute("SELECT tb, id, ver, hash, fresh FROM feed_row WHERE bucket = ?", (bucket,))
    db.conn.executemany(
        f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?)",
        ((tb, row_id, ver, signed(int(said, 16)), fresh) for tb, row_id, ver, said, fresh in rows),
    )


def _thin(db: Database, name: str) -> None:
    sql = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    db.execute(sql.replace(f"CREATE TABLE {name}", f"CREATE TABLE thin_{name}") + ", WITHOUT ROWID")
    db.execute(f"INSERT INTO thin_{name} SELECT * FROM {name} ORDER BY 1")
    db.execute(f"DROP TABLE {name}")
    db.execute(f"ALTER TABLE thin_{name} RENAME TO {name}")


def signed(value: int) -> int:
    """A number of 64 bits as a column holds it."""
    return value - (1 << 64) if value >> 63 else value
