"""What must hold of sales, returns, picks and unfit pieces: I1, I2 and I4 of the contract, at HQ and at the store."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec
from sqlalchemy import Table, select

from sync.hub.pick_tables import lost_demand, pick_short, pick_time, unfit_piece
from sync.hub.return_tables import goods_return, return_piece
from sync.hub.sale_tables import sale, sale_line, sale_tender, till_shift
from tests.sim.box import Box
from tests.sim.hq_checks import Ledger
from tests.sim.world import Broken, World

_BY_FACT = {
    "stock.shifted": (unfit_piece, ("sku", "qty", "reason")),
    "pick.shorted": (pick_short, ("line", "sku", "qty", "reason")),
    "pick.substituted": (pick_short, ("line", "sku", "qty")),
    "pick.finished": (pick_time, ("units", "shorted")),
    "demand.lost": (lost_demand, ("sku", "qty", "how")),
}
"""Kind -> the table that has a row for each such fact, and what both say."""
_NUMBER = re.compile(r"(.+)-([0-9A-F]{2})R?(\d{6,})")
_MAY = {
    "sale.completed": {"", "RECEIPT_TWICE"},
    "return.accepted": {"", "RETURNED_TWICE", "RETURN_OF_UNKNOWN"},
    "shift.closed": {"", "SHIFT_SUMS_DIFFER"},
}
"""Kind -> what HQ may find odd about an honest fact: each has its own reason below."""
Piece = tuple[str, str, int, int]


class Told:
    """What the facts that HQ took in say of trade, put together once."""

    def __init__(self, w: World, ledger: Ledger) -> None:
        self.sales: dict[str, tuple[str, str, int]] = {}
        self.lines: Counter[tuple[str, int, str, int, int]] = Counter()
        self.tenders: Counter[tuple[str, str, int]] = Counter()
        self.returns: dict[str, tuple[str, str, str, int]] = {}
        self.pieces: Counter[Piece] = Counter()
        self.twice: Counter[Piece] = Counter()
        """Pieces of returns of which HQ said that some were back already."""
        self.rows: dict[tuple[str, int], tuple[str, tuple[Any, ...]]] = {}
        self.shifts: set[str] = set()
        self.unsure = {
            w.journals[stream].store
            for stream, events in ledger.events.items()
            if w.journals[stream].odd or any(row.verdict == "quarantined" for row in events)
        }
        """Stores whose own figures may differ from HQ's: HQ put something aside that they counted."""
        self._w = w
        for stream, events in ledger.events.items():
            for row in events:
                if row.verdict != "quarantined":
                    self._take(stream, row, msgspec.json.decode(row.body)["d"])

    def _take(self, stream: str, row: Any, d: dict[str, Any]) -> None:
        known = self._w.journals[stream]
        allowed = _MAY.get(row.kind)
        if allowed is not None and row.code not in allowed and row.seq not in known.odd:
            raise Broken("I2", f"{known.store}: HQ finds {row.kind} {row.seq} odd: {row.code}")
        if row.kind == "stock.checked":
            self._w.count(f"night's figures {row.code or 'same'}")
            if row.code and known.store not in self.unsure:
                raise Broken(
                    "I4", f"{known.store}: the night's figures are not HQ's, and nothing was put aside"
                )
        if row.kind == "sale.completed":
            self.sales[d["sale"]] = (known.store, d["receipt"], d["net_fen"])
            for line in d["lines"]:
                self.lines[d["sale"], line["line"], line["sku"], line["qty"], line["net_fen"]] += 1
            for paid in d["tenders"]:
                self.tenders[d["sale"], paid["kind"], paid["fen"]] += 1
        elif row.kind == "return.accepted":
            self.returns[d["ret"]] = (known.store, d["source"], d["ref"], d["refund_fen"])
            for line in d["lines"]:
                for unit in line["units"]:
                    piece = (d["source"], d["ref"], line["line"], unit)
                    self.pieces[piece] += 1
                    self.twice[piece] += row.code == "RETURNED_TWICE"
        elif row.kind == "shift.closed":
            self.shifts.add(d["shift"])
        elif row.kind in _BY_FACT:
            names = _BY_FACT[row.kind][1]
            self.rows[stream, row.seq] = (row.kind, tuple(d[name] for name in names))


def trade(w: World, ledger: Ledger) -> None:
    """I2: HQ's sales, returns, picks and unfit pieces are those of the facts that it took in, each once."""
    told = Told(w, ledger)
    with w.hq.reading() as conn:
        sales = {r.sale: (r.store, r.receipt, r.net_fen) for r in conn.execute(select(sale))}
        _same("sales", sales, told.sales)
        listed = conn.execute(select(sale_line)).all()
        _same("lines", Counter((r.sale, r.line, r.sku, r.qty, r.net_fen) for r in listed), told.lines)
        paid = conn.execute(select(sale_tender)).all()
        _same("tenders", Counter((r.sale, r.kind, r.fen) for r in paid), told.tenders)
        back = conn.execute(select(goods_return)).all()
        _same("returns", {r.ret: (r.store, r.source, r.ref, r.refund_fen) for r in back}, told.returns)
        if any(r.back_fen != r.refund_fen for r in back if r.state in {"done", "refunded"}):
            raise Broken("I2", "HQ gave back another sum than was told")
        pieces = {(r.source, r.ref, r.line, r.unit) for r in conn.execute(select(return_piece))}
        _same("pieces that are back", pieces, set(told.pieces))
        shifts = set(conn.scalars(select(till_shift.c.shift)))
        _same("shifts", shifts, told.shifts)
        _by_fact(conn, told)
    for piece, times in told.pieces.items():
        if times - told.twice[piece] > 1:
            raise Broken("I3", f"a piece came back {times} times, and no case: {piece[2:]}")


def _by_fact(conn: Any, told: Told) -> None:
    tables: dict[str, tuple[Table, set[str]]] = {}
    for kind, (table, _) in _BY_FACT.items():
        tables.setdefault(table.name, (table, set()))[1].add(kind)
    for table, kinds in tables.values():
        rows = {(r.stream, r.seq): r for r in conn.execute(select(table))}
        mine = {key: said for key, said in told.rows.items() if said[0] in kinds}
        _same(table.name, set(rows), set(mine))
        for key, (kind, values) in mine.items():
            found = tuple(getattr(rows[key], name) for name in _BY_FACT[kind][1])
            if found != values:
                raise Broken("I2", f"{table.name}: {found} at HQ, {values} told")


def _same(what: str, found: Any, told: Any) -> None:
    if found != told:
        left = [one for one in found if one not in told][:2], [one for one in told if one not in found][:2]
        raise Broken("I2", f"{what} at HQ are not those of its facts: {left}")


def books_agree(box: Box) -> None:
    """I1, I6 at a store: each sale and return has its fact and no more, and numbers on paper have no gap."""
    read = box.shop.books.ledger.read()
    for fact in box.known.facts[box.checked :]:
        if fact.seq in box.known.odd or fact.k not in {"sale.completed", "return.accepted"}:
            continue
        box.told[fact.k] += 1
        if fact.k == "sale.completed":
            _next_number(box, fact.d["receipt"], fact.actor.station)
    rows = {
        "sale.completed": read.execute("SELECT count(*) FROM sale WHERE training = 0").fetchone()[0],
        "return.accepted": read.execute("SELECT count(*) FROM goods_return").fetchone()[0],
    }
    for kind, count in rows.items():
        if count != box.told[kind]:
            raise Broken("I6", f"{box.store}: {count} rows, {box.told[kind]} facts of {kind}")
    numbers: Counter[str] = Counter()
    for station, receipt in read.execute("SELECT station, receipt FROM goods_return ORDER BY seq"):
        numbers[station] += 1
        found = _NUMBER.fullmatch(receipt)
        if found is None or int(found[3]) != numbers[station]:
            raise Broken("I1", f"{box.store}: return {numbers[station]} of {station} has {receipt} on it")


def _next_number(box: Box, receipt: str, station: str) -> None:
    box.receipts[station] += 1
    found = _NUMBER.fullmatch(receipt)
    tag = box.known.stream[:2].upper()
    if found is None or (found[1], found[2], int(found[3])) != (station, tag, box.receipts[station]):
        raise Broken(
            "I1", f"{box.store}: receipt {receipt} is not number {box.receipts[station]} of {station}"
        )


def same_unfit(box: Box, w: World, ledger: Ledger) -> None:
    """I4: what is unfit here is unfit at HQ, fact by fact of this journal."""
    dead = {row.seq for row in ledger.events[box.known.stream] if row.verdict == "quarantined"}
    read = box.shop.books.ledger.read()
    here = {
        (seq, sku): qty
        for seq, sku, qty in read.execute("SELECT seq, sku, qty FROM unfit")
        if seq not in dead
    }
    with w.hq.reading() as conn:
        mine = select(unfit_piece).where(unfit_piece.c.stream == box.known.stream)
        there = {(r.seq, r.sku): r.qty for r in conn.execute(mine)}
    if here != there:
        raise Broken("I4", f"{box.store}: unfit pieces {here} here, {there} at HQ")
