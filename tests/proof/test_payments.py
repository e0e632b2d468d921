"""A slice of the payment runs, and their planted faults, in the suite; the rest by python -m tests.proof.payments."""

from __future__ import annotations

import pytest

from tests.proof.payment_mutants import MUTANTS, seen
from tests.proof.payments import runs


def test_nobody_pays_twice_no_success_is_lost_and_all_ends() -> None:
    total = runs(60, seed=11)
    # What must have happened for the runs to mean anything.
    for name in (
        "kill",
        "cut",
        "answer lost",
        "late charge",
        "stop",
        "cancel",
        "sold",
        "reversed",
        "refunded",
    ):
        assert total[name], name


@pytest.mark.slow
def test_nobody_pays_twice_in_a_thousand_runs() -> None:
    assert runs(1000, seed=12)["runs"] == 1000


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_fault_is_seen(name: str) -> None:
    assert seen(name, 300, seed=1)
