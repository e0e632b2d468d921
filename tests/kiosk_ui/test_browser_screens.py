"""The guide screen, the error pages and the dark theme in a real Chromium."""

from __future__ import annotations

import os

import pytest

from tests.kiosk_ui.browsing import CHROMIUM, GTIN, Watch
from tests.kiosk_ui.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(1080, 1920), (1920, 1080)])
def test_the_guide_screen(watch: Watch, site: Site, language: str, width: int, height: int) -> None:
    site.hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)
    guide = watch(site, language, viewport={"width": width, "height": height})
    page = guide.page
    page.goto(site.url + "/guide/G1")
    guide.sound("attract")
    site.shop.store.scans.type_in(GTIN, "G1")
    page.wait_for_selector(".ware .plenty")
    guide.sound("product")
    site.hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 3)
    site.shop.wakes.poke("stock")
    page.wait_for_selector(".ware .few")
    guide.sound("few")
    site.shop.store.scans.type_in("nothing of ours", "G1")
    page.wait_for_selector(".attract")
    guide.sound("unknown")
    tall = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    assert tall <= 0, "the screen has no scroll bar"


@pytest.mark.parametrize("path", ["/cashier/nowhere", "/nowhere"])
def test_error_pages_are_designed_too(watch: Watch, site: Site, path: str) -> None:
    seen = watch(site, "en", color_scheme="dark")
    seen.page.goto(site.url + path)
    assert len(seen.complaints) == 1  # the browser's own line about the 404
    seen.complaints.clear()
    seen.sound("not found, dark")


def test_dark_is_as_readable(watch: Watch, site: Site) -> None:
    site.hq.order(due_fen=3000, mode="quantity")
    desk = watch(site, color_scheme="dark")
    desk.sign_in()
    desk.sound("home, dark")
    desk.type_in("48151623", ".found")
    desk.sound("found, dark")
    desk.page.click("#hand-over")
    desk.page.wait_for_selector(".handed")
    desk.sound("handed, dark")
