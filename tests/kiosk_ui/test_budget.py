"""What a screen has to load: scripts in all within 60 kB as they are sent, styles in sight."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from kiosk_ui import web

STATIC = Path(web.__file__).parent / "static"
MOST_KB, OWN_KB = 60, 8
PICTURE = 150_000


def sent(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def test_all_scripts_together_stay_within_their_budget() -> None:
    scripts = sorted(STATIC.rglob("*.js"))
    assert STATIC / "shopper.js" in scripts
    assert sum(map(sent, scripts)) <= MOST_KB * 1000, {path.name: sent(path) for path in scripts}
    for path in scripts:
        if "vendor" not in path.parts:
            assert path.stat().st_size <= OWN_KB * 1024, path.name


def test_no_script_reaches_out_or_keeps_anything() -> None:
    for path in sorted(STATIC.glob("*.js")):
        text = path.read_text("utf-8")
        assert not re.search(r"https?://(?!\$\{)", text), path.name
        assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|eval\(", text), (
            path.name
        )


def test_the_readmes_pictures_are_light_and_there() -> None:
    root = Path(web.__file__).parent.parent
    shown = set()
    for name in ("README.md", "README.zh-CN.md"):
        found = re.findall(r'src="(docs/pictures/[a-z-]+\.png)"', (root / name).read_text("utf-8"))
        assert len(found) >= 5
        shown |= set(found)
    assert {f"docs/pictures/{path.name}" for path in (root / "docs" / "pictures").iterdir()} == shown
    assert [path for path in sorted(shown) if (root / path).stat().st_size > PICTURE] == []
