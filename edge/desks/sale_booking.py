"""What a sale writes inside the transaction that completes it: rows, facts, stock, coupons, points, number, paper."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from config.selling_schema import SellingSettings
from edge.clock import moment_of
from edge.db import Connection
from edge.desks.basket_work import BasketWork
from edge.desks.coupons import CouponDesk
from edge.desks.letterhead import headed
from edge.desks.printing import PrintDesk
from edge.desks.quoting import Quoting
from edge.desks.receipts import Printed, receipt
from edge.desks.repurchase import RepurchaseDesk
from edge.desks.sale_lines import fact_of, sold_lines
from edge.desks.staff import StaffDesk
from edge.domain.baskets import Priced
from edge.domain.benefits import chosen
from edge.domain.counter_views import Promise
from edge.domain.payment_views import Tender
from edge.domain.receipt_numbers import receipt_number
from edge.domain.selling import Basket, BasketState, Paid, Sale
from edge.domain.selling_refusals import NoShift
from edge.domain.staff import Operator, Role
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.coupons import PromiseRow
from edge.records.journal import Author
from edge.records.sales import Series
from sync.benefits import PointsEarned, PointsSpent
from sync.goods import StockMoved

_SALES = uuid.UUID("6f2d0a0e-8f0e-5c0f-9a4e-3f6f0d6f4c11")
_SELF = {"zh": "自助收银", "en": "Self-checkout"}
Invoice = Callable[[str], str]
"""Gives the text of the QR that asks HQ for an e-invoice, by receipt number; "" where there is none."""


@dataclass(frozen=True)
class SaleBooking:
    """Effects as rows only: what is printed, sent or opened follows the commit."""

    books: Books
    store: str
    rules: SellingSettings
    work: BasketWork
    quoting: Quoting
    coupons: CouponDesk
    repurchase: RepurchaseDesk
    staff: StaffDesk
    printing: PrintDesk
    invoice: Invoice

    def name(self, basket: str) -> str:
        """The name of the sale that a basket becomes: the same however often it is tried."""
        return str(uuid.uuid5(_SALES, basket))

    def seller(self, basket: Basket) -> Operator:
        """Who sold it, for a sale that completes while nobody looks."""
        return Operator(basket.staff, basket.staff, Role.CASHIER, basket.station)

    def printer(self, station: str) -> str:
        """The printer that serves a station."""
        return self.staff.station(station).printer

    def promised(self, basket: Basket, fen: int) -> PromiseRow | None:
        """The coupon for the next sale; asks HQ, so never inside a transaction. `book` keeps it with the sale."""
        if basket.training or not fen:
            return None
        return self.repurchase.promise(self.name(basket.basket), fen, member=basket.member)

    def book(
        self,
        tx: Connection,
        basket: Basket,
        priced: Priced,
        taken: Sequence[Tender],
        operator: Operator,
        nonce: str,
        earned: PromiseRow | None,
    ) -> Sale:
        """A sale that was paid, and the coupon that it earned (`promised`). Raises NoShift."""
        shift = self.books.shifts.open_at(basket.station, tx)
        if shift is None:
            raise NoShift
        author, name = Author(basket.station, operator.staff), self.name(basket.basket)
        grants = self._from_quotas(tx, basket, name, author)
        promise = self.repurchase.keep(tx, earned, author, basket.member) if earned is not None else None
        paid = tuple(Paid(one.channel.value, int(one.fen), one.number, one.tail) for one in taken)
        sale = self._sale(tx, basket, priced, operator, shift.shift, grants)
        sale = replace(
            sale,
            paid=paid,
            given_fen=sum(one.given_fen for one in taken),
            change_fen=sum(one.change_fen for one in taken),
            claim=promise.text if promise is not None else "",
        )
        self._coupons(tx, basket, priced, operator, name)
        self._points(tx, basket, priced, name, author)
        self.quoting.deposits.use_in(tx, basket.basket, priced, name, author)
        self.quoting.deposits.note_budgets(tx, priced, self.quoting.book(basket, tx))
        exchange = self.books.returns.exchange_of(basket.basket, tx)
        fact = fact_of(sale, age_checked=bool(basket.age_by), exchange=exchange)
        seq = self.books.journal.append(tx, fact, author)
        return self._written(tx, basket, replace(sale, seq=seq), operator, nonce, promise)

    def rehearse(
        self, tx: Connection, basket: Basket, priced: Priced, given_fen: int, operator: Operator, nonce: str
    ) -> Sale:
        """A sale of training: the same paper, clearly marked; no fact, no stock, no coupon, no points, no cash."""
        shift = self.books.shifts.open_at(basket.station, tx)
        sale = self._sale(tx, basket, priced, operator, shift.shift if shift else "", {})
        total = int(priced.total_fen)
        paid = (Paid("cash", total),) if total else ()
        sale = replace(sale, paid=paid, given_fen=given_fen, change_fen=given_fen - total)
        return self._written(tx, basket, sale, operator, nonce, None)

    def _sale(
        self,
        tx: Connection,
        basket: Basket,
        priced: Priced,
        operator: Operator,
        shift: str,
        grants: dict[int, str],
    ) -> Sale:
        name, now = self.name(basket.basket), self.work.now()
        given = {gift.priced.sku: self.books.wares.ware(gift.priced.sku) for gift in priced.gifts}
        gifts = {sku: ware for sku, ware in given.items() if ware is not None}
        lines = sold_lines(basket, priced, grants, gifts)
        return Sale(
            sale=name,
            receipt=self._number(tx, basket, name),
            basket=basket.basket,
            training=basket.training,
            station=basket.station,
            staff=operator.staff,
            shift=shift,
            at=now,
            day=self.work.status.local(moment_of(now)).date().isoformat(),
            channel=basket.channel,
            member=basket.member,
            tier=basket.tier,
            card_tail=basket.card_tail,
            guide=basket.guide,
            rules=basket.rules,
            gross_fen=sum(line.gross_fen for line in lines),
            net_fen=int(priced.total_fen),
            given_fen=0,
            change_fen=0,
            points=priced.points_estimate if basket.member else 0,
            offline=self.work.status.word() is LineWord.DOWN,
            seq=0,
            lines=lines,
            titles=self.quoting.titles(basket, priced),
        )

    def _rates(self, sale: Sale) -> Iterator[tuple[int, tuple[int, str]]]:
        """Line -> (price, unit) of goods by weight, where what was paid is that price times the weight."""
        for line in sale.lines:
            ware = self.books.wares.ware(line.sku) if line.grams else None
            if ware is not None and ware.fen is not None and ware.weighed_fen(line.grams) == line.unit_fen:
                yield line.line, (ware.fen, ware.unit or "kg")

    def _number(self, tx: Connection, basket: Basket, name: str) -> str:
        """The station's next number: in the transaction that makes the sale, so that none is lost."""
        series: Series = "training" if basket.training else "sale"
        number = self.books.sales.next_number(tx, basket.station, series, name)
        stream = self.books.journal.stream_id()
        return receipt_number(basket.station, stream, number, training=basket.training)

    def _from_quotas(self, tx: Connection, basket: Basket, sale: str, author: Author) -> dict[int, str]:
        """Takes goods in escrow out of their quotas; line -> grant.

        What no quota covers any more (HQ took it back while money was being taken) is sold all the same: it is paid.
        """
        grants = {}
        now = self.work.now()
        # HQ's grants are read beside the transaction, which does not see what its own lines spent before.
        spent: Counter[str] = Counter()
        for line in basket.lines:
            quotas = self.books.wallet.quotas(line.sku)
            left = (replace(quota, spent=quota.spent + spent[quota.grant]) for quota in quotas)
            escrow = chosen(left, line.qty, now)
            if escrow is None:
                continue
            fact = StockMoved(line.sku, -line.qty, "sale", sale, escrow.grant)
            seq = self.books.journal.append(tx, fact, author)
            self.books.wallet.act(tx, seq, escrow.grant, spent=line.qty)
            spent[escrow.grant] += line.qty
            grants[line.line] = escrow.grant
        return grants

    def _coupons(self, tx: Connection, basket: Basket, priced: Priced, operator: Operator, sale: str) -> None:
        used = {part.rule: int(part.fen) for part in priced.parts if part.kind == "coupon" and part.fen}
        for coupon, lock in self.coupons.counted(tx, basket.basket, used).items():
            self.coupons.redeem_in(tx, lock, used[coupon], operator, sale)
        # Those that took nothing off are the shopper's again.
        self.coupons.release_all(tx, basket.basket)

    def _points(self, tx: Connection, basket: Basket, priced: Priced, sale: str, author: Author) -> None:
        if not basket.member:
            return
        if priced.points_used:
            escrow = chosen(self.books.wallet.points(basket.member), priced.points_used, self.work.now())
            grant = escrow.grant if escrow is not None else ""
            spent = PointsSpent(basket.member, priced.points_used, grant, sale)
            seq = self.books.journal.append(tx, spent, author)
            if escrow is not None:
                self.books.wallet.act(tx, seq, grant, spent=priced.points_used)
        if priced.points_estimate:
            self.books.journal.append(tx, PointsEarned(basket.member, priced.points_estimate, sale), author)

    def _written(
        self,
        tx: Connection,
        basket: Basket,
        sale: Sale,
        operator: Operator,
        nonce: str,
        promise: Promise | None,
    ) -> Sale:
        self.books.sales.add(tx, sale, nonce, basket.basket)
        self.books.baskets.thaw(tx, basket.basket)
        self.work.saved(tx, replace(basket, state=BasketState.SOLD))
        if self.staff.station(sale.station).kind == "kiosk":
            return sale  # the shopper is asked whether it is wanted on paper
        return self._slip(tx, sale, operator.staff, promise.until if promise is not None else None)

    def print_now(self, sale: Sale) -> Sale:
        """The receipt of a kiosk's sale, for a shopper who wants it on paper; printed once."""
        if self.books.jobs.of(sale.sale) is not None:
            return sale
        with self.books.ledger.transaction() as tx:
            earned = self.books.coupons.promise(sale.sale, tx)
            until = self.work.status.local(moment_of(earned.not_after)) if earned and earned.text else None
            printed = self._slip(tx, sale, sale.staff, until)
        self.work.poke(f"slips:{self.printer(sale.station)}")
        return printed

    def _slip(self, tx: Connection, sale: Sale, staff: str, until: datetime | None) -> Sale:
        station = self.staff.station(sale.station)
        if not station.printer:
            return sale
        job = self.books.jobs.add(
            tx,
            key=f"sale:{sale.sale}",
            printer=station.printer,
            station=sale.station,
            ref=sale.sale,
            slip=headed(receipt(sale, self._told(tx, sale, staff, until))),
            now=sale.at,
        )
        self.books.sales.set_job(tx, sale.sale, job)
        return replace(sale, job=job)

    def _told(self, tx: Connection, sale: Sale, staff: str, until: datetime | None) -> Printed:
        station = self.staff.station(sale.station)
        return Printed(
            store=self.store,
            shop=self.books.replica.shop(self.store),
            label=(station.label_zh, station.label_en),
            cashier=_SELF[self.rules.receipt_language] if staff == "self" else staff,
            at=self.work.status.local(moment_of(sale.at)),
            rules=self.rules,
            invoice="" if sale.training else self.invoice(sale.receipt),
            exchange=self.books.returns.exchanged(sale.basket, tx),
            claim_until=until,
            deposits=self.quoting.deposits.paid(sale.sale, tx),
            rates=dict(self._rates(sale)),
        )
