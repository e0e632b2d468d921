"""The tables of picking and of what is known about stock besides its movements; a step of ledger.db."""

from __future__ import annotations

PICKING = (
    # An order that is to be prepared here: when each thing happened, and whose hands it is in.
    """CREATE TABLE pick_task (
        order_id TEXT PRIMARY KEY, gen INTEGER NOT NULL, seen_at TEXT NOT NULL,
        accepted_at TEXT NOT NULL DEFAULT '', started_at TEXT NOT NULL DEFAULT '',
        packed_at TEXT NOT NULL DEFAULT '', ready_at TEXT NOT NULL DEFAULT '', closed_at TEXT NOT NULL DEFAULT '',
        picker TEXT NOT NULL DEFAULT '', station TEXT NOT NULL DEFAULT '', touched_at TEXT NOT NULL DEFAULT '',
        label TEXT NOT NULL DEFAULT '', reminded INTEGER NOT NULL DEFAULT 0 CHECK (reminded IN (0, 1, 2)),
        reason TEXT NOT NULL DEFAULT '', put_back_at TEXT NOT NULL DEFAULT '') STRICT""",
    "CREATE UNIQUE INDEX pick_task_label ON pick_task (label) WHERE label <> ''",
    "CREATE INDEX pick_task_open ON pick_task (order_id) WHERE closed_at = ''",
    """CREATE TABLE pick_line (
        order_id TEXT NOT NULL, line INTEGER NOT NULL, sku TEXT NOT NULL, qty INTEGER NOT NULL CHECK (qty > 0),
        picked INTEGER NOT NULL DEFAULT 0 CHECK (picked >= 0),
        shorted INTEGER NOT NULL DEFAULT 0 CHECK (shorted >= 0),
        reason TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'not_in_stock', 'mismatch', 'damaged', 'worn')),
        PRIMARY KEY (order_id, line), CHECK (picked + shorted <= qty)) STRICT, WITHOUT ROWID""",
    # Pieces of another product that stand for some of a line's `picked`.
    """CREATE TABLE pick_swap (
        seq INTEGER PRIMARY KEY REFERENCES journal(seq), order_id TEXT NOT NULL, line INTEGER NOT NULL,
        sku TEXT NOT NULL, qty INTEGER NOT NULL CHECK (qty > 0)) STRICT""",
    "CREATE INDEX pick_swap_order ON pick_swap (order_id)",
    # What was done for a nonce and is no fact for HQ by itself.
    """CREATE TABLE pick_wish (
        nonce TEXT PRIMARY KEY, request_sha TEXT NOT NULL, answer TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    "CREATE INDEX pick_wish_at ON pick_wish (at)",
    # The paper that a movement goes by; the movement itself stands in `movement`.
    """CREATE TABLE movement_ref (
        seq INTEGER PRIMARY KEY REFERENCES journal(seq), sku TEXT NOT NULL, qty INTEGER NOT NULL,
        reason TEXT NOT NULL, ref TEXT NOT NULL, at TEXT NOT NULL, staff TEXT NOT NULL) STRICT""",
    "CREATE INDEX movement_ref_ref ON movement_ref (ref, sku) WHERE ref <> ''",
    # Pieces that are here and cannot be sold.
    """CREATE TABLE unfit (
        seq INTEGER PRIMARY KEY REFERENCES journal(seq), sku TEXT NOT NULL, qty INTEGER NOT NULL,
        reason TEXT NOT NULL) STRICT""",
    "CREATE INDEX unfit_sku ON unfit (sku)",
    """CREATE TABLE count_task (
        id INTEGER PRIMARY KEY, sku TEXT NOT NULL, why TEXT NOT NULL, made_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'recount', 'done')),
        first_by TEXT NOT NULL DEFAULT '', first_found INTEGER, second_by TEXT NOT NULL DEFAULT '',
        found INTEGER, delta INTEGER, seq INTEGER NOT NULL DEFAULT 0, done_at TEXT NOT NULL DEFAULT '') STRICT""",
    "CREATE UNIQUE INDEX count_task_open ON count_task (sku) WHERE state <> 'done'",
    "CREATE INDEX count_task_done ON count_task (done_at) WHERE state = 'done'",
    """CREATE TABLE stock_alarm (
        sku TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('negative', 'oversold')), since TEXT NOT NULL,
        PRIMARY KEY (sku, kind)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE stock_check (
        day TEXT PRIMARY KEY, seq INTEGER NOT NULL REFERENCES journal(seq), n INTEGER NOT NULL,
        ck TEXT NOT NULL) STRICT""",
)
NODES = (
    "CREATE TABLE substitute (sku TEXT PRIMARY KEY, instead TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE node (
        node TEXT PRIMARY KEY, kind TEXT NOT NULL, name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
        km10 INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE node_stock (
        row TEXT PRIMARY KEY, node TEXT NOT NULL, sku TEXT NOT NULL, sellable INTEGER NOT NULL,
        at TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX node_stock_sku ON node_stock (sku)",
    """CREATE TABLE inbound (
        row TEXT PRIMARY KEY, ref TEXT NOT NULL, sku TEXT NOT NULL, qty INTEGER NOT NULL, source TEXT NOT NULL,
        due TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX inbound_sku ON inbound (sku)",
)
"""Tables of hq.db: what HQ says of other places, of goods on their way, and of what stands for what."""
NODES_PLACED = (
    *(f"ALTER TABLE node ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0" for name in ("lat_e5", "lon_e5")),
    # A distance in the chain's own row was the same for every store.
    "ALTER TABLE node DROP COLUMN km10",
)
