"""Deposits as rows: HQ's word, which basket has one, which sale took it; and what capped rules gave here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from edge.db import Connection, Database
from edge.domain.deposits import DepositState, HeldDeposit, KnownDeposit

_HOLD = "deposit, state, basket, doc, until, use_id, sale, fen, paid_fen"


@dataclass(frozen=True)
class HoldRow:
    """What became of a deposit here; `until` RFC 3339 UTC, `fen` and `paid_fen` as it counted in `sale`."""

    held: HeldDeposit
    state: DepositState
    basket: str
    until: str
    use: str = ""
    sale: str = ""
    fen: int = 0
    paid_fen: int = 0


class Deposits:
    """Rows of deposit (HQ's), deposit_hold and rule_given."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def known(self, name: str) -> KnownDeposit | None:
        """A deposit by its own number or its order's; of an order's several the first that is live."""
        asked = (
            "SELECT deposit, store, fen, order_id, k_mille, rule, skus, member, state, not_before, not_after"
            " FROM hq.deposit WHERE deposit = ?1 OR (order_id = ?1 AND order_id <> '')"
            " ORDER BY deposit <> ?1, state <> 'live', deposit LIMIT 1"
        )
        row = self._ledger.read().execute(asked, (name,)).fetchone()
        if row is None:
            return None
        facts = (row[0], row[1], int(row[2]), row[3], int(row[4]), row[5])
        skus = tuple(row[6].split("\n")) if row[6] else ()
        return KnownDeposit(*facts, skus, row[7], row[8], row[9], row[10])

    def hold(self, deposit: str, tx: Connection) -> HoldRow | None:
        """What became of a deposit here."""
        asked = f"SELECT {_HOLD} FROM deposit_hold WHERE deposit = ?"
        row = tx.execute(asked, (deposit,)).fetchone()
        return None if row is None else _row(row)

    def of_basket(self, basket: str, tx: Connection | None = None) -> tuple[HoldRow, ...]:
        """What a basket has, by number; whether its time is over is the caller's to see."""
        return self._where("basket = ? AND state = 'held'", basket, tx)

    def of_sale(self, sale: str, tx: Connection | None = None) -> tuple[HoldRow, ...]:
        """What counted in a sale."""
        return self._where("sale = ? AND sale <> '' AND state = 'used'", sale, tx)

    def put(self, tx: Connection, row: HoldRow) -> None:
        """Writes what became of it."""
        values = (row.basket, msgspec.json.encode(row.held).decode(), row.until, row.use, row.sale)
        tx.execute(
            f"INSERT OR REPLACE INTO deposit_hold ({_HOLD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row.held.deposit, row.state.value, *values, row.fen, row.paid_fen),
        )

    def gave(self, tx: Connection, given: Iterable[tuple[str, int]]) -> None:
        """Adds to what rules with a budget gave: (rule, fen)."""
        tx.executemany(
            "INSERT INTO rule_given (rule, fen) VALUES (?, ?)"
            " ON CONFLICT (rule) DO UPDATE SET fen = fen + excluded.fen",
            list(given),
        )

    def given(self, rule: str, tx: Connection | None = None) -> int:
        """What a rule with a budget gave at this store, fen."""
        row = (
            (tx or self._ledger.read())
            .execute("SELECT fen FROM rule_given WHERE rule = ?", (rule,))
            .fetchone()
        )
        return int(row[0]) if row else 0

    def taken(self, rule: str, member: str, tx: Connection | None = None) -> list[tuple[str, int, int]]:
        """Sales of this store in which a rule acted for a member and that did not come back whole.

        Kind of the parts, how many pieces, fen in all; one entry a sale and kind.
        """
        asked = (
            "SELECT p.kind, count(*), sum(p.fen) FROM sale s JOIN sale_part p ON p.sale = s.sale"
            " WHERE s.member = ? AND s.member <> '' AND s.training = 0 AND p.rule = ? AND EXISTS"
            " (SELECT 1 FROM sale_line l WHERE l.sale = s.sale AND l.qty > (SELECT count(*) FROM return_piece r"
            " WHERE r.source = 'sale' AND r.ref = s.sale AND r.line = l.line)) GROUP BY s.sale, p.kind"
        )
        rows = (tx or self._ledger.read()).execute(asked, (member, rule))
        return [(str(kind), int(pieces), int(fen)) for kind, pieces, fen in rows]

    def _where(self, where: str, value: str, tx: Connection | None) -> tuple[HoldRow, ...]:
        asked = f"SELECT {_HOLD} FROM deposit_hold WHERE {where} ORDER BY deposit"
        return tuple(_row(row) for row in (tx or self._ledger.read()).execute(asked, (value,)))


def _row(row: Any) -> HoldRow:
    held = msgspec.json.decode(row[3], type=HeldDeposit)
    return HoldRow(held, DepositState(row[1]), row[2], row[4], row[5], row[6], int(row[7]), int(row[8]))
