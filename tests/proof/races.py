"""Two stations redeem one code at once, in two processes on one ledger, again and again; prints JSON."""

from __future__ import annotations

import argparse
import json
import mmap
import os
import random
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

STATIONS = ("T1", "T2")


class StartLine:
    """A barrier in shared memory: both spin, so that they leave it within microseconds of each other."""

    def __init__(self) -> None:
        self._flags = mmap.mmap(-1, 8 * len(STATIONS))

    def leave(self, place: int, race: int) -> None:
        """Says that this station stands at the line of this race, and leaves when the other does too."""
        struct.pack_into("q", self._flags, 8 * place, race)
        other = 8 * (1 - place)
        while struct.unpack_from("q", self._flags, other)[0] < race:
            pass


def fork(work: Callable[[], None]) -> int:
    """Runs `work` in a child process and nothing else; gives its pid. The parent must have no threads."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def stock(folder: Path, races: int, *, belts: bool, out: Connection) -> None:
    """Founds the shop and tells the codes."""
    from bench.shop import Feed, open_shop
    from tests.proof.planted import BELTS

    shop = open_shop(folder)
    out.send(Feed(shop).orders(races))
    if not belts:
        with shop.books.ledger.transaction() as tx:
            for index in BELTS:
                tx.execute(f"DROP INDEX {index}")
    shop.books.close()


def race(folder: Path, place: int, codes: list[str], line: StartLine, out: Connection, plant: str) -> None:
    """One station's side of all races: (result, began, ended) a race."""
    from bench.shop import CASHIERS, open_shop
    from edge.domain.refusals import Refusal
    from edge.domain.views import RedeemRequest
    from tests.proof.planted import PLANTS

    if plant:
        PLANTS[plant]()
    redeem = open_shop(folder).store.hand_over.redeem
    dice = random.Random(place)  # noqa: S311
    told: list[tuple[str, float, float]] = []
    for number, code in enumerate(codes, 1):
        wish = RedeemRequest(nonce=f"race-{number}-{place}", code=code)
        # One in two starts a little late, so that the rivals meet at every point of the transaction.
        delay_s = dice.choice((0.0, dice.random() * 0.002))
        line.leave(place, number)
        began = time.monotonic()
        while time.monotonic() - began < delay_s:
            pass
        began = time.monotonic()
        try:
            redeem(wish, CASHIERS[STATIONS[place]])
            result = "handed"
        except Refusal as refusal:
            result = refusal.code
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a result to report)
            result = type(error).__name__
        told.append((result, began, time.monotonic()))
    out.send(told)


def books_after(folder: Path, out: Connection) -> None:
    """What stands in the ledger: pickups by order, length of the journal."""
    from bench.shop import open_shop

    shop = open_shop(folder)
    reader = shop.books.ledger.read()
    rows = reader.execute("SELECT order_id, count(*) FROM pickup GROUP BY order_id").fetchall()
    facts = reader.execute("SELECT count(*) FROM journal").fetchone()[0]
    out.send((dict(rows), facts))
    shop.books.close()


def run(races: int, plant: str, folder: Path) -> dict[str, Any]:
    """All races; the report with its violations."""
    from multiprocessing import Pipe

    import edge.daemon  # noqa: F401  (loaded once, before the children are forked)

    here, there = Pipe()
    fork(lambda: stock(folder, races, belts=not plant, out=there))
    codes: list[str] = here.recv()
    os.wait()
    line = StartLine()
    began = time.monotonic()
    mouths = [Pipe() for _ in STATIONS]
    for place in range(len(STATIONS)):
        fork(lambda place=place: race(folder, place, codes, line, mouths[place][1], plant))  # type: ignore[misc]
    told = [near.recv() for near, _ in mouths]
    took_s = time.monotonic() - began
    for _ in STATIONS:
        os.wait()
    fork(lambda: books_after(folder, there))
    pickups, facts = here.recv()
    os.wait()
    return report(told, pickups, facts, took_s)


def report(
    told: list[list[tuple[str, float, float]]], pickups: dict[str, int], facts: int, took_s: float
) -> dict[str, Any]:
    """Counts outcomes and names violations: anything but one winner and one "already collected" a race."""
    outcomes = [tuple(sorted(result for result, _, _ in both)) for both in zip(*told, strict=True)]
    wrong = [outcome for outcome in outcomes if outcome != ("already_collected", "handed")]
    together = sum(
        max(a[1], b[1]) < min(a[2], b[2]) for a, b in zip(*told, strict=True)
    )  # their times overlapped: it was a race
    twice = {order: count for order, count in pickups.items() if count != 1}
    return {
        "races": len(outcomes),
        "seconds": round(took_s, 1),
        "overlapped": together,
        "won_by": dict(
            Counter(
                STATIONS[[r for r, _, _ in both].index("handed")]
                for both in zip(*told, strict=True)
                if "handed" in [r for r, _, _ in both]
            )
        ),
        "outcomes": {" + ".join(outcome): count for outcome, count in Counter(outcomes).items()},
        "pickups": sum(pickups.values()),
        "facts": facts,
        "violations": len(wrong) + len(twice) + abs(facts - len(outcomes)),
    }


def main() -> int:
    """Exit code 1 if any race had another end than one winner."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--races", type=int, default=1000)
    ask.add_argument("--plant", default="", help="a bug of planted.py")
    told = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="store-edge-races-") as folder:
        found = run(told.races, told.plant, Path(folder))
    sys.stdout.write(json.dumps(found) + "\n")
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
