"""The tables of deposits: what HQ says of them, what became of them here, and what capped rules gave so far."""

from __future__ import annotations

from edge.domain.deposits import DepositState

REPLICA = (
    """CREATE TABLE deposit (
        deposit TEXT PRIMARY KEY, store TEXT NOT NULL, fen INTEGER NOT NULL, order_id TEXT NOT NULL,
        k_mille INTEGER NOT NULL, rule TEXT NOT NULL, skus TEXT NOT NULL, units INTEGER NOT NULL,
        member TEXT NOT NULL, state TEXT NOT NULL, not_before TEXT NOT NULL,
        not_after TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    "CREATE INDEX deposit_order ON deposit (order_id) WHERE order_id <> ''",
)

_STATES = ", ".join(f"'{state.value}'" for state in DepositState)
LEDGER = (
    # One row a deposit: that it is in one basket, and counts once, needs no other belt. `doc` is HQ's word as held.
    f"""CREATE TABLE deposit_hold (
        deposit TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ({_STATES})), basket TEXT NOT NULL,
        doc TEXT NOT NULL, until TEXT NOT NULL, use_id TEXT NOT NULL DEFAULT '', sale TEXT NOT NULL DEFAULT '',
        fen INTEGER NOT NULL DEFAULT 0, paid_fen INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID""",
    "CREATE INDEX deposit_hold_basket ON deposit_hold (basket)",
    "CREATE INDEX deposit_hold_sale ON deposit_hold (sale) WHERE sale <> ''",
    "CREATE TABLE rule_given (rule TEXT PRIMARY KEY, fen INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX sale_member ON sale (member) WHERE member <> ''",
)
