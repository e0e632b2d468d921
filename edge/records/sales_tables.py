"""The ledger's tables of selling: baskets, sales with their allocation, receipt numbers, shifts and cash."""

from __future__ import annotations

BASKETS = (
    # What a basket is priced by stays what it was when the basket was opened; the same rules are kept once.
    "CREATE TABLE rule_book (rules TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE basket (
        basket TEXT PRIMARY KEY, station TEXT NOT NULL, staff TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'paying', 'suspended', 'sold', 'void')),
        version INTEGER NOT NULL DEFAULT 1, training INTEGER NOT NULL CHECK (training IN (0, 1)),
        channel TEXT NOT NULL DEFAULT 'store', code TEXT NOT NULL DEFAULT '', rules TEXT NOT NULL DEFAULT '',
        member TEXT NOT NULL DEFAULT '', tier TEXT NOT NULL DEFAULT '', card_tail TEXT NOT NULL DEFAULT '',
        guide TEXT NOT NULL DEFAULT '', points_wanted INTEGER NOT NULL DEFAULT 0 CHECK (points_wanted >= 0),
        declined TEXT NOT NULL DEFAULT '[]', taken TEXT NOT NULL DEFAULT '[]', age_by TEXT NOT NULL DEFAULT '',
        priced_at TEXT NOT NULL, opened_at TEXT NOT NULL, changed_at TEXT NOT NULL) STRICT""",
    # One till, one basket at a time: a second one waits as suspended.
    "CREATE UNIQUE INDEX basket_at ON basket (station) WHERE state IN ('open', 'paying')",
    "CREATE UNIQUE INDEX basket_code ON basket (code) WHERE state = 'suspended'",
    """CREATE TABLE basket_line (
        basket TEXT NOT NULL REFERENCES basket(basket), line INTEGER NOT NULL, sku TEXT NOT NULL, gtin TEXT NOT NULL,
        name_zh TEXT NOT NULL, name_en TEXT NOT NULL, qty INTEGER NOT NULL CHECK (qty >= 0),
        unit_fen INTEGER NOT NULL CHECK (unit_fen >= 0), book TEXT NOT NULL, category TEXT NOT NULL,
        brand TEXT NOT NULL, tags TEXT NOT NULL, flags TEXT NOT NULL, tax TEXT NOT NULL,
        grams INTEGER NOT NULL DEFAULT 0, fixed INTEGER NOT NULL DEFAULT 0,
        cut_fen INTEGER NOT NULL DEFAULT 0 CHECK (cut_fen >= 0), cut_reason TEXT NOT NULL DEFAULT '',
        cut_by TEXT NOT NULL DEFAULT '', gone_at TEXT NOT NULL DEFAULT '', gone_by TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (basket, line)) STRICT, WITHOUT ROWID""",
    # The price that is being paid: what changes in the world meanwhile does not change it.
    """CREATE TABLE basket_price (
        basket TEXT NOT NULL REFERENCES basket(basket), cash INTEGER NOT NULL CHECK (cash IN (0, 1)),
        fen INTEGER NOT NULL CHECK (fen >= 0), doc TEXT NOT NULL,
        PRIMARY KEY (basket, cash)) STRICT, WITHOUT ROWID""",
    # What was asked of a basket, by nonce, and what it was answered.
    """CREATE TABLE basket_wish (
        nonce TEXT PRIMARY KEY, request_sha TEXT NOT NULL, basket TEXT NOT NULL, at TEXT NOT NULL)
        STRICT, WITHOUT ROWID""",
    "CREATE INDEX basket_wish_at ON basket_wish (at)",
)

SALES = (
    """CREATE TABLE receipt_number (
        station TEXT NOT NULL, series TEXT NOT NULL CHECK (series IN ('sale', 'training', 'z')),
        number INTEGER NOT NULL CHECK (number > 0), ref TEXT NOT NULL UNIQUE,
        PRIMARY KEY (station, series, number)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE shift (
        shift TEXT PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, station TEXT NOT NULL, staff TEXT NOT NULL,
        float_fen INTEGER NOT NULL CHECK (float_fen >= 0), opened_at TEXT NOT NULL,
        closed_at TEXT NOT NULL DEFAULT '', closed_by TEXT NOT NULL DEFAULT '', z INTEGER NOT NULL DEFAULT 0,
        close_nonce TEXT NOT NULL DEFAULT '', report TEXT NOT NULL DEFAULT '') STRICT""",
    "CREATE UNIQUE INDEX shift_open ON shift (station) WHERE closed_at = ''",
    """CREATE TABLE sale (
        sale TEXT PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, request_sha TEXT NOT NULL,
        basket TEXT NOT NULL UNIQUE REFERENCES basket(basket), receipt TEXT NOT NULL UNIQUE,
        seq INTEGER NOT NULL, training INTEGER NOT NULL CHECK (training IN (0, 1)), station TEXT NOT NULL,
        staff TEXT NOT NULL, shift TEXT NOT NULL, at TEXT NOT NULL, day TEXT NOT NULL,
        channel TEXT NOT NULL, member TEXT NOT NULL, tier TEXT NOT NULL, card_tail TEXT NOT NULL,
        guide TEXT NOT NULL, rules TEXT NOT NULL, gross_fen INTEGER NOT NULL, net_fen INTEGER NOT NULL,
        given_fen INTEGER NOT NULL, change_fen INTEGER NOT NULL, points INTEGER NOT NULL,
        offline INTEGER NOT NULL CHECK (offline IN (0, 1)), claim TEXT NOT NULL DEFAULT '',
        job INTEGER NOT NULL DEFAULT 0, CHECK (training = (seq = 0))) STRICT""",
    "CREATE INDEX sale_at ON sale (at)",
    "CREATE INDEX sale_shift ON sale (shift)",
    """CREATE TABLE sale_line (
        sale TEXT NOT NULL REFERENCES sale(sale), line INTEGER NOT NULL, sku TEXT NOT NULL, gtin TEXT NOT NULL,
        name_zh TEXT NOT NULL, name_en TEXT NOT NULL, qty INTEGER NOT NULL CHECK (qty > 0),
        grams INTEGER NOT NULL, unit_fen INTEGER NOT NULL, gross_fen INTEGER NOT NULL,
        net_fen INTEGER NOT NULL CHECK (net_fen >= 0), book TEXT NOT NULL, tax TEXT NOT NULL,
        flags TEXT NOT NULL, grant_id TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (sale, line)) STRICT, WITHOUT ROWID""",
    # The allocation of everything taken off, to the piece: what a return gives back is read here.
    """CREATE TABLE sale_part (
        sale TEXT NOT NULL, line INTEGER NOT NULL, unit INTEGER NOT NULL CHECK (unit > 0),
        pos INTEGER NOT NULL, rule TEXT NOT NULL, version TEXT NOT NULL, kind TEXT NOT NULL, fen INTEGER NOT NULL,
        PRIMARY KEY (sale, line, unit, pos), FOREIGN KEY (sale, line) REFERENCES sale_line(sale, line))
        STRICT, WITHOUT ROWID""",
    """CREATE TABLE sale_rule (
        sale TEXT NOT NULL REFERENCES sale(sale), rule TEXT NOT NULL, title_zh TEXT NOT NULL,
        title_en TEXT NOT NULL, PRIMARY KEY (sale, rule)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE sale_tender (
        sale TEXT NOT NULL REFERENCES sale(sale), pos INTEGER NOT NULL, kind TEXT NOT NULL,
        fen INTEGER NOT NULL, number TEXT NOT NULL DEFAULT '', tail TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (sale, pos)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE cash_move (
        id INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, shift TEXT NOT NULL REFERENCES shift(shift),
        kind TEXT NOT NULL CHECK (kind IN ('in', 'out', 'drop')), fen INTEGER NOT NULL CHECK (fen > 0),
        reason TEXT NOT NULL, staff TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    "CREATE INDEX cash_move_shift ON cash_move (shift)",
    """CREATE TABLE cash_count (
        id INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, shift TEXT NOT NULL REFERENCES shift(shift),
        counted_fen INTEGER NOT NULL CHECK (counted_fen >= 0), expected_fen INTEGER NOT NULL,
        pieces TEXT NOT NULL, staff TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    "CREATE INDEX cash_count_shift ON cash_count (shift)",
)

SELLING = (*BASKETS, *SALES)

SET_ASIDE = (
    "ALTER TABLE basket ADD COLUMN aside INTEGER NOT NULL DEFAULT 0 CHECK (aside IN (0, 1))",
    # A basket whose money is being clarified does not hold its till.
    "DROP INDEX basket_at",
    "CREATE UNIQUE INDEX basket_at ON basket (station) WHERE state IN ('open', 'paying') AND aside = 0",
    "CREATE INDEX basket_aside ON basket (changed_at) WHERE aside = 1",
)
