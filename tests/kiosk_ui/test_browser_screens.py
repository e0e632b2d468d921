"""The error pages and the dark theme in a real Chromium."""

from __future__ import annotations

import os

import pytest

from tests.kiosk_ui.browsing import CHROMIUM, Watch
from tests.kiosk_ui.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]


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
