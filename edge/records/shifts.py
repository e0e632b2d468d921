"""Shifts of tills: floats, cash that came and went, blind counts, and what a report adds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from edge.db import Connection, Database
from edge.domain.shifts import CashCount, Report, Shift, Taking

_SHIFT = "shift, station, staff, float_fen, opened_at, closed_at, closed_by, z"


@dataclass(frozen=True)
class Sums:
    """What the rows of a shift add up to, in fen."""

    sales: int
    units: int
    gross_fen: int
    net_fen: int
    first: str
    last: str
    tenders: tuple[tuple[str, int, int], ...]
    rules: tuple[tuple[str, int], ...]
    taxes: tuple[tuple[str, int], ...]
    trainings: int


class Shifts:
    """Rows of shift, cash_move and cash_count; sums over the sales of a shift."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def open_at(self, station: str, tx: Connection | None = None) -> Shift | None:
        """The shift that runs at a station."""
        return self._one("station = ? AND closed_at = ''", station, tx)

    def by_id(self, shift: str, tx: Connection | None = None) -> Shift | None:
        """A shift by its name."""
        return self._one("shift = ?", shift, tx)

    def by_nonce(self, nonce: str, tx: Connection) -> Shift | None:
        """The shift that this wish opened or closed."""
        return self._one("(nonce = ?1 OR close_nonce = ?1)", nonce, tx)

    def add(self, tx: Connection, shift: Shift, nonce: str) -> None:
        """Writes a shift that begins."""
        tx.execute(
            "INSERT INTO shift (shift, nonce, station, staff, float_fen, opened_at) VALUES (?, ?, ?, ?, ?, ?)",
            (shift.shift, nonce, shift.station, shift.staff, shift.float_fen, shift.opened_at),
        )

    def close(self, tx: Connection, report: Report, nonce: str) -> None:
        """Ends a shift with its Z report."""
        tx.execute(
            "UPDATE shift SET closed_at = ?, closed_by = ?, z = ?, close_nonce = ?, report = ? WHERE shift = ?",
            (
                report.at,
                report.staff,
                report.z,
                nonce,
                msgspec.json.encode(report).decode(),
                report.shift,
            ),
        )

    def report(self, shift: str, tx: Connection | None = None) -> Report | None:
        """The Z report of a closed shift, as it was."""
        row = (
            (tx or self._ledger.read())
            .execute("SELECT report FROM shift WHERE shift = ?", (shift,))
            .fetchone()
        )
        return None if row is None or not row[0] else msgspec.json.decode(row[0], type=Report)

    def unclear(self, station: str, tx: Connection) -> tuple[int, int]:
        """Baskets set aside, and orders at a screen that was freed, of whose money nobody knows yet: count, and fen."""
        baskets = (
            "SELECT count(*), coalesce(sum(p.fen), 0) FROM basket b"
            " JOIN payment p ON p.basket = b.basket AND p.state IN ('open', 'paid')"
            " WHERE b.station = ? AND b.state = 'paying' AND b.aside = 1"
        )
        orders = (
            "SELECT count(*), coalesce(sum(p.fen), 0) FROM guide_order o JOIN payment p USING (payment)"
            " WHERE o.station = ? AND o.state = 'paying' AND p.state IN ('open', 'paid') AND p.parked = 1"
        )
        found = [tx.execute(asked, (station,)).fetchone() for asked in (baskets, orders)]
        return sum(int(count) for count, _ in found), sum(int(fen) for _, fen in found)

    def move(
        self,
        tx: Connection,
        shift: str,
        nonce: str,
        kind: Taking,
        fen: int,
        reason: str,
        staff: str,
        now: str,
    ) -> None:
        """Keeps cash that moved without a sale."""
        tx.execute(
            "INSERT INTO cash_move (nonce, shift, kind, fen, reason, staff, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (nonce, shift, kind.value, fen, reason, staff, now),
        )

    def moved(self, nonce: str, tx: Connection) -> tuple[str, str, int, str] | None:
        """(shift, kind, fen, reason) of the movement of this wish."""
        asked = "SELECT shift, kind, fen, reason FROM cash_move WHERE nonce = ?"
        row: tuple[str, str, int, str] | None = tx.execute(asked, (nonce,)).fetchone()
        return row

    def cash(self, shift: str, kind: Taking, tx: Connection) -> int:
        """What moved in a shift in one way, fen."""
        asked = "SELECT coalesce(sum(fen), 0) FROM cash_move WHERE shift = ? AND kind = ?"
        return int(tx.execute(asked, (shift, kind.value)).fetchone()[0])

    def moves(self, shift: str) -> tuple[tuple[str, int, str, str, str], ...]:
        """(kind, fen, reason, staff, at) of what moved, newest first."""
        asked = "SELECT kind, fen, reason, staff, at FROM cash_move WHERE shift = ? ORDER BY id DESC"
        return tuple(tuple(row) for row in self._ledger.read().execute(asked, (shift,)))

    def count(self, tx: Connection, shift: str, nonce: str, count: CashCount) -> None:
        """Keeps a count."""
        pieces = msgspec.json.encode({str(fen): number for fen, number in count.pieces.items()}).decode()
        tx.execute(
            "INSERT INTO cash_count (nonce, shift, counted_fen, expected_fen, pieces, staff, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (nonce, shift, count.counted_fen, count.expected_fen, pieces, count.staff, count.at),
        )

    def counted(self, nonce: str, tx: Connection) -> tuple[str, CashCount] | None:
        """(shift, count) of this wish."""
        asked = "SELECT shift, counted_fen, expected_fen, staff, at, pieces FROM cash_count WHERE nonce = ?"
        row = tx.execute(asked, (nonce,)).fetchone()
        return None if row is None else (row[0], _count(row[1:]))

    def newest_count(self, shift: str, tx: Connection | None = None) -> CashCount | None:
        """The newest count of a shift."""
        asked = (
            "SELECT counted_fen, expected_fen, staff, at, pieces FROM cash_count WHERE shift = ?"
            " ORDER BY id DESC LIMIT 1"
        )
        row = (tx or self._ledger.read()).execute(asked, (shift,)).fetchone()
        return None if row is None else _count(row)

    def sums(self, shift: str, tx: Connection) -> Sums:
        """What was sold in a shift; training is only counted."""
        mine = "FROM sale s WHERE s.shift = ?1 AND s.training = 0"
        head = tx.execute(
            "SELECT count(*), coalesce(sum(s.gross_fen), 0), coalesce(sum(s.net_fen), 0),"
            f" coalesce(min(s.receipt), ''), coalesce(max(s.receipt), '') {mine}",
            (shift,),
        ).fetchone()
        lines = "FROM sale_line l JOIN sale s USING (sale) WHERE s.shift = ?1 AND s.training = 0"
        units = tx.execute(f"SELECT coalesce(sum(l.qty), 0) {lines}", (shift,)).fetchone()[0]
        tenders = tx.execute(
            "SELECT t.kind, count(*), sum(t.fen) FROM sale_tender t JOIN sale s USING (sale)"
            " WHERE s.shift = ?1 AND s.training = 0 GROUP BY t.kind ORDER BY t.kind",
            (shift,),
        ).fetchall()
        rules = tx.execute(
            "SELECT coalesce(r.title_zh, p.rule), sum(p.fen) FROM sale_part p JOIN sale s USING (sale)"
            " LEFT JOIN sale_rule r ON r.sale = p.sale AND r.rule = p.rule"
            " WHERE s.shift = ?1 AND s.training = 0 GROUP BY 1 HAVING sum(p.fen) <> 0 ORDER BY 1",
            (shift,),
        ).fetchall()
        taxes = tx.execute(f"SELECT l.tax, sum(l.net_fen) {lines} GROUP BY l.tax ORDER BY l.tax", (shift,))
        trained = "SELECT count(*) FROM sale WHERE shift = ? AND training = 1"
        return Sums(
            sales=head[0],
            units=units,
            gross_fen=head[1],
            net_fen=head[2],
            first=head[3],
            last=head[4],
            tenders=tuple(tuple(row) for row in tenders),
            rules=tuple(tuple(row) for row in rules),
            taxes=tuple(tuple(row) for row in taxes.fetchall()),
            trainings=int(tx.execute(trained, (shift,)).fetchone()[0]),
        )

    def voids(self, station: str, since: str, tx: Connection) -> tuple[int, int, int]:
        """Baskets with goods in them given up at a station since a moment, their worth in fen, and lines taken out."""
        asked = (
            "SELECT count(DISTINCT b.basket), coalesce(sum(l.qty * l.unit_fen), 0) FROM basket b"
            " JOIN basket_line l ON l.basket = b.basket AND l.gone_at = ''"
            " WHERE b.station = ? AND b.state = 'void' AND b.training = 0 AND b.changed_at >= ?"
        )
        voids, fen = tx.execute(asked, (station, since)).fetchone()
        gone = (
            "SELECT count(*) FROM basket_line l JOIN basket b USING (basket)"
            " WHERE b.station = ? AND b.training = 0 AND l.gone_at <> '' AND l.gone_at >= ?"
        )
        return int(voids), int(fen), int(tx.execute(gone, (station, since)).fetchone()[0])

    def refunds(self, station: str, since: str, tx: Connection) -> tuple[int, int, int]:
        """Refunds for goods that came back to a station since a moment: how many, fen, and fen of them in cash."""
        asked = (
            "SELECT count(*), coalesce(sum(r.fen), 0),"
            " coalesce(sum(CASE a.channel WHEN 'cash' THEN r.fen ELSE 0 END), 0)"
            " FROM pay_refund r JOIN pay_attempt a USING (number)"
            " WHERE r.station = ? AND r.at >= ? AND r.reason = 'return'"
        )
        count, fen, cash = tx.execute(asked, (station, since)).fetchone()
        return int(count), int(fen), int(cash)

    def unsold(self, shift: str, station: str, since: str, tx: Connection) -> tuple[int, int, int]:
        """Cash beside the shift's sales: how often such of a payment that was given up went back, how much, and what
        is in the drawer (or gone from it, below nought) without a sale of this shift, fen.

        Taken here for a basket that is not sold, or was sold at another till, less what went back, less what this
        shift's sales got that was taken before the shift, or elsewhere.
        """
        back = tx.execute(
            "SELECT count(*), coalesce(sum(r.fen), 0) FROM pay_refund r JOIN pay_attempt a USING (number)"
            " WHERE r.station = ? AND r.at >= ? AND r.reason = 'cancelled' AND a.channel = 'cash'",
            (station, since),
        ).fetchone()
        taken = tx.execute(
            "SELECT coalesce(sum(a.fen), 0) FROM pay_attempt a JOIN payment p USING (payment)"
            " LEFT JOIN sale s ON s.sale = p.sale AND p.sale <> ''"
            " WHERE a.at >= ?2 AND a.station = ?1 AND a.channel = 'cash' AND (s.sale IS NULL OR s.station <> ?1)",
            (station, since),
        ).fetchone()
        brought = tx.execute(
            "SELECT coalesce(sum(a.fen), 0) FROM sale s JOIN sale_tender t USING (sale)"
            " JOIN pay_attempt a ON a.number = t.number WHERE s.shift = ?1 AND s.training = 0 AND t.kind = 'cash'"
            " AND (a.station <> ?2 OR a.at < ?3)",
            (shift, station, since),
        ).fetchone()
        return int(back[0]), int(back[1]), int(taken[0]) - int(back[1]) - int(brought[0])

    def orders(self, shift: str, tx: Connection) -> tuple[tuple[str, int, int], ...]:
        """(wallet, how many, fen) of HQ's orders that were paid in a shift."""
        asked = (
            "SELECT channel, count(*), sum(fen) FROM guide_order WHERE shift = ? AND shift <> ''"
            " GROUP BY channel ORDER BY channel"
        )
        return tuple(tuple(row) for row in tx.execute(asked, (shift,)).fetchall())

    def orders_back(self, station: str, since: str, tx: Connection) -> tuple[int, int]:
        """Payments of HQ's orders that go back from a station since a moment: how many, and fen."""
        asked = (
            "SELECT count(*), coalesce(sum(fen), 0) FROM pay_refund"
            " WHERE station = ? AND at >= ? AND reason = 'lapsed'"
        )
        count, fen = tx.execute(asked, (station, since)).fetchone()
        return int(count), int(fen)

    def openings(self, station: str, since: str, tx: Connection) -> tuple[tuple[str, str, str, str], ...]:
        """(time, reason, staff, outcome) of the drawer's openings since a moment, oldest first."""
        asked = (
            "SELECT at, reason, staff, outcome FROM drawer_opening WHERE station = ? AND at >= ? ORDER BY id"
        )
        return tuple(tuple(row) for row in tx.execute(asked, (station, since)).fetchall())

    def _one(self, where: str, value: str, tx: Connection | None) -> Shift | None:
        asked = f"SELECT {_SHIFT} FROM shift WHERE {where}"
        row = (tx or self._ledger.read()).execute(asked, (value,)).fetchone()
        return None if row is None else Shift(*row)


def _count(row: tuple[Any, ...]) -> CashCount:
    pieces = msgspec.json.decode(row[4], type=dict[int, int])
    return CashCount(row[0], row[1], row[2], row[3], pieces)
