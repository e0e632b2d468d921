"""Prints slips through the real desk, driver and ledger on a printer that fails, kill -9 included; JSON at the end."""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from config.schema import parse
from devices.slip import Pair, Qr, Slip, Text
from edge.daemon import Shop, build_shop
from edge.desks import printing
from edge.domain.staff import Operator, Role
from tests.proof.print_chaos import ChaosPrinter, verdict

KEY = bytes(range(32))
LEAD = Operator("2001", "Lead", Role.LEAD, "T1")
_LIMIT_S = 1800.0


def slip_of(number: int) -> Slip:
    """A short slip of every lane, with its number at both ends."""
    begin, end = Text(f"BEGIN {number}"), Text(f"END {number}")
    return Slip(f"{number}", (begin, Pair("龙井茶", "¥59.90"), Text("Café 🎉"), Qr(f"JOB{number}"), end))


def shop_in(folder: Path, port: int, confirm: str = "barrier") -> Shop:
    """The desks over a ledger on the disk and the real driver."""
    raw: dict[str, Any] = {
        "store": {"id": "S00421", "state_dir": str(folder)},
        "printers": {"P1": {"host": "127.0.0.1", "port": port, "timeout_s": 0.15, "confirm": confirm}},
    }
    return build_shop(parse(raw), KEY)


def print_all(folder: Path, port: int, jobs: int, plant: str) -> None:
    """Submits every job, whatever a life before this one did, until each is printed; a person helps at last."""
    logging.disable()
    if plant == "forgets the mark":
        vars(printing)["marked"] = lambda slip, _: slip
    shop = shop_in(folder, port, "none" if plant == "believes the cable" else "barrier")
    ends = ("printed", "sent")
    desk, rows = shop.store.printing, shop.books.jobs
    desk.recover()
    for number in range(jobs):
        done = rows.of(f"job {number}")
        if done is not None and done.state in ends:
            continue
        desk.submit(f"job {number}", "P1", "T1", f"job {number}", slip_of(number))
        while (last := rows.of(f"job {number}")) is not None and last.state not in ends:
            if last.state == "uncertain":
                desk.settle(last.id, LEAD, came_out=False)
            elif not desk.turn("P1"):
                time.sleep(0.01)
    shop.books.close()


def run(jobs: int, seed: int, p: float, kill_s: float, plant: str = "") -> dict[str, Any]:
    """One seed; `kill_s` is the longest life of the printing process, 0 for no kills."""
    random, kills, began = Random(seed), 0, time.monotonic()  # noqa: S311 - chance that can be repeated
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as name, ChaosPrinter(seed, p) as printer:
        command = [sys.executable, "-m", "tests.proof.print_faults", "--child", name]
        command += ["--port", str(printer.port), "--jobs", str(jobs), "--plant", plant]
        code: int | None = None
        while code is None and time.monotonic() - began < _LIMIT_S:
            child = subprocess.Popen(command)
            try:
                code = child.wait(random.uniform(kill_s / 3, kill_s) if kill_s else _LIMIT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                kills += 1
        printer.recover()
        found = verdict(printer, jobs)
        states = _states(Path(name), printer.port)
        unknown = len(printer.unknown)
    return {
        "jobs": jobs,
        "seed": seed,
        "exit": code,
        "kills": kills,
        "faults": sum(printer.met.values()),
        "seconds": round(time.monotonic() - began, 1),
        **found,
        "states": states,
        "met": dict(printer.met),
        "commands broken off": unknown,
    }


def _states(folder: Path, port: int) -> dict[str, int]:
    shop = shop_in(folder, port)
    found = dict(
        shop.books.ledger.read().execute("SELECT state, count(*) FROM print_job GROUP BY state").fetchall()
    )
    shop.books.close()
    return found


def main() -> int:
    """Exit code 1 for anything lost, doubled without a mark, or not ended."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--jobs", type=int, default=1000)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--p", type=float, default=0.2)
    ask.add_argument("--kill-s", type=float, default=0.0, help="longest life of the printing process")
    ask.add_argument("--child", type=Path)
    ask.add_argument("--port", type=int)
    ask.add_argument("--plant", default="", help="a bug to be seen: forgets the mark, believes the cable")
    told = ask.parse_args()
    if told.child:
        print_all(told.child, told.port, told.jobs, told.plant)
        return 0
    report = run(told.jobs, told.seed, told.p, told.kill_s, told.plant)
    print(json.dumps(report))  # noqa: T201 - that is what it is for
    return int(report["exit"] != 0 or report["lost"] > 0 or report["unmarked doubles"] > 0)


if __name__ == "__main__":
    sys.exit(main())
