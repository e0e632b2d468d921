"""What a walk measures on each page in a browser: sizes, cut-off words, codes for cameras; and pictures to look at."""

from __future__ import annotations

import os

from config.playlists import Slide
from tests.kiosk_ui.browsing import Watched

SIZES = {"upright": (1080, 1920), "lying": (1920, 1080)}
LEAST_PX = 48
TEA_SLIDE = Slide(
    "新茶上市",
    "New tea is here",
    "清明前采 · 买一送一",
    "First flush, two for one",
    sku="A1",
    seconds=86_399,
)
SMALL = """least => [...document.querySelectorAll('button, a, input:not([type=hidden]), select, [role=checkbox]')]
    .filter(one => one.checkVisibility({ checkVisibilityCSS: true }) && !one.matches('.unseen, .k-wake'))
    .filter(one => !one.closest('dialog:not([open])'))
    .map(one => [one.textContent.trim().slice(0, 24) || one.name, one.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.width < least || box.height < least))
    .map(([name, box]) => `too small: ${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""
CUT = """() => {
  const seen = one => one.checkVisibility({ checkVisibilityCSS: true })
    && !one.closest('.unseen, .k-wake, dialog:not([open])');
  const wrong = [];
  for (const one of document.querySelectorAll('button, a, h1, h2, p, b, small, em, span, time')) {
    if (!seen(one) || !one.innerText?.trim()) continue;
    const box = one.getBoundingClientRect(), name = one.innerText.trim().slice(0, 24);
    if (box.left < -1 || box.right > innerWidth + 1) wrong.push(`over the edge: ${name}`);
    const style = getComputedStyle(one), block = style.display !== 'inline';
    const hidden = style.overflowY !== 'visible' && style.webkitLineClamp === 'none';
    if (block && (one.scrollWidth > one.clientWidth + 2 || hidden && one.scrollHeight > one.clientHeight + 8))
      wrong.push(`cut off: ${name}`);
    const bar = one.closest('.bar, .shop-top, .shop-foot')?.getBoundingClientRect();
    if (bar && (box.top < bar.top - 1 || box.bottom > bar.bottom + 1)) wrong.push(`out of its bar: ${name}`);
  }
  for (const code of document.querySelectorAll('.qr-code svg'))
    if (seen(code) && code.getBoundingClientRect().width / code.viewBox.baseVal.width < 4)
      wrong.push('a code too fine for a phone');
  for (const picture of document.images)
    if (picture.checkVisibility() && picture.complete && !picture.naturalWidth)
      wrong.push(`no picture: ${picture.src}`);
  return wrong;
}"""
BELOW = """() => { const stage = document.querySelector('.state-stage');
  return Math.max(0, stage.scrollHeight - stage.clientHeight - 2); }"""


def wrong_with(seen: Watched, path: str, name: str, shot: str, *, scrolls: bool) -> list[str]:
    """Opens a page and gives what is wrong with it, as `wrong_on` does."""
    seen.page.goto(seen.site.url + path)
    seen.page.wait_for_load_state()
    return wrong_on(seen, name, shot, scrolls=scrolls)


def wrong_on(seen: Watched, name: str, shot: str, *, scrolls: bool) -> list[str]:
    """What is wrong with the page that stands there; `shot` names its picture in $STORE_EDGE_SHOTS.

    `scrolls`: a page of goods, which may be longer than the screen. Everything else stands on it as a whole.
    """
    found = []
    seen.page.wait_for_selector(".state-stage", state="attached")
    seen.page.evaluate("document.fonts.ready")
    try:
        seen.sound(name)
    except AssertionError as error:
        found.append(f"{str(error)[:900]} {seen.complaints}")
        seen.complaints.clear()
    found += [f"{name}: {one}" for one in (*seen.page.evaluate(SMALL, LEAST_PX), *seen.page.evaluate(CUT))]
    seen.page.wait_for_selector(
        ".state-stage", state="attached"
    )  # what came meanwhile may be on its way into the page
    below = seen.page.evaluate(BELOW)
    if below and not scrolls:
        found.append(f"{name}: {below} px lie below the screen")
    folder = os.environ.get("STORE_EDGE_SHOTS")
    if folder:
        # The caret as it is: hiding it takes an inline style, which the page's own policy refuses and tells.
        seen.page.screenshot(path=f"{folder}/{shot}-{name.replace(' ', '_')}.png", caret="initial")
    return found
