"""The tables of returns: what came back (the ledger's), what HQ says of them (the replica's)."""

from __future__ import annotations

RETURNS = (
    """CREATE TABLE goods_return (
        ret TEXT PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, request_sha TEXT NOT NULL,
        receipt TEXT NOT NULL UNIQUE, source TEXT NOT NULL CHECK (source IN ('sale', 'order')), ref TEXT NOT NULL,
        shown TEXT NOT NULL, shop TEXT NOT NULL, station TEXT NOT NULL, staff TEXT NOT NULL, shift TEXT NOT NULL,
        at TEXT NOT NULL, refund_fen INTEGER NOT NULL CHECK (refund_fen >= 0),
        gift_fen INTEGER NOT NULL CHECK (gift_fen >= 0), broken_fen INTEGER NOT NULL,
        at_hq INTEGER NOT NULL CHECK (at_hq IN (0, 1)),
        estimate INTEGER NOT NULL CHECK (estimate IN (0, 1)), rma TEXT NOT NULL, member TEXT NOT NULL,
        points_lost INTEGER NOT NULL, points_given INTEGER NOT NULL, forced INTEGER NOT NULL CHECK (forced IN (0, 1)),
        offline INTEGER NOT NULL CHECK (offline IN (0, 1)), exchange TEXT NOT NULL,
        seq INTEGER NOT NULL, job INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX goods_return_ref ON goods_return (source, ref)",
    "CREATE INDEX goods_return_shift ON goods_return (shift)",
    "CREATE INDEX goods_return_at ON goods_return (at)",
    """CREATE TABLE return_line (
        ret TEXT NOT NULL REFERENCES goods_return(ret), line INTEGER NOT NULL, sku TEXT NOT NULL,
        name_zh TEXT NOT NULL, name_en TEXT NOT NULL, qty INTEGER NOT NULL CHECK (qty > 0), fen INTEGER NOT NULL,
        condition TEXT NOT NULL, reason TEXT NOT NULL, fate TEXT NOT NULL,
        PRIMARY KEY (ret, line)) STRICT, WITHOUT ROWID""",
    # Belt for the rule that the desk enforces: a piece comes back once.
    """CREATE TABLE return_piece (
        source TEXT NOT NULL, ref TEXT NOT NULL, line INTEGER NOT NULL, unit INTEGER NOT NULL,
        ret TEXT NOT NULL REFERENCES goods_return(ret),
        PRIMARY KEY (source, ref, line, unit)) STRICT, WITHOUT ROWID""",
)

REPLICA = (
    """CREATE TABLE return_state (
        ret TEXT PRIMARY KEY, state TEXT NOT NULL, fen INTEGER NOT NULL, at TEXT NOT NULL,
        note TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE TABLE returned_elsewhere (sale TEXT PRIMARY KEY, lines TEXT NOT NULL) STRICT, WITHOUT ROWID",
)

WORK = (
    "ALTER TABLE goods_return ADD COLUMN forced_why TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE return_work (station TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE basket_exchange (
        basket TEXT PRIMARY KEY, ret TEXT NOT NULL UNIQUE REFERENCES goods_return(ret)) STRICT, WITHOUT ROWID""",
)
"""What a desk has counted so far, and the baskets that exchange for goods that came back."""
WHOLE = ("ALTER TABLE returned_elsewhere ADD COLUMN whole_at TEXT NOT NULL DEFAULT ''",)
"""When the last paid piece came back somewhere, as HQ says."""
GAVE_BACK = ("CREATE TABLE gave_back (sale TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",)
"""Sales whose last piece came back elsewhere: their coupons and deposits were given back here."""
ROUNDED = ("ALTER TABLE goods_return ADD COLUMN rounded_fen INTEGER NOT NULL DEFAULT 0",)
"""What a return gave on top of, or kept of, the sum of its pieces for want of small coins, fen."""
