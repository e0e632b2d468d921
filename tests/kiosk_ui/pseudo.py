"""How a shopper's page is measured in a browser, and words that are forty percent longer than English."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask

from kiosk_ui import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, ViewportSize

ROOM = Path(web.__file__).parent
PORTRAIT: ViewportSize = {"width": 1080, "height": 1920}
LANDSCAPE: ViewportSize = {"width": 1920, "height": 1080}
LEAST = 48
"""Least height and width of what is touched, CSS pixels."""
MEASURE = """least => {
  document.getAnimations().forEach(a => { try { a.finish() } catch { a.cancel() } });  // nothing is on its way
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


def wrongs(page: Page) -> list[Any]:
    """What is too small to touch, cut off, or hangs over an edge."""
    found: list[Any] = page.evaluate(MEASURE, LEAST)
    return found


def longer(text: str) -> str:
    """Forty percent more of it, accented, as a translation can turn out; its fields and marks stay."""
    parts = re.split(r"(%\(\w+\)s|%%)", text)
    accented = str.maketrans("aeioucnyAEIOUCN", "áéíöüçñýÅÉÎØÜÇÑ")
    words = "".join(part if part.startswith("%") else part.translate(accented) for part in parts)
    return words + " " + ("lorem ipsum dolor " * 20)[: max(1, round(len(text) * 0.4) - 1)].strip()


def catalogue(folder: Path) -> Path:
    """A folder of translations in which English is in no language, and longer."""
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


def speaking(folder: Path) -> Callable[..., Flask]:
    """`create_app`, whose English is that catalogue."""

    def create(*given: Any) -> Flask:
        app = web.create_app(*given)
        app.extensions["babel"].translation_directories[:] = [str(folder)]
        return app

    return create
