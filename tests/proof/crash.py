"""Every state in which a power cut could leave the ledger amid real trade, opened and judged; figures as JSON."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proof import shim
from tests.proof.crash_check import Judge
from tests.proof.crash_script import PLANTS
from tests.proof.crash_states import Disk, State, base, states, walked

JUDGED = ("ledger.db", "ledger.db-wal")


@dataclass
class Explorer:
    """One record and its judge."""

    ops: list[shim.Op]
    base: Path
    judge: Judge
    order: dict[str, int] = field(default_factory=dict)
    """Content of the ledger -> the commit it was the content after."""
    counts: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.judged = {ino for ino, name in self.judge.names.items() if name in JUDGED}

    def learn(self) -> None:
        """First walk: what the ledger holds after each commit, when nothing is lost."""
        disk = Disk(base(self.base))
        for op, _ in walked(self.ops, disk, set(self.judge.names)):
            if op.op == shim.MARK:
                number = (
                    int(op.data.split()[1])
                    if op.data.startswith(b"done")
                    else max(self.order.values(), default=0)
                )
                self._note("all", *self.judge.state(disk.full, self.judged)[1:])
                self.order[self.judge.state(disk.full, self.judged)[1].content] = number

    def explore(self, often: int, seed: int, most: int) -> None:
        """Second walk: every state, until there were `most` different ones."""
        disk = Disk(base(self.base))
        for state in states(self.ops, disk, set(self.judge.names), self.judged, often, seed):
            self._judge(state)
            if sum(self.counts.values()) % 1000 == 0:  # a run that is cut off has said how far it came
                sys.stderr.write(f"{len(self.judge.known)} states, violations: {dict(self.wrong)}\n")
            if most and len(self.judge.known) >= most:
                break

    def _judge(self, state: State) -> None:
        name, found = self.judge.state(state.files, self.judged)
        self.counts[f"tried: {state.kind}"] += 1
        if (name, state.promised) in self.seen:
            return
        self.seen.add((name, state.promised))
        self._note(state.kind, found)
        if found.content and found.content not in self.order:
            self.wrong["I1 holds what no commit left: part of a transaction"] += 1
        elif found.content and self.order[found.content] < state.promised:
            self.wrong["I2 acknowledged and lost"] += 1

    def _note(self, kind: str, found: Any) -> None:
        if found.wrong:
            self.counts[f"bad: {kind}"] += 1
        self.wrong.update({one.split(":")[0] for one in found.wrong})


def record(folder: Path, seed: int, sales: int, plant: str) -> Path:
    """Lets the script trade in a process that has the library; gives the record."""
    library = shim.compiled(folder)
    if library is None:
        raise SystemExit("no gcc on this machine: nothing was recorded, nothing is proven")
    log, shop = folder / "record", folder / "town"
    shop.mkdir()
    command = [sys.executable, "-m", "tests.proof.crash_script", str(shop), str(seed), str(sales), plant]
    told = subprocess.run(command, env=shim.environment(library, shop / "store", log), check=False)
    if told.returncode:
        raise SystemExit(f"the script ended with {told.returncode}")
    return log


def run(seed: int, sales: int, often: int, most: int, plant: str, folder: Path) -> dict[str, Any]:
    """Records, then explores."""
    from tests.edge.paying_shop import KEY

    began = time.process_time()
    ops = list(shim.read(record(folder, seed, sales, plant)))
    first = next(n for n, op in enumerate(ops) if op.data == b"begin")
    last = next(n for n, op in enumerate(ops) if op.data == b"end")
    at = folder / "base"
    names = {int(f.name.split("_")[0]): f.name.split("_", 1)[1] for f in at.iterdir()}
    (folder / "opened").mkdir()
    judge = Judge(folder / "opened", KEY, names)
    found = Explorer(ops[first : last + 1], at, judge)
    found.learn()
    found.explore(often, seed, most)
    return {
        "seed": seed,
        "plant": plant,
        "commits": len(found.order),
        "file operations": last - first,
        "states": len(judge.known),
        "states and promises": len(found.seen),
        "recovered ledgers": len(judge.looked),
        **dict(sorted(found.counts.items())),
        "cpu_s": round(time.process_time() - began, 1),
        "violations": dict(found.wrong),
    }


def main() -> int:
    """Exit code 1 where a state broke a promise."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--sales", type=int, default=20)
    ask.add_argument("--often", type=int, default=8, help="disorders tried after each write")
    ask.add_argument(
        "--states", type=int, default=0, help="stop after so many different states; 0: at the end"
    )
    ask.add_argument("--plant", default="", choices=["", *PLANTS])
    told = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="store-edge-crash-", dir="/dev/shm") as folder:
        found = run(told.seed, told.sales, told.often, told.states, told.plant, Path(folder))
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
