"""What facts about selling mean at HQ: sales with their sums, stock that left, shifts that must add up.

A sale happened: whatever is odd about it, it is never refused. Only one that is there already is set aside.
"""

from __future__ import annotations

import msgspec

from sync.hub.judging import Source, Unfit
from sync.hub.sale_set import SaleSet
from sync.hub.stock_effects import StockEffects
from sync.selling import (
    BasketVoided,
    CashCounted,
    CashMoved,
    SaleCompleted,
    Selling,
    ShiftClosed,
    ShiftOpened,
    SoldLine,
)


class SaleEffects:
    """Applies one fact to the rows in memory; returns "" or the code of the contradiction, raises Unfit."""

    def __init__(self, rows: SaleSet, source: Source, stock: StockEffects) -> None:
        self._rows = rows
        self._from = source
        self._stock = stock

    def apply(self, fact: Selling) -> str:
        """Takes the fact in."""
        match fact:
            case SaleCompleted():
                return self._sold(fact)
            case ShiftClosed():
                return self._closed(fact)
            case BasketVoided() | ShiftOpened() | CashMoved() | CashCounted():
                return ""  # kept for those who audit; nothing else follows

    def _sold(self, fact: SaleCompleted) -> str:
        rows, source = self._rows, self._from
        if fact.sale in rows.known:
            raise Unfit("DUPLICATE_SALE")
        if not fact.lines or len({line.line for line in fact.lines}) < len(fact.lines):
            raise Unfit("BAD_FACT")
        odd = _odd(fact)
        twice = fact.receipt in rows.receipts
        rows.known.add(fact.sale)
        rows.receipts.add(fact.receipt)
        where = {"sale": fact.sale, "store": source.store}
        stale = any(_stale(line, rows.books.get(line.sku, "")) for line in fact.lines)
        rows.sales.append(
            {
                **where,
                "stream": source.stream,
                "seq": source.seq,
                "receipt": fact.receipt,
                "shift": fact.shift,
                "channel": fact.channel,
                "member": fact.member,
                "guide": fact.guide,
                "rules": fact.rules,
                "net_fen": fact.net_fen,
                "points": fact.points,
                "offline": int(fact.offline),
                "price_stale": int(stale),
                "odd": odd,
            }
        )
        for line in fact.lines:
            rows.lines.append({**where, **_columns(line)})
        for pos, paid in enumerate(fact.tenders):
            what = {"pos": pos, "kind": paid.kind, "fen": paid.fen, "number": paid.number, "tail": paid.tail}
            rows.tenders.append({**where, **what})
        for pos, line in enumerate(fact.lines):
            if not line.grant:
                self._stock.move(line.sku, -line.qty, "sale", pos)
        return odd or ("RECEIPT_TWICE" if twice else "")

    def _closed(self, fact: ShiftClosed) -> str:
        rows, source = self._rows, self._from
        if fact.shift in rows.shifts:
            raise Unfit("DUPLICATE_SHIFT")
        rows.shifts.add(fact.shift)
        told = [[one.kind, one.count, one.fen] for one in fact.tenders]
        rows.closed.append(
            {
                "shift": fact.shift,
                "store": source.store,
                "stream": source.stream,
                "z": fact.z,
                "sales": fact.sales,
                "net_fen": fact.net_fen,
                "refund_fen": fact.refund_fen,
                "tenders": msgspec.json.encode(told).decode(),
                "expected_fen": fact.expected_fen,
                "counted_fen": fact.counted_fen,
                "head": fact.head,
                "seq": fact.seq,
            }
        )
        sums = sum(one.fen for one in fact.tenders) == fact.net_fen
        sums &= rows.of_shift(fact.shift) == (fact.sales, fact.net_fen)
        sums &= rows.orders.get(fact.shift, (0, 0)) == (fact.orders, fact.order_fen)
        return "" if sums else "SHIFT_SUMS_DIFFER"


def _odd(fact: SaleCompleted) -> str:
    """Why a sale's figures contradict each other; "" where they do not."""
    if sum(line.net_fen for line in fact.lines) != fact.net_fen:
        return "SALE_SUMS_DIFFER"
    if sum(paid.fen for paid in fact.tenders) != fact.net_fen:
        return "TENDERS_DIFFER"
    return "" if all(_whole(line) for line in fact.lines) else "SHARES_DIFFER"


def _whole(line: SoldLine) -> bool:
    """Whether the pieces are the line, and each piece its price less what was taken off it."""
    if sum(units.n for units in line.units) != line.qty:
        return False
    if sum(units.n * units.net_fen for units in line.units) != line.net_fen:
        return False
    return all(units.net_fen + sum(part.fen for part in units.parts) == line.unit_fen for units in line.units)


def _stale(line: SoldLine, newest: str) -> bool:
    return bool(line.book and newest) and line.book != newest


def _columns(line: SoldLine) -> dict[str, object]:
    units = msgspec.json.encode(line.units).decode()
    figures = {"qty": line.qty, "grams": line.grams, "unit_fen": line.unit_fen, "net_fen": line.net_fen}
    return {
        "line": line.line,
        "sku": line.sku,
        **figures,
        "book": line.book,
        "tax": line.tax,
        "units": units,
    }
