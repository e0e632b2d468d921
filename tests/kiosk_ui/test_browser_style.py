"""The states of shoppers' pages as a browser lays them out: readable, reachable, nothing cut off in any language."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kiosk_ui import style
from tests.kiosk_ui.browsing import CHROMIUM, Watch, Watched
from tests.kiosk_ui.conftest import Site, serve
from tests.kiosk_ui.pseudo import LANDSCAPE, PORTRAIT, catalogue, speaking, wrongs

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
WAYS = (("zh", ""), ("en", "large"), ("hant", "low"), ("en", "low"), ("hant", "large"))
SOME = ("rows", "keypad", "code", "refused", "asking")
"""The proof looks at all of them."""


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return catalogue(tmp_path_factory.mktemp("pseudo"))


def shown(watched: Watched, state: str) -> Page:
    page = watched.page
    page.goto(f"{watched.site.url}/style/shopper/{state}")
    return page


def as_lead(watched: Watched) -> Watched:
    watched.sign_in("2001")
    return watched


def looked_at(lead: Watched, state: str, language: str, ease: str, size: ViewportSize) -> list[Any]:
    """What is wrong with it; an inaccessible page and a complaint of the browser's fail at once."""
    lead.page.set_viewport_size(size)
    put(lead, se_language=language, se_ease=ease)
    page = shown(lead, state)
    assert page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en", "hant": "zh-Hant"}[language]
    lead.sound(f"{state} {language} {ease}")
    return wrongs(page)


def test_states_are_readable_and_reachable(watch: Watch, site: Site) -> None:
    lead = as_lead(watch(site, viewport=PORTRAIT))
    wrong = {}
    for number, (state, (language, ease)) in enumerate(zip(SOME, WAYS, strict=True)):
        size = LANDSCAPE if number % 2 else PORTRAIT
        if found := looked_at(lead, state, language, ease, size):
            wrong[f"{state} {language} {ease}"] = found
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.parametrize(("language", "ease"), WAYS)
@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
def test_every_state_in_every_way(
    watch: Watch, site: Site, language: str, ease: str, size: ViewportSize
) -> None:
    lead = as_lead(watch(site, viewport=PORTRAIT))
    found = {state: looked_at(lead, state, language, ease, size) for state in style.STATES}
    assert {state: wrong for state, wrong in found.items() if wrong} == {}


def test_forty_percent_longer_words_still_fit(
    watch: Watch, pseudo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.kiosk_ui.conftest.create_app", speaking(pseudo))
    for site in serve(tmp_path):
        lead = as_lead(watch(site, "en", viewport=PORTRAIT))
        wrong = {}
        for state in style.STATES:
            page = shown(lead, state)
            assert "lorem" in page.inner_text("body") or state == "waiting"
            for size, name in ((PORTRAIT, "portrait"), (LANDSCAPE, "landscape")):
                page.set_viewport_size(size)
                if found := wrongs(page):
                    wrong[f"{state} {name}"] = found
        assert wrong == {}


def put(watched: Watched, **cookies: str) -> None:
    watched.page.context.add_cookies(
        [{"name": name, "value": value, "url": watched.site.url} for name, value in cookies.items()]
    )
