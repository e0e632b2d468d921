"""The long proofs of the sync: simulated worlds, the safeguards that they would miss, and real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests import postgres_server
from tests.proof.asked import proof
from tests.sim.__main__ import broken_by
from tests.sim.planted import PLANTS

pytestmark = pytest.mark.slow

_STEPS = 1000


def _reports(*words: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.sim", "--steps", str(_STEPS), *words]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found, done.stderr
    return found


@pytest.mark.parametrize("first", range(100, 170, 10))
def test_seventy_thousand_steps_on_sqlite(first: int):
    reports = _reports("--seed", str(first), "--seeds", "10")
    assert [(r["seed"], r["why"]) for r in reports if r["broken"]] == []
    assert sum(r["steps"] for r in reports) == 10 * _STEPS


@pytest.mark.parametrize("first", range(200, 230, 10))
def test_thirty_thousand_steps_on_postgresql(first: int):
    if postgres_server.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    reports = _reports("--seed", str(first), "--seeds", "10", "--database", "postgresql")
    assert [(r["seed"], r["why"]) for r in reports if r["broken"]] == []
    assert sum(r["steps"] for r in reports) == 10 * _STEPS


@pytest.mark.parametrize("name", PLANTS)
def test_each_safeguard_is_missed(name: str):
    last = broken_by(name)[-1]
    assert last["broken"] in PLANTS[name].breaks, last["why"]


@pytest.mark.parametrize("seed", [1, 2])
def test_two_weeks_drain_with_nothing_lost_or_doubled(seed: int):
    code, report = proof("drain", "--events", "50000", "--seed", str(seed))
    assert (code, report["violations"]) == (0, [])
    assert report["requests"]["lost"] > 3, "too few answers were lost after the commit to prove anything"
    assert set(report["killed"]) == {"store", "hq"}
