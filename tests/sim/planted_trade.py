"""Safeguards of selling, returns and picking taken out of the real code, as planted.py does with the sync's."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from edge.desks.checkout import CheckoutDesk
from edge.desks.pick_steps import PickSteps
from edge.desks.returns import ReturnDesk
from edge.records.journal import Journal
from edge.records.sales import Sales
from edge.records.stockroom import Stockroom
from sync.hub.return_set import ReturnSet
from sync.hub.sale_effects import SaleEffects
from sync.selling import SaleCompleted


def sale_apart() -> None:
    """a sale is committed before its fact for HQ is written"""
    append, complete = Journal.append, CheckoutDesk.complete
    waiting: list[Any] = []

    def later(self: Journal, tx: Any, fact: Any, author: Any) -> int:
        if not isinstance(fact, SaleCompleted):
            return append(self, tx, fact, author)
        waiting.append((fact, author))
        return 1

    def and_then(self: CheckoutDesk, *args: Any) -> Any:
        waiting.clear()
        journal.append = later
        try:
            done = complete(self, *args)
        finally:
            journal.append = append
        for fact, author in waiting:
            with self.books.ledger.transaction() as tx:
                append(self.books.journal, tx, fact, author)
        return done

    journal: Any = Journal
    desk: Any = CheckoutDesk
    desk.complete = and_then


def sale_nonce() -> None:
    """a till does not know a sale again"""
    target: Any = CheckoutDesk
    target._done = lambda *_: None


def receipt_number() -> None:
    """the numbers on receipts are taken outside the sale's transaction"""
    numbers = itertools.count(1)
    target: Any = Sales
    real = Sales.next_number

    def taken(self: Sales, tx: Any, station: str, series: Any, ref: str) -> int:
        number = 10 * next(numbers) + real(self, tx, station, series, ref)
        tx.execute("UPDATE receipt_number SET number = ? WHERE ref = ?", (number, ref))
        return number

    target.next_number = taken


def quota_twice() -> None:
    """HQ moves the pieces of a quota by the sale, too"""
    target: Any = SaleEffects
    real = SaleEffects._sold

    def sold(self: SaleEffects, fact: SaleCompleted) -> str:
        bare = tuple(msgspec.structs.replace(line, grant="") for line in fact.lines)
        return real(self, msgspec.structs.replace(fact, lines=bare))

    target._sold = sold


def pieces_back() -> None:
    """HQ does not remember which pieces came back"""
    target: Any = ReturnSet
    load = ReturnSet.load

    def forgetful(self: ReturnSet, conn: Any, facts: Any) -> None:
        load(self, conn, facts)
        self.back.clear()

    target.load = forgetful


def return_nonce() -> None:
    """a return desk does not know a request again"""
    target: Any = ReturnDesk
    target._before = lambda *_: None


def pick_nonce() -> None:
    """a picking desk does not know a wish again"""
    target: Any = PickSteps

    def once(self: PickSteps, _nonce: str, _asked: Any, _who: Any, work: Any) -> tuple[str, bool]:
        with self.books.ledger.transaction() as tx:
            return work(tx), False

    target.once = once


def unfit_lost() -> None:
    """what is unfit is told to HQ and not kept at the store"""
    target: Any = Stockroom
    target.shift = lambda *_: None
