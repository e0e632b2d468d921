"""A till on real books and a scripted wallet in virtual time: where a process may die, what a line does to calls."""

from __future__ import annotations

import collections
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from edge.db import Connection
from edge.domain.payment_port import Answer, Charge, NoAnswer, NotSent
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.payments import FINAL, PayState
from tests.edge.paying_shop import PayingShop


class Killed(BaseException):
    """The process ends here, without a word."""


@dataclass
class Fate:
    """What goes wrong in one run: at which boundaries the process ends, what the line does to which calls."""

    rng: random.Random
    kills: set[int]
    cut_until_ms: int = 0
    at: int = 0
    boundaries: int = 0

    def boundary(self) -> None:
        """A commit, or one end of a call: here the process may end."""
        self.boundaries += 1
        if self.boundaries in self.kills:
            raise Killed


@dataclass
class World:
    """One shop and provider; runs follow each other in it."""

    shop: PayingShop
    rng: random.Random
    fate: Fate = field(default_factory=lambda: Fate(random.Random(0), set()))  # noqa: S311
    fen: int = 0
    late: list[tuple[int, Callable[[], Answer]]] = field(default_factory=list)
    seen: collections.Counter[str] = field(default_factory=collections.Counter)
    codes: int = 0

    def wire(self) -> None:
        """Puts kills at every commit, and the line's faults before and after each call."""
        ledger = self.shop.shop.books.ledger
        plain = type(ledger).transaction

        @contextmanager
        def transaction(*, durable: bool = True) -> Iterator[Connection]:
            with plain(ledger, durable=durable) as tx:
                yield tx
                self.fate.boundary()
            self.fate.boundary()

        ledger.transaction = transaction  # type: ignore[method-assign]
        self.shop.line.before, self.shop.line.after = self._before, self._after

    def _before(self, verb: str, number: str) -> None:
        self.fate.boundary()
        self.deliver()
        now, rng = self.shop.time.ms, self.fate.rng
        if now < self.fate.cut_until_ms:
            self.seen["cut"] += 1
            raise NotSent if rng.random() < 0.3 else NoAnswer
        if verb == "pay" and rng.random() < 0.08:
            self._send_late(number)
            raise NoAnswer

    def _send_late(self, number: str) -> None:
        """The charge is on its way and arrives after we stopped waiting."""
        self.seen["late charge"] += 1
        row = self.shop.row(number)
        charge, code = Charge(row.channel, number, row.fen), f"late-{number}"
        due = self.shop.time.ms + self.fate.rng.randrange(1_000, 55_000)
        self.late.append((due, lambda: self.shop.scripted.pay(charge, code)))

    def deliver(self) -> None:
        """What was under way arrives."""
        for due, arrive in [one for one in self.late if one[0] <= self.shop.time.ms]:
            self.late.remove((due, arrive))
            with suppress(NoAnswer):
                arrive()

    def _after(self, verb: str, number: str) -> None:
        del verb, number
        self.fate.boundary()
        if self.fate.rng.random() < 0.08:
            self.seen["answer lost"] += 1
            raise NoAnswer

    def revive(self) -> None:
        """The process, and sometimes the box, starts again."""
        self.seen["kill"] += 1
        boot = f"boot-{self.rng.randrange(1 << 30)}" if self.rng.random() < 0.3 else ""
        self.shop.time.go(self.rng.choice((0, 1, 20, 90, 600)))
        self.shop.reopen(boot=boot)
        self.wire()

    def surely(self, act: Callable[[], Any]) -> Any:
        """Somebody's wish, repeated with the same nonce until it is answered."""
        while True:
            try:
                return act()
            except Killed:
                self.revive()

    def pass_time(self, seconds: float) -> None:
        """So much later, whatever ends meanwhile."""
        end = self.shop.time.ms + int(seconds * 1000)
        while self.shop.time.ms < end:
            try:
                pause = self.shop.payers.turn()
            except Killed:
                self.revive()
                continue
            books = self.shop.shop.books.payments
            if pause and not books.unsettled() and not books.refunding() and not self.late:
                self.shop.time.ms = end
                return
            due = min((one[0] for one in self.late), default=end)
            self.shop.time.ms = min(end, max(self.shop.time.ms + int(pause * 1000), self.shop.time.ms))
            if pause and due < self.shop.time.ms:
                self.deliver()


class Wrong(AssertionError):
    """Money is not where it belongs."""


def check(world: World, view: PaymentView, fen: int) -> None:
    """Raises Wrong: charged twice, lost, or not at an end."""
    books = world.shop.shop.books
    payment, attempts = books.payments.payment(view.payment), books.payments.attempts(view.payment)
    assert payment is not None
    open_ones = [f"{one.number} {one.state.value}" for one in attempts if one.state not in FINAL]
    if open_ones or payment.state not in {Paying.DONE, Paying.CANCELLED}:
        raise Wrong(f"not at an end after a day: {open_ones} {payment.state.value}")
    if any(
        one.state is PayState.REFUNDING for row in attempts for one in books.payments.refunds_of(row.number)
    ):
        raise Wrong("a refund is not at an end after a day")
    charged, back = world.shop.scripted.charged(), world.shop.scripted.back()
    unknown = set(charged) - {row.number for row in books.payments.since("", 1_000_000)}
    if unknown:
        raise Wrong(f"lost: charged, and no row knows of it: {unknown}")
    net = {one.number: charged.get(one.number, 0) - back.get(one.number, 0) for one in attempts}
    kept = {one.number: one.fen for one in attempts if one.state is PayState.SUCCEEDED}
    for one in attempts:
        alarmed = one.state is PayState.REFUND_FAILED and one.alarm == "REFUND_FAILED"
        if net[one.number] != kept.get(one.number, 0) and not alarmed:
            raise Wrong(
                f"{one.number} {one.state.value}: the shopper paid {net[one.number]}, we sold for it "
                f"{kept.get(one.number, 0)}"
            )
        calls = [verb for verb, number in world.shop.line.calls if number == one.number and verb == "pay"]
        if len(calls) > 1:
            raise Wrong(f"{one.number} was charged by {len(calls)} calls")
        world.seen[one.state.value] += 1
    if sum(kept.values()) != (fen if payment.state is Paying.DONE else 0):
        raise Wrong(f"the sale of {fen} has {sum(kept.values())}")
    world.shop.line.calls.clear()
