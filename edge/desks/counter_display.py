"""The customer display of a staffed till: a pure function of the basket, its payment and the last sale there."""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import moment_of
from edge.desks.guide_shows import GuideShows
from edge.desks.sale_scans import SaleRoom
from edge.desks.tender import TenderDesk
from edge.domain.baskets import Priced
from edge.domain.display_views import DisplayLine, DisplayPlace, DisplayView, pay_word
from edge.domain.orders import Fen
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.selling import Basket, Bill
from edge.records.books import Books

THANKS_S = 12
"""How long the thanks stand after a sale, if nothing else is scanned."""
LINES = 7
"""Lines that are shown; older ones are counted."""


@dataclass(frozen=True)
class CounterDisplay:
    """Reads only, but for the impressions of slides."""

    books: Books
    sales: SaleRoom
    tender: TenderDesk
    shows: GuideShows

    def view(self, station: str) -> DisplayView:
        """What the display of a station shows now."""
        basket = self.sales.selling.at(station)
        if basket is not None and any(line.qty for line in basket.lines):
            bill, payment = self.sales.selling.bill(basket), self.tender.of_basket(basket.basket)
            if payment is not None and payment.state in {Paying.OPEN, Paying.PAID}:
                return self._paying(bill, payment)
            return _basket(bill)
        return self._done(station) or self._idle(station)

    def _paying(self, bill: Bill, payment: PaymentView) -> DisplayView:
        attempt = payment.attempt
        return DisplayView(
            DisplayPlace.PAYING,
            pieces=_pieces(bill.basket),
            total_fen=Fen(payment.fen),
            saved_fen=bill.priced.saved_fen,
            due_fen=payment.due_fen,
            word=pay_word(attempt.state if attempt is not None and not attempt.cancelling else None),
            qr=attempt.qr if attempt is not None else "",
            left_s=attempt.left_s if attempt is not None else 0,
            key=f"{payment.payment}:{payment.due_fen}:{attempt and (attempt.number, attempt.state.value)}",
        )

    def _done(self, station: str) -> DisplayView | None:
        sale = self.books.sales.last(station)
        if sale is None:
            return None
        gone = (self.shows.status.now() - moment_of(sale.at)).total_seconds()
        if not 0 <= gone < THANKS_S:
            return None
        return DisplayView(
            DisplayPlace.DONE,
            pieces=sale.units,
            total_fen=Fen(sale.net_fen),
            saved_fen=Fen(self.sales.checkout.saved(sale)),
            change_fen=Fen(sale.change_fen),
            key=sale.sale,
        )

    def _idle(self, station: str) -> DisplayView:
        slide = self.shows.slide(station)
        if slide is not None:
            self.shows.shown(station, slide)
        key = f"{slide.number}:{slide.media}:{slide.price_fen}:{slide.title_zh}" if slide is not None else ""
        return DisplayView(DisplayPlace.IDLE, slide=slide, quiet=self.shows.quiet(), key=key)


def _basket(bill: Bill) -> DisplayView:
    basket, priced = bill.basket, bill.priced
    lines = [line for line in basket.lines if line.qty]
    net = _nets(priced)
    shown = tuple(
        DisplayLine(
            line.line,
            line.sku,
            line.name_zh,
            line.name_en,
            line.category,
            line.qty,
            line.grams,
            net.get(line.line, Fen(line.gross_fen)),
            Fen(line.gross_fen - net.get(line.line, Fen(line.gross_fen))),
        )
        for line in reversed(lines)
    )
    return DisplayView(
        DisplayPlace.BASKET,
        shown[:LINES],
        max(0, len(shown) - LINES),
        _pieces(basket),
        priced.total_fen,
        priced.saved_fen,
        key=f"{basket.basket}:{basket.version}:{priced.total_fen}",
    )


def _nets(priced: Priced) -> dict[int, Fen]:
    return {line.line: line.net_fen for line in priced.lines}


def _pieces(basket: Basket) -> int:
    return sum(line.qty for line in basket.lines)
