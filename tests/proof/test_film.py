"""A video among the slides, in a real Chromium: silent, from the box's own disk; touch leaves it, a pause holds it."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.playlists import Media, Slide, media_kind
from edge.demo.film import filmed
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
]
_PLAYS = (
    "(() => { const f = document.querySelector('video'); return f && f.currentTime > 0.2 && !f.paused; })()"
)


def until(page: Page, words: str) -> None:
    """The page's own policy forbids playwright's wait for a word of script."""
    deadline = time.monotonic() + 20
    while not page.evaluate(words):
        assert time.monotonic() < deadline, words
        page.wait_for_timeout(50)


def test_it_plays_without_a_line_is_held_and_left_by_a_touch(
    watch: Watch,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = filmed(tmp_path)
    if film is None:
        pytest.skip("this OpenCV writes no WebM")
    data = film.read_bytes()
    assert media_kind(data[:16]) == "webm"
    media = Media(hashlib.sha256(data).hexdigest(), len(data), "webm")
    with floor(tmp_path) as made, served(made) as site:
        made.line.up = False
        slide = Slide("坐一会儿", "Sit down", seconds=300, media=media, campaign="cup")
        monkeypatch.setattr(made.shop.books.playlists, "slides", lambda _station, _groups=(): (slide,))
        seen = watch(site, viewport={"width": 1080, "height": 1920})
        page = seen.page
        shelf = made.store.guide.media
        page.goto(site.url + "/guide/")
        assert page.locator("video").count() == 0, "not here yet, not shown"
        (tmp_path / "media").mkdir(exist_ok=True)
        (tmp_path / "media" / media.sha256).write_bytes(data)
        assert shelf.step(media, None), "believed by its hash"
        page.goto(site.url + "/guide/")
        until(page, _PLAYS)
        assert page.evaluate("document.querySelector('video').muted")
        assert page.evaluate("document.querySelector('video').videoWidth") == 540
        page.click(".g-pause")
        until(page, "document.querySelector('video').paused")
        page.click(".g-pause")
        until(page, _PLAYS)
        page.click(".g-wake", position={"x": 5, "y": 5})
        page.wait_for_selector(".state-home")
        assert page.locator("video").count() == 0
        assert seen.complaints == []
