"""python -m bench [NAME ...]: each figure beside its floor, from one interleaved run; exit code 1 for a goal missed."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from bench import (
    camera_beside,
    decode,
    engine,
    first_load,
    fleet,
    hub_ingest,
    hub_waiting,
    pricing,
    print_neighbours,
    printer_line,
    printing,
    redeeming,
    scanner_line,
    scans,
    screens,
    search,
    whole_daemon,
)
from bench.rounds import Row

BENCHES: dict[str, Callable[[int], list[Row]]] = {
    "scan": scans.rows,
    "line": scanner_line.rows,
    "camera": camera_beside.rows,
    "redeem": redeeming.rows,
    "memory": whole_daemon.memory,
    "start": whole_daemon.start,
    "tabs": whole_daemon.tabs,
    "printing": lambda rounds: [*printing.rows(rounds), *print_neighbours.rows(rounds)],
    "plugs": printer_line.rows,
    "sqlcipher": engine.rows,
    "load": first_load.rows,
    "search": search.rows,
    "decode": decode.rows,
    "screens": screens.rows,
    "hub": hub_ingest.rows,
    "hint": hub_waiting.rows,
    "fleet": fleet.rows,
    "price": pricing.rows,
}


def main() -> int:
    """Runs the named benches, or all."""
    ask = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    ask.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    ask.add_argument("--rounds", type=int, default=5, help="at least 3 (default 5)")
    ask.add_argument("--json", action="store_true", help="one JSON object a row")
    told = ask.parse_args()
    unknown = sorted(set(told.names) - set(BENCHES))
    if unknown or told.rounds < 3:
        ask.error(f"no such bench: {', '.join(unknown)}" if unknown else "at least 3 rounds")
    if not told.json:
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}, {told.rounds} rounds; p50 / p99")
    missed = 0
    for name in told.names or BENCHES:
        for row in BENCHES[name](told.rounds):
            missed += row.met is False
            print(json.dumps(dataclasses.asdict(row)) if told.json else _text(row), flush=True)
    if not told.json:
        print(f"\n{missed} goals missed" if missed else "\nevery goal met")
    return 1 if missed else 0


def _text(row: Row) -> str:
    verdict = {True: "met", False: "MISSED", None: "-"}[row.met]
    return (
        f"\n{row.name}: {row.subject}   floor {row.floor}   ratio {row.ratio}\n"
        f"  goal {row.goal}: {verdict}\n  {row.what}"
    )


def _machine() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}, load {load:.1f}"


if __name__ == "__main__":
    sys.exit(main())
