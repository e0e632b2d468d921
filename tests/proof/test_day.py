"""Whole days of trade, three of them, one of them twice; and that the books would see a planted fault."""

from __future__ import annotations

import pytest

from tests.proof.day import run
from tests.proof.day_mutants import MUTANTS, seen

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_books_of_a_whole_day_agree(seed: int) -> None:
    report = run(seed)
    assert report["wrong"] == []
    assert (report["sales"], report["pickups"], report["refunds"]) >= (200, 60, 15)


def test_the_same_seed_is_the_same_day() -> None:
    first, second = run(4), run(4)
    # Two tills at once write their events in the order of chance, never others.
    for report in (first, second):
        report.pop("cpu_s")
    assert first == second


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_fault_is_seen(name: str) -> None:
    assert seen(name), f"{name}: nobody would notice"
