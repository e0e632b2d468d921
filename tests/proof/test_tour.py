"""`store-edge demo --tour`: every picture is taken, light enough to be shown, and named in the README beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 150_000


def test_the_tour_leaves_a_folder_of_pictures_and_a_readme(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "edge", "demo", "--tour", str(tmp_path / "tour")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    pictures = sorted(path.name for path in (tmp_path / "tour").glob("*.png"))
    shown = re.findall(r"\]\(([^)]+\.png)\)", (tmp_path / "tour" / "README.md").read_text("utf-8"))
    assert pictures == sorted(shown)
    parts = "kiosk-basket kiosk-done guide-product pickup till display-lines it style recovering fleet offline-kiosk"
    for part in parts.split():
        assert any(part in name for name in pictures), part
    assert [name for name in pictures if (tmp_path / "tour" / name).stat().st_size > MOST_BYTES] == []
