"""Giving money back: what was taken by which tender goes back that way, never more than was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from edge.clock import stamp
from edge.db import Connection
from edge.desks.drawers import DrawerDesk
from edge.desks.pay_views import PayViews
from edge.desks.settling import RETURN, Settling
from edge.desks.status import Poke
from edge.domain.drawers import Reason
from edge.domain.orders import Fen
from edge.domain.payment_refusals import RefundTooMuch
from edge.domain.payment_views import AttemptView, RefundPart, RefundView
from edge.domain.payments import Channel, PayEvent, PayState
from edge.domain.refusals import BadRequest, NonceReused, NotAllowed, UnknownThing
from edge.domain.staff import Operator, Role
from edge.records.books import Books
from edge.records.journal import Author
from edge.records.payments import AttemptRow, RefundRow

_SOLD = frozenset({PayState.SUCCEEDED, PayState.REFUNDING, PayState.REFUNDED, PayState.REFUND_FAILED})

_NEWS = timedelta(minutes=10)


@dataclass(frozen=True)
class Refunding:
    """A refund is a row; the worker carries it out whenever there is a line, and asks until there is an answer."""

    books: Books
    drawers: DrawerDesk
    settling: Settling
    views: PayViews
    poke: Poke

    def give(
        self, parts: Sequence[RefundPart], operator: Operator, nonce: str, *, ref: str
    ) -> tuple[RefundView, ...]:
        """Gives parts of tenders back, each the way it came; `ref` is the return or sale. Cash is back at once and the
        drawer opens; wallets are REFUNDING until HQ or the provider has said so, however long that takes.

        Raises RefundTooMuch, UnknownThing, BadRequest, NonceReused.
        """
        with self.books.ledger.transaction() as tx:
            views = self.begin(tx, parts, operator, nonce, ref=ref)
        self.announce(views, operator, nonce)
        return views

    def begin(
        self, tx: Connection, parts: Sequence[RefundPart], operator: Operator, nonce: str, *, ref: str
    ) -> tuple[RefundView, ...]:
        """The rows of `give` within somebody's own transaction, who calls `announce` after the commit."""
        if not nonce or not parts or any(part.fen <= 0 for part in parts):
            raise BadRequest(why="fen" if nonce and parts else "nonce")
        stored = self.books.payments.refunds_of_nonce(nonce, tx)
        if stored:
            if [(one.number, one.fen, one.ref) for one in stored] != [(p.number, p.fen, ref) for p in parts]:
                raise NonceReused
            return self._views(stored, tx)
        author = Author(operator.station, operator.staff)
        for pos, part in enumerate(parts):
            row = self._sold(part.number, tx)
            left = row.fen - self._gone(row.number, tx)
            if part.fen > left:
                raise RefundTooMuch(left=left)
            self.settling.owe(tx, row, part.fen, nonce, reason=RETURN, author=author, ref=ref, pos=pos)
        return self._views(self.books.payments.refunds_of_nonce(nonce, tx), tx)

    def announce(self, refunds: Sequence[RefundView], operator: Operator, nonce: str) -> None:
        """After the commit of `begin`: the drawer for cash, the workers for the rest."""
        if any(one.channel is Channel.CASH for one in refunds):
            for drawer in self.drawers.at(operator.station)[:1]:
                self.drawers.open(drawer.name, Reason.CHANGE, f"back:{nonce}", operator)
        for topic in ("payments", f"station:{operator.station}", "outbox"):
            self.poke(topic)

    def hand_out(self, payment: str) -> None:
        """After the commit that gave a payment up: the drawer opens for the cash that goes back, in the name of whoever
        gave it up; asked again it opens nothing more."""
        for row in self.books.payments.cash_back(payment):
            who = Operator(row.staff, row.staff, Role.CASHIER, row.station)
            for drawer in self.drawers.at(row.station)[:1]:
                self.drawers.open(drawer.name, Reason.GIVE_BACK, f"back:{row.refund}", who)

    def handed_out(self, basket: str) -> tuple[RefundView, ...]:
        """Cash that went back in the last ten minutes because this basket's newest payment was given up."""
        since, newest = stamp(self.views.status.now() - _NEWS), self.books.payments.newest_of(basket)
        rows = self.books.payments.cash_back(newest.payment) if newest is not None else []
        return tuple(self.views.refund(row, Channel.CASH) for row in rows if row.at >= since)

    def left(self, number: str) -> Fen:
        """What can still be given back of a tender; raises UnknownThing."""
        row = self._sold(number)
        return Fen(row.fen - self._gone(number))

    def of(self, ref: str, tx: Connection | None = None) -> tuple[RefundView, ...]:
        """Refunds of a return or sale, oldest first."""
        return self._views(self.books.payments.refunds_for(ref, tx), tx)

    def pending(self) -> tuple[RefundView, ...]:
        """Refunds that are on their way, oldest first."""
        return self._views(self.books.payments.refunding())

    def again(self, refund: str, operator: Operator) -> RefundView:
        """A lead has a refund that failed asked for again, under its own number; any other stays as it is."""
        if operator.role is not Role.LEAD:
            raise NotAllowed
        with self.books.ledger.transaction() as tx:
            row = self.books.payments.refund(refund, tx)
            if row is None:
                raise UnknownThing
            if row.state is PayState.REFUND_FAILED:
                attempt = self.books.payments.known(row.number, tx)
                row = replace(row, state=PayState.REFUNDING, settled_at="", tries=0)
                self.books.payments.put_refund(tx, row)
                self.settling.refund_move(tx, attempt, PayEvent.REFUND)
            (view,) = self._views([row], tx)
        self.poke("payments")
        return view

    def troubles(self, limit: int = 20) -> tuple[AttemptView, ...]:
        """Attempts that people must look at, newest first: LATE, STUCK, AMOUNT, REFUND_FAILED, CHANNEL_MISSING."""
        rows = {row.number: row for row in self.books.payments.alarmed(limit)}
        for row in self.books.payments.waiting(limit):
            if self.views.stranded(row):
                rows.setdefault(row.number, row)
        newest = sorted(rows.values(), key=lambda row: row.at, reverse=True)[:limit]
        return tuple(self.views.attempt(row) for row in newest)

    def seen(self, number: str, operator: Operator) -> None:
        """A lead looked at it; one that is stuck stays."""
        if operator.role is not Role.LEAD:
            raise NotAllowed
        with self.books.ledger.transaction() as tx:
            row = self.books.payments.attempt(number, tx)
            if row is None:
                raise UnknownThing
            if row.state is not PayState.STUCK:
                self.books.payments.put_attempt(tx, replace(row, alarm=""))
        self.poke("payments")

    def _sold(self, number: str, tx: Connection | None = None) -> AttemptRow:
        row = self.books.payments.attempt(number, tx)
        if row is None or row.state not in _SOLD:
            raise UnknownThing
        return row

    def _gone(self, number: str, tx: Connection | None = None) -> int:
        rows = self.books.payments.refunds_of(number, tx)
        return sum(one.fen for one in rows)

    def _views(self, rows: Sequence[RefundRow], tx: Connection | None = None) -> tuple[RefundView, ...]:
        attempts = self.books.payments
        return tuple(self.views.refund(row, attempts.known(row.number, tx).channel) for row in rows)
