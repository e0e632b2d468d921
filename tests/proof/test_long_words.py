"""The kiosk and the guide screen in words forty percent longer than English: nothing is cut off, either way up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CHROMIUM
from tests.kiosk_ui import guide_floor, kiosk_floor
from tests.kiosk_ui.browsing import Watch, watch  # noqa: F401 - a fixture
from tests.kiosk_ui.pseudo import LANDSCAPE, PORTRAIT, catalogue, speaking, wrongs

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
EASES = ("", "large", "low")


@pytest.fixture
def longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = speaking(catalogue(tmp_path / "words"))
    for floor in ("kiosk_floor", "guide_floor"):
        monkeypatch.setattr(f"tests.kiosk_ui.{floor}.create_app", create)


def measured(page: Page, state: str, found: dict[str, list[object]]) -> None:
    page.wait_for_selector(f".state-{state}")
    for size, way in ((PORTRAIT, "portrait"), (LANDSCAPE, "landscape")):
        page.set_viewport_size(size)
        for ease in EASES:
            page.evaluate(
                "ease => { document.body.classList.remove('large', 'low'); ease && document.body.classList.add(ease) }",
                ease,
            )
            if wrong := wrongs(page):
                found[f"{state} {way} {ease}"] = wrong
    page.evaluate("document.body.classList.remove('large', 'low')")


def touch(page: Page, act: str) -> None:
    page.locator(f'[name="do"][value="{act}"]').first.click()


@pytest.mark.usefixtures("longer")
def test_the_kiosk(watch: Watch, tmp_path: Path) -> None:  # noqa: F811
    found: dict[str, list[object]] = {}
    with kiosk_floor.floor(tmp_path / "kiosk") as floor:
        page = watch(floor.site, "en", viewport=PORTRAIT).page
        page.goto(floor.site.url + "/kiosk/")
        measured(page, "attract", found)
        touch(page, "go code")
        measured(page, "code", found)
        touch(page, "go back")
        floor.scan(kiosk_floor.TEA)
        floor.soon()
        floor.scan(kiosk_floor.MILK)
        page.wait_for_selector(".k-rows .row:nth-child(2)")
        measured(page, "basket", found)
        for place in ("lookup", "bags", "member"):
            touch(page, f"go {place}")
            measured(page, place, found)
            touch(page, "go back")
            page.wait_for_selector(".state-basket")
    assert found == {}


@pytest.mark.usefixtures("longer")
def test_the_guide_screen(watch: Watch, tmp_path: Path) -> None:  # noqa: F811
    found: dict[str, list[object]] = {}
    with guide_floor.floor(tmp_path / "guide") as floor, guide_floor.served(floor) as site:
        page = watch(site, "en", viewport=PORTRAIT).page
        page.goto(site.url + "/guide/")
        page.locator(".g-wake").click()
        measured(page, "home", found)
        for act, state in (("letters 0 ", "search"), ("offers", "list"), ("ask", "feedback")):
            touch(page, "home") if page.query_selector(".state-home") is None else None
            page.wait_for_selector(".state-home")
            touch(page, act)
            page.wait_for_selector(".state:not(.state-home)")
            name = page.get_attribute(".state", "data-state") or state
            measured(page, name, found)
    assert found == {}
