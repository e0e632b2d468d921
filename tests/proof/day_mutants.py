"""Planted faults in the books of a day: each must be seen, in words that say where, or the proof proves nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.domain.orders import Fulfilment
from edge.records.journal import Journal
from edge.records.sales import Sales
from edge.records.shifts import Shifts, Sums
from sync.hub.sale_effects import SaleEffects
from sync.selling import SaleCompleted
from tests.journeys.day import SLICE, day
from tests.journeys.day_books import wrong

Patch = tuple[Any, str, Any]


def _forgets_a_tender() -> list[Patch]:
    """The ledger keeps no tender of a receipt that ends in 5; its fact is whole."""
    plain = Sales.add

    def add(self: Sales, tx: Any, sale: Any, nonce: str, sha: str) -> None:
        plain(self, tx, replace(sale, paid=()) if sale.receipt.endswith("5") else sale, nonce, sha)

    return [(Sales, "add", add)]


def _counts_training() -> list[Patch]:
    """A sale of training is in the Z report's sums."""
    plain = Shifts.sums

    def sums(self: Shifts, shift: str, tx: Any) -> Sums:
        real = plain(self, shift, tx)
        asked = "SELECT count(*), coalesce(sum(net_fen), 0) FROM sale WHERE shift = ? AND training = 1"
        count, fen = tx.execute(asked, (shift,)).fetchone()
        tenders = tuple(
            (kind, n + count, sum_ + fen) if kind == "cash" else (kind, n, sum_)
            for kind, n, sum_ in real.tenders
        )
        return replace(real, sales=real.sales + count, net_fen=real.net_fen + fen, tenders=tenders)

    return [(Shifts, "sums", sums)]


def _moves_stock_twice() -> list[Patch]:
    """Goods that are sold leave the store's shelf twice."""
    plain = Journal._move_stock

    def move(self: Journal, tx: Any, seq: int, fact: Any) -> None:
        plain(self, tx, seq, fact)
        if isinstance(fact, SaleCompleted):
            plain(self, tx, seq, fact)

    return [(Journal, "_move_stock", move)]


def _forgets_refunds() -> list[Patch]:
    """The Z report knows nothing of cash that went back."""
    return [(Shifts, "refunds", lambda *_: (0, 0, 0))]


def _loses_a_number() -> list[Patch]:
    """The seventh receipt of a till is nobody's."""
    plain = Sales.next_number

    def number(self: Sales, tx: Any, station: str, series: Any, ref: str) -> int:
        if plain(self, tx, station, series, ref) != 7:
            return int(tx.execute("SELECT number FROM receipt_number WHERE ref = ?", (ref,)).fetchone()[0])
        tx.execute("UPDATE receipt_number SET number = 8 WHERE ref = ?", (ref,))
        return 8

    return [(Sales, "next_number", number)]


def _hands_over_what_was_short() -> list[Patch]:
    """What was never picked is handed over all the same."""
    plain = Fulfilment.remaining
    return [(Fulfilment, "remaining", lambda self, order: plain(replace(self, short={}), order))]


def _keeps_half_at_hq() -> list[Patch]:
    """HQ takes a sale with several lines in without its last one."""
    plain = SaleEffects._sold

    def sold(self: SaleEffects, fact: SaleCompleted) -> str:
        import msgspec

        return plain(self, msgspec.structs.replace(fact, lines=fact.lines[: max(1, len(fact.lines) - 1)]))

    return [(SaleEffects, "_sold", sold)]


MUTANTS: dict[str, Callable[[], list[Patch]]] = {
    "a tender is forgotten": _forgets_a_tender,
    "training counts": _counts_training,
    "a movement comes twice": _moves_stock_twice,
    "refunds are forgotten": _forgets_refunds,
    "a receipt number is lost": _loses_a_number,
    "short pieces are handed over": _hands_over_what_was_short,
    "a line is lost at HQ": _keeps_half_at_hq,
}


def seen(name: str, seed: int = 2) -> list[str]:
    """What the books say of a day with this fault in it; empty: nobody would notice."""
    patches = MUTANTS[name]()
    kept = [(where, what, vars(where)[what]) for where, what, _ in patches]
    try:
        for where, what, fault in patches:
            setattr(where, what, fault)
        with tempfile.TemporaryDirectory() as folder, day(Path(folder), seed, SLICE) as told:
            return wrong(told)
    except AssertionError as seen_at_once:
        return [str(seen_at_once)]
    finally:
        for where, what, plain in kept:
            setattr(where, what, plain)
