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
from collections.abc import Callable
from pathlib import Path

from edge.domain.payment_views import Paying, PaymentView
from edge.domain.refusals import Refusal
from tests.edge.paying_shop import CASHIER, paying
from tests.proof.pay_world import Fate, World, Wrong, check

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
