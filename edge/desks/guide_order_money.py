"""The money of orders paid at screens: collected by the one tender desk, told to HQ, given back where they lapsed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.day_shifts import open_for_today
from edge.desks.guide_order_slips import order_slip
from edge.desks.lane_places import SELF, shopper_at
from edge.desks.shifts import ShiftDesk
from edge.desks.status import Poke
from edge.desks.tender import TOPIC, TenderDesk
from edge.domain.guide_order_refusals import NotPaidHere
from edge.domain.guide_orders import ORDERING, OrderEvent, OrderState, basket_of
from edge.domain.guide_refusals import ScreenMovedOn
from edge.domain.moves import advance
from edge.domain.orders import Fen
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.payments import Channel, PayState
from edge.domain.refusals import UnknownThing
from edge.domain.views import StationView
from edge.records.books import Books
from edge.records.guide_orders import GuideOrderRow, GuideOrders
from edge.records.journal import Author
from sync.ordering import OrderPaid, OrderSaid
from sync.paying_words import Wallet

_log = logging.getLogger("store_edge.guide")
LAPSED = "lapsed"
"""Why money goes back: HQ had the order no more when it heard of the payment."""
_S, _E = OrderState, OrderEvent
_WALLETS: Mapping[Channel, Wallet] = {
    Channel.WECHAT: "wechat",
    Channel.ALIPAY: "alipay",
    Channel.UNIONPAY: "unionpay",
}
_SOME = 20
_LEFT = timedelta(seconds=60)
"""A row that no screen shows so long after its last change is nobody's."""


@dataclass(frozen=True)
class OrderMoney:
    """A row before each step and after it. No sale, no stock: the goods are HQ's, the money is told to it."""

    books: Books
    rows: GuideOrders
    tender: TenderDesk
    shifts: ShiftDesk
    store: str
    poke: Poke

    def row(self, wish: str, tx: Connection | None = None) -> GuideOrderRow:
        """An order by our name of it; raises UnknownThing."""
        found = self.rows.of_wish(wish, tx) if wish else None
        if found is None:
            raise UnknownThing
        return found

    def wish(self, row: GuideOrderRow) -> GuideOrderRow:
        """Keeps that somebody wants to pay an order here, before HQ is asked; again it is the same."""
        with self.books.ledger.transaction() as tx:
            known = self.rows.of_wish(row.wish, tx)
            if known is None:
                self.rows.put(tx, row)
        return known or row

    def offered(self, wish: str, said: OrderSaid) -> GuideOrderRow:
        """HQ made the order: its number and price are in the books before anybody is charged.

        Raises NotPaidHere, ScreenMovedOn (whoever wanted it left while HQ was asked).
        """
        with self.books.ledger.transaction() as tx:
            row, other = self.row(wish, tx), self.rows.of_order(said.order, tx)
            if other is not None and other.wish != wish:
                raise NotPaidHere  # HQ named another's order: nobody pays it twice
            if _E.OFFER not in ORDERING[row.state]:
                raise ScreenMovedOn
            row = replace(row, order_no=said.order, fen=said.fen, pay_until=said.pay_until)
            return self._moved(tx, row, _E.OFFER)

    def begin(self, wish: str) -> PaymentView:
        """Begins to collect HQ's price; once, however often it is asked. Raises the tender desk's, ScreenMovedOn."""
        station = self.row(wish).station
        open_for_today(self.shifts, station)
        with self.books.ledger.transaction() as tx:
            row = self.row(wish, tx)
            basket = basket_of(row.order_no)
            if row.state not in {_S.OFFERED, _S.PAYING}:
                raise ScreenMovedOn
            view = self.tender.open_in(tx, basket, _sha(row), row.fen, shopper_at(station), f"order:{wish}")
            if row.state is not _S.PAYING:
                self._moved(tx, replace(row, payment=view.payment), _E.PAY)
        return view

    def payment(self, row: GuideOrderRow) -> PaymentView | None:
        """What is collected for it; None before it is."""
        return self.tender.view(row.payment) if row.payment else None

    def submit(self, row: GuideOrderRow, code: str, nonce: str) -> None:
        """Charges the wallet whose code was scanned; raises what the tender desk raises."""
        self.tender.submit(row.payment, code, shopper_at(row.station), nonce)

    def stop(self, row: GuideOrderRow) -> None:
        """Gives the unsettled attempt up; the order can still be paid another way."""
        self.tender.stop(row.payment, shopper_at(row.station))

    def park(self, row: GuideOrderRow) -> None:
        """Nobody stands there any more; the work on the attempt goes on, and its result counts."""
        self.tender.park(row.payment, shopper_at(row.station))

    def drop(self, wish: str) -> OrderState:
        """Nobody wants it any more: what was or will be taken goes back. One that is paid by now stays paid."""
        row = self.rows.of_wish(wish)
        if row is None:
            return _S.DROPPED
        if row.state is _S.PAYING:
            began = self.tender.view(row.payment)
            if not _is_paid(began) and began.state is not Paying.CANCELLED:
                self.tender.cancel(row.payment, shopper_at(row.station))
            return self.finish(row).state
        with self.books.ledger.transaction() as tx:
            row = self.row(wish, tx)
            if row.state in {_S.WISHED, _S.OFFERED}:
                row = self._moved(tx, row, _E.DROP)
        return row.state

    def finish(self, row: GuideOrderRow) -> GuideOrderRow:
        """What its payment makes of an order, whoever looks first: paid, given up, or neither yet."""
        if row.state is not _S.PAYING:
            return row
        began = self.tender.view(row.payment)
        if _is_paid(began):
            return self._complete(row.wish)
        parked = self.books.payments.payment(row.payment)
        if parked is not None and parked.parked and began.state is Paying.OPEN and not began.holds:
            # It took nothing, and nobody stands there to be asked for another wallet.
            self.tender.cancel(row.payment, shopper_at(row.station))
            began = self.tender.view(row.payment)
        if began.state is not Paying.CANCELLED:
            return row
        with self.books.ledger.transaction() as tx:
            fresh = self.row(row.wish, tx)
            return self._moved(tx, fresh, _E.DROP) if fresh.state is _S.PAYING else fresh

    def turn(self, shown: Mapping[str, str]) -> bool:
        """One bounded step of what orders owe by themselves; `shown`: station -> wish on its screen."""
        worked = False
        before = self.tender.status.now() - _LEFT
        for row in self.rows.in_state(_S.PAYING, _SOME):
            worked |= self.finish(row).state is not _S.PAYING
        for state in (_S.WISHED, _S.OFFERED, _S.PAYING):
            for row in self.rows.in_state(state, _SOME):
                left = shown.get(row.station) != row.wish and moment_of(row.changed_at) < before
                if left and not self._waits(row):
                    worked |= self.drop(row.wish) is not state
        for row, end in self.rows.told(_SOME):
            self._answered(row, end)
            worked = True
        return worked

    # ---- inside ----

    def _waits(self, row: GuideOrderRow) -> bool:
        """Whether its attempt is with the workers: what comes of it is waited for."""
        return row.state is _S.PAYING and self.tender.view(row.payment).holds

    def _complete(self, wish: str) -> GuideOrderRow:
        station = self.row(wish).station
        open_for_today(self.shifts, station)
        with self.books.ledger.transaction() as tx:
            row = self.row(wish, tx)
            shift = self.books.shifts.open_at(station, tx)
            if row.state is not _S.PAYING or shift is None:
                return row
            paid, *_ = self.tender.complete(tx, row.payment, _sha(row), row.fen, basket_of(row.order_no))
            row = replace(row, number=paid.number, channel=paid.channel.value, shift=shift.shift)
            wallet = _WALLETS[paid.channel]
            fact = OrderPaid(row.order_no, row.fen, row.number, wallet, row.payment, station, row.shift)
            self.books.journal.append(tx, fact, Author(station, row.guide or SELF))
            row = self._moved(tx, replace(row, slip=self._paper(tx, row)), _E.TAKE)
        _log.info("order paid", extra={"station": station, "number": row.number, "fen": row.fen})
        self._announce(station)
        return row

    def _paper(self, tx: Connection, row: GuideOrderRow) -> int:
        station = self._station(row.station)
        if station is None or not station.printer:
            return 0
        product = self.books.replica.product(row.sku)
        names = (product.name_zh, product.name_en) if product is not None else (row.sku, row.sku)
        status = self.tender.status
        slip = order_slip(
            row, names, self.books.replica.shop(self.store), station, status.local(status.now()), status.local
        )
        return self.books.jobs.add(
            tx,
            key=f"order:{row.order_no}",
            printer=station.printer,
            station=row.station,
            ref=row.payment,
            slip=slip,
            now=stamp(status.now()),
        )

    def _answered(self, row: GuideOrderRow, end: str) -> None:
        """HQ's word on an order that was paid: it stands, or the money goes back the way it came."""
        with self.books.ledger.transaction() as tx:
            row = self.row(row.wish, tx)
            if row.state is not _S.PAID:
                return
            if end == LAPSED:
                taken = self.books.payments.known(row.number, tx)
                if taken.state is PayState.SUCCEEDED:
                    author, nonce = Author(row.station, SELF), f"{LAPSED}:{row.order_no}"
                    self.tender.settling.owe(
                        tx, taken, Fen(taken.fen), nonce, reason=LAPSED, author=author, ref=row.order_no
                    )
                self._moved(tx, row, _E.LAPSE)
            else:
                self._moved(tx, row, _E.KEEP)
        # The state is HQ's word; whose order it was stands nowhere here.
        _log.info("order answered", extra={"number": row.number, "state": end})
        self._announce(row.station)

    def _moved(self, tx: Connection, row: GuideOrderRow, event: OrderEvent) -> GuideOrderRow:
        now = stamp(self.tender.status.now())
        row = replace(row, state=advance(ORDERING, row.state, event), changed_at=now)
        self.rows.put(tx, row)
        return row

    def _station(self, name: str) -> StationView | None:
        """The screen; None where the settings have it no more, and money of its orders still has to be minded."""
        try:
            return self.shifts.staff.station(name)
        except UnknownThing:
            return None

    def _announce(self, station: str) -> None:
        known = self._station(station)
        printer = known.printer if known is not None else ""
        for topic in (TOPIC, f"station:{station}", "outbox", *([f"slips:{printer}"] if printer else [])):
            self.poke(topic)


def _is_paid(began: PaymentView) -> bool:
    return began.state is Paying.PAID and not began.cancelling


def _sha(row: GuideOrderRow) -> str:
    """What the money was taken for: this order at this price."""
    return hashlib.sha256(f"{row.order_no}\n{row.fen}".encode()).hexdigest()
