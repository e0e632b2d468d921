"""Whole days of trade by seed, and the figures that their books end with."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.journeys.day import WHOLE, Day, day
from tests.journeys.day_books import wrong


def figures(told: Day) -> dict[str, Any]:
    """The day in numbers: the same for the same seed."""
    seen, z = told.seen, told.reports
    kinds: Counter[str] = Counter()
    for sale in seen.sales:
        kinds.update({paid.kind: paid.fen for paid in sale.paid})
    return {
        "sales": len(seen.sales),
        "net_fen": sum(one.net_fen for one in z),
        "tender_fen": dict(sorted(kinds.items())),
        "refunds": len(told.returned),
        "refund_fen": sum(one.refund_fen for one in told.returned),
        "pickups": len(told.collected),
        "variance_fen": [one.count.variance_fen if one.count else None for one in z],
        "events": len(told.town.books.journal.pending(0, 1_000_000, 1 << 30)),
        "told while cut": told.told_while_cut,
        "happened": dict(sorted(seen.did.items())),
    }


def run(seed: int) -> dict[str, Any]:
    """One whole day; its figures and everything that is wrong with its books."""
    began = time.process_time()
    with tempfile.TemporaryDirectory(prefix="day-") as folder, day(Path(folder), seed, WHOLE) as told:
        found = wrong(told)
        return {
            "seed": seed,
            **figures(told),
            "wrong": found,
            "cpu_s": round(time.process_time() - began, 1),
        }


def main() -> int:
    """`python -m tests.proof.day --seed N`; exit code 1 where the books do not agree."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=1)
    report = run(asked.parse_args().seed)
    sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
