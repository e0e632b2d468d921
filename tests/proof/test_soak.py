"""Shoppers' screens over a day of changes, in short; and that each planted leak, complaint and stranger is seen."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.conftest import CHROMIUM
from tests.proof.soak import soaked

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
SEEN = {
    "page_nodes": "nodes of",
    "page_listeners": "listeners of",
    "page_heap": "Chromium, MB",
    "page_error": "complaints",
    "page_outside": "CSP",
    "daemon_memory": "MB",
    "daemon_files": "files of daemon",
    "daemon_threads": "threads of daemon",
}


def test_screens_stay_small_and_silent(browser: Any) -> None:
    report = soaked(browser, 300, seed=2, samples=6)
    assert report["wrong"] == {}
    assert min(report["states"].values()) > 50, "every screen took part"
    assert sum(report["states"].values()) >= 300


@pytest.mark.parametrize("plant", SEEN)
def test_a_planted_leak_is_seen(browser: Any, plant: str) -> None:
    report = soaked(browser, 130, seed=3, plant=plant, samples=6, restarts=())
    assert any(SEEN[plant] in name for name in report["wrong"]), (plant, report["wrong"])
