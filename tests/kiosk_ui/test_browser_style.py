"""The states of shoppers' pages as a browser lays them out: readable, reachable, nothing cut off in any language."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask

from kiosk_ui import style, web
from tests.kiosk_ui.browsing import CHROMIUM, Watch, Watched
from tests.kiosk_ui.conftest import Site, serve

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
ROOM = Path(web.__file__).parent
PORTRAIT: ViewportSize = {"width": 1080, "height": 1920}
LANDSCAPE: ViewportSize = {"width": 1920, "height": 1080}
WAYS = (("zh", ""), ("en", "large"), ("hant", "low"), ("en", "low"), ("hant", "large"))
SOME = ("rows", "keypad", "code", "refused", "asking")
"""The proof looks at all of them."""
LEAST = 48
"""Least height and width of what is touched, CSS pixels."""
MEASURE = """least => {
  const seen = e => e.checkVisibility({visibilityProperty: true});
  const told = e => `${e.tagName}.${e.className} ${e.innerText.slice(0, 20)}`;
  const wrong = [];
  const root = document.documentElement;
  const wide = root.scrollWidth - innerWidth, tall = root.scrollHeight - innerHeight;
  if (wide > 0 || tall > 0) wrong.push(`the page is ${wide} x ${tall} px larger than the screen`);
  for (const e of document.querySelectorAll('button, a, input:not([type=hidden]), summary')) {
    if (!seen(e)) continue;
    const box = e.getBoundingClientRect();
    if (box.width < least || box.height < least) wrong.push(`${told(e)} is only ${box.width} x ${box.height}`);
    if (e.scrollWidth > e.clientWidth + 2 || e.scrollHeight > e.clientHeight + 2) wrong.push(`${told(e)} is cut off`);
    if (box.left < -1 || box.right > innerWidth + 1) wrong.push(`${told(e)} hangs over the edge`);
  }
  for (const e of document.querySelectorAll('h1, h2, p, b, small, span, time, figcaption, output')) {
    if (!seen(e) || e.closest('.unseen') || !e.innerText?.trim()) continue;
    const box = e.getBoundingClientRect();
    if (box.left < -1 || box.right > innerWidth + 1) wrong.push(`${told(e)} hangs over the edge`);
    const bar = e.closest('.bar, .shop-top, .shop-foot')?.getBoundingClientRect();
    if (bar && (box.top < bar.top - 1 || box.bottom > bar.bottom + 1)) wrong.push(`${told(e)} hangs out of its bar`);
  }
  return wrong;
}"""


def longer(text: str) -> str:
    """Forty percent more of it, accented, as a translation can turn out; its fields and marks stay."""
    parts = re.split(r"(%\(\w+\)s|%%)", text)
    accented = str.maketrans("aeioucnyAEIOUCN", "áéíöüçñýÅÉÎØÜÇÑ")
    words = "".join(part if part.startswith("%") else part.translate(accented) for part in parts)
    return words + " " + ("lorem ipsum dolor " * 20)[: max(1, round(len(text) * 0.4) - 1)].strip()


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue in no language, forty percent longer than English."""
    folder = tmp_path_factory.mktemp("pseudo")
    with (ROOM / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale="en")
    for message in catalog:
        if message.id:
            said = message.string
            message.string = longer(said) if isinstance(said, str) else tuple(map(longer, said or ()))
    inside = folder / "en" / "LC_MESSAGES"
    inside.mkdir(parents=True)
    with (inside / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    return folder


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
    found: list[Any] = page.evaluate(MEASURE, LEAST)
    return found


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
    made = web.create_app

    def create(*given: Any) -> Flask:
        app = made(*given)
        app.extensions["babel"].translation_directories[:] = [str(pseudo)]
        return app

    monkeypatch.setattr("tests.kiosk_ui.conftest.create_app", create)
    for site in serve(tmp_path):
        lead = as_lead(watch(site, "en", viewport=PORTRAIT))
        wrong = {}
        for state in style.STATES:
            page = shown(lead, state)
            assert "lorem" in page.inner_text("body") or state == "waiting"
            for size, name in ((PORTRAIT, "portrait"), (LANDSCAPE, "landscape")):
                page.set_viewport_size(size)
                if found := page.evaluate(MEASURE, LEAST):
                    wrong[f"{state} {name}"] = found
        assert wrong == {}


def put(watched: Watched, **cookies: str) -> None:
    watched.page.context.add_cookies(
        [{"name": name, "value": value, "url": watched.site.url} for name, value in cookies.items()]
    )
