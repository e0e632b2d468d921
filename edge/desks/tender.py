"""The tender desk: what is collected for a basket, by which attempts, and what goes back."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace

from edge.clock import stamp
from edge.db import Connection
from edge.desks.attempting import Attempting, known
from edge.desks.drawers import DrawerDesk
from edge.desks.pay_hand import PayHand
from edge.desks.pay_views import PayViews
from edge.desks.refunding import Refunding
from edge.desks.settling import Settling, taken
from edge.desks.status import Poke, StatusDesk
from edge.domain.drawers import Reason
from edge.domain.orders import Fen
from edge.domain.payment_refusals import (
    NoPayCode,
    NotPaid,
    PaymentBegun,
    PaymentOver,
    PaymentUnsettled,
)
from edge.domain.payment_terms import Terms, channel_of
from edge.domain.payment_views import Paying, PaymentView, Tender
from edge.domain.payments import MOST_FEN, UNSETTLED, Channel, Manner, PayEvent
from edge.domain.refusals import BadRequest, NonceReused
from edge.domain.scanned import classify
from edge.domain.staff import Operator
from edge.records.books import Books
from edge.records.payments import PaymentRow

TOPIC = "payments"
"""A poke of it wakes the workers that call providers."""


@dataclass(frozen=True)
class TenderDesk:
    """Rows first; the call follows in another thread, and the page is poked with what came of it.

    Refunds are `back`. Nothing here waits for a network.
    """

    books: Books
    status: StatusDesk
    drawers: DrawerDesk
    terms: Terms
    hand: PayHand
    settling: Settling
    views: PayViews
    begin: Attempting
    back: Refunding
    poke: Poke

    # ---- the payment of a basket ----

    def open(self, basket: str, basket_sha: str, fen: int, operator: Operator, nonce: str) -> PaymentView:
        """Begins to collect `fen` for a basket as `basket_sha` names it, at the operator's station; nothing to collect
        is paid at once. The same basket again is the same payment, also from another station.

        Raises PaymentUnsettled, PaymentBegun (money was taken for the basket as it was), NonceReused, BadRequest.
        """
        with self.books.ledger.transaction() as tx:
            view = self.open_in(tx, basket, basket_sha, fen, operator, nonce)
        self.poke(f"station:{operator.station}")
        return view

    def open_in(
        self, tx: Connection, basket: str, basket_sha: str, fen: int, operator: Operator, nonce: str
    ) -> PaymentView:
        """The same within the transaction that closes the basket to changes, whose caller pokes the station."""
        if not nonce or not basket or not basket_sha or not 0 <= fen <= MOST_FEN:
            raise BadRequest(why="fen" if nonce and basket and basket_sha else "nonce")
        stored = self.books.payments.by_nonce(nonce, tx)
        if stored is not None:
            if (stored.basket, stored.basket_sha, stored.fen) != (basket, basket_sha, fen):
                raise NonceReused
            return self.views.payment(stored, tx)
        before = self.books.payments.of_basket(basket, tx)
        if before is not None and (before.basket_sha, before.fen) == (basket_sha, fen):
            row = replace(before, station=operator.station, staff=operator.staff, parked=False)
        else:
            row = self._new(basket, basket_sha, Fen(fen), operator, nonce)
            self._retire(tx, before)
        here = self.books.payments.at_station(operator.station, tx)
        if here is not None and here.payment not in {row.payment, before.payment if before else ""}:
            self._retire(tx, here)
        self.books.payments.put_payment(tx, row)
        return self.views.payment(row, tx)

    def view(self, payment: str) -> PaymentView:
        """How a payment stands; raises UnknownThing."""
        return self.views.payment(known(self.books, payment))

    def at(self, station: str) -> PaymentView | None:
        """The payment on a station's screen."""
        row = self.books.payments.at_station(station)
        return None if row is None else self.views.payment(row)

    def of_basket(self, basket: str) -> PaymentView | None:
        """The payment that collects for a basket; while there is one the basket must not change."""
        row = self.books.payments.of_basket(basket)
        return None if row is None else self.views.payment(row)

    def complete(
        self, tx: Connection, payment: str, basket_sha: str, fen: int, sale: str
    ) -> tuple[Tender, ...]:
        """Within the transaction that completes a sale: the money is this sale's, once. Raises NotPaid, PaymentOver."""
        row = known(self.books, payment, tx)
        if row.state in {Paying.DONE, Paying.CANCELLED}:
            raise PaymentOver
        if row.state is not Paying.PAID or row.cancelling or (row.basket_sha, row.fen) != (basket_sha, fen):
            raise NotPaid
        self.books.payments.put_payment(tx, replace(row, state=Paying.DONE, sale=sale))
        return self.views.tenders(self.books.payments.attempts(payment, tx))

    def stop(self, payment: str, operator: Operator) -> PaymentView:
        """Gives the unsettled attempt up (取消支付): it is asked for once more and taken back; the payment stays."""
        return self._wish(payment, operator, cancel=False)

    def cancel(self, payment: str, operator: Operator) -> PaymentView:
        """Gives the whole payment up: whatever was or will be taken goes back, and for cash the drawer opens. Again, it
        changes nothing more.

        Raises PaymentOver where a sale has the money already.
        """
        return self._wish(payment, operator, cancel=True)

    def park(self, payment: str, operator: Operator) -> PaymentView:
        """Frees the station while an attempt is not settled; the work on it goes on."""
        with self.books.ledger.transaction() as tx:
            row = self.park_in(tx, payment)
        self.poke(f"station:{operator.station}")
        return self.views.payment(row)

    def park_in(self, tx: Connection, payment: str) -> PaymentRow:
        """The same within somebody's own transaction; raises PaymentOver."""
        row = known(self.books, payment, tx)
        if row.state in {Paying.DONE, Paying.CANCELLED}:
            raise PaymentOver
        row = replace(row, parked=True)
        self.books.payments.put_payment(tx, row)
        return row

    # ---- tenders ----

    def submit(
        self, payment: str, code: str, operator: Operator, nonce: str, fen: int | None = None
    ) -> PaymentView:
        """Charges the wallet whose code was scanned; `fen` a part of what is due. The answer is SUBMITTING: the page
        asks again when it is poked. The code is held in memory until the call, and kept nowhere.

        Raises NoPayCode, ChannelClosed, PayCodeUsed, WalletsOffline, PaymentUnsettled, PaymentOver, NonceReused.
        """
        scanned = classify(code)
        channel = channel_of(scanned)
        if channel is None:
            raise NoPayCode
        mac = self.hand.mac(scanned.value)
        number = ""
        try:
            with self.books.ledger.transaction() as tx:
                stored = self.begin.stored(tx, nonce, asked := _digest("code", payment, mac, fen))
                if stored is not None or (stored := self.begin.same_scan(tx, mac, payment)) is not None:
                    return self.views.payment(known(self.books, stored.payment, tx), tx)
                row = self.begin.due(tx, payment, operator)
                self.begin.offered(channel, self.terms.codes)
                attempt = self.begin.new(tx, row, channel, Manner.CODE, fen, operator, (nonce, asked))
                attempt = replace(
                    attempt, code_kind=scanned.kind.value, code_len=len(scanned.value), code_mac=mac
                )
                number = attempt.number
                # Before the commit: a worker that saw the row without the code would take the call for made.
                self.hand.hold(number, scanned.value)
                self.settling.move(tx, attempt, PayEvent.SUBMIT)
        except BaseException:
            self.hand.drop(number)
            raise
        return self._announced(payment, operator)

    def show_qr(
        self, payment: str, channel: Channel, operator: Operator, nonce: str, fen: int | None = None
    ) -> PaymentView:
        """Asks for a code that the shopper scans; it is in the attempt's `qr` when the page is poked.

        Raises ChannelClosed, WalletsOffline, PaymentUnsettled, PaymentOver, NonceReused.
        """
        number = ""
        try:
            with self.books.ledger.transaction() as tx:
                asked = _digest("qr", payment, channel.value, fen)
                stored = self.begin.stored(tx, nonce, asked)
                if stored is not None:
                    return self.views.payment(known(self.books, stored.payment, tx), tx)
                row = self.begin.due(tx, payment, operator)
                self.begin.offered(channel, self.terms.qr)
                attempt = self.begin.new(tx, row, channel, Manner.QR, fen, operator, (nonce, asked))
                number = attempt.number
                self.hand.hold(number, "")
                self.books.payments.put_attempt(tx, attempt)
        except BaseException:
            self.hand.drop(number)
            raise
        return self._announced(payment, operator)

    def cash(self, payment: str, given_fen: int, operator: Operator, nonce: str) -> PaymentView:
        """Takes notes and coins: as much as is due of what was given, the rest is change; then the drawer opens.

        Raises BadRequest, PaymentUnsettled, PaymentOver, NonceReused.
        """
        if not 0 < given_fen <= MOST_FEN:
            raise BadRequest(why="given_fen")
        with self.books.ledger.transaction() as tx:
            asked = _digest("cash", payment, given_fen)
            stored = self.begin.stored(tx, nonce, asked)
            if stored is None:
                row = self.begin.due(tx, payment, operator)
                due = row.fen - taken(self.books.payments.attempts(payment, tx))
                fen = min(given_fen, due)
                attempt = self.begin.new(tx, row, Channel.CASH, Manner.CASH, fen, operator, (nonce, asked))
                attempt = replace(attempt, given_fen=given_fen, paid_fen=fen)
                self.settling.move(tx, attempt, PayEvent.TAKE_CASH)
        for drawer in self.drawers.at(operator.station)[:1]:
            self.drawers.open(drawer.name, Reason.CHANGE, f"cash:{nonce}", operator)
        return self._announced(payment, operator)

    # ---- inside ----

    def _new(self, basket: str, sha: str, fen: Fen, operator: Operator, nonce: str) -> PaymentRow:
        return PaymentRow(
            payment=str(uuid.uuid4()),
            nonce=nonce,
            basket=basket,
            basket_sha=sha,
            fen=fen,
            station=operator.station,
            staff=operator.staff,
            state=Paying.OPEN if fen else Paying.PAID,
            cancelling=False,
            parked=False,
            sale="",
            at=stamp(self.status.now()),
        )

    def _retire(self, tx: Connection, row: PaymentRow | None) -> None:
        """A payment gives way to another: only one that took nothing, and of which everything is known, can."""
        if row is None:
            return
        attempts = self.books.payments.attempts(row.payment, tx)
        if any(one.state in UNSETTLED for one in attempts):
            raise PaymentUnsettled
        if taken(attempts):
            raise PaymentBegun
        self.books.payments.put_payment(tx, replace(row, state=Paying.CANCELLED))

    def _wish(self, payment: str, operator: Operator, *, cancel: bool) -> PaymentView:
        with self.books.ledger.transaction() as tx:
            row = known(self.books, payment, tx)
            if row.state is Paying.DONE:
                raise PaymentOver
            attempts = self.books.payments.attempts(payment, tx)
            unsettled = [one for one in attempts if one.state in UNSETTLED]
            for one in unsettled:
                if one.wish_ms < 0:
                    wished = replace(one, wish_ms=self.books.clock.mono_ms())
                    self.books.payments.put_attempt(tx, wished)
            if cancel and row.state is not Paying.CANCELLED:
                # Whoever gives it up answers for the cash that goes out of the drawer.
                row = replace(row, cancelling=True, staff=operator.staff)
                self.books.payments.put_payment(tx, row)
                if not unsettled:
                    self.settling.give_back(tx, row, attempts, operator.station)
        self.back.hand_out(payment)
        return self._announced(payment, operator)

    def _announced(self, payment: str, operator: Operator) -> PaymentView:
        for topic in (TOPIC, f"station:{operator.station}", "outbox"):
            self.poke(topic)
        return self.view(payment)


def _digest(*asked: object) -> str:
    return hashlib.sha256(repr(asked).encode()).hexdigest()
