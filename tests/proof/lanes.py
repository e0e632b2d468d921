"""Scans and slips through a lane whose processes are killed and whose line is cut; JSON at the end.

Three processes: the store (books, printing desk, intake, door), `store-edge lane` as a shop runs it, and this one,
which holds the scanner, the printer and the cable between the two, and kills.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from config.schema import Settings, parse
from devices.lane_wires import fingerprint
from devices.simulated_scanner import SimulatedScanner
from tests.edge.lane_rig import Cable
from tests.proof.lane_chaos import Chaos, Killed, in_lane, in_store
from tests.proof.print_chaos import ChaosPrinter, verdict
from tests.proof.print_faults import KEY, slip_of
from tests.proof.processes import free_port

TOKEN = "a token that only lives in proofs"
_LIMIT_S = 900.0
_ENDS = ("printed", "sent")


def settings_of(folder: Path, listen: str, scanner: str, printer: int) -> Settings:
    """One desk whose scanner and printer are a lane's."""
    raw: dict[str, Any] = {
        "store": {"id": "S00421", "state_dir": str(folder / "store")},
        "stations": {"T1": {"kind": "cashier"}},
        "lane_port": {"listen": listen},
        "lanes": {"K1": {"token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}},
        "scanners": {"s1": {"port": scanner, "lane": "K1"}},
        "printers": {"P1": {"host": "127.0.0.1", "port": printer, "timeout_s": 0.5, "lane": "K1"}},
    }
    return parse(raw)


def live(folder: Path, listen: str, scanner: str, printer: int, jobs: int) -> None:
    """The store's process: keeps what is scanned, prints `jobs` slips one after another, and says when all are out."""
    from edge.daemon import Daemon
    from edge.domain.staff import Operator, Role

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    daemon = Daemon(settings_of(folder, listen, scanner, printer), KEY)
    desk, rows = daemon.store.printing, daemon.shop.books.jobs
    # Everything of Daemon.start() but the pages.
    desk.recover()
    daemon._hire()
    daemon.shop.lanes.start()
    for worker in daemon._workers:
        worker.start()
    lead = Operator("2001", "Lead", Role.LEAD, "T1")
    for number in range(jobs):
        job = f"job {number}"
        desk.submit(job, "P1", "T1", job, slip_of(number))
        while (last := rows.of(job)) is None or last.state not in _ENDS:
            if last is not None and last.state == "uncertain":
                desk.settle(last.id, lead, came_out=False)
            time.sleep(0.005)
    (folder / "all out").touch()
    signal.pause()


def scan_all(scanner: SimulatedScanner, folder: Path, scans: int, random: Random) -> Counter[str]:
    """Shows each code until the lane has it in its book or the store in its own: as a person does who hears no
    beep. Gives how often each was shown."""
    shows = Counter[str]()
    for number in range(scans):
        code, shown = f"https://example.com/{number}", time.monotonic()
        shows[code] += 1
        scanner.scan(code)
        while code not in {*in_lane(TOKEN, folder), *in_store(KEY, folder)}:
            if time.monotonic() - shown > 4.0:
                scanner.scan(code)
                shows[code], shown = shows[code] + 1, time.monotonic()
            time.sleep(0.005)
        time.sleep(random.uniform(0.0, 0.15))
    return shows


def run(
    scans: int,
    jobs: int,
    seed: int,
    *,
    unix: bool = False,
    faults: float = 0.0,
    plan: tuple[str, ...] = (),
) -> dict[str, Any]:
    """One seed: everything started, hurt (as planned, else as chance has it), and counted."""
    printer = ChaosPrinter(seed, faults)
    with (
        tempfile.TemporaryDirectory(prefix=".proof-", dir=".") as name,
        printer,
        SimulatedScanner() as scanner,
    ):
        folder, port = Path(name).resolve(), free_port()
        listen = f"unix:{folder / 'l'}" if unix else f"127.0.0.1:{port}"
        cable = None if unix else Cable(("127.0.0.1", port))
        more = f"--printer {printer.port} --jobs {jobs} --scanner {scanner.port} --listen {listen}".split()
        store = [*"-m tests.proof.lanes --child".split(), str(folder), *more]
        lane = lane_command(folder, f"127.0.0.1:{cable.port}" if cable else listen)
        sides = Killed(store, folder / "store.log"), Killed(lane, folder / "lane.log")
        while not in_lane(TOKEN, folder) and not in_store(KEY, folder):  # until both have met once
            scanner.scan("https://example.com/first")
            time.sleep(0.5)
        chaos = Chaos(Random(seed), *sides, cable, plan)  # noqa: S311 - chance that can be repeated
        try:
            found = counted(folder, scanner, scans, seed, chaos)
        finally:
            chaos.stop()
            for side in sides:
                side.end()
            if cable:
                cable.close()
        facts = {"jobs": jobs, "seed": seed, "line": "unix" if unix else "tls", "met": dict(chaos.met)}
        return {**facts, **found, **verdict(printer, jobs)}


def lane_command(folder: Path, at: str) -> list[str]:
    """store-edge lane, as a shop runs it."""
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    pinned = [] if at.startswith("unix:") else ["--fingerprint", fingerprint(folder / "store")]
    where = ["--token-file", str(token), "--state", str(folder / "lane"), "--level", "error"]
    return [*"-m edge lane --name K1 --store".split(), at, *where, *pinned]


def counted(folder: Path, scanner: SimulatedScanner, scans: int, seed: int, chaos: Chaos) -> dict[str, Any]:
    """Scans all, waits until all slips are out, and counts what the store has."""
    began = time.monotonic()
    shows = scan_all(scanner, folder, scans, Random(seed + 1))  # noqa: S311 - as above
    _wait(lambda: (folder / "all out").exists() and not chaos.planned, began)
    chaos.stop()
    _wait(lambda: shows.keys() <= set(in_store(KEY, folder, 9999)) and not in_lane(TOKEN, folder), began, 60)
    found = Counter(in_store(KEY, folder, 9999))
    return {
        "scans": scans,
        "seconds": round(time.monotonic() - began, 1),
        "scans lost": len(shows.keys() - found.keys()),
        "scans doubled": sum(max(0, found[code] - times) for code, times in shows.items()),
        "shown again": shows.total() - len(shows),
        "out": (folder / "all out").exists(),
    }


def _wait(done: Any, began: float, seconds: float = _LIMIT_S) -> None:
    end = min(began + _LIMIT_S, time.monotonic() + seconds)
    while not done() and time.monotonic() < end:
        time.sleep(0.05)


def main() -> int:
    """Exit code 1 for anything lost, doubled without a mark, or not ended."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--scans", type=int, default=300)
    ask.add_argument("--jobs", type=int, default=200)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--unix", action="store_true")
    ask.add_argument(
        "--faults", type=float, default=0.0, help="share of jobs at which the printer itself fails"
    )
    ask.add_argument("--child", type=Path)
    ask.add_argument("--listen")
    ask.add_argument("--scanner")
    ask.add_argument("--printer", type=int)
    told = ask.parse_args()
    if told.child:
        os.umask(0o077)
        live(told.child, told.listen, told.scanner, told.printer, told.jobs)
        return 0
    report = run(told.scans, told.jobs, told.seed, unix=told.unix, faults=told.faults)
    print(json.dumps(report))  # noqa: T201 - that is what it is for
    return int(failed(report))


def failed(report: dict[str, Any]) -> bool:
    """Whether a report says that a promise was broken."""
    broken = ("scans lost", "scans doubled", "lost", "unmarked doubles")
    return not report["out"] or any(report[what] for what in broken)


if __name__ == "__main__":
    sys.exit(main())
