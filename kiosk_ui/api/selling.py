"""/api/v1/stations/…/basket, sales and shift: selling, for other tills and apps in the shop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, jsonify

from edge.domain.payment_views import Paying
from edge.domain.selling import Basket, BasketState, Line, Sale, SoldLine
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui.api.answered import JobQueued
from kiosk_ui.api.basket_more import BasketMoreApi
from kiosk_ui.api.calls import call
from kiosk_ui.api.selling_answered import BasketTold, NoBasketTold, SaleTold, ShiftTold
from kiosk_ui.api.selling_asked import (
    BasketAsked,
    CashAsked,
    CashCountAsked,
    CloseAsked,
    FloatAsked,
    OpenAsked,
    PayAsked,
    QtyAsked,
    ReprintAsked,
    SaleScanAsked,
    VoidAsked,
)
from kiosk_ui.api.strict_json import read_body


class SellingApi:
    """`client` gives the program that calls, allowed to act for the station, or refuses."""

    def __init__(self, store: Store, client: Callable[[str], Operator]) -> None:
        self._store = store
        self._room = store.sales
        self._client = client

    def add_to(self, site: Blueprint) -> None:
        """The routes."""
        here = "/stations/<station>"
        for path, view, method in (
            ("/basket", self.basket, "GET"),
            ("/basket/open", self.open, "POST"),
            ("/basket/scan", self.scan, "POST"),
            ("/basket/lines/<int(max=99999):line>", self.qty, "POST"),
            ("/basket/suspend", self.suspend, "POST"),
            ("/basket/resume", self.resume, "POST"),
            ("/basket/void", self.void, "POST"),
            ("/basket/age", self.age, "POST"),
            ("/basket/reprice", self.reprice, "POST"),
            ("/basket/pay", self.pay, "POST"),
            ("/basket/unpay", self.unpay, "POST"),
            ("/basket/set-aside", self.set_aside, "POST"),
            ("/basket/cash", self.cash, "POST"),
            ("/baskets/aside/finish", self.finish, "POST"),
            ("/baskets/aside/give-back", self.give_back, "POST"),
            ("/basket/complete", self.complete, "POST"),
            ("/sales/<sale>", self.sale, "GET"),
            ("/sales/<sale>/reprint", self.reprint, "POST"),
            ("/shift", self.shift, "GET"),
            ("/shift/open", self.open_shift, "POST"),
            ("/shift/count", self.count, "POST"),
            ("/shift/close", self.close, "POST"),
        ):
            endpoint = f"selling_{view.__name__}"
            site.add_url_rule(here + path, view_func=view, methods=[method], endpoint=endpoint)
        BasketMoreApi(self._store, self._client, self._told).add_to(site)

    @call("sales", answer=(BasketTold, NoBasketTold))
    def basket(self, station: str) -> Response:
        """GET: the basket that the station is at work on, with its price and payment."""
        operator = self._client(station)
        here = self._room.selling.at(station)
        if here is not None and here.state is BasketState.PAYING:
            here = self._room.checkout.settled(here.basket, operator)
        return jsonify(result="ok", basket=None) if here is None else self._told(here)

    @call("sales", asked=OpenAsked, answer=BasketTold)
    def open(self, station: str) -> Response:
        """POST {nonce, training?}: a new basket."""
        operator, asked = self._client(station), read_body(OpenAsked)
        return self._told(self._room.selling.open(operator, asked.nonce, training=asked.training))

    @call("sales", asked=SaleScanAsked, answer=BasketTold)
    def scan(self, station: str) -> Response:
        """POST {text, nonce}: whatever was scanned, into the basket; a pay code only while a payment is open."""
        operator, asked = self._client(station), read_body(SaleScanAsked)
        return self._told(self._room.scan(asked.text, operator, asked.nonce))

    @call("sales", asked=QtyAsked, answer=BasketTold)
    def qty(self, station: str, line: int) -> Response:
        """POST {basket, qty, nonce}: so many pieces of a line; 0 takes it out."""
        operator, asked = self._client(station), read_body(QtyAsked)
        selling = self._room.selling
        return self._told(selling.set_qty(asked.basket, line, asked.qty, operator, asked.nonce))

    @call("sales", asked=BasketAsked, answer=BasketTold)
    def suspend(self, station: str) -> Response:
        """POST {basket, nonce}: puts it aside; `code` takes it up again at any station."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return self._told(self._room.selling.suspend(asked.basket, operator, asked.nonce))

    @call("sales", asked=BasketAsked, answer=BasketTold)
    def resume(self, station: str) -> Response:
        """POST {basket, nonce}: `basket` is the name or the code of a suspended one."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return self._told(self._room.selling.resume(asked.basket, operator, asked.nonce))

    @call("sales", asked=VoidAsked, answer=BasketTold)
    def void(self, station: str) -> Response:
        """POST {basket, nonce, reason}: gives it up."""
        operator, asked = self._client(station), read_body(VoidAsked)
        return self._told(self._room.selling.void(asked.basket, asked.reason, operator, asked.nonce))

    @call("sales", asked=BasketAsked, answer=BasketTold)
    def age(self, station: str) -> Response:
        """POST {basket, nonce}: a person looked at the shopper."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return self._told(self._room.selling.age_checked(asked.basket, operator, asked.nonce))

    @call("sales", asked=BasketAsked, answer=BasketTold)
    def reprice(self, station: str) -> Response:
        """POST {basket, nonce}: HQ's newest prices and rules instead of those it was opened with."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return self._told(self._room.selling.reprice(asked.basket, operator, asked.nonce))

    @call("sales", asked=PayAsked, answer=BasketTold)
    def pay(self, station: str) -> Response:
        """POST {basket, shown_fen, nonce}: begins to collect; from now on nothing in it changes."""
        operator, asked = self._client(station), read_body(PayAsked)
        self._room.checkout.pay(asked.basket, asked.shown_fen, operator, asked.nonce)
        return self._told(self._room.selling.basket(asked.basket, operator))

    @call("sales", asked=BasketAsked, answer=BasketTold)
    def unpay(self, station: str) -> Response:
        """POST {basket, nonce}: gives the payment up; what was taken goes back."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return self._told(self._room.checkout.unpay(asked.basket, operator))

    @call("sales", asked=BasketAsked, answer=BasketTold)
    def set_aside(self, station: str) -> Response:
        """POST {basket, nonce}: frees the station while nobody knows whether the basket was paid."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return self._told(self._room.checkout.set_aside(asked.basket, operator, asked.nonce))

    @call("sales", asked=BasketAsked, answer=SaleTold)
    def finish(self, station: str) -> Response:
        """POST {basket, nonce}: sells here what was set aside at any station and is paid; role lead."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return _sold(self._room.money.finish(asked.basket, operator, asked.nonce))

    @call("sales", asked=BasketAsked, answer=BasketTold)
    def give_back(self, station: str) -> Response:
        """POST {basket, nonce}: the money of such a basket goes back, cash out of this station's drawer; role lead."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return self._told(self._room.money.give_back(asked.basket, operator))

    @call("sales", asked=CashAsked, answer=SaleTold)
    def cash(self, station: str) -> Response:
        """POST {basket, given_fen, shown_fen, nonce}: cash for all that is due; completes the sale."""
        operator, asked = self._client(station), read_body(CashAsked)
        checkout = self._room.checkout
        return _sold(checkout.cash(asked.basket, asked.given_fen, asked.shown_fen, operator, asked.nonce))

    @call("sales", asked=BasketAsked, answer=SaleTold)
    def complete(self, station: str) -> Response:
        """POST {basket, nonce}: the sale of a basket that is paid; again, the same sale."""
        operator, asked = self._client(station), read_body(BasketAsked)
        return _sold(self._room.checkout.complete(asked.basket, operator, asked.nonce))

    @call("sales", answer=SaleTold)
    def sale(self, station: str, sale: str) -> Response:
        """GET: a sale by its name or the number on its receipt."""
        self._client(station)
        return _sold(self._room.checkout.sale(sale))

    @call("sales", asked=ReprintAsked, answer=JobQueued)
    def reprint(self, station: str, sale: str) -> Response:
        """POST {nonce}: the receipt once more, marked 补打."""
        operator, asked = self._client(station), read_body(ReprintAsked)
        job = self._room.checkout.reprint(sale, operator, asked.nonce)
        return jsonify(result="ok", job={"id": job.id, "state": job.state, "reason": job.reason})

    @call("sales", answer=ShiftTold)
    def shift(self, station: str) -> Response:
        """GET: whether the till is open, and what it took; never what ought to be in the drawer."""
        operator = self._client(station)
        if self._room.shifts.at(station) is None:
            return jsonify(result="ok", open=False)
        report = self._room.shifts.x_report(operator)
        told = {"shift": report.shift, "sales": report.sales, "net_fen": report.net_fen}
        return jsonify(result="ok", open=True, z=0, variance_fen=None, **told)

    @call("sales", asked=FloatAsked, answer=ShiftTold)
    def open_shift(self, station: str) -> Response:
        """POST {float_fen, nonce}: opens the till."""
        operator, asked = self._client(station), read_body(FloatAsked)
        shift = self._room.shifts.open(asked.float_fen, operator, asked.nonce)
        return jsonify(result="ok", open=True, shift=shift.shift)

    @call("sales", asked=CashCountAsked, answer=ShiftTold)
    def count(self, station: str) -> Response:
        """POST {pieces, nonce}: a blind count; the variance is told after it."""
        operator, asked = self._client(station), read_body(CashCountAsked)
        count = self._room.shifts.count(asked.pieces, operator, asked.nonce)
        return jsonify(result="ok", open=True, variance_fen=count.variance_fen)

    @call("sales", asked=CloseAsked, answer=ShiftTold)
    def close(self, station: str) -> Response:
        """POST {nonce}: closes the till with its Z report."""
        operator, asked = self._client(station), read_body(CloseAsked)
        report = self._room.shifts.close(operator, asked.nonce)
        told = {"shift": report.shift, "sales": report.sales, "net_fen": report.net_fen, "z": report.z}
        over = report.count.counted_fen - report.expected_fen if report.count is not None else None
        return jsonify(result="ok", open=False, variance_fen=over, **told)

    def _told(self, here: Basket) -> Response:
        bill = self._room.selling.bill(here)
        payment = self._room.checkout.payment(here.basket)
        brief = None
        if payment is not None and payment.state is not Paying.CANCELLED:
            attempt = payment.attempt
            brief = {
                "state": payment.state.value,
                "due_fen": payment.due_fen,
                "attempt": attempt.state.value if attempt else "",
                "left_s": attempt.left_s if attempt else 0,
            }
        net = {one.line: int(one.net_fen) for one in bill.priced.lines}
        return jsonify(
            result="ok",
            basket=here.basket,
            station=here.station,
            state=here.state.value,
            version=here.version,
            training=here.training,
            code=here.code,
            aside=here.aside,
            lines=[_line(line, net.get(line.line, line.gross_fen)) for line in here.lines],
            units=here.units,
            total_fen=bill.total_fen,
            cash_fen=bill.cash_fen,
            saved_fen=bill.priced.saved_fen,
            member=bool(here.member),
            coupons=[held.coupon for held in bill.held],
            guide=here.guide,
            newer=bill.newer,
            checks=sorted(here.checks),
            why=[{"zh": one.zh, "en": one.en} for one in bill.priced.whys],
            why_not=[{"zh": one.zh, "en": one.en} for one in bill.priced.whynots],
            payment=brief,
        )


def _line(line: Line | SoldLine, net_fen: int) -> dict[str, object]:
    return {
        "line": line.line,
        "sku": line.sku,
        "gtin": line.gtin,
        "name": {"zh": line.name_zh, "en": line.name_en},
        "qty": line.qty,
        "grams": line.grams,
        "unit_fen": line.unit_fen,
        "gross_fen": line.gross_fen,
        "net_fen": net_fen,
        "book": line.book,
    }


def _sold(sale: Sale) -> Response:
    lines: Sequence[SoldLine] = sale.lines
    return jsonify(
        result="ok",
        repeat=sale.repeat,
        sale=sale.sale,
        receipt=sale.receipt,
        training=sale.training,
        station=sale.station,
        at=sale.at,
        lines=[_line(line, line.net_fen) for line in lines],
        gross_fen=sale.gross_fen,
        net_fen=sale.net_fen,
        tenders=[{"kind": one.kind, "fen": one.fen, "tail": one.tail} for one in sale.paid],
        change_fen=sale.change_fen,
        points=sale.points,
        job=sale.job,
    )
