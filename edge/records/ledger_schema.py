"""The tables of ledger.db: what happened in this store. Only desks write it; it is what is backed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.domain.orders import OrderState
from edge.records import (
    asked,
    benefit_tables,
    chain,
    deposit_tables,
    guide_orders,
    guide_tables,
    lane_sessions,
    return_tables,
    screens,
    tickets,
    till_indexes,
    unrecognised,
)
from edge.records.payment_tables import PAYMENTS
from edge.records.picking_tables import PICKING
from edge.records.sales_tables import SELLING, SET_ASIDE

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

_STATES = ", ".join(f"'{state.value}'" for state in OrderState)

FIRST = (
    """CREATE TABLE stream (
        one INTEGER PRIMARY KEY CHECK (one = 1), stream_id TEXT NOT NULL,
        last_seq INTEGER NOT NULL, last_sha TEXT NOT NULL,
        acked INTEGER NOT NULL, durable INTEGER NOT NULL) STRICT""",
    """CREATE TABLE journal (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, at TEXT NOT NULL,
        body TEXT NOT NULL, sha TEXT NOT NULL, verdict TEXT NOT NULL DEFAULT '') STRICT""",
    """CREATE TABLE movement (
        seq INTEGER NOT NULL REFERENCES journal(seq), sku TEXT NOT NULL, delta INTEGER NOT NULL,
        reason TEXT NOT NULL, PRIMARY KEY (sku, seq)) STRICT, WITHOUT ROWID""",
    f"""CREATE TABLE fulfilment (
        order_id TEXT PRIMARY KEY, gen INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ({_STATES})),
        shelf TEXT NOT NULL, claimed_by TEXT NOT NULL DEFAULT '', claimed_until TEXT NOT NULL DEFAULT '',
        updated_at TEXT NOT NULL) STRICT""",
    """CREATE TABLE pickup (
        pickup_id TEXT PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, request_sha TEXT NOT NULL,
        order_id TEXT NOT NULL, gen INTEGER NOT NULL, whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
        unit INTEGER NOT NULL, station TEXT NOT NULL, staff TEXT NOT NULL, at TEXT NOT NULL,
        state_after TEXT NOT NULL, left_units INTEGER NOT NULL, offline INTEGER NOT NULL,
        boot TEXT NOT NULL, mono_ms INTEGER NOT NULL, job INTEGER NOT NULL DEFAULT 0,
        annulled_at TEXT NOT NULL DEFAULT '', annul_nonce TEXT NOT NULL DEFAULT '') STRICT""",
    # Belts for the rule that the desk enforces: one live pickup a whole order, one a unit.
    """CREATE UNIQUE INDEX pickup_whole ON pickup (order_id, gen)
        WHERE whole = 1 AND annulled_at = ''""",
    """CREATE UNIQUE INDEX pickup_unit ON pickup (order_id, gen, unit)
        WHERE unit > 0 AND annulled_at = ''""",
    "CREATE INDEX pickup_at ON pickup (at)",
    "CREATE INDEX pickup_order ON pickup (order_id)",
    """CREATE TABLE pickup_line (
        pickup_id TEXT NOT NULL REFERENCES pickup(pickup_id), line INTEGER NOT NULL, sku TEXT NOT NULL,
        name_zh TEXT NOT NULL, name_en TEXT NOT NULL, qty INTEGER NOT NULL CHECK (qty > 0),
        PRIMARY KEY (pickup_id, line)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE print_job (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, printer TEXT NOT NULL, station TEXT NOT NULL,
        ref TEXT NOT NULL, slip TEXT NOT NULL, title TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN
            ('queued', 'sending', 'awaiting_confirm', 'printed', 'sent', 'blocked', 'uncertain', 'failed',
             'cancelled', 'redirected', 'expired')),
        reason TEXT NOT NULL DEFAULT '', copy INTEGER NOT NULL DEFAULT 0,
        class TEXT NOT NULL DEFAULT 'receipt', via TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT""",
    "CREATE INDEX print_job_open ON print_job (printer, id) WHERE state IN ('queued', 'blocked')",
    "CREATE INDEX print_job_live ON print_job (id) WHERE state IN ('sending', 'awaiting_confirm')",
    """CREATE TABLE scan (
        id INTEGER PRIMARY KEY, device TEXT NOT NULL, station TEXT NOT NULL, device_seq INTEGER NOT NULL,
        kind TEXT NOT NULL, symbology TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL,
        handled_at TEXT NOT NULL DEFAULT '') STRICT""",
    "CREATE INDEX scan_station ON scan (station, id)",
    "CREATE INDEX scan_open ON scan (station, id) WHERE handled_at = ''",
    """CREATE TABLE attempt (
        scope TEXT PRIMARY KEY, wrong INTEGER NOT NULL, boot TEXT NOT NULL, last_ms INTEGER NOT NULL,
        until_ms INTEGER NOT NULL) STRICT""",
    """CREATE TABLE session (
        token_sha TEXT PRIMARY KEY, staff TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
        station TEXT NOT NULL, boot TEXT NOT NULL, seen_ms INTEGER NOT NULL) STRICT""",
    "CREATE TABLE screen (token_sha TEXT PRIMARY KEY, station TEXT NOT NULL, at TEXT NOT NULL) STRICT",
    """CREATE TABLE command (
        cmd TEXT PRIMARY KEY, order_id TEXT NOT NULL, answer TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
)

IDENTITIES = """CREATE TABLE device_identity (
    device TEXT PRIMARY KEY, kind TEXT NOT NULL, address TEXT NOT NULL, known TEXT NOT NULL,
    seen TEXT NOT NULL DEFAULT '', since TEXT NOT NULL) STRICT"""

DRAWERS = (
    """CREATE TABLE drawer_opening (
        id INTEGER PRIMARY KEY, opening TEXT NOT NULL UNIQUE, nonce TEXT NOT NULL UNIQUE,
        drawer TEXT NOT NULL, station TEXT NOT NULL, staff TEXT NOT NULL, reason TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('asked', 'pulsing', 'ok', 'blocked', 'uncertain')),
        fault TEXT NOT NULL DEFAULT '', at TEXT NOT NULL, boot TEXT NOT NULL, mono_ms INTEGER NOT NULL,
        opened_at TEXT NOT NULL DEFAULT '', closed_at TEXT NOT NULL DEFAULT '') STRICT""",
    "CREATE INDEX drawer_opening_last ON drawer_opening (drawer, id)",
    """CREATE INDEX drawer_opening_live ON drawer_opening (drawer, id)
        WHERE outcome IN ('asked', 'pulsing')""",
    """CREATE INDEX drawer_opening_standing ON drawer_opening (drawer, id)
        WHERE opened_at != '' AND closed_at = ''""",
    """CREATE TABLE drawer_sensor (
        drawer TEXT PRIMARY KEY, open_level INTEGER NOT NULL CHECK (open_level IN (0, 1)),
        at TEXT NOT NULL) STRICT""",
)

OUTLETS = (
    "CREATE INDEX print_job_unsure ON print_job (printer, id) WHERE state IN ('uncertain', 'sent')",
    "CREATE INDEX print_job_ref ON print_job (ref, id)",
)

NUMBERED_SCANS = (
    "ALTER TABLE scan ADD COLUMN stream TEXT NOT NULL DEFAULT ''",
    # What is delivered again after a crash on either side is the same scan.
    "CREATE UNIQUE INDEX scan_number ON scan (stream, device, device_seq) WHERE stream != ''",
)

ENROLMENT = """CREATE TABLE enrolment (
    one INTEGER PRIMARY KEY CHECK (one = 1), device TEXT NOT NULL, store TEXT NOT NULL, root_fpr TEXT NOT NULL,
    roster TEXT NOT NULL, at TEXT NOT NULL, seed TEXT NOT NULL) STRICT"""

GOODS = (
    # What was asked of stock and of benefits, by nonce; what came of it has rows of its own.
    """CREATE TABLE wish (
        nonce TEXT PRIMARY KEY, request_sha TEXT NOT NULL, seq INTEGER NOT NULL REFERENCES journal(seq),
        answer TEXT NOT NULL) STRICT""",
    """CREATE TABLE stock_count (
        seq INTEGER PRIMARY KEY REFERENCES journal(seq), sku TEXT NOT NULL,
        counted INTEGER NOT NULL CHECK (counted >= 0), upto_seq INTEGER NOT NULL CHECK (upto_seq < seq)) STRICT""",
    "CREATE INDEX stock_count_sku ON stock_count (sku, upto_seq, seq)",
    """CREATE TABLE grant_act (
        seq INTEGER PRIMARY KEY REFERENCES journal(seq), grant_id TEXT NOT NULL,
        spent INTEGER NOT NULL CHECK (spent >= 0), returned INTEGER NOT NULL CHECK (returned >= 0),
        recall INTEGER NOT NULL) STRICT""",
    "CREATE INDEX grant_act_grant ON grant_act (grant_id)",
    """CREATE TABLE coupon_use (
        use_id TEXT PRIMARY KEY, coupon TEXT NOT NULL, cls TEXT NOT NULL, fen INTEGER NOT NULL,
        unasked INTEGER NOT NULL CHECK (unasked IN (0, 1)), at TEXT NOT NULL,
        released_at TEXT NOT NULL DEFAULT '') STRICT""",
    # Belt for the rule that the desk enforces: one standing use of a coupon that is good for one.
    """CREATE UNIQUE INDEX coupon_use_once ON coupon_use (coupon)
        WHERE cls IN ('B', 'C') AND released_at = ''""",
    "CREATE INDEX coupon_use_unasked ON coupon_use (at) WHERE unasked = 1",
)

RETENTION = (
    f"ALTER TABLE stream ADD COLUMN anchor TEXT NOT NULL DEFAULT '{'0' * 64}'",
    "ALTER TABLE stream ADD COLUMN kept_from INTEGER NOT NULL DEFAULT 1",
    # How far the journal was on each day, by trusted time.
    "CREATE TABLE journal_day (day TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT",
    """CREATE TABLE freshness (
        day TEXT NOT NULL, class TEXT NOT NULL, worst_s INTEGER NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (day, class)) STRICT, WITHOUT ROWID""",
    # Never written: HQ tells what other journals handed over. Steps are not rewritten, so the table stays.
    """CREATE TABLE handed_before (
        order_id TEXT NOT NULL, line INTEGER NOT NULL, qty INTEGER NOT NULL,
        PRIMARY KEY (order_id, line)) STRICT, WITHOUT ROWID""",
)

STEPS = {
    "first": FIRST,
    "identities": (IDENTITIES,),
    "drawers": DRAWERS,
    "outlets": OUTLETS,
    "numbered_scans": NUMBERED_SCANS,
    "enrolment": (ENROLMENT,),
    "goods": GOODS,
    "retention": RETENTION,
    "selling": SELLING,
    "coupons": benefit_tables.LEDGER,
    "picking": PICKING,
    "payments": PAYMENTS,
    "returns": return_tables.RETURNS,
    "looks": benefit_tables.LOOKS,
    "unrecognised": unrecognised.TABLES,
    "asked": asked.TABLES,
    "return_work": return_tables.WORK,
    "deposits": deposit_tables.LEDGER,
    "tickets": tickets.TABLES,
    # Whoever watches over stock asks what moved since a fact, again and again.
    "moved_since": ("CREATE INDEX movement_seq ON movement (seq)",),
    "till_indexes": till_indexes.INDEXES,
    "set_aside": SET_ASIDE,
    "screens": screens.TABLES,
    "disputes": till_indexes.DISPUTES,
    "paid_baskets": till_indexes.PAID_BASKETS,
    "guide": guide_tables.LEDGER,
    "return_rounded": return_tables.ROUNDED,
    "gave_back": return_tables.GAVE_BACK,
    "kiosks": lane_sessions.TABLES,
    "guide_orders": guide_orders.LEDGER,
    "tickets_for_orders": tickets.FOR_ORDERS,
    "acked_hash": chain.AT_HQ,
}
NAMES = list(STEPS)


def migrations() -> Migrations:
    """The ledger's migrations, for sqlite-utils; expand only, never rewritten."""
    from sqlite_utils.migrations import Migrations as Set

    ledger = Set("ledger")
    for name, statements in STEPS.items():

        def step(db: Database, statements: tuple[str, ...] = statements) -> None:
            for statement in statements:
                db.execute(statement)

        ledger(name=name)(step)
    return ledger
