"""The desk in a real Chromium: every state in both languages, nothing in the console, nothing from outside."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from devices.ports import OutOfPaper
from tests.kiosk_ui.browsing import CHROMIUM, GTIN, Watch
from tests.kiosk_ui.conftest import BADGE, Site, serve

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_day_at_the_desk(watch: Watch, site: Site, language: str) -> None:
    site.hq.order()
    site.hq.order("WX2026112200028", numeric_code="11112222", mode="quantity", due_fen=3000, shelf="B-12")
    site.hq.order("WX2026112200031", numeric_code="22223333", state="picking", shelf="")
    site.hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)
    desk = watch(site, language)
    page = desk.page
    page.goto(site.url + "/cashier/")
    desk.sound("sign-in")
    desk.sign_in()
    desk.sound("home")
    desk.type_in("48151623", ".found")
    desk.sound("found")
    page.click("#hand-over")
    page.wait_for_selector(".handed")
    desk.sound("handed")
    page.wait_for_selector(".home .last")  # by itself, after three seconds
    desk.sound("home with the last hand-over")
    desk.type_in("11112222", ".found")
    page.click(".some summary")
    page.select_option("[name=qty-1]", "1")
    desk.sound("part")
    page.click(".some .act")
    page.wait_for_selector(".handed")
    desk.type_in("48151623", ".saying")
    desk.sound("refused: collected")
    desk.type_in("22223333", ".saying .sign:has(+ h1:not(:empty))")
    desk.type_in("5678", ".choices")
    desk.sound("candidates")
    desk.type_in("0000", ".choices")
    desk.type_in(GTIN, ".ware")
    desk.sound("product")
    desk.type_in("MB1.ABC", ".back .why-not")
    desk.sound("a member code that is none")
    page.click("form[action='/cashier/dismiss'] button")
    page.wait_for_selector(".home")
    page.click("form[action='/cashier/sign-out'] button")
    page.wait_for_selector("#staff")
    assert desk.complaints == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_only_a_lead_may_do(watch: Watch, site: Site, language: str) -> None:
    site.hq.order()
    desk = watch(site, language)
    page = desk.page
    desk.sign_in("2001")
    page.fill("#scan-text", site.hq.code("WX2026112299999"))
    page.press("#scan-text", "Enter")
    page.wait_for_selector(".act.grave")
    desk.sound("unknown offline, lead")
    page.check("[name=checked]")
    page.click(".act.grave")
    page.wait_for_selector(".handed")
    assert site.shop.store.printing.turn("P1")
    site.printer.faults.append(OutOfPaper("P1"))
    desk.type_in("48151623", ".found")
    page.click("#hand-over")
    page.wait_for_selector(".handed .tail:text('0017')")
    assert not site.shop.store.printing.turn("P1")
    page.wait_for_selector(".slip.warn")  # pushed
    desk.sound("out of paper")
    page.click("form[action='/cashier/annul'] button")
    page.wait_for_selector(".undone")
    desk.sound("undone")


def test_a_scanner_s_code_appears_by_itself_and_waits_for_a_page(watch: Watch, site: Site) -> None:
    site.hq.order()
    desk = watch(site)
    desk.sign_in()
    site.shop.store.scans.type_in(site.hq.code(), "T1", device="scanner")
    desk.page.wait_for_selector(".found")
    desk.page.goto("about:blank")
    site.shop.store.scans.type_in("no such code", "T1", device="scanner")
    desk.page.goto(site.url + "/cashier/")
    desk.page.wait_for_selector(".saying")
    assert desk.complaints == []


def test_keys_typed_anywhere_belong_to_the_scan_box(watch: Watch, site: Site) -> None:
    site.hq.order()
    desk = watch(site)
    desk.sign_in()
    desk.page.focus("form[action='/cashier/sign-out'] button")
    desk.page.keyboard.type("48151623", delay=50)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector(".found")
    desk.page.focus("#hand-over")
    desk.page.keyboard.type("hello", delay=50)
    desk.page.keyboard.press("Tab")  # some scanners end with it
    desk.page.wait_for_selector(".saying")
    assert desk.page.input_value("#scan-text") == ""
    assert site.shop.store.pickup.counts().handed_today == 0


def test_the_banner_says_what_still_works_without_hq(watch: Watch, tmp_path: Path) -> None:
    for site in serve(tmp_path, "http://127.0.0.1:9"):
        site.hq.order()
        desk = watch(site, "en")
        desk.sign_in()
        assert "Working offline" in desk.page.inner_text("#notice")
        desk.type_in("48151623", ".found")
        desk.sound("offline")
        desk.page.click("#hand-over")
        desk.page.wait_for_selector(".handed .slip:text('Working offline')")
        site.shop.store.status.exchanged("")
        desk.page.wait_for_selector("#notice:not(:has(.notice))", state="attached")


def test_the_page_finds_the_stream_again(watch: Watch, site: Site) -> None:
    site.hq.order()
    desk = watch(site)
    desk.sign_in()
    port = site.live._listener.getsockname()[1]  # type: ignore[union-attr]
    site.live.stop()
    again = type(site.live)("127.0.0.1", port, lambda _origin: True)
    again.start()
    site.shop.wakes.listen(again.poke)
    try:
        site.shop.store.scans.type_in("48151623", "T1", device="scanner")
        desk.page.wait_for_selector(".found")
    finally:
        again.stop()


def test_the_language_switch(watch: Watch, site: Site) -> None:
    desk = watch(site)
    desk.sign_in()
    desk.page.click("text=English")
    desk.page.wait_for_selector("html[lang=en] .home")
    desk.page.click("text=中文")
    desk.page.wait_for_selector("html[lang=zh-CN] .home")
    assert desk.complaints == []


def test_without_scripts_the_forms_do_it_all(watch: Watch, site: Site) -> None:
    site.hq.order()
    desk = watch(site, java_script_enabled=False)
    page = desk.page
    desk.sign_in()
    page.fill("#scan-text", "48151623")
    page.press("#scan-text", "Enter")
    page.wait_for_selector(".found")
    page.click("#hand-over")
    page.wait_for_selector(".handed")
    page.wait_for_selector(".home .last")  # the Refresh header brings it home
    assert desk.complaints == []


def test_a_wrong_pin_is_said_calmly(watch: Watch, site: Site) -> None:
    desk = watch(site)
    desk.page.goto(site.url + "/cashier/sign-in")
    desk.page.fill("#staff", "1001")
    desk.page.locator(".keypad button[data-key='1']").click()
    desk.page.focus("#pin")
    for key in ("0", "0", "back", "0", "0"):
        desk.page.locator(f".keypad button[data-key='{key}']").click()
    assert desk.page.input_value("#pin") == "000"
    desk.page.press("#pin", "Enter")
    desk.page.wait_for_selector(".wrong")
    (complaint,) = desk.complaints  # the browser's own line about the 401
    assert "401" in complaint
    desk.complaints.clear()
    desk.sound("wrong PIN")


def test_a_badge_is_heard_while_the_stream_is_lost(watch: Watch, site: Site) -> None:
    desk = watch(site)
    page = desk.page
    desk.sign_in()
    site.live.stop()
    page.clock.install()
    page.click("form[action='/cashier/sign-out'] button")
    page.wait_for_selector("#staff")
    site.shop.store.scans.type_in(BADGE, "T1", device="scanner")
    deadline = time.monotonic() + 30
    while "/sign-in" in page.url:
        assert time.monotonic() < deadline, "nobody came to the door"
        page.clock.run_for(5000)
        page.wait_for_timeout(100)
    page.wait_for_selector(".home")
