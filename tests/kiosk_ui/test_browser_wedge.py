"""A scanner that types into the page of a real Chromium, and a person who types beside it."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from tests.kiosk_ui.browsing import CHROMIUM, GTIN, Watch
from tests.kiosk_ui.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
SCANNER, PERSON = 5, 60  # ms between two keys


def devices(site: Site, station: str) -> list[str]:
    return [scan.device for scan in site.shop.store.scans.feed(station, 50)]


def types(page: Any, text: str, delay: int = SCANNER, end: str = "Enter") -> None:
    """All keys in the browser's own clock: the time that they carry decides, not how fast this machine is."""
    keys = page.context.new_cdp_session(page)
    at = page.evaluate("(performance.timeOrigin + performance.now()) / 1000")
    for number, key in enumerate([*text, end]):
        facts = {"timestamp": at + number * delay / 1000, "key": key}
        if key == "\x1d":
            facts |= {"key": "]", "code": "BracketRight", "windowsVirtualKeyCode": 221, "modifiers": 2}
        elif key == end:
            facts |= {"code": key, "windowsVirtualKeyCode": {"Enter": 13, "Tab": 9}[key]}
            facts |= {"text": "\r"} if key == "Enter" else {}
        else:
            facts |= {"text": key} | ({"code": "Space", "windowsVirtualKeyCode": 32} if key == " " else {})
        keys.send("Input.dispatchKeyEvent", {"type": "keyDown", **facts})
        keys.send(
            "Input.dispatchKeyEvent", {"type": "keyUp", **{k: v for k, v in facts.items() if k != "text"}}
        )


def test_a_burst_is_a_scan_and_leaves_no_trace_in_the_field(watch: Watch, site: Site) -> None:
    site.hq.order()
    site.hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)
    desk = watch(site)
    desk.sign_in()
    page = desk.page
    page.keyboard.type("56", delay=PERSON)  # a person had begun
    types(page, GTIN)
    page.wait_for_selector(".ware")
    assert page.input_value("#scan-text") == "56"
    assert devices(site, "T1") == ["browser"]
    page.fill("#scan-text", "")
    types(page, site.hq.code(), end="Tab")
    page.wait_for_selector(".found")
    assert devices(site, "T1") == ["browser", "browser"]
    desk.sound("found by a wedge")


def test_what_a_person_types_stays_typing(watch: Watch, site: Site) -> None:
    site.hq.order()
    desk = watch(site)
    desk.sign_in()
    page = desk.page
    types(page, "4815", PERSON, end="Tab")  # leaves the field; live.js sends it as it always did
    page.wait_for_selector(".choices")
    assert devices(site, "T1") == []
    page.focus("#scan-text")
    page.keyboard.type("hello", delay=PERSON)
    assert page.input_value("#scan-text") == "hello"
    page.fill("#scan-text", "")
    types(page, "48151623", PERSON)
    page.wait_for_selector(".found")
    assert devices(site, "T1") == ["keyboard"]


def test_a_scanner_presses_no_button(watch: Watch, site: Site) -> None:
    site.hq.order()
    desk = watch(site)
    desk.sign_in()
    desk.type_in("48151623", ".found")
    desk.page.focus("#hand-over")
    types(desk.page, "AB CD EF")
    desk.page.wait_for_selector(".saying")  # it stands before the order now, as any scan does
    assert site.shop.store.pickup.counts().handed_today == 0
    assert devices(site, "T1")[0] == "browser"


def test_a_space_in_a_code_presses_nothing_on_a_page_without_a_field(watch: Watch, site: Site) -> None:
    guide = watch(site)
    guide.page.goto(site.url + "/guide/")
    guide.page.click(".g-wake")
    guide.page.wait_for_selector(".g-acts")
    guide.page.focus("text=English")
    types(guide.page, "AB CD EF")
    guide.page.wait_for_selector("[data-key^=unknown]")
    assert guide.page.get_attribute("html", "lang") == "zh-CN"
    assert devices(site, "G1") == ["browser"]


def test_the_guide_screen_takes_it_too_and_separators_arrive(watch: Watch, site: Site) -> None:
    site.hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)
    guide = watch(site, viewport={"width": 1080, "height": 1920})
    guide.page.goto(site.url + "/guide/")
    guide.page.click(".g-wake")  # a browser lets a page sound only after a touch
    guide.page.wait_for_selector(".g-acts")
    types(guide.page, GTIN)
    guide.page.wait_for_selector(".g-product")
    first = site.shop.store.scans.current("G1")
    assert first is not None
    types(guide.page, f"010{GTIN}10AB\x1d21X")
    deadline = time.monotonic() + 10
    while (current := site.shop.store.scans.current("G1")) is None or current.id == first.id:
        assert time.monotonic() < deadline, "the second scan did not arrive"
        time.sleep(0.02)
    assert site.shop.store.scans.text(current.id, "G1") == f"010{GTIN}10AB\x1d21X"
    guide.page.wait_for_selector(".g-product")  # the same product, by its element string
    assert guide.complaints == []


def test_a_lost_answer_is_asked_for_again_and_doubles_nothing(watch: Watch, site: Site) -> None:
    desk = watch(site)
    desk.sign_in()
    told = []

    def lose(route: Any) -> None:
        told.append(route.request.post_data)
        if len(told) <= 2:
            route.fetch()  # it arrives, the page never hears of it
            route.abort()
        else:
            route.continue_()

    desk.page.route("**/cashier/wedge", lose)
    with desk.page.expect_response("**/cashier/wedge"):  # only the third one comes
        types(desk.page, "NO SUCH CODE")
    desk.page.wait_for_selector(".saying")
    assert len(told) == 3
    assert len(set(told)) == 1
    assert devices(site, "T1") == ["browser"]
