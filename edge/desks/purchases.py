"""What somebody brings back was bought somewhere: this store's sales and orders, or, with HQ's help, anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from edge.clock import moment_of
from edge.db import Connection
from edge.desks.status import StatusDesk
from edge.domain.orders import Order, OrderLine
from edge.domain.return_instead import Product, apart, swapped
from edge.domain.return_refusals import PaperTraining, PurchaseUnknown, ReturnNeedsHq
from edge.domain.return_sums import estimated
from edge.domain.returns import Bought, PaidBy, Piece, ReturnableLine, Source, without
from edge.domain.selling import Sale, SoldLine
from edge.records.books import Books
from sync.messages import SyncFault
from sync.returning import Purchase, ReturnsAtHq, SoldAsk, SoldAt

_GIFT = "gift"


class _KeptRule(msgspec.Struct, frozen=True):
    rule: str
    benefit: dict[str, Any]


class _Kept(msgspec.Struct, frozen=True):
    rules: tuple[_KeptRule, ...]


@dataclass(frozen=True)
class PurchaseDesk:
    """Finds a purchase and what of it is still out. `store` is this store's number."""

    books: Books
    status: StatusDesk
    store: str
    at_hq: ReturnsAtHq | None

    def find(self, text: str) -> Bought:
        """By a receipt's number, an order's, or a parcel's; raises PurchaseUnknown, ReturnNeedsHq, PaperTraining."""
        text = text.strip()
        sale = self.books.sales.by_receipt(text) or self.books.sales.by_id(text)
        if sale is not None:
            return self.of_sale(sale)
        order = self.books.replica.order(text) or self._parcel(text)
        if order is not None and self._collected(order):
            return self.of_order(order)
        # A bag's own label says nothing to HQ, its order's number does.
        return self._elsewhere(text if order is None else order.order)

    def again(self, source: Source, ref: str, tx: Connection | None = None) -> Bought:
        """The same purchase once more, by its own name; what came back meanwhile is gone from it."""
        if source is Source.SALE and (sale := self.books.sales.by_id(ref, tx)) is not None:
            return self.of_sale(sale, tx)
        order = self.books.replica.order(ref) if source is Source.ORDER else None
        if order is not None and self._collected(order, tx):
            return self.of_order(order, tx)
        return self._elsewhere(ref)

    def fresh(self, bought: Bought, tx: Connection | None = None) -> Bought:
        """The same purchase as this store's books have it now; nobody else is asked."""
        if bought.here:
            return self.again(bought.source, bought.ref, tx)
        return without(bought, self.books.returns.gone(bought.source, bought.ref, tx))

    def of_sale(self, sale: Sale, tx: Connection | None = None) -> Bought:
        """A sale of this store: the allocation as it was stored. Raises PaperTraining."""
        if sale.training:
            raise PaperTraining
        paid = tuple(
            PaidBy(one.kind, one.fen, one.number, self._left(one.number, one.fen, tx)) for one in sale.paid
        )
        kept = self.books.returns.sums(Source.SALE, sale.sale, tx)
        in_kind = in_points(sale, self._points(sale))
        bought = Bought(
            source=Source.SALE,
            ref=sale.sale,
            shown=sale.receipt,
            store=self.store,
            received=self.status.local(moment_of(sale.at)).date(),
            lines=tuple(self._line(line, in_kind) for line in sale.lines),
            paid=paid,
            net_fen=sale.net_fen,
            member=sale.member,
            points=sale.points,
            points_back=kept.points,
            withheld_fen=kept.gift_fen + kept.broken_fen,
            gifts_fen=kept.gift_fen,
            rounded_fen=kept.rounded_fen,
        )
        return without(bought, self.books.returns.gone(Source.SALE, sale.sale, tx))

    def of_order(self, order: Order, tx: Connection | None = None) -> Bought:
        """An online order that was collected here: only its sum is known, so each piece's share is an estimate.

        HQ gives the money back the way it came, by its own figures.
        """
        handed = self.books.pickups.fulfilment(order, tx).handed
        shares = estimated([(line.line, line.qty, line.unit_fen) for line in order.lines], order.paid_fen)
        swaps: dict[int, list[tuple[str, int]]] = {}
        for number, sku, many in self.books.picks.swaps(order.order, tx):
            swaps.setdefault(number, []).append((sku, many))
        lines = tuple(
            part
            for line in order.lines
            for part in self._ordered(
                line, shares[line.line][: handed.get(line.line, 0)], swaps.get(line.line, [])
            )
        )
        row = self.books.pickups.last_of(order.order, 0, tx)
        received = moment_of(row.at) if row else self.status.now()
        bought = Bought(
            source=Source.ORDER,
            ref=order.order,
            shown=order.order,
            store=self.store,
            received=self.status.local(received).date(),
            lines=lines,
            paid=(),
            net_fen=order.paid_fen,
            here=False,
            estimate=True,
        )
        return without(bought, self.books.returns.gone(Source.ORDER, order.order, tx))

    def _parcel(self, text: str) -> Order | None:
        """The order whose waybill or whose bag carries this number, where it is one order."""
        parcels = self.books.replica.orders_by_waybill(text)
        task = None if parcels else self.books.picks.by_label(text)
        if task is not None:
            return self.books.replica.order(task.order)
        return parcels[0] if len(parcels) == 1 else None

    def _ordered(
        self, line: OrderLine, fens: Sequence[int], swaps: Sequence[tuple[str, int]]
    ) -> tuple[ReturnableLine, ...]:
        """What was handed over for a line of an order, by product; each piece for what the ordered one had cost."""
        whole = ReturnableLine(
            line=line.line,
            sku=line.sku,
            gtin="",
            name_zh=line.name_zh,
            name_en=line.name_en,
            qty=line.qty,
            unit_fen=line.unit_fen,
            pieces=swapped([Piece(n, fen) for n, fen in enumerate(fens, 1)], line.qty, swaps),
            flags=self._flags(line.sku, line.flags),
        )
        return apart(whole, self._named)

    def _named(self, sku: str) -> Product:
        ware = self.books.wares.ware(sku)
        if ware is None:
            return Product("", sku, sku, ())
        return Product(ware.gtin, ware.name_zh, ware.name_en, self._flags(sku, ()))

    def _elsewhere(self, text: str) -> Bought:
        if self.at_hq is None:
            raise PurchaseUnknown
        try:
            said = self.at_hq.sold(SoldAsk(text[:64]))
        except SyncFault:
            raise ReturnNeedsHq from None
        if said.purchase is None:
            raise PurchaseUnknown
        return self._told(said.purchase)

    def _told(self, told: Purchase) -> Bought:
        lines = tuple(part for line in told.lines for part in apart(_told_line(line), self._named))
        bought = Bought(
            source=Source(told.source),
            ref=told.ref,
            shown=told.shown,
            store=told.store,
            received=date.fromisoformat(told.received),
            lines=lines,
            paid=(),
            net_fen=told.net_fen,
            here=False,
            estimate=told.estimate,
            member=told.member,
        )
        # What came back here a moment ago HQ may not have heard of yet.
        return without(bought, self.books.returns.gone(bought.source, bought.ref))

    def _line(self, line: SoldLine, in_kind: Mapping[tuple[int, int], int]) -> ReturnableLine:
        return ReturnableLine(
            line=line.line,
            sku=line.sku,
            gtin=line.gtin,
            name_zh=line.name_zh,
            name_en=line.name_en,
            qty=line.qty,
            unit_fen=line.unit_fen,
            pieces=tuple(
                Piece(n, net, in_kind.get((line.line, n), 0)) for n, (net, _) in enumerate(line.units, 1)
            ),
            flags=self._flags(line.sku, line.flags),
            gift=_GIFT in line.flags,
        )

    def _flags(self, sku: str, own: tuple[str, ...]) -> tuple[str, ...]:
        """The flags of then and, as exclusions are the law's, of now."""
        ware = self.books.wares.ware(sku)
        return tuple(sorted({*own, *(ware.flags if ware else ())}))

    def _points(self, sale: Sale) -> int:
        """Points that paid for a sale: as the journal says or, once that has forgotten it, as the rule says."""
        told = self.books.returns.points_spent(sale.sale, sale.seq)
        paid: dict[str, int] = {}
        for line in sale.lines:
            for _, some in line.units:
                for share in some:
                    if share.kind == "points":
                        paid[share.rule] = paid.get(share.rule, 0) + share.fen
        if told or not paid:
            return told
        doc = self.books.baskets.rules(sale.rules)
        kept = msgspec.json.decode(doc.encode(), type=_Kept).rules if doc else ()
        terms = {rule.rule: rule.benefit for rule in kept if rule.rule in paid}
        return sum(
            -(-fen * terms[name]["points"] // terms[name]["fen"])
            for name, fen in paid.items()
            if name in terms
        )

    def _left(self, number: str, fen: int, tx: Connection | None) -> int:
        return fen - sum(one.fen for one in self.books.payments.refunds_of(number, tx))

    def _collected(self, order: Order, tx: Connection | None = None) -> bool:
        return any(self.books.pickups.fulfilment(order, tx).handed.values())


def _told_line(line: SoldAt) -> ReturnableLine:
    return ReturnableLine(
        line=line.line,
        sku=line.sku,
        gtin=line.gtin,
        name_zh=line.name_zh,
        name_en=line.name_en or line.name_zh,
        qty=line.qty,
        unit_fen=line.unit_fen,
        pieces=tuple(Piece(piece.unit, piece.fen, sku=piece.sku) for piece in line.pieces),
        flags=("no_return",) if line.no_return else (),
        gift=line.gift,
    )


def in_points(sale: Sale, points: int) -> dict[tuple[int, int], int]:
    """How many of the points that paid for a sale paid for each piece, by what they took off it; sums to `points`."""
    shares = {
        (line.line, n): sum(share.fen for share in some if share.kind == "points")
        for line in sale.lines
        for n, (_, some) in enumerate(line.units, 1)
    }
    total, so_far, given = sum(shares.values()), 0, 0
    found = {}
    for piece, fen in shares.items():
        if fen and total:
            so_far += fen
            found[piece] = points * so_far // total - given
            given += found[piece]
    return found
