"""The ledger's tables of payments: what is to be collected, each attempt, each answer, each refund."""

from __future__ import annotations

from edge.domain.payments import UNSETTLED, PayState

_STATES = ", ".join(f"'{state.value}'" for state in PayState)
_OPEN = ", ".join(sorted(f"'{state.value}'" for state in UNSETTLED))

PAYMENTS = (
    """CREATE TABLE payment (
        payment TEXT PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, basket TEXT NOT NULL, basket_sha TEXT NOT NULL,
        fen INTEGER NOT NULL CHECK (fen >= 0), station TEXT NOT NULL, staff TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'done', 'cancelled')),
        cancelling INTEGER NOT NULL DEFAULT 0 CHECK (cancelling IN (0, 1)),
        parked INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1)),
        sale TEXT NOT NULL DEFAULT '', at TEXT NOT NULL) STRICT""",
    # Belts for what the desk enforces: a basket is being paid once, a station takes one payment at a time.
    "CREATE UNIQUE INDEX payment_basket ON payment (basket) WHERE state IN ('open', 'paid')",
    "CREATE UNIQUE INDEX payment_station ON payment (station) WHERE state IN ('open', 'paid') AND parked = 0",
    "CREATE INDEX payment_sale ON payment (sale) WHERE sale != ''",
    # The code itself is nowhere: its kind, its length, and a keyed hash so that it is used once.
    f"""CREATE TABLE pay_attempt (
        number TEXT PRIMARY KEY, payment TEXT NOT NULL REFERENCES payment(payment), nonce TEXT NOT NULL UNIQUE,
        asked_sha TEXT NOT NULL, basket TEXT NOT NULL, basket_sha TEXT NOT NULL,
        channel TEXT NOT NULL, manner TEXT NOT NULL, provider TEXT NOT NULL,
        fen INTEGER NOT NULL CHECK (fen > 0), state TEXT NOT NULL CHECK (state IN ({_STATES})),
        code_kind TEXT NOT NULL DEFAULT '', code_len INTEGER NOT NULL DEFAULT 0, code_mac TEXT NOT NULL DEFAULT '',
        station TEXT NOT NULL, staff TEXT NOT NULL, at TEXT NOT NULL, settled_at TEXT NOT NULL DEFAULT '',
        boot TEXT NOT NULL, sent_ms INTEGER NOT NULL, asked_ms INTEGER NOT NULL, since_ms INTEGER NOT NULL,
        seen_at TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, wish_ms INTEGER NOT NULL DEFAULT -1,
        ended INTEGER NOT NULL DEFAULT 0, answers INTEGER NOT NULL DEFAULT 0, faults INTEGER NOT NULL DEFAULT 0,
        paid_fen INTEGER NOT NULL DEFAULT 0, given_fen INTEGER NOT NULL DEFAULT 0,
        txn TEXT NOT NULL DEFAULT '', qr TEXT NOT NULL DEFAULT '', alarm TEXT NOT NULL DEFAULT '',
        slip INTEGER NOT NULL DEFAULT 0) STRICT""",
    f"""CREATE UNIQUE INDEX pay_attempt_one ON pay_attempt (payment) WHERE state IN ({_OPEN})""",
    "CREATE UNIQUE INDEX pay_attempt_code ON pay_attempt (code_mac) WHERE code_mac != ''",
    f"CREATE INDEX pay_attempt_open ON pay_attempt (state) WHERE state IN ({_OPEN})",
    "CREATE INDEX pay_attempt_payment ON pay_attempt (payment, at)",
    "CREATE INDEX pay_attempt_at ON pay_attempt (at)",
    "CREATE INDEX pay_attempt_alarm ON pay_attempt (at) WHERE alarm != ''",
    """CREATE TABLE pay_answer (
        id INTEGER PRIMARY KEY, number TEXT NOT NULL REFERENCES pay_attempt(number), act TEXT NOT NULL,
        said TEXT NOT NULL, code TEXT NOT NULL, fen INTEGER, event TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    "CREATE INDEX pay_answer_number ON pay_answer (number, id)",
    f"""CREATE TABLE pay_refund (
        refund TEXT PRIMARY KEY, number TEXT NOT NULL REFERENCES pay_attempt(number), nonce TEXT NOT NULL,
        pos INTEGER NOT NULL, fen INTEGER NOT NULL CHECK (fen > 0), ref TEXT NOT NULL, reason TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ({_STATES})), station TEXT NOT NULL, staff TEXT NOT NULL,
        at TEXT NOT NULL, settled_at TEXT NOT NULL DEFAULT '', boot TEXT NOT NULL, asked_ms INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '', UNIQUE (nonce, pos)) STRICT""",
    "CREATE INDEX pay_refund_open ON pay_refund (state) WHERE state = 'refunding'",
    "CREATE INDEX pay_refund_number ON pay_refund (number)",
    "CREATE INDEX pay_refund_ref ON pay_refund (ref)",
    "CREATE TABLE pay_number (day TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT",
)
