"""Picking in a real Chromium: scanner and keyboard alone, a wrong item in red, both languages, axe."""

from __future__ import annotations

import os

import pytest

from edge.domain.orders import OrderState
from tests.kiosk_ui.back_floor import CUP, TEA, furnish, order
from tests.kiosk_ui.browsing import CHROMIUM, Watch, Watched
from tests.kiosk_ui.conftest import ORDER, Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]


def scanned(desk: Watched, text: str, then: str) -> None:
    """Something under the station's own scanner."""
    desk.site.shop.store.scans.type_in(text, "T1")
    desk.page.wait_for_selector(then)


@pytest.mark.parametrize(("language", "width", "height"), [("zh", 1280, 800), ("en", 1920, 1080)])
def test_from_the_list_to_the_shelf(watch: Watch, site: Site, language: str, width: int, height: int) -> None:
    furnish(site.hq)
    order(site.hq, site.shop)
    desk = watch(site, language, viewport={"width": width, "height": height})
    desk.sign_in()
    page = desk.page
    page.goto(site.url + "/cashier/picks")
    desk.sound("list")
    page.focus(".wave-head button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pick-main")
    desk.sound("pick")
    scanned(desk, "6901234567915", ".wrong")
    desk.sound("wrong")
    scanned(desk, CUP, ".pick-main .where:has-text('B-02')")
    scanned(desk, TEA, ".count:has-text('1')")
    scanned(desk, TEA, ".bagging")
    desk.sound("pack")
    page.focus(".bagging .act.on")
    page.keyboard.press("Enter")
    page.wait_for_selector(".bagging .act:not(.on)")
    ((task, _, _),) = site.shop.books.picks.live()
    scanned(desk, task.label, "#shelf")
    desk.sound("shelve")
    page.fill("#shelf", "A-07")
    page.keyboard.press("Enter")
    page.wait_for_selector("#shelf", state="detached")
    published = site.shop.books.replica.order(ORDER)
    assert published is not None
    assert site.shop.books.pickups.fulfilment(published).state is OrderState.READY


def test_stock_pages_are_sound(watch: Watch, site: Site) -> None:
    furnish(site.hq)
    site.shop.store.backroom.turn()
    desk = watch(site, "en")
    desk.sign_in()
    for path in ("stock", "stock/product?q=A1", "stock/counts"):
        desk.page.goto(f"{site.url}/cashier/{path}")
        desk.sound(path)
