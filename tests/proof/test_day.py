"""Whole days of trade by seed; and that the books would see each planted fault."""

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


def test_the_same_seed_is_the_same_day_but_for_who_wins_a_race() -> None:
    first, second = run(4), run(4)
    for name in ("sales", "pickups", "refunds", "variance_fen", "wrong"):
        assert first[name] == second[name]
    # Whoever gets the coupon of a race may be the one who misses the last piece: then it takes nothing off.
    assert abs(first["net_fen"] - second["net_fen"]) in (0, 800, 1600)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_fault_is_seen(name: str) -> None:
    assert seen(name), f"{name}: nobody would notice"
