"""Lanes under kills and cuts, at length."""

from __future__ import annotations

import pytest

from tests.proof.lanes import failed, run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("seed", "unix"), [(1, False), (2, True)])
def test_300_scans_and_200_slips_through_kills_and_cuts(seed: int, unix: bool) -> None:
    report = run(300, 200, seed, unix=unix)
    assert not failed(report), report
    assert sum(report["met"].values()) > 20


def test_a_printer_that_fails_as_well_loses_nothing() -> None:
    report = run(50, 200, 3, faults=0.1)
    assert not failed(report), report
