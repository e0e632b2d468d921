"""The shift desk: a till is opened with a float, its cash moves and is counted blind, and a Z report closes it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from config.selling_schema import SellingSettings
from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.receipt_words import words_in
from edge.desks.receipts import Printed, report_slip
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.domain.refusals import BadRequest, NonceReused, NotAllowed, UnknownThing
from edge.domain.selling_refusals import BasketOpen, CashShort, CountFirst, NoShift, ShiftRuns
from edge.domain.shifts import NOTES, CashCount, Report, Shift, Taking
from edge.domain.staff import Act, Operator
from edge.records.books import Books
from edge.records.journal import Author
from sync.selling import CashCounted, CashMoved, ShiftClosed, ShiftOpened, TenderSum

MOST_FEN = 100_000_000
"""More cash than that is a typing error."""
_LEADS = frozenset({Taking.IN, Taking.OUT})


@dataclass(frozen=True)
class ShiftDesk:
    """One verb, one transaction, once a nonce. Every verb may raise a Refusal."""

    books: Books
    store: str
    rules: SellingSettings
    staff: StaffDesk
    status: StatusDesk
    poke: Poke

    def at(self, station: str) -> Shift | None:
        """The shift that runs at a station."""
        return self.books.shifts.open_at(station)

    def open(self, float_fen: int, operator: Operator, nonce: str) -> Shift:
        """Begins a shift with that much cash in the drawer. Raises ShiftRuns."""
        self._may(operator, Act.SELL)
        _sum(float_fen)
        _nonce(nonce)
        with self.books.ledger.transaction() as tx:
            stored = self.books.shifts.by_nonce(nonce, tx)
            if stored is not None:
                if (stored.float_fen, stored.station) != (float_fen, operator.station):
                    raise NonceReused
                return stored
            if self.books.shifts.open_at(operator.station, tx) is not None:
                raise ShiftRuns
            who = (operator.station, operator.staff)
            shift = Shift(str(uuid.uuid4()), *who, float_fen, self._now(), "", "", 0)
            self.books.shifts.add(tx, shift, nonce)
            self.books.journal.append(tx, ShiftOpened(shift.shift, float_fen), _author(operator))
        self._announce(operator)
        return shift

    def move(self, kind: Taking, fen: int, reason: str, operator: Operator, nonce: str) -> int:
        """Cash in, out, or dropped to the safe, for a reason; gives the fen. In and out are a lead's.

        Raises NoShift, CashShort for more than there can be, NotAllowed.
        """
        self._may(operator, Act.OPEN_DRAWER_UNSOLD if kind in _LEADS else Act.SELL)
        reason = reason.strip()[:60]
        _nonce(nonce)
        if not reason or fen <= 0:
            raise BadRequest(why="fen" if reason else "reason")
        _sum(fen)
        with self.books.ledger.transaction() as tx:
            stored = self.books.shifts.moved(nonce, tx)
            if stored is not None:
                if stored[1:] != (kind.value, fen, reason):
                    raise NonceReused
                return fen
            shift = self._running(operator, tx)
            if kind is not Taking.IN and fen > self._report(tx, shift, operator, 0).expected_fen:
                raise CashShort
            self.books.shifts.move(tx, shift.shift, nonce, kind, fen, reason, operator.staff, self._now())
            fact = CashMoved(shift.shift, kind.value, fen, reason)
            self.books.journal.append(tx, fact, _author(operator))
        self._announce(operator)
        return fen

    def count(self, pieces: Mapping[int, int], operator: Operator, nonce: str) -> CashCount:
        """Enters a blind count: how many of each note and coin (fen -> pieces). Nobody was told what ought to be there.

        Raises NoShift, BadRequest.
        """
        self._may(operator, Act.CLOSE_TILL)
        _nonce(nonce)
        if any(fen not in NOTES or not 0 <= number <= 10_000 for fen, number in pieces.items()):
            raise BadRequest(why="pieces")
        counted = sum(fen * number for fen, number in pieces.items())
        with self.books.ledger.transaction() as tx:
            stored = self.books.shifts.counted(nonce, tx)
            if stored is not None:
                if stored[1].counted_fen != counted:
                    raise NonceReused
                return stored[1]
            shift = self._running(operator, tx)
            expected = self._report(tx, shift, operator, 0).expected_fen
            kept = {fen: number for fen, number in pieces.items() if number}
            count = CashCount(counted, expected, operator.staff, self._now(), kept)
            self.books.shifts.count(tx, shift.shift, nonce, count)
            fact = CashCounted(shift.shift, counted, expected)
            self.books.journal.append(tx, fact, _author(operator))
        self._announce(operator)
        return count

    def moves(self, shift: str) -> tuple[tuple[str, int, str, str, str], ...]:
        """(kind, fen, reason, staff, at) of cash that moved without a sale, newest first."""
        return self.books.shifts.moves(shift)

    def x_report(self, operator: Operator) -> Report:
        """How the shift stands; changes nothing, any time. Raises NoShift."""
        self._may(operator, Act.SELL)
        with self.books.ledger.transaction(durable=False) as tx:
            return self._report(tx, self._running(operator, tx), operator, 0)

    def print_x(self, operator: Operator, nonce: str) -> Report:
        """The same on paper; the only row it makes is the print job's."""
        report = self.x_report(operator)
        printer = self.staff.station(operator.station).printer
        if printer:
            with self.books.ledger.transaction() as tx:
                self._print(tx, report, operator, f"x:{_nonce(nonce)}", report.shift)
            self.poke(f"slips:{printer}")
        return report

    def close(self, operator: Operator, nonce: str) -> Report:
        """Ends the shift: the Z report with the station's next number, on paper and as a fact. Raises NoShift,
        BasketOpen, CountFirst (nothing was counted since the last cash came)."""
        self._may(operator, Act.CLOSE_TILL)
        _nonce(nonce)
        with self.books.ledger.transaction() as tx:
            before = self.books.shifts.by_nonce(nonce, tx)
            if before is not None:
                stored = self.books.shifts.report(before.shift, tx)
                if stored is None:
                    raise NonceReused
                return stored
            shift = self._running(operator, tx)
            basket = self.books.baskets.at(operator.station, tx)
            if basket is not None and basket.lines and not basket.training:
                raise BasketOpen
            number = self.books.sales.next_number(tx, operator.station, "z", shift.shift)
            report = self._report(tx, shift, operator, number)
            counted = report.count is not None and report.count.expected_fen == report.expected_fen
            if self.rules.blind_count and not counted:
                raise CountFirst
            self.books.shifts.close(tx, report, nonce)
            self.books.journal.append(tx, _fact(report), _author(operator))
            self._print(tx, report, operator, f"z:{shift.shift}", f"z:{shift.shift}")
        self._announce(operator)
        printer = self.staff.station(operator.station).printer
        self.poke(f"slips:{printer}")
        return report

    def z_report(self, shift: str) -> Report:
        """The Z report of a closed shift, as it was; raises UnknownThing."""
        found = self.books.shifts.report(shift)
        if found is None:
            raise UnknownThing
        return found

    # ---- inside ----

    def _report(self, tx: Connection, shift: Shift, operator: Operator, z: int) -> Report:
        rows = self.books.shifts
        unclear, fen = rows.unclear(shift.station, tx)
        backs, back, held = rows.unsold(shift.shift, shift.station, shift.opened_at, tx)
        found = replace(self._summed(tx, shift, operator, z), unclear=unclear, unclear_fen=fen)
        found = replace(found, backs=backs, back_fen=back, held_fen=held)
        orders, gone = rows.orders(shift.shift, tx), rows.orders_back(shift.station, shift.opened_at, tx)
        return replace(found, orders=orders, order_backs=gone[0], order_back_fen=gone[1])

    def _summed(self, tx: Connection, shift: Shift, operator: Operator, z: int) -> Report:
        rows, sums = self.books.shifts, self.books.shifts.sums(shift.shift, tx)
        voids, void_fen, gone = rows.voids(shift.station, shift.opened_at, tx)
        refunds, refund_fen, cash_refund_fen = rows.refunds(shift.station, shift.opened_at, tx)
        seq, head = tx.execute("SELECT last_seq, last_sha FROM stream").fetchone()
        return Report(
            store=self.store,
            station=shift.station,
            shift=shift.shift,
            z=z,
            opened_at=shift.opened_at,
            at=self._now(),
            staff=operator.staff,
            float_fen=shift.float_fen,
            sales=sums.sales,
            units=sums.units,
            gross_fen=sums.gross_fen,
            net_fen=sums.net_fen,
            tenders=sums.tenders,
            rules=sums.rules,
            taxes=sums.taxes,
            cash_in_fen=rows.cash(shift.shift, Taking.IN, tx),
            cash_out_fen=rows.cash(shift.shift, Taking.OUT, tx),
            drop_fen=rows.cash(shift.shift, Taking.DROP, tx),
            refunds=refunds,
            refund_fen=refund_fen,
            cash_refund_fen=cash_refund_fen,
            voids=voids,
            void_fen=void_fen,
            lines_gone=gone,
            trainings=sums.trainings,
            first_receipt=sums.first,
            last_receipt=sums.last,
            openings=rows.openings(shift.station, shift.opened_at, tx),
            head=head,
            seq=seq,
            count=rows.newest_count(shift.shift, tx),
        )

    def _print(self, tx: Connection, report: Report, operator: Operator, key: str, ref: str) -> None:
        station = self.staff.station(operator.station)
        if not station.printer:
            return
        local: dict[str, datetime] = {
            at: self.status.local(moment_of(at))
            for at in {report.opened_at, *(opening[0] for opening in report.openings)}
        }
        told = Printed(
            store=self.store,
            shop=self.books.replica.shop(self.store),
            label=(station.label_zh, station.label_en),
            cashier=operator.staff,
            at=self.status.local(moment_of(report.at)),
            rules=self.rules,
        )
        reasons = words_in(self.rules.receipt_language).drawer_reasons
        slip = report_slip(report, told, local, reasons)
        self.books.jobs.add(
            tx,
            key=key,
            printer=station.printer,
            station=station.id,
            ref=ref,
            slip=slip,
            now=report.at,
        )

    def _running(self, operator: Operator, tx: Connection) -> Shift:
        shift = self.books.shifts.open_at(operator.station, tx)
        if shift is None:
            raise NoShift
        return shift

    def _announce(self, operator: Operator) -> None:
        for topic in (f"station:{operator.station}", "outbox", "printing"):
            self.poke(topic)

    def _may(self, operator: Operator, act: Act) -> None:
        if not operator.may(act):
            raise NotAllowed

    def _now(self) -> str:
        return stamp(self.status.now())


def _fact(report: Report) -> ShiftClosed:
    return ShiftClosed(
        shift=report.shift,
        z=report.z,
        sales=report.sales,
        net_fen=report.net_fen,
        tenders=tuple(TenderSum(kind, count, fen) for kind, count, fen in report.tenders),
        voids=report.voids,
        expected_fen=report.expected_fen,
        counted_fen=report.count.counted_fen if report.count is not None else None,
        head=report.head,
        seq=report.seq,
        refund_fen=report.refund_fen,
        orders=sum(one[1] for one in report.orders),
        order_fen=sum(one[2] for one in report.orders),
    )


def _author(operator: Operator) -> Author:
    return Author(operator.station, operator.staff)


def _sum(fen: int) -> None:
    if not 0 <= fen <= MOST_FEN:
        raise BadRequest(why="fen")


def _nonce(nonce: str) -> str:
    if not nonce:
        raise BadRequest(why="nonce")
    return nonce
