"""Is anybody there? What every shopper's page does by itself, in a real Chromium whose clock the test moves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kiosk_ui.browsing import CHROMIUM
from tests.kiosk_ui.shopper_stage import Lane, standing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
CANARY = "欧阳** 138****5678"
ASKED = "#idle-ask[open]"


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    with standing(tmp_path) as stage:
        yield stage


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1080, "height": 1920})
    for name, value in (("se_language", "en"), ("se_ease", "large")):
        context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    complaints: list[str] = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.clock.install()  # it goes on by itself too: what is asserted not to be there has seconds to spare
    yield opened
    context.close()
    # A clock that jumps may overtake a request that is on its way; htmx says so and asks again.
    assert [one for one in complaints if "htmx:error: timeout" not in one] == []


def begin(page: Page, lane: Lane, state: str, words: str = "") -> None:
    lane.show(state, words)
    page.goto(lane.url)
    page.wait_for_selector(f".state-{state}")


def come(page: Page, lane: Lane, state: str, words: str = "") -> None:
    """The store shows something new: a scan, a payment."""
    lane.show(state, words)
    page.wait_for_selector(f'.state[data-key="{lane.key}"]')


def asks(page: Page) -> bool:
    return page.query_selector(ASKED) is not None


def everything_kept(page: Page) -> str:
    kept: Any = page.evaluate(
        "JSON.stringify([document.documentElement.outerHTML, {...localStorage}, {...sessionStorage}, location.href,"
        " history.state])"
    )
    return str(kept) + str(page.context.cookies())


def test_somebody_who_is_there_is_asked_and_stays_as_often_as_they_like(page: Page, lane: Lane) -> None:
    begin(page, lane, "basket", CANARY)
    for _ in range(3):
        page.clock.fast_forward(75_000)
        assert not asks(page)
        page.clock.fast_forward(16_000)
        assert asks(page)
        left = page.inner_text("#idle-left")
        assert 10 <= int(left) <= 30
        box = page.locator("#idle-stay").bounding_box()
        assert box is not None
        assert box["height"] >= 96
        page.click("#idle-stay")
        page.clock.run_for(500)
        assert not asks(page)
    page.clock.fast_forward(91_000)
    assert asks(page)
    come(page, lane, "basket", CANARY + " 2")
    page.clock.run_for(500)
    assert not asks(page), "a scan is a sign of somebody"
    assert not [one for one in lane.asked if one.startswith("wipe")]
    assert lane.asked.count("touch") >= 3, "the store hears of touches"


def test_nobody_is_there_and_nothing_of_them_stays(page: Page, lane: Lane) -> None:
    begin(page, lane, "attract")
    page.clock.fast_forward(3_600_000)
    assert lane.asked == [], "an attract screen waits for ever"
    come(page, lane, "basket", CANARY)
    assert CANARY in everything_kept(page)
    page.clock.fast_forward(91_000)
    assert asks(page)
    with page.expect_navigation():
        page.clock.fast_forward(30_000)
    page.wait_for_selector(".state-attract")
    assert lane.asked == ["wipe basket"]
    kept = everything_kept(page)
    assert CANARY not in kept
    assert "se_ease" not in kept
    assert "se_language" not in kept
    assert page.get_attribute("html", "lang") == "zh-CN"
    page.go_back()
    page.wait_for_selector(".state-attract")
    assert CANARY not in everything_kept(page), "nor is it a step back"


def test_never_while_money_or_help_is_under_way(page: Page, lane: Lane) -> None:
    begin(page, lane, "basket")
    for state in ("paying", "userpaying", "unknown", "help", "intervention"):
        page.clock.fast_forward(91_000)
        assert asks(page)
        come(page, lane, state)
        page.clock.fast_forward(3_600_000)
        page.clock.run_for(1_000)
        assert not asks(page), state
        come(page, lane, "basket")
    assert [one for one in lane.asked if one.startswith("wipe")] == []


def test_what_is_done_goes_by_itself_and_a_member_panel_asks_nothing(page: Page, lane: Lane) -> None:
    begin(page, lane, "done")
    page.clock.fast_forward(8_000)
    assert lane.asked == []
    with page.expect_navigation():
        page.clock.fast_forward(7_500)
    assert lane.asked == ["wipe done"]
    page.wait_for_selector(".state-attract")


def test_without_a_script_the_page_lets_go_too(browser: Browser, lane: Lane) -> None:
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    lane.show("basket", CANARY)
    shown.goto(lane.url)
    refresh = shown.get_attribute("noscript meta[http-equiv=refresh]", "content") or ""
    assert refresh == "121;url=/style/lane/"
    shown.click("text=大字")
    assert "large" in (shown.get_attribute("body", "class") or "")
    context.close()
