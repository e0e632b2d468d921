"""Payments under crashes, cut lines and late charges, in virtual time: nobody pays twice, no success is lost, all ends.

python -m tests.proof.payments --runs 10000 [--seed 1] [--mutants]
"""

from __future__ import annotations

import argparse
import collections
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.db import Connection
from edge.domain.payment_port import Answer, NoAnswer, NotSent
from edge.domain.payment_views import Paying, PaymentView
from edge.domain.payments import FINAL, PayState
from edge.domain.refusals import Refusal
from tests.edge.paying_shop import CASHIER, PayingShop, paying

DAY_S = 86_400.0
_SHM = "/dev/shm"  # noqa: S108 - syncs cost nothing there
WORDS = (
    "success",
    "success",
    "refused",
    "userpaying 8",
    "userpaying 44",
    "userpaying 58",
    "declined 12",
    "system_error",
    "late_success 3",
    "late_success 40",
    "late_success 70",
    "reversal_refused 3",
    "reversal_refused 60",
    "stubborn 50",
    "stubborn 300",
    "stubborn 3000",
    "wrong_amount 7",
    "no_answer",
    "refund_refused",
)


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
        from edge.domain.payment_port import Charge

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


def one_run(world: World, run: int) -> None:
    """A shopper with up to three codes, a till that dies, a line that breaks; then a day passes."""
    rng = world.rng
    fen = world.fen = rng.randrange(1, 200_000)
    kills = {rng.randrange(1, 60) for _ in range(rng.choice((0, 1, 1, 2, 3)))}
    cut = world.shop.time.ms + rng.choice((0, 0, 0, 5_000, 70_000, 900_000))
    world.fate = Fate(rng, kills, cut_until_ms=cut if rng.random() < 0.3 else 0)
    desk = lambda: world.shop.desk  # noqa: E731 - another one after each kill
    sha = f"sha-{run}"
    view: PaymentView = world.surely(lambda: desk().open(f"b{run}", sha, fen, CASHIER, f"o{run}"))
    for attempt in range(3):
        if rng.random() < 0.3 and world.fate.cut_until_ms == 0:
            world.fate.cut_until_ms = world.shop.time.ms + rng.choice((15_000, 120_000))
        _submit(world, view, f"s{run}-{attempt}")
        _wait(world, view)
        if world.surely(lambda: desk().view(view.payment)).state is not Paying.OPEN:
            break
    _end(world, view, run, sha, fen)
    world.fate.kills = {one for one in world.fate.kills if one > world.fate.boundaries}
    world.pass_time(DAY_S)
    check(world, view, fen)


def _submit(world: World, view: PaymentView, nonce: str) -> None:
    world.codes += 1
    code = ("13" if world.rng.random() < 0.5 else "28") + f"{world.codes:016}"
    try:
        world.surely(lambda: world.shop.desk.submit(view.payment, code, CASHIER, nonce))
    except Refusal as refusal:
        world.seen[f"refused {refusal.code}"] += 1


def _wait(world: World, view: PaymentView) -> None:
    """The shopper waits, cancels, or walks off; another scan meanwhile is refused."""
    rng = world.rng
    for _ in range(rng.choice((1, 2, 4))):
        world.pass_time(rng.choice((1, 6, 20, 50, 400)))
        now: PaymentView = world.surely(lambda: world.shop.desk.view(view.payment))
        if now.attempt is None or not now.holds:
            return
        if rng.random() < 0.2:
            world.surely(lambda: world.shop.desk.stop(view.payment, CASHIER))
            world.seen["stop"] += 1


def _end(world: World, view: PaymentView, run: int, sha: str, fen: int) -> None:
    """Waits until it is settled, then sells or cancels."""
    rng, desk = world.rng, lambda: world.shop.desk
    if rng.random() < 0.15:
        world.surely(lambda: desk().cancel(view.payment, CASHIER))
        world.seen["cancel"] += 1
    for _ in range(40):
        now: PaymentView = world.surely(lambda: desk().view(view.payment))
        if now.state is not Paying.OPEN or not now.holds:
            break
        world.pass_time(600)
    if now.state is Paying.PAID and rng.random() < 0.9:
        world.surely(lambda: _sell(world, view, run, sha, fen))
        world.seen["sold"] += 1
    elif now.state in {Paying.PAID, Paying.OPEN}:
        world.surely(lambda: desk().cancel(view.payment, CASHIER))


def _sell(world: World, view: PaymentView, run: int, sha: str, fen: int) -> None:
    books = world.shop.shop.books
    row = books.payments.payment(view.payment)
    if row is not None and row.state is Paying.DONE:
        return
    with books.ledger.transaction() as tx:
        tenders = world.shop.desk.complete(tx, view.payment, sha, fen, f"sale-{run}")
        assert sum(tender.fen for tender in tenders) == fen


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


def runs(
    count: int, seed: int, mutant: Callable[[World], None] = lambda _world: None
) -> collections.Counter[str]:
    """So many runs; raises Wrong with the seed of the world that went wrong."""
    total: collections.Counter[str] = collections.Counter()
    done = 0
    while done < count:
        many = min(25, count - done)
        rng = random.Random(seed * 1_000_003 + done)  # noqa: S311
        script = [rng.choice(WORDS) for _ in range(200)]
        folder = Path(tempfile.mkdtemp(prefix="pay", dir=_SHM if Path(_SHM).is_dir() else None))
        try:
            with paying(folder, script, forgetful=rng.random() < 0.5) as shop:
                world = World(shop, rng)
                world.wire()
                mutant(world)
                for run in range(many):
                    try:
                        one_run(world, run)
                    except Wrong as wrong:
                        raise Wrong(f"seed {seed}, world of run {done}, run {run}: {wrong}") from None
                total.update(world.seen)
        finally:
            shutil.rmtree(folder)
        done += many
    total["runs"] = count
    return total


def main() -> int:
    """Prints what happened; 1 when money went wrong, or a mutant was not seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", action="store_true")
    asked = parser.parse_args()
    if asked.mutants:
        from tests.proof.payment_mutants import survivors

        left = survivors(asked.runs, asked.seed)
        return 1 if left else 0
    began = time.process_time()
    try:
        total = runs(asked.runs, asked.seed)
    except Wrong as wrong:
        print(f"WRONG: {wrong}")  # noqa: T201
        return 1
    for name, number in sorted(total.items()):
        print(f"{name:28}{number:>9}")  # noqa: T201
    print(f"0 double charges, 0 lost successes, 0 without an end; {time.process_time() - began:.0f} s of CPU")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
