"""kill -9 at random points of the journey, again and again, with the truth checked at the end; prints it as JSON."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from config.schema import parse
from tests.proof.processes import HQ_TOKEN, Hq, SmallTill, Till, WholeTill, settings_with_hq
from tests.proof.races import fork

NOT_YET = ("unknown_offline", "invalid")
"""The order, or HQ's key, has not come down yet: asked again later."""
SETTLED_S = 60.0


def found_hq(database: Path, orders: int, out: Connection) -> None:
    """Founds HQ with a store, stock, orders, and their codes."""
    from bench.shop import STORE, order_no, order_row
    from edge.hub_cli import encode_code
    from sync.hub.database import open_hub
    from sync.hub.desk import HubDesk
    from sync.messages import Shop
    from tests.proof.audit import BASE

    desk = HubDesk(open_hub(database))
    desk.add_store(Shop(store=STORE, name_zh="淮海路店", name_en="Huaihai Road"), HQ_TOKEN)
    desk.new_pickup_key(1)
    desk.set_stocks(STORE, {"A1": BASE, "B2": BASE})
    desk.import_orders([json.dumps(order_row(n)) for n in range(1, orders + 1)])
    until = datetime.now(UTC) + timedelta(days=2)
    out.send([desk.issue_code(order_no(n), encode_code, not_after=until) for n in range(1, orders + 1)])


@dataclass
class Journey:
    """The driver: knows what was asked, what was answered, and what must therefore be true."""

    till: Till
    hq: Hq
    codes: list[str]
    dice: random.Random
    acknowledged: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    open: int | None = None
    next: int = 0

    def cycle(self, number: int) -> None:
        """One life of the store, ended by SIGKILL somewhere."""
        kill_hq = number % 10 == 0
        self.till.start()
        kind = self.dice.choices(("starting", "redeeming", "sending"), (2, 5, 3))[0]
        if kind == "starting":
            end = time.monotonic() + self.dice.random() * 1.5 * self.till.startup_s
            self._ask(end)
        else:
            for _ in range(self.dice.randint(1, 3)):
                self._ask(time.monotonic() + 10 + self.till.startup_s)
            # As long as a redemption takes on a slow disk, or as an upload takes.
            end = time.monotonic() + self.dice.random() * (0.008 if kind == "redeeming" else 0.06)
            if kind == "redeeming":
                self._ask(end)
        if kill_hq:
            self.hq.kill()
        time.sleep(max(0.0, end - time.monotonic()))
        self.counts[f"killed while {kind}"] += 1
        self.counts["WRONG: died by itself"] += int(not self.till.kill())
        if kill_hq:
            self.counts["HQ killed"] += 1
            self.hq.start()

    def settle(self) -> None:
        """A last life without a kill: every open question is asked until it is answered."""
        self.till.start()
        until = time.monotonic() + SETTLED_S
        while self.open is not None and time.monotonic() < until:
            self._ask(time.monotonic() + 10)

    def _ask(self, until: float) -> None:
        known = list(self.acknowledged)
        if self.open is None and known and self.dice.random() < 0.2:
            self._ask_again(self.dice.choice(known[-20:]), until)
            return
        if self.open is None and self.next < len(self.codes):
            self.open, self.next = self.next, self.next + 1
        if self.open is None:
            return
        nonce = _nonce(self.open)
        answer = self.till.ask(nonce, self.codes[self.open], until)
        while answer is not None and answer["result"] in NOT_YET and time.monotonic() < until:
            self.counts["not there yet"] += 1
            time.sleep(0.01)
            answer = self.till.ask(nonce, self.codes[self.open], until)
        if answer is None:
            self.counts["no answer"] += 1
            time.sleep(0.001)
        elif answer["result"] == "ok":
            self.counts["done before the kill, told after"] += int(answer["repeat"])
            self.acknowledged[nonce] = answer["pickup"]
            self.open = None
        elif answer["result"] not in NOT_YET:
            self.counts[f"WRONG: {answer['result']}"] += 1
            self.open = None

    def _ask_again(self, nonce: str, until: float) -> None:
        answer = self.till.ask(nonce, self.codes[_number(nonce)], until)
        if answer is None:
            self.counts["no answer"] += 1
        elif (answer["result"], answer.get("pickup")) == ("ok", self.acknowledged[nonce]) and answer[
            "repeat"
        ]:
            self.counts["asked again, same answer"] += 1
        else:
            self.counts["WRONG: asked again, other answer"] += 1


def _nonce(number: int) -> str:
    return f"kill-{number:06d}"


def _number(nonce: str) -> int:
    return int(nonce.rpartition("-")[2])


def checked(folder: Path, hq_file: Path, acknowledged: dict[str, str], out: Connection) -> None:
    """The audit, in a process of its own."""
    from tests.proof.audit import audit

    out.send(audit(folder, hq_file, acknowledged))


def run(cycles: int, *, whole: bool, seed: int, plant: str, folder: Path) -> dict[str, Any]:
    """All cycles, then the audit, repeated until HQ has heard everything or the time for it is over."""

    import sync.client
    import sync.hub.desk
    import sync.hub.web
    import sync.transport  # noqa: F401  (loaded once, before the children are forked)

    here, there = Pipe()
    hq = Hq(folder / "hub.db")
    fork(lambda: found_hq(folder / "hub.db", 3 * cycles + 10, there))
    codes: list[str] = here.recv()
    os.wait()
    if plant:
        from tests.proof.planted import PLANTS

        PLANTS[plant]()
    hq.start()
    till = (
        WholeTill.with_hq(folder, hq.port) if whole else SmallTill(parse(settings_with_hq(folder, hq.port)))
    )
    journey = Journey(till, hq, codes, random.Random(seed))  # noqa: S311
    began = time.monotonic()
    for number in range(1, cycles + 1):
        journey.cycle(number)
    took_s = time.monotonic() - began
    journey.settle()
    until = time.monotonic() + (SETTLED_S if not plant else 8.0)
    while True:
        pid = fork(lambda: checked(folder, folder / "hub.db", journey.acknowledged, there))
        found: dict[str, Any] = here.recv()
        os.waitpid(pid, 0)
        if not found["violations"] or time.monotonic() > until:
            break
        time.sleep(0.5)
    till.kill()
    hq.kill()
    return _report(journey, found, cycles, took_s, seed)


def _report(journey: Journey, found: dict[str, Any], cycles: int, took_s: float, seed: int) -> dict[str, Any]:
    wrong = {name: count for name, count in journey.counts.items() if name.startswith("WRONG") and count}
    if journey.open is not None:
        wrong["WRONG: never answered"] = 1
    return {
        "cycles": cycles,
        "seconds": round(took_s, 1),
        "seed": seed,
        **{name: count for name, count in sorted(journey.counts.items()) if count},
        **found,
        "violations": wrong | found["violations"],
    }


def main() -> int:
    """Exit code 1 if anything was lost, doubled or broken."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--cycles", type=int, default=500)
    ask.add_argument("--whole", action="store_true", help="the whole daemon, asked over its API")
    ask.add_argument("--seed", type=int, default=20261122)
    ask.add_argument("--plant", default="", help="a bug of planted.py")
    told = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="store-edge-kills-") as folder:
        found = run(told.cycles, whole=told.whole, seed=told.seed, plant=told.plant, folder=Path(folder))
    sys.stdout.write(json.dumps(found) + "\n")
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
