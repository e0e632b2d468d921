"""A shopper at the guide screen, in a real Chromium: finds, asks, goes on by phone, answers; also without scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.clock import Clock
from tests.kiosk_ui.browsing import CHROMIUM, Watch, Watched
from tests.kiosk_ui.conftest import Site
from tests.kiosk_ui.guide_floor import TEA, Floor, floor, served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
PORTRAIT = {"width": 1080, "height": 1920}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[tuple[Floor, Site]]:
    with floor(tmp_path) as made, served(made) as site:
        yield made, site


def test_finds_it_elsewhere_takes_it_to_the_phone_and_says_how_it_was(
    watch: Watch, here: tuple[Floor, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, site = here
    seen = watch(site, viewport=PORTRAIT)
    page = seen.page
    page.goto(site.url + "/guide/")
    seen.sound("attract")
    page.click(".g-wake", position={"x": 5, "y": 5})
    page.wait_for_selector(".g-acts")
    page.click("text=按拼音首字母找")
    for letter in "LO":
        page.click(f".g-letters button:text-is('{letter}')")
    page.wait_for_selector(".g-tile")
    seen.sound("letters")
    page.click(".g-tile >> nth=0")
    page.wait_for_selector(".g-near .now")
    seen.sound("product")
    page.click("text=English")
    page.wait_for_selector("text=Bring it to me")
    assert page.get_attribute("html", "lang") == "en"
    seen.sound("product, English")
    with monkeypatch.context() as later:
        moment = datetime.now(UTC) + timedelta(seconds=65)
        later.setattr(Clock, "now", lambda _: moment)
        page.evaluate("document.dispatchEvent(new Event('store:look'))")
        page.wait_for_selector(".line-now:has-text('1 min')")
    made.store.scans.type_in(made.store.catalogue.search("A3")[0].gtin, "G1")
    page.wait_for_selector(".g-where.none")
    seen.sound("out of stock")
    page.click("text=Tell me when it is back")
    page.wait_for_selector(".g-phone .qr-code svg")
    code = page.locator(".qr-code svg")
    side = code.evaluate("one => one.getBoundingClientRect().width / one.viewBox.baseVal.width")
    assert side >= 4, "no module of a code is smaller than four pixels"
    assert [one["purpose"] for one in made.desk.credits()] == ["notify"]
    _away_and_answering(made, seen)


def _away_and_answering(made: Floor, seen: Watched) -> None:
    page = seen.page
    made.line.up = False
    page.click("text=Look around")
    page.wait_for_selector(".g-acts")
    made.store.scans.type_in(TEA, "G1")
    page.wait_for_selector("text=Collect or deliver")
    page.click("text=Collect or deliver")
    page.wait_for_selector("text=Head office cannot be reached")
    seen.sound("ordering away")
    page.click("text=Home")
    page.wait_for_selector(".g-acts")
    page.click("text=Feedback")
    page.click("[value='rate 4']")
    page.check("input[value=fast]")
    seen.sound("reasons")
    page.click("text=Send feedback")
    page.wait_for_selector("text=Thank you for telling us")
    page.wait_for_selector(".g-attract", timeout=15_000)
    assert seen.complaints == []


def test_a_scan_leaves_the_slides_and_every_act_works_without_scripts(
    watch: Watch, here: tuple[Floor, Site]
) -> None:
    made, site = here
    awake = watch(site, viewport=PORTRAIT)
    awake.page.goto(site.url + "/guide/")
    awake.page.wait_for_function("document.body.dataset.livePort !== undefined")
    awake.page.click("body", position={"x": 5, "y": 5})
    awake.page.wait_for_selector(".g-acts")
    made.store.guide.rest("G1")
    awake.page.wait_for_selector(".g-attract")
    made.store.scans.type_in(TEA, "G1")
    awake.page.wait_for_selector(".g-product")
    awake.page.close()
    plain = watch(site, viewport={"width": 1920, "height": 1080}, java_script_enabled=False)
    page = plain.page
    page.goto(site.url + "/guide/")
    page.click("text=让店员拿来")
    page.wait_for_selector("text=已告诉店员")
    page.click("text=继续逛")
    page.click("text=茶叶")
    page.click(".g-tile >> nth=0")
    page.click("text=看看怎么拿到" if page.locator("text=看看怎么拿到").count() else "text=自提或送到家")
    page.click(".g-way >> nth=0")
    page.wait_for_selector(".g-phone .qr-code svg")
    assert plain.complaints == []


def test_after_hours_the_window_leads_to_the_phone(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = datetime(2026, 1, 5, 15, 0, 0, tzinfo=UTC)  # 23:00 in the shop
    monkeypatch.setattr(Clock, "now", lambda _: night)
    with floor(tmp_path, guide={"opens": "09:00", "closes": "21:00"}) as made, served(made) as site:
        seen = watch(site, viewport=PORTRAIT)
        page = seen.page
        page.goto(site.url + "/guide/")
        page.wait_for_selector(".g-window:has-text('本店已打烊')")
        seen.sound("window")
        page.click(".g-wake", position={"x": 5, "y": 5})
        page.click(".g-tile >> nth=0")
        page.wait_for_selector(".g-product")
        assert page.locator("text=让店员拿来").count() == 0, "nobody is there to bring it"
        page.click("text=手机继续")
        page.wait_for_selector(".g-phone .qr-code svg")
        assert [one["purpose"] for one in made.desk.credits()] == ["continue"]
