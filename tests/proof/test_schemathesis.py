"""Every role asks everything that the API's description allows, and much that it does not: nothing breaks its word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.api_fuzz import ROLES, fuzzed, standing

ALL = ("examples", "coverage", "fuzzing", "stateful")


SOME = ("basket/add",)


def test_a_slice_of_it(tmp_path: Path) -> None:
    with standing(tmp_path) as stand:
        all_paths = stand.described["paths"]
        stand.described["paths"] = {
            path: all_paths[path] for path in (f"/api/v1/stations/{{station}}/{name}" for name in SOME)
        }
        assert fuzzed(stand, "lead", 1, seed=3, phases=("coverage",)) == []
        assert fuzzed(stand, "without-sales", 1, seed=3, phases=("fuzzing",)) == []
    # The store answered, it did not merely turn everything away.
    assert sum(name.startswith("ok ") for name in stand.counts) == len(SOME)
    assert stand.counts["403"]
    assert stand.counts["401"]


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_a_role_asks_everything(tmp_path: Path, role: str) -> None:
    with standing(tmp_path) as stand:
        assert fuzzed(stand, role, 200, seed=5, phases=ALL) == []
    assert stand.counts["requests"], "a role that asks nothing shows nothing"
    if role in ("lead", "cashier"):
        assert sum(name.startswith("ok ") for name in stand.counts) > 60
    else:
        assert not [name for name in stand.counts if name.startswith("ok ") and "openapi.json" not in name]
