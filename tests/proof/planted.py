"""Bugs on purpose: each takes one promise out of the real code, so that the proofs can show that they would see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from edge.db import Database
from edge.desks.hand_over import HandOverDesk
from edge.desks.reading import CodeReader
from edge.records.journal import Author, Journal
from edge.records.pickups import Pickups
from sync.messages import fact_of

BELTS = ("pickup_whole", "pickup_unit")
"""The unique indexes behind the desk's rule; a planted bug wears none, or the belt would hold it."""


def check_then_act() -> None:
    """The order's state is read before the write lock is taken, and believed afterwards."""
    meant, fulfilment = CodeReader.meant, Pickups.fulfilment
    seen: dict[str, Any] = {}

    def meant_and_peek(self: CodeReader, *args: Any, **more: Any) -> Any:
        found = meant(self, *args, **more)
        if found.order is not None:
            seen[found.order.order] = fulfilment(self._books.pickups, found.order)
        return found

    def stale(self: Pickups, order: Any, tx: Any = None) -> Any:
        return seen[order.order] if tx is not None else fulfilment(self, order)

    CodeReader.meant = meant_and_peek  # type: ignore[method-assign]
    Pickups.fulfilment = stale  # type: ignore[method-assign]


def deferred_lock() -> None:
    """BEGIN without IMMEDIATE: both read, then both want to write."""

    class Deferred:
        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def execute(self, sql: str, *args: Any) -> Any:
            return self._connection.execute("BEGIN" if sql == "BEGIN IMMEDIATE" else sql, *args)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

    opened = Database.__init__

    def init(self: Database, *args: Any, **more: Any) -> None:
        opened(self, *args, **more)
        self._writer = Deferred(self._writer)

    Database.__init__ = init  # type: ignore[method-assign]


def split_transaction() -> None:
    """The fact for HQ is written in a transaction of its own, after the hand-over was committed."""
    append, redeem = Journal.append, HandOverDesk.redeem
    waiting: list[tuple[Any, Any]] = []

    def later(_self: Journal, _tx: Any, fact: Any, author: Any) -> int:
        waiting.append((fact, author))
        return 0

    def and_then(self: HandOverDesk, *args: Any) -> Any:
        done = redeem(self, *args)
        while waiting:
            with self.books.ledger.transaction() as tx:
                append(self.books.journal, tx, *waiting.pop())
        self.poke("outbox")
        return done

    Journal.append = later  # type: ignore[method-assign,assignment]
    HandOverDesk.redeem = and_then  # type: ignore[method-assign,assignment]


def forgets_nonces() -> None:
    """A retry is not known again by its nonce."""
    HandOverDesk._stored = lambda *_args, **_more: None  # type: ignore[method-assign]


def new_fact_each_start() -> None:
    """What was acknowledged is not remembered, and each start of the store writes open facts once more."""
    found = Journal.found

    def found_and_repeat(self: Journal) -> None:
        found(self)
        last = self.pending(max(0, self.depth() + self.acked() - 1), 1, 1 << 20)
        for event in last:
            with self._ledger.transaction() as tx:
                self.append(tx, fact_of(event), Author(*msgspec.structs.astuple(event.actor)[:2]))

    Journal.found = found_and_repeat  # type: ignore[method-assign]


PLANTS: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        check_then_act,
        deferred_lock,
        split_transaction,
        forgets_nonces,
        new_fact_each_start,
    )
}
