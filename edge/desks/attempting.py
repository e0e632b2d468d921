"""How an attempt begins: may it, under which number, and was it begun before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.clock import stamp
from edge.db import Connection
from edge.desks.pay_views import PayViews
from edge.desks.settling import taken
from edge.desks.status import StatusDesk
from edge.domain.orders import Fen
from edge.domain.payment_refusals import (
    ChannelClosed,
    PayCodeUsed,
    PaymentOver,
    PaymentUnsettled,
    WalletsOffline,
)
from edge.domain.payment_terms import Terms
from edge.domain.payment_views import Paying
from edge.domain.payments import NOT_PAID, UNSETTLED, Channel, Manner, PayState, out_trade_no
from edge.domain.refusals import BadRequest, NonceReused, UnknownThing
from edge.domain.staff import Operator
from edge.records.books import Books
from edge.records.payments import AttemptRow, PaymentRow


@dataclass(frozen=True)
class Attempting:
    """Within the tender desk's transactions; writes nothing but the day's number."""

    books: Books
    status: StatusDesk
    terms: Terms
    views: PayViews

    def due(self, tx: Connection, payment: str, operator: Operator) -> PaymentRow:
        """The payment if it may be paid now, here."""
        row = known(self.books, payment, tx)
        if row.station != operator.station:
            raise UnknownThing
        if row.state is not Paying.OPEN or row.cancelling:
            raise PaymentOver
        if any(one.state in UNSETTLED for one in self.books.payments.attempts(payment, tx)):
            raise PaymentUnsettled
        return row

    def offered(self, channel: Channel, taken_here: Sequence[Channel]) -> None:
        """Raises ChannelClosed, or WalletsOffline while there is no line."""
        if channel not in taken_here:
            raise ChannelClosed
        if not self.views.wallets():
            raise WalletsOffline

    def new(
        self,
        tx: Connection,
        row: PaymentRow,
        channel: Channel,
        manner: Manner,
        fen: int | None,
        operator: Operator,
        wish: tuple[str, str],
    ) -> AttemptRow:
        """An attempt in its first state, not written yet; `wish` is the nonce and the hash of what was asked."""
        asked = self._part(tx, row, fen)
        clock, now = self.books.clock, self.status.now()
        mono = clock.mono_ms()
        return AttemptRow(
            number=self._number(tx, now, operator.station),
            payment=row.payment,
            nonce=wish[0],
            asked_sha=wish[1],
            basket=row.basket,
            basket_sha=row.basket_sha,
            channel=channel,
            manner=manner,
            provider="till" if channel is Channel.CASH else self.terms.provider,
            fen=Fen(asked),
            state=PayState.NEW,
            code_kind="",
            code_len=0,
            code_mac="",
            station=operator.station,
            staff=operator.staff,
            at=stamp(now),
            settled_at="",
            boot=clock.boot(),
            sent_ms=mono,
            asked_ms=mono,
            since_ms=mono,
            seen_at=stamp(now),
        )

    def _part(self, tx: Connection, row: PaymentRow, fen: int | None) -> int:
        """What is asked for: all that is due, or a part of it."""
        due = row.fen - taken(self.books.payments.attempts(row.payment, tx))
        asked = due if fen is None else fen
        if not 0 < asked <= due:
            raise BadRequest(why="fen")
        return asked

    def _number(self, tx: Connection, now: datetime, station: str) -> str:
        day = self.status.local(now).date()
        seq = self.books.payments.next_number(tx, day.isoformat())
        lane = self.terms.lanes.get(station, 0)
        return out_trade_no(self.terms.store, day, lane, seq, secrets.token_hex(1))

    def stored(self, tx: Connection, nonce: str, asked: str) -> AttemptRow | None:
        """What this wish began before; raises NonceReused."""
        if not nonce:
            raise BadRequest(why="nonce")
        stored = self.books.payments.attempt_of_nonce(nonce, tx)
        if stored is not None and stored.asked_sha != asked:
            raise NonceReused
        return stored

    def same_scan(self, tx: Connection, mac: str, payment: str) -> AttemptRow | None:
        """The attempt that this very code began: a scanner that read twice changes nothing."""
        before = self.books.payments.attempt_of_code(mac, tx)
        if before is None:
            return None
        if before.payment != payment or before.state in NOT_PAID:
            raise PayCodeUsed
        return before


def known(books: Books, payment: str, tx: Connection | None = None) -> PaymentRow:
    """A payment by its name; raises UnknownThing."""
    row = books.payments.payment(payment, tx)
    if row is None:
        raise UnknownThing
    return row
