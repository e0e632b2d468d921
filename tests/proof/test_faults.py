"""Power cuts and failing disks under real trade: short forms, and that both would see what they are there for."""

from __future__ import annotations

import shutil

import pytest

from tests.proof.asked import proof
from tests.proof.crash_script import PLANTS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("gcc") is None, reason="no gcc here: the shim cannot be made, nothing is proven"
    ),
]


def test_every_state_of_the_disk_keeps_what_was_promised():
    code, report = proof("crash", "--states", "2500")
    assert (code, report["violations"]) == (0, {})
    assert report["states"] >= 2500


@pytest.mark.parametrize("plant", PLANTS)
def test_the_states_show_a_planted_bug(plant: str):
    code, report = proof("crash", "--states", "1500", "--often", "4", "--plant", plant)
    assert code == 1
    assert report["violations"]


def test_a_disk_that_fails_at_any_change_loses_nothing():
    code, report = proof("disk_faults", "--every", "17")
    assert (code, report["violations"]) == (0, {})
    assert report["full once: last change"] > 400


def test_writing_on_after_a_failed_sync_would_be_seen():
    code, report = proof("disk_faults", "--kind", "sync fails once", "--plant", "doubts_nothing")
    assert code == 1
    assert set(report["violations"]) == {"acknowledged after a failed sync"}
