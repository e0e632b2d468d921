"""What a return writes inside the transaction that accepts it: rows, stock, points, the fact, its number, the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.selling_schema import SellingSettings
from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.refunding import Refunding
from edge.desks.return_slips import return_slip
from edge.desks.staff import StaffDesk
from edge.desks.status import StatusDesk
from edge.desks.wishing import sound
from edge.domain.return_views import CameBack, GoesBack, Returned
from edge.domain.returns import Bought, Condition, Fate, Preview, Refunded
from edge.domain.staff import Operator
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.journal import Author
from edge.records.returns import ReturnLineRow, ReturnRow
from sync.benefits import PointsEarned
from sync.goods import StockMoved, StockShifted, Unfitness
from sync.returning import ReturnAccepted, ReturnedLine
from sync.selling import SoldTender

_UNFIT: Mapping[Condition, Unfitness] = {Condition.SOILED: "worn"}
_STATES = {"to_refund": "refunding", "refunded": "refunded", "refused": "refused"}


@dataclass(frozen=True)
class Taken:
    """A return that is about to be accepted."""

    ret: str
    nonce: str
    digest: str
    bought: Bought
    told: Preview
    rma: str
    forced: bool
    why: str = ""


@dataclass(frozen=True)
class ReturnBooking:
    """Effects as rows only. `store` is this store's number."""

    books: Books
    store: str
    rules: SellingSettings
    staff: StaffDesk
    refunding: Refunding
    status: StatusDesk

    def book(self, tx: Connection, taken: Taken, operator: Operator) -> None:
        """Writes the return and its fact; goods that are not intact are unfit at once, scrapped ones gone."""
        author, bought, told = Author(operator.station, operator.staff), taken.bought, taken.told
        row = self._row(tx, taken, operator)
        seq = self.books.journal.append(tx, sound(self._fact(row, taken)), author)
        lines = tuple(_line_row(bought, one) for one in told.lines)
        whole = ReturnRow(**{**vars(row), "seq": seq, "lines": lines})
        self.books.returns.add(tx, whole, units_of(bought, told))
        for one in told.lines:
            self._unfit(tx, one, row, author)
        for points in (-told.points_lost, told.points_given):
            if points and bought.member:
                self.books.journal.append(tx, PointsEarned(bought.member, points, taken.ret), author)

    def paper(self, tx: Connection, ret: str, operator: Operator) -> None:
        """Queues the slip, once the refunds have rows."""
        row = self.books.returns.by_id(ret, tx)
        printer = self.staff.station(operator.station).printer
        if row is None or not printer:
            return
        slip = return_slip(self.view(row, tx), self.store, self.books.replica.shop(self.store), self.rules)
        job = self.books.jobs.add(
            tx,
            key=f"return:{ret}",
            printer=printer,
            station=operator.station,
            ref=ret,
            slip=slip,
            now=row.at,
        )
        tx.execute("UPDATE goods_return SET job = ? WHERE ret = ?", (job, ret))

    def view(self, row: ReturnRow, tx: Connection | None = None) -> Returned:
        """A return as people see it."""
        return Returned(
            ret=row.ret,
            receipt=row.receipt,
            source=row.source,
            ref=row.ref,
            shown=row.shown,
            station=row.station,
            staff=row.staff,
            at=self.status.local(moment_of(row.at)),
            lines=tuple(CameBack(**vars(line)) for line in row.lines),
            refund_fen=row.refund_fen,
            gift_fen=row.gift_fen,
            broken_fen=row.broken_fen,
            rounded_fen=row.rounded_fen,
            parts=self._parts(row, tx),
            points_lost=row.points_lost,
            points_given=row.points_given,
            estimate=row.estimate,
            exchange=row.exchange,
            note=back.note if (back := self.books.returns.back(row.ret)) else "",
            job=row.job,
            forced_why=row.forced_why,
            basket=self.books.returns.basket_for(row.ret, tx),
        )

    def _parts(self, row: ReturnRow, tx: Connection | None) -> tuple[GoesBack, ...]:
        if not row.at_hq:
            refunds = self.refunding.of(row.ret, tx)
            return tuple(GoesBack(one.channel.value, int(one.fen), one.state.value) for one in refunds)
        back = self.books.returns.back(row.ret)
        if back is None:
            return (GoesBack("hq", row.refund_fen, "refunding"),)
        return (GoesBack("hq", back.fen or row.refund_fen, _STATES[back.state]),)

    def _row(self, tx: Connection, taken: Taken, operator: Operator) -> ReturnRow:
        bought, told = taken.bought, taken.told
        shift = self.books.shifts.open_at(operator.station, tx)
        number = self.books.returns.next_number(tx, operator.station)
        tag = self.books.journal.stream_id()[:2].upper()
        return ReturnRow(
            ret=taken.ret,
            nonce=taken.nonce,
            request_sha=taken.digest,
            receipt=f"{operator.station}-{tag}R{number:06}",
            source=bought.source,
            ref=bought.ref,
            shown=bought.shown,
            shop=bought.store,
            station=operator.station,
            staff=operator.staff,
            shift=shift.shift if shift else "",
            at=stamp(self.status.now()),
            refund_fen=told.fen,
            gift_fen=told.gift_fen,
            broken_fen=told.broken_fen,
            at_hq=not bought.here,
            estimate=bought.estimate,
            rma=taken.rma,
            member=bought.member,
            points_lost=told.points_lost,
            points_given=told.points_given,
            forced=taken.forced,
            offline=self.status.word() is LineWord.DOWN,
            exchange="",
            seq=0,
            forced_why=taken.why,
            rounded_fen=told.rounded_fen,
        )

    def _fact(self, row: ReturnRow, taken: Taken) -> ReturnAccepted:
        kinds = {one.number: one.kind for one in taken.bought.paid}
        tenders = tuple(
            SoldTender(kinds[number], fen, number) for number, fen in taken.told.by_tender.items() if fen
        )
        return ReturnAccepted(
            ret=row.ret,
            source=row.source.value,
            ref=row.ref,
            shop=row.shop,
            lines=tuple(_wired(taken.bought, one) for one in taken.told.lines),
            refund_fen=row.refund_fen,
            gift_fen=row.gift_fen,
            broken_fen=row.broken_fen,
            tenders=tenders,
            at_hq=row.at_hq,
            estimate=row.estimate,
            rma=row.rma,
            shift=row.shift,
            member=row.member,
            offline=row.offline,
            forced=row.forced,
            exchange=row.exchange,
            forced_why=row.forced_why,
            rounded_fen=row.rounded_fen,
        )

    def _unfit(self, tx: Connection, one: Refunded, row: ReturnRow, author: Author) -> None:
        """Only what goes back on the shelf is for sale."""
        if one.wanted.fate is Fate.SHELF:
            return
        qty, kind = one.wanted.qty, _UNFIT.get(one.wanted.condition, "damaged")
        self._shift(tx, one.sku, qty, kind, row, author)
        if one.wanted.fate is Fate.SCRAP:
            self._shift(tx, one.sku, -qty, "scrapped", row, author)
            gone = StockMoved(one.sku, -qty, "damage", row.receipt)
            seq = self.books.journal.append(tx, gone, author)
            self.books.stockroom.refer(tx, seq, one.sku, -qty, "damage", row.receipt, row.at, row.staff)

    def _shift(
        self, tx: Connection, sku: str, qty: int, kind: Unfitness, row: ReturnRow, author: Author
    ) -> None:
        seq = self.books.journal.append(tx, StockShifted(sku, qty, kind, row.receipt), author)
        self.books.stockroom.shift(tx, seq, sku, qty, kind)


def units_of(bought: Bought, told: Preview) -> dict[int, tuple[int, ...]]:
    """The pieces that come back by the lines that they were bought by, whatever was handed over for them."""
    found: dict[int, tuple[int, ...]] = {}
    for one in told.lines:
        line = _bought_by(bought, one)
        found[line] = tuple(sorted((*found.get(line, ()), *one.units)))
    return found


def _bought_by(bought: Bought, one: Refunded) -> int:
    line = bought.line(one.wanted.line)
    return line.bought_by if line is not None else one.wanted.line


def _wired(bought: Bought, one: Refunded) -> ReturnedLine:
    return ReturnedLine(
        line=_bought_by(bought, one),
        sku=one.sku,
        qty=one.wanted.qty,
        fen=one.fen,
        units=one.units,
        condition=one.wanted.condition.value,
        reason=one.wanted.reason.value,
        fate=one.wanted.fate.value,
    )


def _line_row(bought: Bought, one: Refunded) -> ReturnLineRow:
    line = bought.line(one.wanted.line)
    names = (line.name_zh, line.name_en) if line else ("", "")
    wanted = one.wanted
    texts = (wanted.condition.value, wanted.reason.value, wanted.fate.value)
    return ReturnLineRow(wanted.line, one.sku, *names, wanted.qty, one.fen, *texts)
