"""The SQL of coupons and members: what HQ says of them (replica) and what happened to them here (ledger)."""

from __future__ import annotations

from edge.domain.coupons import CouponState

REPLICA = (
    *(
        f"ALTER TABLE coupon ADD COLUMN {column} NOT NULL DEFAULT {default}"
        for column, default in (
            ("kind TEXT", "'cash'"),
            ("online INTEGER", "0"),
            ("terms TEXT", "''"),
            ("sku TEXT", "''"),
            ("per_member INTEGER", "0"),
            ("member TEXT", "''"),
        )
    ),
    "CREATE INDEX coupon_member ON coupon (member) WHERE member <> ''",
    *(
        f"ALTER TABLE member ADD COLUMN {column} NOT NULL DEFAULT {default}"
        for column, default in (
            ("card_hash TEXT", "''"),
            ("badges TEXT", "''"),
            ("tags TEXT", "''"),
            ("points INTEGER", "0"),
            ("points_at TEXT", "''"),
        )
    ),
    "CREATE INDEX member_card ON member (card_hash) WHERE card_hash <> ''",
    *(
        f"CREATE TABLE {name} (kid INTEGER PRIMARY KEY, public TEXT NOT NULL, not_after TEXT NOT NULL) STRICT"
        for name in ("coupon_key", "member_key")
    ),
    "CREATE TABLE lookup_key (kid INTEGER PRIMARY KEY, secret TEXT NOT NULL, not_after TEXT NOT NULL) STRICT",
    """CREATE TABLE member_merge (
        member TEXT PRIMARY KEY, into_member TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE member_erase (
        cmd TEXT PRIMARY KEY, member TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE join_link (
        link TEXT PRIMARY KEY, url TEXT NOT NULL, title_zh TEXT NOT NULL, title_en TEXT NOT NULL,
        until TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE join_scene (
        scene TEXT PRIMARY KEY, result TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE repurchase (
        offer TEXT PRIMARY KEY, min_fen INTEGER NOT NULL, fen INTEGER NOT NULL, days INTEGER NOT NULL,
        title_zh TEXT NOT NULL, title_en TEXT NOT NULL) STRICT, WITHOUT ROWID""",
)

_STATES = ", ".join(f"'{state.value}'" for state in CouponState)
LEDGER = (
    "ALTER TABLE coupon_use ADD COLUMN member TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX coupon_use_member ON coupon_use (member, coupon) WHERE member <> ''",
    # `nonce` of the wish that made it; `code` of the signed code; `told`: HQ holds nothing for it any more.
    f"""CREATE TABLE coupon_lock (
        lock_id TEXT PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, request_sha TEXT NOT NULL,
        coupon TEXT NOT NULL, issuer TEXT NOT NULL, doc TEXT NOT NULL, once INTEGER NOT NULL CHECK (once IN (0, 1)),
        state TEXT NOT NULL CHECK (state IN ({_STATES})), order_ref TEXT NOT NULL, member TEXT NOT NULL,
        station TEXT NOT NULL, staff TEXT NOT NULL, asked INTEGER NOT NULL CHECK (asked IN (0, 1)),
        unverified INTEGER NOT NULL CHECK (unverified IN (0, 1)), at TEXT NOT NULL, until TEXT NOT NULL,
        use_id TEXT NOT NULL DEFAULT '', told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1))) STRICT""",
    # Belt for the rule that the desk enforces: a coupon for one use is in one basket.
    """CREATE UNIQUE INDEX coupon_lock_once ON coupon_lock (coupon, issuer)
        WHERE once = 1 AND state = 'locked'""",
    "CREATE INDEX coupon_lock_order ON coupon_lock (order_ref)",
    "CREATE INDEX coupon_lock_live ON coupon_lock (until) WHERE state = 'locked'",
    "CREATE INDEX coupon_lock_owed ON coupon_lock (at) WHERE asked = 1 AND told = 0 AND state = 'issued'",
    "CREATE INDEX coupon_lock_use ON coupon_lock (use_id) WHERE use_id <> ''",
    # What a sale was promised, by sale: asked for twice, it is the same code.
    """CREATE TABLE repurchase_promise (
        sale TEXT PRIMARY KEY, text TEXT NOT NULL, fen INTEGER NOT NULL, title_zh TEXT NOT NULL,
        title_en TEXT NOT NULL, not_after TEXT NOT NULL, asked INTEGER NOT NULL CHECK (asked IN (0, 1)),
        member TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    # Who was looked at, where and how known; the profile is HQ's word of that moment and goes within minutes.
    """CREATE TABLE member_look (
        look INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, staff TEXT NOT NULL, member TEXT NOT NULL,
        trust TEXT NOT NULL CHECK (trust IN ('code', 'card', 'phone')), tier TEXT NOT NULL, doc TEXT NOT NULL,
        at TEXT NOT NULL, revealed_at TEXT NOT NULL DEFAULT '', nonce TEXT NOT NULL DEFAULT '') STRICT""",
    "CREATE INDEX member_look_member ON member_look (member)",
    """CREATE TABLE join_offer (
        scene TEXT PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, station TEXT NOT NULL, guide TEXT NOT NULL,
        link TEXT NOT NULL, url TEXT NOT NULL, at TEXT NOT NULL, until TEXT NOT NULL) STRICT""",
    # HQ's wishes that were done, and merges that were applied.
    "CREATE TABLE member_order (cmd TEXT PRIMARY KEY, member TEXT NOT NULL, at TEXT NOT NULL) STRICT",
)

LOOKS = (
    # A code that lies under the scanner is looked at once, however often the page is drawn.
    "ALTER TABLE member_look ADD COLUMN scan INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX member_look_scan ON member_look (scan) WHERE scan > 0",
)
