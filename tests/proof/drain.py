"""Two weeks of facts from a store without a line go up through a bad one, with kills at both ends; figures as JSON."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.settings_file import write_toml
from bench.shop import KEY, STORE
from tests.proof.fault_proxy import FaultProxy
from tests.proof.processes import HQ_TOKEN, Hq, WholeTill, free_port, settings_with_hq
from tests.proof.races import fork

BASE = 1_000_000
PER_ORDER = 10
DAYS = 14
SETTLED_S = 900.0


def found_hq(database: Path, orders: int) -> None:
    """Founds HQ with a store, its stock, and orders that go out in many pieces."""
    from sync.hub.database import open_hub
    from sync.hub.desk import HubDesk
    from sync.messages import Order, OrderLine, Shop

    desk = HubDesk(open_hub(database))
    desk.add_store(Shop(store=STORE, name_zh="淮海路店", name_en="Huaihai Road"), HQ_TOKEN)
    desk.set_stocks(STORE, {"A1": BASE})
    line = OrderLine(1, "A1", "龙井茶", "Tea", PER_ORDER, 100)
    facts: dict[str, Any] = {
        "channel": "app",
        "mode": "quantity",
        "state": "ready",
        "lines": (line,),
        "name_masked": "",
        "phone_tail": "0000",
        "paid_fen": 1000,
        "due_fen": 0,
        "ready_by": "2026-01-05T09:00:00.000Z",
        "hold_until": "",
    }
    import msgspec

    made = (Order(order=f"D{n}", gen=1, store=STORE, **facts) for n in range(orders))
    desk.import_orders(msgspec.json.encode(order) for order in made)


def written(folder: Path, events: int, seed: int) -> None:
    """Writes the journal of DAYS days through the real one, on a clock that goes so fast."""
    from edge.records.books import open_books
    from edge.records.journal import Author
    from tests.sim.box import own_clock
    from tests.sim.chance import Machine, Time

    now = Time()
    with own_clock(Machine(now, random.Random(seed))):  # noqa: S311
        books = open_books(folder, KEY, "Asia/Shanghai")
    facts, author = _facts(events), Author("T1", "1001")
    while True:
        with books.ledger.transaction(durable=False) as tx:
            for count, fact in enumerate(facts, start=1):
                now.move(DAYS * 86_400 / events)
                books.journal.append(tx, fact, author)
                if count == 500:
                    break
            else:
                break
    books.close()


def _facts(events: int) -> Iterator[Any]:
    """Two of five hand over a piece of an order; the rest are drawers that open and close."""
    from sync.messages import DrawerClosed, DrawerOpened, HandedLine, PickupCollected

    pieces = 0
    for n in range(events):
        if n % 5 < 2:
            number, pieces = pieces // PER_ORDER, pieces + 1
            state = "picked_up" if pieces % PER_ORDER == 0 else "partial"
            lines = (HandedLine(1, "A1", 1),)
            yield PickupCollected(str(uuid.uuid4()), f"D{number}", 1, state, lines)
        elif n % 5 < 4:
            yield DrawerOpened("D1", str(uuid.uuid4()), "change")
        else:
            yield DrawerClosed("D1", str(uuid.uuid4()), "shut", 3)


class Drain:
    """The store, HQ, the proxy between them, and whoever kills both."""

    def __init__(self, folder: Path, events: int, seed: int, share: float) -> None:
        self._events = events
        self._database = folder / "hub.db"
        pieces = sum(n % 5 < 2 for n in range(events))
        found = fork(lambda: found_hq(self._database, -(-pieces // PER_ORDER)))
        _join(found)
        self._hq = Hq(self._database)
        self._proxy = FaultProxy(self._hq.port, seed, share)
        self.folder = folder / "state"
        self.folder.mkdir(mode=0o700)
        self._write_settings()
        begun = time.monotonic()
        written(self.folder, events, seed)
        self.built_s = time.monotonic() - begun
        self._dice = random.Random(seed)  # noqa: S311
        self.kills: Counter[str] = Counter()
        self.peak_mb = {"store": 0.0, "hq": 0.0}

    def _write_settings(self) -> None:
        web = free_port()
        raw = settings_with_hq(self.folder, self._proxy.port, web)
        raw["hq"]["timeout_s"] = 4.0
        (self.folder / "edge.key").write_text(KEY.hex())
        (self.folder / "edge.key").chmod(0o600)
        write_toml(self.folder / "settings.toml", raw)
        self._till = WholeTill(self.folder / "settings.toml", web)

    def run(self, kill_s: float, settled_s: float = SETTLED_S) -> float:
        """Lets it drain; kills one of the two every 0 to 2 x `kill_s` seconds. Gives the seconds it took.

        A kill waits until something arrived since the last one: on a machine that starts a daemon more slowly than it
        is killed, nothing would ever arrive and nothing be proved.
        """
        begun, there = time.monotonic(), 0
        self._hq.start()
        self._till.start()
        next_kill = begun + self._dice.uniform(0, 2 * kill_s)
        try:
            while (now := self._at_hq()) < self._events or not self._level():
                if time.monotonic() - begun > settled_s:
                    break
                time.sleep(0.2)
                self._weigh()
                if there < now < self._events and time.monotonic() > next_kill:
                    self._kill(self._dice.choice(("store", "hq", "store")))
                    there = now
                    next_kill = time.monotonic() + self._dice.uniform(0.5, 2 * kill_s)
                elif now >= self._events:
                    self._proxy.share = 0.0  # the store still has to hear that all of it arrived
        finally:
            took = time.monotonic() - begun
            self._till.kill()
            self._hq.kill()
            self._proxy.close()
        return took

    def _kill(self, who: str) -> None:
        self.kills[who] += 1
        if who == "store":
            assert self._till.kill(), "the store died by itself"
            self._till.start()
        else:
            self._hq.kill()
            self._hq.start()

    def _weigh(self) -> None:
        """Peak memory of both, as the kernel counts it."""
        child = self._till._child
        for name, pid in (("store", child.pid if child else 0), ("hq", self._hq._pid)):
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            rows = [row for row in status.splitlines() if row.startswith("VmHWM")]
            if rows:
                self.peak_mb[name] = max(self.peak_mb[name], int(rows[0].split()[1]) / 1024)

    def _at_hq(self) -> int:
        return int(self._hub("SELECT coalesce(sum(last_seq), 0) FROM ingest_stream")[0][0])

    def _level(self) -> bool:
        """All of the journal acknowledged; a daemon may write facts of its own, as the nightly look at the stock."""
        last, acked = self.store_row()
        return acked == last >= self._events

    def _hub(self, sql: str) -> list[Any]:
        from sqlcipher3 import dbapi2

        line = dbapi2.connect(str(self._database), timeout=20)
        try:
            return list(line.execute(sql).fetchall())
        finally:
            line.close()

    def store_row(self) -> tuple[int, int]:
        """(last seq, acknowledged) of the journal."""
        rows = self._store("SELECT last_seq, acked FROM stream")
        return int(rows[0][0]), int(rows[0][1])

    def _store(self, sql: str) -> list[Any]:
        from sqlcipher3 import dbapi2

        line = dbapi2.connect(str(self.folder / "ledger.db"), timeout=20)
        try:
            line.execute(f"PRAGMA key=\"x'{KEY.hex()}'\"")
            return list(line.execute(sql).fetchall())
        finally:
            line.close()

    def violations(self) -> list[str]:
        """What must hold of both databases, read with nobody running."""
        here = self._store("SELECT seq, id, sha FROM journal ORDER BY seq")
        there = self._hub("SELECT seq, id, sha FROM ingest_event ORDER BY seq")
        pieces = sum(n % 5 < 2 for n in range(self._events))
        handed = self._hub("SELECT coalesce(sum(handed), 0) FROM order_line")[0][0]
        moved = self._hub("SELECT coalesce(sum(delta), 0), count(*) FROM movement")[0]
        closed = self._hub("SELECT count(*) FROM customer_order WHERE state = 'picked_up'")[0][0]
        checks = {
            "the journals differ": here == there,
            "not all there": len(there) >= self._events,
            "not dense": [row[0] for row in there] == list(range(1, len(there) + 1)),
            "one stream became several": self._hub("SELECT count(*) FROM ingest_stream")[0][0] == 1,
            "not applied": self._hub("SELECT count(*) FROM ingest_event WHERE verdict <> 'applied'")[0][0]
            == 0,
            "cases": self._hub("SELECT count(*) FROM case_file")[0][0] == 0,
            "handed": handed == pieces,
            "movements": tuple(moved) == (-pieces, pieces),
            "stock": self._hub("SELECT on_hand FROM stock_level")[0][0] == BASE - pieces,
            "orders": closed == pieces // PER_ORDER,
            "not acknowledged": self._level(),
        }
        return [name for name, holds in checks.items() if not holds]

    def report(self, took: float) -> dict[str, Any]:
        """The figures."""
        return {
            "events": self._events,
            "journal written, s": round(self.built_s, 1),
            "drained, s": round(took, 1),
            "facts a second": round(self._events / took),
            "requests": dict(sorted(self._proxy.met.items())),
            "killed": dict(self.kills),
            "peak MB": {name: round(mb) for name, mb in self.peak_mb.items()},
            "violations": self.violations(),
        }


def _join(pid: int) -> None:
    import os

    _, status = os.waitpid(pid, 0)
    assert status == 0, "HQ could not be founded"


def drained(folder: Path, *, events: int, seed: int, share: float, kill_s: float) -> dict[str, Any]:
    """One run; its figures."""
    drain = Drain(folder, events, seed, share)
    return drain.report(drain.run(kill_s))


def main() -> int:
    """Prints the figures; 1 if anything was lost, doubled or out of place."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, default=50_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--faults", type=float, default=0.3, help="share of requests that meet one")
    asked.add_argument("--kill-s", type=float, default=5.0, help="mean seconds between two kills")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = drained(
            Path(folder), events=told.events, seed=told.seed, share=told.faults, kill_s=told.kill_s
        )
    sys.stdout.write(json.dumps(found) + "\n")
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
