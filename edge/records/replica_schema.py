"""The tables of hq.db: HQ's word, as last heard. Only the sync worker writes it; it can be fetched again."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

NAMES = ["first", "config"]


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

    return replica
