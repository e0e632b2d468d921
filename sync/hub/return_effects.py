"""What a return means at HQ: pieces that are back, stock that came, money that the store gave or HQ owes."""

from __future__ import annotations

from typing import Any

from sync.hub.judging import Source, Touched, Unfit
from sync.hub.return_set import Piece, ReturnSet
from sync.hub.stock_effects import StockEffects
from sync.returning import ReturnAccepted, ReturnedLine

COIN_FEN = 100
"""No coin that a till goes without is worth more, fen; less than one is rounded."""


class ReturnEffects:
    """Applies one return to the rows in memory; it happened, so whatever is odd about it is said and not refused."""

    def __init__(self, rows: ReturnSet, source: Source, stock: StockEffects, touched: Touched) -> None:
        self._rows = rows
        self._from = source
        self._stock = stock
        self._touched = touched

    def apply(self, fact: ReturnAccepted) -> str:
        """Returns "" or the code of the contradiction; raises Unfit."""
        rows, source = self._rows, self._from
        if fact.ret in rows.known:
            raise Unfit("DUPLICATE_RETURN")
        pieces: list[Piece] = [
            (fact.source, fact.ref, line.line, unit) for line in fact.lines for unit in line.units
        ]
        sound = all(line.qty == len(line.units) == len(set(line.units)) for line in fact.lines)
        if not pieces or not sound or len(set(pieces)) < len(pieces):
            raise Unfit("BAD_FACT")
        code = self._odd(fact, pieces)
        rows.known.add(fact.ret)
        rows.returns.append(self._row(fact))
        for piece in pieces:
            if piece not in rows.back:
                names = dict(zip(("source", "ref", "line", "unit"), piece, strict=True))
                rows.pieces.append({**names, "ret": fact.ret, "store": source.store})
                rows.back.add(piece)
        for pos, line in enumerate(fact.lines):
            self._stock.move(line.sku, line.qty, "return", pos)
        stores = rows.at.setdefault(fact.ref, set())
        stores.add(source.store)
        if fact.source == "sale" and stores != {fact.shop}:
            self._touched.returned.add((fact.shop, fact.ref))
        return code

    def _row(self, fact: ReturnAccepted) -> dict[str, Any]:
        same = ("ret", "source", "ref", "shop", "refund_fen", "gift_fen", "broken_fen", "rma")
        return {
            **{name: getattr(fact, name) for name in same},
            "store": self._from.store,
            "stream": self._from.stream,
            "seq": self._from.seq,
            "estimate": int(fact.estimate),
            "state": "to_refund" if fact.at_hq else "done",
            "back_fen": 0 if fact.at_hq else fact.refund_fen,
            "note": "",
            "settled_at": "",
        }

    def _odd(self, fact: ReturnAccepted, pieces: list[Piece]) -> str:
        if any(piece in self._rows.back for piece in pieces):
            return "RETURNED_TWICE"
        if not self._rows.bought(fact):
            return "RETURN_OF_UNKNOWN"
        if fact.shop != self._from.store and not fact.rma:
            return "RETURN_UNAUTHORISED"
        total = sum(line.fen for line in fact.lines) - fact.gift_fen - fact.broken_fen - fact.rounded_fen
        differs = not fact.estimate and any(self._differs(fact, line) for line in fact.lines)
        paid = sum(tender.fen for tender in fact.tenders)
        coins = abs(fact.rounded_fen) < COIN_FEN
        if total != fact.refund_fen or differs or not coins or (not fact.at_hq and paid != fact.refund_fen):
            return "REFUND_DIFFERS"
        return ""

    def _differs(self, fact: ReturnAccepted, line: ReturnedLine) -> bool:
        """Whether the pieces are said to have cost something else than when they were sold."""
        cost = self._rows.sold.get((fact.ref, line.line))
        if fact.source != "sale" or cost is None:
            return False
        if any(unit > len(cost) for unit in line.units):
            return True
        return sum(cost[unit - 1] for unit in line.units) != line.fen
