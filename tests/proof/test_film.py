"""A video among the slides, in a real Chromium: silent, from the box's own disk; touch leaves it, a pause holds it."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.playlists import Media, MediaKind, Slide, media_kind
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


def test_one_that_cannot_be_decoded_is_left_out_at_once_and_told(
    watch: Watch,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hash is right, the file is no video: the next slide stands there, and whoever serves devices is told."""
    head = b"\x1a\x45\xdf\xa3"
    marks: dict[MediaKind, bytes] = {"webm": head, "png": b"\x89PNG\r\n\x1a\n"}
    files = {kind: mark + os.urandom(4_000) for kind, mark in marks.items()}
    broken = {kind: Media(hashlib.sha256(data).hexdigest(), len(data), kind) for kind, data in files.items()}
    with floor(tmp_path) as made, served(made) as site:
        slides = [Slide("坏的", "Broken", seconds=300, media=one) for one in broken.values()]
        slides.append(Slide("好的", "Sound", seconds=300))
        monkeypatch.setattr(made.shop.books.playlists, "slides", lambda _station, _groups=(): tuple(slides))
        shelf = made.store.guide.media
        (tmp_path / "media").mkdir(exist_ok=True)
        for kind, media in broken.items():
            (tmp_path / "media" / media.sha256).write_bytes(files[kind])
            assert shelf.step(media, None), "believed by its hash"
        # Which slide is on is the clock's word: here the first that can be shown.
        monkeypatch.setattr("edge.desks.guide_shows.place_at", lambda _slides, _second: (0, 300))
        page = watch(site, viewport={"width": 1080, "height": 1920}).page
        page.goto(site.url + "/guide/")
        until(page, "document.querySelector('.g-words h1')?.textContent === '好的'")
        assert {one.sha256 for one in shelf.spoilt()} == {one.sha256 for one in broken.values()}
        assert all(one.why == "unplayable" and len(one.stations) == 1 for one in shelf.spoilt())
        page.goto(site.url + "/guide/")
        assert page.locator(".g-media").count() == 0, "nor is it tried again"
        assert all(one.count == 1 for one in shelf.spoilt())
