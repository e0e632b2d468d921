"""Payments as others see them: rows and the clock to what a page may show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.db import Connection
from edge.desks.pay_hand import PayHand
from edge.desks.settling import taken
from edge.desks.status import StatusDesk
from edge.domain.orders import Fen
from edge.domain.payment_steps import Standing, limit_ms
from edge.domain.payment_terms import Terms
from edge.domain.payment_views import AttemptView, Paying, PaymentView, RefundView, Tender
from edge.domain.payments import LOST, UNSETTLED, Channel, Manner, PayState
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.payments import AttemptRow, PaymentRow, RefundRow

_COUNTED = frozenset({PayState.USERPAYING, PayState.UNKNOWN, PayState.QR_SHOWN})
_TAIL = 4
MISSING = "CHANNEL_MISSING"
"""The alarm of money that waits for a wallet which the settings do not have any more."""


@dataclass(frozen=True)
class PayViews:
    """Reads only."""

    books: Books
    status: StatusDesk
    terms: Terms
    hand: PayHand

    def wallets(self) -> bool:
        """Whether a wallet may be charged now: without a line it is not offered, since nobody could ask how it went."""
        if self.terms.by_hq and self.status.word() is not LineWord.UP:
            return False
        return bool(self.terms.codes) and self.hand.reachable(self.books.clock.mono_ms())

    def payment(self, row: PaymentRow, tx: Connection | None = None) -> PaymentView:
        """How a payment stands."""
        attempts = self.books.payments.attempts(row.payment, tx)
        unsettled = any(one.state in UNSETTLED for one in attempts)
        free = row.state is Paying.OPEN and not unsettled and not row.cancelling
        wallets = free and self.wallets()
        return PaymentView(
            payment=row.payment,
            basket=row.basket,
            basket_sha=row.basket_sha,
            station=row.station,
            fen=row.fen,
            due_fen=Fen(max(0, row.fen - taken(attempts))) if row.state is Paying.OPEN else Fen(0),
            state=row.state,
            tenders=self.tenders(attempts),
            attempt=self.attempt(attempts[-1]) if attempts else None,
            wallets=wallets,
            qr=self.terms.qr if wallets else (),
            cash=free,
            holds=unsettled,
            cancellable=row.state in {Paying.OPEN, Paying.PAID} and not row.cancelling,
            cancelling=row.cancelling and row.state is not Paying.CANCELLED,
        )

    def tenders(self, attempts: Sequence[AttemptRow]) -> tuple[Tender, ...]:
        """Money that was taken and is still here, in the order in which it came."""
        return tuple(
            Tender(
                one.channel,
                one.fen,
                one.number,
                one.txn[-_TAIL:],
                Fen(one.given_fen),
                Fen(max(0, one.given_fen - one.fen)),
            )
            for one in attempts
            if one.state is PayState.SUCCEEDED
        )

    def attempt(self, row: AttemptRow) -> AttemptView:
        """How an attempt stands."""
        now = self.books.clock.mono_ms()
        lost_ms = now - row.sent_ms if row.state in LOST else 0
        left = 0
        if row.state in _COUNTED and row.channel in self.terms.rules:
            left = limit_ms(standing(row, live=False), self.terms.rules[row.channel]) - now
        return AttemptView(
            number=row.number,
            channel=row.channel,
            manner=row.manner,
            fen=row.fen,
            state=row.state,
            left_s=max(0, -(-left // 1000)),
            call_staff=lost_ms >= self.terms.pace.unsure_ms,
            qr=row.qr if row.manner is Manner.QR else "",
            alarm=row.alarm or (MISSING if self.stranded(row) else ""),
            cancelling=row.wish_ms >= 0 and row.state in UNSETTLED,
            slip=row.slip,
            change_fen=Fen(max(0, row.given_fen - row.fen)),
        )

    def stranded(self, row: AttemptRow) -> bool:
        """Whether something is to be done about its money and nobody here moves that wallet's any more."""
        waits = row.state in UNSETTLED or row.state is PayState.REFUNDING
        return waits and row.channel is not Channel.CASH and not self.hand.served(row.channel.value)

    def refund(self, row: RefundRow, channel: Channel) -> RefundView:
        """How a refund stands."""
        return RefundView(row.refund, row.number, channel, row.fen, row.state, row.ref, row.reason)


def standing(row: AttemptRow, *, live: bool) -> Standing:
    """A row as the decisions see it."""
    return Standing(
        state=row.state,
        channel=row.channel,
        manner=row.manner,
        fen=row.fen,
        sent_ms=row.sent_ms,
        asked_ms=row.asked_ms,
        since_ms=row.since_ms,
        tries=row.tries,
        wish_ms=row.wish_ms,
        ended=row.ended,
        live=live,
    )
