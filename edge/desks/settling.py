"""What an event does to a payment's rows, inside whoever's transaction: state, facts, money owed back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.clock import stamp
from edge.db import Connection
from edge.desks.status import StatusDesk
from edge.domain.moves import advance
from edge.domain.orders import Fen
from edge.domain.payment_port import Answer
from edge.domain.payment_views import Paying
from edge.domain.payments import PAYMENT, UNSETTLED, Channel, PayEvent, PayState, refund_no
from edge.records.books import Books
from edge.records.journal import Author
from edge.records.payments import AttemptRow, PaymentRow, RefundRow
from sync.paying_words import FinalState, PaymentFinal, PaymentRefunded

_log = logging.getLogger("store_edge.payments")
_E, _S = PayEvent, PayState
LATE, CANCELLED, RETURN = "late", "cancelled", "return"
"""Why money goes back: it came after the attempt was given up; the payment was cancelled; goods came back."""
_TOLD: dict[PayState, FinalState] = {
    _S.SUCCEEDED: "succeeded",
    _S.FAILED: "failed",
    _S.REVERSED: "reversed",
    _S.CLOSED: "closed",
    _S.STUCK: "stuck",
    _S.SUCCEEDED_LATE: "refunding",
}


@dataclass(frozen=True)
class Settling:
    """Every change of an attempt goes through here and through the table."""

    books: Books
    status: StatusDesk

    def move(
        self, tx: Connection, row: AttemptRow, event: PayEvent, answer: Answer | None = None
    ) -> AttemptRow:
        """The attempt after the event, written, with everything that follows; raises IllegalMove."""
        clock, now = self.books.clock, stamp(self.status.now())
        state = advance(PAYMENT, row.state, event)
        mono = clock.mono_ms()
        row = replace(row, state=state, since_ms=mono, tries=0, boot=clock.boot(), seen_at=now)
        if answer is not None:
            row = replace(
                row,
                paid_fen=answer.fen if answer.fen is not None and event in _MONEY else row.paid_fen,
                txn=answer.transaction or row.txn,
                qr=answer.qr if event is _E.SHOW_QR else "",
            )
        if state not in UNSETTLED:
            row = replace(row, settled_at=now, qr="")
        row = replace(row, alarm=_alarm(row, event, answer))
        self.books.payments.put_attempt(tx, row)
        if state in _TOLD and row.channel is not Channel.CASH:
            self._tell(tx, row, answer.code if answer else "")
        facts = {"number": row.number, "state": state.value, "event": event.value, "fen": row.fen}
        _log.info("payment", extra=facts)
        if state is _S.SUCCEEDED_LATE:
            nonce = f"{LATE}:{row.number}"
            row = self.owe(tx, row, Fen(row.paid_fen), nonce, reason=LATE, author=_author(row))
        self._settle(tx, row.payment)
        return row

    def owe(
        self,
        tx: Connection,
        row: AttemptRow,
        fen: Fen,
        nonce: str,
        *,
        reason: str,
        author: Author,
        ref: str = "",
        pos: int = 0,
    ) -> AttemptRow:
        """Money of an attempt is to go back; cash has gone back then. Gives the attempt as it is afterwards."""
        clock, now = self.books.clock, stamp(self.status.now())
        nth = len(self.books.payments.refunds_of(row.number, tx)) + 1
        refund = RefundRow(
            refund=refund_no(row.number, nth),
            number=row.number,
            nonce=nonce,
            pos=pos,
            fen=fen,
            ref=ref,
            reason=reason,
            state=_S.REFUNDING,
            station=author.station,
            staff=author.staff,
            at=now,
            settled_at="",
            boot=clock.boot(),
            asked_ms=clock.mono_ms(),
        )
        self.books.payments.put_refund(tx, refund)
        row = self.refund_move(tx, row, _E.REFUND)
        if row.channel is Channel.CASH:
            row = self.refunded(tx, row, refund, done=True)
        return row

    def refunded(
        self, tx: Connection, row: AttemptRow, refund: RefundRow, *, done: bool, code: str = ""
    ) -> AttemptRow:
        """A refund came to its end; the attempt is through when the last of its refunds is."""
        now = stamp(self.status.now())
        state = _S.REFUNDED if done else _S.REFUND_FAILED
        self.books.payments.put_refund(tx, replace(refund, state=state, settled_at=now, code=code))
        if row.channel is not Channel.CASH:
            fact = PaymentRefunded(
                refund=refund.refund,
                number=row.number,
                channel=row.channel.value,
                fen=refund.fen,
                done=done,
                reason=refund.reason,
                ref=refund.ref,
                code=code,
            )
            self.books.journal.append(tx, fact, Author(refund.station, refund.staff))
        states = {one.state for one in self.books.payments.refunds_of(row.number, tx)}
        if _S.REFUNDING in states:
            return row
        return self.refund_move(tx, row, _E.REFUND_FAIL if _S.REFUND_FAILED in states else _E.REFUND_DONE)

    def refund_move(self, tx: Connection, row: AttemptRow, event: PayEvent) -> AttemptRow:
        """The attempt after something happened to one of its refunds, written; raises IllegalMove."""
        alarm = "REFUND_FAILED" if event is _E.REFUND_FAIL else row.alarm
        state, now = advance(PAYMENT, row.state, event), stamp(self.status.now())
        row = replace(row, state=state, seen_at=now, alarm=alarm)
        self.books.payments.put_attempt(tx, row)
        return row

    def _settle(self, tx: Connection, name: str) -> None:
        """What the attempts together make of the payment; money that nobody sells for any more goes back."""
        payment, attempts = self.books.payments.payment(name, tx), self.books.payments.attempts(name, tx)
        if payment is None or any(one.state in UNSETTLED for one in attempts) or payment.state in _OVER:
            return
        if payment.cancelling:
            self.give_back(tx, payment, attempts)
        elif payment.state is Paying.OPEN and taken(attempts) >= payment.fen:
            self.books.payments.put_payment(tx, replace(payment, state=Paying.PAID))

    def give_back(
        self, tx: Connection, payment: PaymentRow, attempts: Sequence[AttemptRow], station: str = ""
    ) -> None:
        """The payment is cancelled: what it took goes back, cash out of the drawer of `station` or its own."""
        author = Author(station or payment.station, payment.staff)
        for one in attempts:
            if one.state is _S.SUCCEEDED:
                self.owe(tx, one, one.fen, f"{CANCELLED}:{one.number}", reason=CANCELLED, author=author)
        self.books.payments.put_payment(tx, replace(payment, state=Paying.CANCELLED))

    def _tell(self, tx: Connection, row: AttemptRow, code: str) -> None:
        fact = PaymentFinal(
            number=row.number,
            payment=row.payment,
            basket=row.basket,
            channel=row.channel.value,
            provider=row.provider,
            fen=row.fen,
            state=_TOLD[row.state],
            paid_fen=row.paid_fen,
            transaction=row.txn,
            code=code[:200],
        )
        self.books.journal.append(tx, fact, _author(row))


_MONEY = frozenset({_E.PAY, _E.PAY_LATE, _E.STICK, _E.TAKE_CASH})
_OVER = frozenset({Paying.DONE, Paying.CANCELLED})


def taken(attempts: Sequence[AttemptRow]) -> int:
    """Fen that were taken and are still here."""
    return sum(one.fen for one in attempts if one.state is _S.SUCCEEDED)


def _alarm(row: AttemptRow, event: PayEvent, answer: Answer | None) -> str:
    match event:
        case _E.STICK:
            return "AMOUNT" if answer is not None else "STUCK"
        case _E.PAY_LATE:
            return row.alarm or "LATE"
        case _:
            return row.alarm


def _author(row: AttemptRow) -> Author:
    return Author(row.station, row.staff)
