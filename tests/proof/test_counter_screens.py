"""Every state of the staffed pages, in both languages and sizes: axe, nothing cut off, nothing upon another."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CHROMIUM
from tests.kiosk_ui import conftest as served  # noqa: F401 - before browsing, which serves it
from tests.kiosk_ui.browsing import site, watch  # noqa: F401
from tests.kiosk_ui.counter_walk import furnished
from tests.kiosk_ui.counter_walk_money import PARTS
from tests.kiosk_ui.layout import ill_laid

if TYPE_CHECKING:
    from tests.kiosk_ui.browsing import Watch, Watched
    from tests.kiosk_ui.conftest import Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_is_sound_and_well_laid(
    watch: Watch,  # noqa: F811
    site: Site,  # noqa: F811
    language: str,
    size: tuple[int, int],
) -> None:
    from playwright.sync_api import Error

    desk = watch(site, language, viewport={"width": size[0], "height": size[1]})
    furnished(desk)
    only = os.environ.get("PARTS", " ".join(PARTS)).split()
    if "entering" not in only:
        desk.sign_in("2001")
    wrong: list[str] = []
    seen = 0
    for name in only:
        try:
            for state in PARTS[name](desk):
                seen += 1
                wrong += [f"{state}: {one}" for one in _looked_at(desk, state)]
                _pictured(desk, f"{language}-{size[0]}-{seen:02}-{state}")
        except Error as error:  # the other parts are looked at all the same
            wrong.append(f"{name} went no further: {str(error)[:600]}")
            _pictured(desk, f"{language}-{size[0]}-{seen:02}-{name}-broken")
    assert wrong == [], "\n".join(wrong)
    assert seen > 70 or "PARTS" in os.environ


def _looked_at(desk: Watched, state: str) -> list[str]:
    found = ill_laid(desk.page)
    try:
        desk.sound(state)
    except AssertionError as error:
        found.append(str(error)[:900])
        desk.complaints.clear()
    return found


def _pictured(desk: Watched, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        desk.page.screenshot(path=str(Path(folder, f"{plain}.png")))
