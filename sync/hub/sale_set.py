"""Rows of sales and shifts that a few facts make: looked up at once, written at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from sync.hub.bulk import insert_rows, rows_of
from sync.hub.ordering_tables import order_told
from sync.hub.sale_tables import sale, sale_line, sale_tender, till_shift
from sync.hub.schema import feed
from sync.messages import Up
from sync.ordering import OrderPaid
from sync.selling import SaleCompleted, ShiftClosed

_PRICES = "g:price:CN"  # sync.hub.rows.PRICE, which imports what is above us


@dataclass
class SaleSet:
    """What `facts` name of sales, receipts and shifts. Locks nothing: only the store itself writes its sales."""

    known: set[str] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)
    """Numbers of this store's receipts that are in already."""
    shifts: set[str] = field(default_factory=set)
    books: dict[str, str] = field(default_factory=dict)
    """Product -> the price book of its newest published price."""
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Shift -> (sales, net fen) of its sales that are in already."""
    orders: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Shift -> (orders, fen) that were paid in it for HQ, of this batch too."""
    sales: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    tenders: list[dict[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)

    def load(self, conn: Connection, store: str, facts: Iterable[Up]) -> None:
        """Reads what the facts are about."""
        listed = list(facts)
        sold = [fact for fact in listed if isinstance(fact, SaleCompleted)]
        shut = {fact.shift for fact in listed if isinstance(fact, ShiftClosed)}
        self.known = {
            row.sale for row in rows_of(conn, sale, "sale", {fact.sale for fact in sold}, only=("sale",))
        }
        numbers = {fact.receipt for fact in sold}
        same = {"store": store}
        found = rows_of(conn, sale, "receipt", numbers, only=("receipt",), also=same)
        self.receipts = {row.receipt for row in found}
        self.shifts = {row.shift for row in rows_of(conn, till_shift, "shift", shut, only=("shift",))}
        goods = {line.sku for fact in sold for line in fact.lines}
        prices = {"bucket": _PRICES, "tb": "price", "op": "put"}
        for row in rows_of(conn, feed, "id", goods, only=("id", "d"), also=prices):
            self.books[row.id] = _book(row.d)
        for name in sorted(shut):
            mine = (sale.c.store == store) & (sale.c.shift == name)
            asked = select(func.count(), func.coalesce(func.sum(sale.c.net_fen), 0)).where(mine)
            count, fen = conn.execute(asked).one()
            self.sums[name] = (int(count), int(fen))
            self.orders[name] = _orders(conn, store, name, listed)

    def of_shift(self, shift: str) -> tuple[int, int]:
        """(sales, net fen) of a shift that are in, of this batch too."""
        count, fen = self.sums.get(shift, (0, 0))
        new = [row for row in self.sales if row["shift"] == shift]
        return count + len(new), fen + sum(row["net_fen"] for row in new)

    def write(self, conn: Connection) -> None:
        """Writes what is new."""
        insert_rows(conn, sale, self.sales)
        insert_rows(conn, sale_line, self.lines)
        insert_rows(conn, sale_tender, self.tenders)
        insert_rows(conn, till_shift, self.closed)


def _orders(conn: Connection, store: str, shift: str, facts: list[Up]) -> tuple[int, int]:
    mine = (order_told.c.store == store) & (order_told.c.shift == shift)
    asked = select(func.count(), func.coalesce(func.sum(order_told.c.fen), 0)).where(mine)
    count, fen = conn.execute(asked).one()
    new = [fact.fen for fact in facts if isinstance(fact, OrderPaid) and fact.shift == shift]
    return int(count) + len(new), int(fen) + sum(new)


def _book(body: str) -> str:
    if not body:
        return ""
    return str(msgspec.json.decode(body.encode()).get("book", ""))
