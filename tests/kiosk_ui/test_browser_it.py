"""The page for whoever looks after the devices, in a real Chromium."""

from __future__ import annotations

import os

import pytest

from tests.kiosk_ui.browsing import CHROMIUM, Watch, Watched
from tests.kiosk_ui.conftest import PIN, Site
from tests.kiosk_ui.gear import furnish, slip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


def enter(watch: Watch, site: Site, language: str, **options: object) -> Watched:
    """Asked to sign in on the way, and back afterwards."""
    seen = watch(site, language, **options)
    seen.page.goto(site.url + "/it/")
    seen.page.fill("#staff", "2001")
    seen.page.fill("#pin", PIN)
    seen.page.press("#pin", "Enter")
    seen.page.wait_for_selector(".board")
    return seen


@pytest.mark.parametrize(
    ("language", "size", "scheme"), [("zh", DESK, "light"), ("en", PHONE, "dark"), ("en", DESK, "light")]
)
def test_everything_at_one_glance(
    watch: Watch, site: Site, language: str, size: dict[str, int], scheme: str
) -> None:
    empty = enter(watch, site, language, viewport=size, color_scheme=scheme)
    empty.sound("nothing there yet")
    furnish(site)
    full = empty
    full.page.goto(site.url + "/it/")
    full.page.wait_for_function("document.querySelector('.paper img').naturalWidth > 300")
    full.page.click(".aiming summary")
    full.page.wait_for_selector(".view img")
    full.sound("everything the matter")
    stock = full.page.inner_text("section[aria-labelledby='stock']")
    kinds, count = {
        "zh": (["账面为负", "最早 5 小时前", "2 种", "已超卖"], "待盘点"),
        "en": (["Below zero by the books", "Oldest: 5 hours ago", "2 products"], "To be counted"),
    }[language]
    assert [word for word in (*kinds, count) if word not in stock] == []
    assert "<b>S1</b>" in full.page.inner_text(".plugged b")
    if folder := os.environ.get("SHOTS"):
        full.page.screenshot(path=f"{folder}/it-{language}-{size['width']}-{scheme}.png", full_page=True)


def test_it_changes_by_itself_and_acts(watch: Watch, site: Site) -> None:
    camera = furnish(site)
    lead = enter(watch, site, "en", viewport=DESK)
    page, store = lead.page, site.shop.store
    store.status.device("scanner-door", "scanner", "online", station="G1")
    page.wait_for_selector("li.good:has(b:text-is('scanner-door'))")  # pushed
    page.focus("button:has-text('Print test page')")
    store.printing.submit("k9", "P1", "T1", "", slip(9))
    page.wait_for_selector(".jobs li:has-text('取货单 9')")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Print test page", "focus stays"
    page.click(".jobs li:has-text('取货单 9') button")
    page.wait_for_selector(".jobs li:has-text('取货单 9'):has-text('cancelled')")
    page.click("button:has-text('It came out')")
    page.wait_for_selector(".jobs:not(:has(button:has-text('It came out')))")
    page.click("button:has-text('This is meant')")
    page.wait_for_selector(".board:not(:has(.alarm))")
    page.click("button:has-text('Print test page')")
    page.wait_for_selector(".jobs li:has-text('test page')")
    assert store.plugs.swapped() == ()
    while store.printing.turn("P1"):
        pass
    assert [printed.title for printed in site.printer.slips][-1] == "打印测试 / test page"
    page.wait_for_selector(".paper:has-text('test page')")
    assert lead.complaints == []
    looks = camera.looks
    assert looks == 0, "nobody looked yet"


def test_a_camera_is_looked_through_only_while_its_view_is_open(watch: Watch, site: Site) -> None:
    camera = furnish(site)
    lead = enter(watch, site, "en", viewport=DESK)
    lead.page.click(".aiming summary")
    lead.page.wait_for_selector(".view:has-text('1 code read')")
    looks = camera.looks
    for _ in range(6):
        lead.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        lead.page.wait_for_timeout(100)
    lead.page.wait_for_timeout(2000)
    assert camera.looks - looks <= 10, "six at once, then one a second, however often the page was turned to"
    with lead.page.expect_response("**/it/cameras/camera-guide") as again:
        camera.plugged = False
    assert again.value.headers["cache-control"] == "no-store"
    lead.page.wait_for_selector(".view:has-text('No picture now')")
    lead.page.click(".aiming summary")
    lead.page.wait_for_selector(".view:empty", state="attached")
    looks = camera.looks
    lead.page.wait_for_timeout(1300)
    assert camera.looks <= looks + 1, "one look may have been on its way"
    assert lead.complaints == []


def test_only_a_lead_is_shown_the_way_and_let_in(watch: Watch, site: Site) -> None:
    desk = watch(site, "en")
    desk.sign_in("1001")
    assert desk.page.locator("a[href='/it/']").count() == 0
    desk.page.goto(site.url + "/it/")
    desk.page.wait_for_selector("text=This needs a lead")
    desk.complaints.clear()  # the browser's own line about the 403
    desk.sound("refused")
    lead = watch(site, "zh")
    lead.sign_in("2001")
    lead.page.click("a[href='/it/']")
    lead.page.wait_for_selector(".board")
    assert lead.complaints == []
