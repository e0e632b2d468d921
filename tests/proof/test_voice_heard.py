"""Reading aloud in a real Chromium: chosen by a touch, silent at a new state and at the wipe."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from tests.conftest import CHROMIUM
from tests.kiosk_ui import conftest as first  # noqa: F401 - before browsing, which it serves
from tests.kiosk_ui.browsing import Watch, watch  # noqa: F401
from tests.kiosk_ui.guide_floor import floor, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
]
# What the loudspeaker gets. Each sound goes on for ever, so that only a stop ends it; a stop outlives its page.
_EAR = """
window.began = 0; window.ended = 0; window.lasts = [];
const { start, stop } = AudioBufferSourceNode.prototype;
AudioBufferSourceNode.prototype.start = function (...when) {
  this.loop = true; window.began += 1; window.lasts.push(this.buffer.duration);
  this.addEventListener("ended", () => { window.ended += 1; });
  return start.apply(this, when);
};
AudioBufferSourceNode.prototype.stop = function (...when) {
  localStorage.stopped = Number(localStorage.stopped ?? 0) + 1;
  return stop.apply(this, when);
};
"""


def until(page: Page, words: str) -> None:
    """The page's own policy forbids playwright's wait for a word of script."""
    deadline = time.monotonic() + 20
    while not page.evaluate(words):
        assert time.monotonic() < deadline, words
        page.wait_for_timeout(20)


def test_what_stands_there_is_heard_and_stops_with_it(watch: Watch, tmp_path: Path) -> None:  # noqa: F811
    with floor(tmp_path) as made, served(made) as site:
        seen = watch(site, viewport={"width": 1080, "height": 1920})
        page = seen.page
        page.add_init_script(_EAR)
        said: list[str] = []
        page.on(
            "request",
            lambda asked: said.append(asked.post_data or "") if "/screen/say" in asked.url else None,
        )
        page.goto(site.url + "/guide/")
        page.click(".g-wake", position={"x": 5, "y": 5})
        page.wait_for_selector(".state-home")
        assert said == [], "nobody asked for it"
        page.click(".ways button[value=voice]")
        until(page, "document.body.classList.contains('voice')")
        page.mouse.click(3, 400)  # a page that came anew is heard after a touch
        made.scan("6900000000007")
        page.wait_for_selector(".state-unknown")
        until(page, "window.began === 1")
        assert parse_qs(said[0]) == {"text": [page.get_attribute(".state", "data-say")]}
        assert page.evaluate("window.lasts[0]") > 0.5
        page.locator(".state button[value=home]").first.click()
        page.wait_for_selector(".state-home")
        until(page, "window.ended === 1")
        assert len(said) == 1, "home says nothing"
        made.scan("6900000000007")
        page.wait_for_selector(".state-unknown")
        until(page, "window.began === 2")
        assert page.evaluate("localStorage.stopped") == "1"
        page.evaluate("document.getElementById('wipe').requestSubmit()")
        page.wait_for_selector(".state-attract")
        assert page.evaluate("localStorage.stopped") == "2", "the page that said it left in silence"
        assert not page.evaluate("document.body.classList.contains('voice')"), (
            "the next one did not ask for it"
        )
        assert page.evaluate("window.began") == 0
