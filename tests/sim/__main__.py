"""python -m tests.sim: worlds of stores and HQ out of seeds, checked after every step and after every heal."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict

from tests import postgres_server
from tests.sim.run import run


def main() -> int:
    """One JSON object a seed on standard output; 1 if an invariant did not hold."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=1, help="the first seed")
    asked.add_argument("--seeds", type=int, default=1, help="how many of them")
    asked.add_argument("--steps", type=int, default=1000)
    asked.add_argument("--stores", type=int, default=3)
    asked.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    told = asked.parse_args()
    logging.disable()
    bad = 0
    with ExitStack() as stack:
        server = ""
        if told.database == "postgresql":
            server = stack.enter_context(postgres_server.running("fsync=off"))
        for seed in range(told.seed, told.seed + told.seeds):
            begun = time.monotonic()
            report = run(seed, told.steps, stores=told.stores, server=server)
            bad += bool(report.broken)
            took = round(time.monotonic() - begun, 1)
            print(json.dumps({**asdict(report), "seconds": took}), flush=True)  # noqa: T201
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
