"""Rows of payments: what is to be collected, attempts, answers and refunds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from edge.db import Connection, Database
from edge.domain.orders import Fen
from edge.domain.payment_views import Paying
from edge.domain.payments import UNSETTLED, Channel, Manner, PayState

_OPEN = ", ".join(f"'{state.value}'" for state in sorted(UNSETTLED, key=lambda state: state.value))


@dataclass(frozen=True)
class PaymentRow:
    """What is to be collected for a basket; `sale` once one was completed with it."""

    payment: str
    nonce: str
    basket: str
    basket_sha: str
    fen: Fen
    station: str
    staff: str
    state: Paying
    cancelling: bool
    parked: bool
    sale: str
    at: str


@dataclass(frozen=True)
class AttemptRow:
    """An attempt. `*_ms` are milliseconds since the boot `boot`; `seen_at` the trusted time of the last change."""

    number: str
    payment: str
    nonce: str
    asked_sha: str
    basket: str
    basket_sha: str
    channel: Channel
    manner: Manner
    provider: str
    fen: Fen
    state: PayState
    code_kind: str
    code_len: int
    code_mac: str
    station: str
    staff: str
    at: str
    settled_at: str
    boot: str
    sent_ms: int
    asked_ms: int
    since_ms: int
    seen_at: str
    tries: int = 0
    wish_ms: int = -1
    ended: bool = False
    answers: int = 0
    faults: int = 0
    paid_fen: int = 0
    given_fen: int = 0
    txn: str = ""
    qr: str = ""
    alarm: str = ""
    slip: int = 0


@dataclass(frozen=True)
class RefundRow:
    """Money on its way back; `ref` the sale or return it belongs to, `reason` why (late, cancelled, return ...)."""

    refund: str
    number: str
    nonce: str
    pos: int
    fen: Fen
    ref: str
    reason: str
    state: PayState
    station: str
    staff: str
    at: str
    settled_at: str
    boot: str
    asked_ms: int
    tries: int = 0
    code: str = ""


_PAYMENT = ", ".join(field.name for field in fields(PaymentRow))
_ATTEMPT = ", ".join(field.name for field in fields(AttemptRow))
_REFUND = ", ".join(field.name for field in fields(RefundRow))


class Payments:
    """Rows of payment, pay_attempt, pay_answer, pay_refund and pay_number."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    # ---- payments ----

    def payment(self, name: str, tx: Connection | None = None) -> PaymentRow | None:
        """One by its name."""
        return next(iter(self._payments("payment = ?", (name,), tx)), None)

    def by_nonce(self, nonce: str, tx: Connection) -> PaymentRow | None:
        """The one that this wish began."""
        return next(iter(self._payments("nonce = ?", (nonce,), tx)), None)

    def of_basket(self, basket: str, tx: Connection | None = None) -> PaymentRow | None:
        """The one that is collected, or was and waits for its sale."""
        return next(iter(self._payments("basket = ? AND state IN ('open', 'paid')", (basket,), tx)), None)

    def at_station(self, station: str, tx: Connection | None = None) -> PaymentRow | None:
        """The one that stands on a station's screen."""
        where = "station = ? AND state IN ('open', 'paid') AND parked = 0"
        return next(iter(self._payments(where, (station,), tx)), None)

    def parked(self) -> list[PaymentRow]:
        """Those that go on beside the stations, oldest first."""
        return self._payments("parked = 1 AND state IN ('open', 'paid') ORDER BY at", (), None)

    def of_sale(self, sale: str, tx: Connection | None = None) -> PaymentRow | None:
        """The one that a sale was completed with."""
        return next(iter(self._payments("sale = ? AND sale != ''", (sale,), tx)), None)

    def put_payment(self, tx: Connection, row: PaymentRow) -> None:
        """Adds it, or writes what changed."""
        _put(tx, "payment", _PAYMENT, _values(row), "payment")

    # ---- attempts ----

    def attempt(self, number: str, tx: Connection | None = None) -> AttemptRow | None:
        """One by its number."""
        return next(iter(self._attempts("number = ?", (number,), tx)), None)

    def known(self, number: str, tx: Connection | None = None) -> AttemptRow:
        """One that must be there; raises LookupError."""
        row = self.attempt(number, tx)
        if row is None:
            raise LookupError(number)
        return row

    def attempt_of_nonce(self, nonce: str, tx: Connection) -> AttemptRow | None:
        """The one that this wish began."""
        return next(iter(self._attempts("nonce = ?", (nonce,), tx)), None)

    def attempt_of_code(self, mac: str, tx: Connection) -> AttemptRow | None:
        """The one that this code was shown for."""
        return next(iter(self._attempts("code_mac = ?", (mac,), tx)), None)

    def attempts(self, payment: str, tx: Connection | None = None) -> list[AttemptRow]:
        """All of a payment, oldest first."""
        return self._attempts("payment = ? ORDER BY at, rowid", (payment,), tx)

    def unsettled(self) -> list[AttemptRow]:
        """Every attempt of which nobody knows yet whether it took money, oldest first."""
        return self._attempts(f"state IN ({_OPEN}) ORDER BY at, rowid", (), None)

    def alarmed(self, limit: int) -> list[AttemptRow]:
        """What people must look at, newest first."""
        return self._attempts("alarm != '' ORDER BY at DESC LIMIT ?", (limit,), None)

    def waiting(self, limit: int) -> list[AttemptRow]:
        """Attempts of which something is still to come: unsettled, or with a refund on its way; oldest first."""
        refunds = "number IN (SELECT number FROM main.pay_refund WHERE state = 'refunding')"
        some = f"number IN (SELECT number FROM main.pay_attempt WHERE state IN ({_OPEN})) OR {refunds}"
        return self._attempts(f"({some}) ORDER BY at, rowid LIMIT ?", (limit,), None)

    def since(self, at: str, limit: int) -> list[AttemptRow]:
        """Attempts begun from that time on (RFC 3339), oldest first: for whoever compares them with a bill."""
        return self._attempts("at >= ? ORDER BY at, rowid LIMIT ?", (at, limit), None)

    def put_attempt(self, tx: Connection, row: AttemptRow) -> None:
        """Adds it, or writes what changed."""
        _put(tx, "pay_attempt", _ATTEMPT, _values(row), "number")

    def answered(
        self, tx: Connection, number: str, act: str, word: tuple[str, str, int | None], event: str, at: str
    ) -> None:
        """Keeps a provider's answer, or the fault instead of one: `word` is (said, code, fen)."""
        tx.execute(
            "INSERT INTO pay_answer (number, act, said, code, fen, event, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, act, *word, event, at),
        )

    def answers(self, number: str) -> list[tuple[str, str, str, int | None, str, str]]:
        """(act, said, code, fen, event, at) of every call about an attempt, oldest first."""
        asked = "SELECT act, said, code, fen, event, at FROM pay_answer WHERE number = ? ORDER BY id"
        return [tuple(row) for row in self._ledger.read().execute(asked, (number,))]

    def next_number(self, tx: Connection, day: str) -> int:
        """The day's next number, 1, 2, ...; a rolled back transaction leaves no gap."""
        asked = "INSERT INTO pay_number VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET last = last + 1 RETURNING last"
        return int(tx.execute(asked, (day,)).fetchone()[0])

    # ---- refunds ----

    def refund(self, name: str, tx: Connection | None = None) -> RefundRow | None:
        """One by its name."""
        return next(iter(self._refunds("refund = ?", (name,), tx)), None)

    def refunds_of_nonce(self, nonce: str, tx: Connection) -> list[RefundRow]:
        """What one wish gave back."""
        return self._refunds("nonce = ? ORDER BY pos", (nonce,), tx)

    def refunds_of(self, number: str, tx: Connection | None = None) -> list[RefundRow]:
        """Refunds of an attempt, oldest first."""
        return self._refunds("number = ? ORDER BY at, rowid", (number,), tx)

    def refunds_for(self, ref: str, tx: Connection | None = None) -> list[RefundRow]:
        """Refunds of a sale or return, oldest first."""
        return self._refunds("ref = ? ORDER BY at, rowid", (ref,), tx)

    def refunding(self) -> list[RefundRow]:
        """Refunds that are not settled, oldest first."""
        return self._refunds("state = 'refunding' ORDER BY at, rowid", (), None)

    def cash_back(self, payment: str) -> list[RefundRow]:
        """Cash that went back because a payment was given up, oldest first."""
        cash = "number IN (SELECT number FROM main.pay_attempt WHERE payment = ? AND channel = 'cash')"
        return self._refunds(f"{cash} AND reason = 'cancelled' ORDER BY at, rowid", (payment,), None)

    def newest_of(self, basket: str) -> PaymentRow | None:
        """The newest payment of a basket, whatever became of it."""
        return next(
            iter(self._payments("basket = ? ORDER BY at DESC, rowid DESC LIMIT 1", (basket,), None)), None
        )

    def put_refund(self, tx: Connection, row: RefundRow) -> None:
        """Adds it, or writes what changed."""
        _put(tx, "pay_refund", _REFUND, _values(row), "refund")

    # ---- reading ----

    def _payments(self, where: str, values: tuple[object, ...], tx: Connection | None) -> list[PaymentRow]:
        return [_payment(row) for row in self._rows(_PAYMENT, "payment", where, values, tx)]

    def _attempts(self, where: str, values: tuple[object, ...], tx: Connection | None) -> list[AttemptRow]:
        return [_attempt(row) for row in self._rows(_ATTEMPT, "pay_attempt", where, values, tx)]

    def _refunds(self, where: str, values: tuple[object, ...], tx: Connection | None) -> list[RefundRow]:
        return [_refund(row) for row in self._rows(_REFUND, "pay_refund", where, values, tx)]

    def _rows(
        self, columns: str, table: str, where: str, values: tuple[object, ...], tx: Connection | None
    ) -> Iterable[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = (
            (tx or self._ledger.read())
            .execute(f"SELECT {columns} FROM main.{table} WHERE {where}", values)
            .fetchall()
        )
        return found


def _payment(row: tuple[Any, ...]) -> PaymentRow:
    found = dict(zip((field.name for field in fields(PaymentRow)), row, strict=True))
    found["state"] = Paying(found["state"])
    found["cancelling"], found["parked"] = bool(found["cancelling"]), bool(found["parked"])
    return PaymentRow(**found)


def _attempt(row: tuple[Any, ...]) -> AttemptRow:
    found = dict(zip((field.name for field in fields(AttemptRow)), row, strict=True))
    found["channel"], found["manner"] = Channel(found["channel"]), Manner(found["manner"])
    found["state"], found["ended"] = PayState(found["state"]), bool(found["ended"])
    return AttemptRow(**found)


def _refund(row: tuple[Any, ...]) -> RefundRow:
    found = dict(zip((field.name for field in fields(RefundRow)), row, strict=True))
    found["state"] = PayState(found["state"])
    return RefundRow(**found)


def _values(row: PaymentRow | AttemptRow | RefundRow) -> tuple[object, ...]:
    found = (getattr(row, field.name) for field in fields(row))
    return tuple(one.value if isinstance(one, Paying | PayState | Channel | Manner) else one for one in found)


def _put(tx: Connection, table: str, columns: str, values: tuple[object, ...], key: str) -> None:
    names = columns.split(", ")
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name != key)
    marks = ", ".join("?" * len(names))
    tx.execute(
        f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {changed}",
        values,
    )
