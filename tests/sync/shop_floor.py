"""A store on real files with its stock and benefit desks, on a line to a hub that fails on request."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.desks.benefits import BenefitDesk
from edge.desks.goods import StockDesk
from edge.desks.status import StatusDesk
from edge.domain.staff import Operator, Role
from edge.records.books import Books, open_books
from edge.records.inbox import Inbox
from sync.client import SyncClient
from sync.messages import SyncFault

KEY = bytes(range(32))
LEAD = Operator("2001", "张店长", Role.LEAD, "T1")


@dataclass
class Floor:
    """The desks, and `turn`/`settle` for the line; `wire.plan` holds what the next requests meet."""

    store: str
    folder: Path
    wire: Any
    nonces: Any = field(default_factory=lambda: map(str, itertools.count(1)))
    mono: float = 0.0

    def __post_init__(self) -> None:
        self.books: Books = open_books(self.folder, KEY, "Asia/Shanghai")
        self.status = StatusDesk(self.books, lambda _topic: None, has_hq=True)
        self.goods = StockDesk(self.books, self.status, lambda _topic: None, self.store)
        self.benefits = BenefitDesk(self.books, self.store, self.status, lambda _topic: None)
        inbox = Inbox(self.books.hq, self.books.clock)
        journal = self.books.journal
        self.client = SyncClient(self.wire, journal, inbox, store_id=self.store, clock=self.books.clock)

    def turn(self) -> bool:
        """One exchange, long after any back-off; whether it went well and there is more to do."""
        self.mono += 1000.0
        result = self.client.turn(self.mono)
        if result.fault is not None and not isinstance(result.fault, SyncFault):
            raise result.fault
        return result.fault is None and not result.more

    def settle(self) -> None:
        """Exchanges until nothing is left to do."""
        self.wire.plan.clear()
        for _ in range(30):
            # Once more after the last upload: what HQ made of it comes down with the next pull.
            if self.turn() and self.books.journal.depth() == 0 and self.turn():
                return
        raise AssertionError("never settles")

    def move(self, qty: int, sku: str = "P1", **more: Any) -> Any:
        return self.goods.move(sku, qty, more.pop("reason", "receipt"), LEAD, next(self.nonces), **more)

    def count(self, counted: int, upto: int | None = None, sku: str = "P1") -> Any:
        return self.goods.count(sku, counted, LEAD, next(self.nonces), upto)

    def found(self) -> list[tuple[int, int]]:
        """(seq, delta) of the differences that counts found here."""
        asked = "SELECT seq, delta FROM movement WHERE reason = 'counted' ORDER BY seq"
        return [tuple(row) for row in self.books.ledger.read().execute(asked)]


Stores = Callable[[str], Floor]
"""Gives a store by its number."""
