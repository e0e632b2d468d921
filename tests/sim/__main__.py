"""python -m tests.sim: worlds of stores and HQ out of seeds, checked after every step and after every heal."""

from __future__ import annotations

import argparse
import json
import logging
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from tests import postgres_server
from tests.sim.planted import PLANTS, Plant
from tests.sim.run import HEAL_EVERY, run


def main() -> int:
    """One JSON object a seed on standard output; 1 if an invariant did not hold."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=1, help="the first seed")
    asked.add_argument("--seeds", type=int, default=1, help="how many of them")
    asked.add_argument("--steps", type=int, default=1000)
    asked.add_argument("--stores", type=int, default=3)
    asked.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked.add_argument(
        "--plant", choices=sorted(PLANTS), help="take a safeguard out; ends at the first break"
    )
    asked.add_argument("--table", action="store_true", help="take out each safeguard in turn; prints a table")
    told = asked.parse_args()
    logging.disable()
    if told.table:
        return table()
    plant = PLANTS[told.plant] if told.plant else Plant(lambda: None, (), heal_every=0)
    plant.take()
    bad = 0
    with ExitStack() as stack:
        server = ""
        if "postgresql" in {told.database, plant.database}:
            server = stack.enter_context(postgres_server.running("fsync=off"))
        for seed in range(told.seed, told.seed + told.seeds):
            begun = time.monotonic()
            report = run(
                seed,
                told.steps,
                stores=told.stores,
                server=server,
                weights=plant.weights,
                heal_every=plant.heal_every or HEAL_EVERY,
            )
            bad += bool(report.broken)
            took = round(time.monotonic() - begun, 1)
            print(json.dumps({**asdict(report), "seconds": took}), flush=True)  # noqa: T201
            if told.plant and bad:
                break
    return 1 if bad else 0


def table() -> int:
    """Prints what each safeguard's absence broke, as rows of docs/proofs.md; 1 if one was not missed."""
    unseen = 0
    for name, plant in PLANTS.items():
        reports = broken_by(name)
        last = reports[-1]
        seen = last["broken"] in plant.breaks
        unseen += not seen
        steps = sum(report["steps"] for report in reports)
        what = last["why"].partition(": ")[2] if seen else f"NOT SEEN ({last['why']})"
        line = f"| `{name}` | {plant.take.__doc__} | {last['broken']} | {steps} | {_plain(what)} |"
        print(line, flush=True)  # noqa: T201
    return 1 if unseen else 0


def broken_by(name: str) -> list[dict[str, Any]]:
    """Reports of a process without this safeguard, a seed each, up to the one that broke."""
    command = [sys.executable, "-m", "tests.sim", "--plant", name, "--seeds", "30", "--steps", "400"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _plain(what: str) -> str:
    """Without ids, which are chance's."""
    return re.sub(r"[0-9a-f-]{36}", "…", what).replace("|", "/")[:110]


if __name__ == "__main__":
    sys.exit(main())
