"""Rows of returns that a few facts make: looked up at once, written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection

from sync.hub.bulk import insert_rows, rows_of
from sync.hub.return_tables import goods_return, return_piece
from sync.hub.sale_tables import sale, sale_line
from sync.hub.schema import customer_order
from sync.messages import Up
from sync.returning import ReturnAccepted
from sync.selling import SoldUnits

Piece = tuple[str, str, int, int]
"""(source, ref, line, piece)."""


@dataclass
class ReturnSet:
    """What `facts` name of returns and of the purchases that came back."""

    known: set[str] = field(default_factory=set)
    back: set[Piece] = field(default_factory=set)
    sold: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    """(sale, line) -> what each piece had cost, fen."""
    at: dict[str, set[str]] = field(default_factory=dict)
    """Sale or order -> the stores at which pieces of it came back."""
    orders: set[str] = field(default_factory=set)
    returns: list[dict[str, Any]] = field(default_factory=list)
    pieces: list[dict[str, Any]] = field(default_factory=list)
    _sales: set[str] = field(default_factory=set)

    def load(self, conn: Connection, facts: Iterable[Up]) -> None:
        """Reads what the facts are about."""
        some = [fact for fact in facts if isinstance(fact, ReturnAccepted)]
        if not some:
            return
        names = {fact.ret for fact in some}
        self.known = {row.ret for row in rows_of(conn, goods_return, "ret", names, only=("ret",))}
        refs = {fact.ref for fact in some}
        for row in rows_of(conn, return_piece, "ref", refs):
            self.back.add((row.source, row.ref, row.line, row.unit))
            self.at.setdefault(row.ref, set()).add(row.store)
        sales = {fact.ref for fact in some if fact.source == "sale"}
        self._sales = {row.sale for row in rows_of(conn, sale, "sale", sales, only=("sale",))}
        for row in rows_of(conn, sale_line, "sale", sales, only=("sale", "line", "units")):
            self.sold[row.sale, row.line] = costs(row.units)
        orders = {fact.ref for fact in some if fact.source == "order"}
        found = rows_of(conn, customer_order, "order_no", orders, only=("order_no",))
        self.orders = {row.order_no for row in found}

    def told(self, sale: str, known: set[str], lines: Iterable[Mapping[str, Any]]) -> None:
        """Of the sale that comes back, what came in the same batch: that it was, and HQ's new rows of its lines."""
        if sale not in known or sale in self._sales:
            return
        self._sales.add(sale)
        for row in lines:
            if row["sale"] == sale:
                self.sold[sale, row["line"]] = costs(row["units"])

    def bought(self, fact: ReturnAccepted) -> bool:
        """Whether HQ knows the purchase."""
        return fact.ref in (self._sales if fact.source == "sale" else self.orders)

    def write(self, conn: Connection) -> None:
        """Writes what is new."""
        insert_rows(conn, goods_return, self.returns)
        insert_rows(conn, return_piece, self.pieces)


def costs(units: str) -> tuple[int, ...]:
    """What each piece of a sold line had cost, out of HQ's row."""
    groups = msgspec.json.decode(units.encode(), type=tuple[SoldUnits, ...])
    return tuple(group.net_fen for group in groups for _ in range(group.n))
