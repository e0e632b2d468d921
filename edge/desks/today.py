"""The desk of the day's figures: the store's for HOME, one person's for their own list. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import stamp
from edge.desks.status import StatusDesk
from edge.domain.staff import Operator
from edge.domain.today import OwnDay, OwnJoin, OwnOrder, OwnSale, Today
from edge.records.books import Books


@dataclass(frozen=True)
class TodayDesk:
    """A day begins at the store's midnight."""

    books: Books
    status: StatusDesk

    def figures(self) -> Today:
        """The store's day so far."""
        since, day = self._midnight(), self.books.day_figures
        sales, fen = day.sales(since)
        ready, in_time, short = day.finished(since)
        return Today(
            sales=sales,
            sales_fen=fen,
            handed=self.books.pickups.handed_since(since),
            ready=ready,
            ready_in_time=in_time,
            refunds_pending=day.refunds_pending(),
            short_pieces=short,
            score=day.score(since),
        )

    def own(self, operator: Operator) -> OwnDay:
        """What this person sold as a guide, whom they won as a member, what they handed over; nobody else's."""
        since, day = self._midnight(), self.books.day_figures
        orders = [
            (self.books.replica.order(order), order, at, undone)
            for order, at, undone in day.own_orders(operator.staff, since)
        ]
        return OwnDay(
            sales=tuple(OwnSale(*row) for row in day.own_sales(operator.staff, since)),
            joins=tuple(OwnJoin(*row) for row in day.own_joins(operator.staff, since)),
            orders=tuple(
                OwnOrder(known.tail if known else name[-4:], at, known.channel if known else "", undone)
                for known, name, at, undone in orders
            ),
        )

    def _midnight(self) -> str:
        local = self.status.local(self.status.now())
        return stamp(local.replace(hour=0, minute=0, second=0, microsecond=0))
