"""Somebody who looks at a page: when its script was told, when the words stood in it, when they could be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = "/usr/bin/chromium"
"""Debian's and Ubuntu's name for it."""
_PATIENCE_S = 30.0
PORTRAIT = {"width": 1080, "height": 1920}
SIGHT = """(() => {
  const SOLID = 0.9; // of full strength: what fades in is not read before
  const PATIENCE_MS = 30000;
  let want = null;
  window.sight = { live: false };
  window.EventSource = class extends EventSource {
    constructor(...given) {
      super(...given);
      this.addEventListener("open", () => { sight.live = true; });
      this.addEventListener("message", (event) => {
        const topic = JSON.parse(event.data).topic;
        if (want && want.told === null && /^(station:|floor)/.test(topic)) want.told = performance.now();
      });
    }
  };
  const found = () => [...document.querySelectorAll(want.where)].find((one) => want.fits(one.textContent));
  const solid = (one) => {
    let left = 1;
    for (let part = one; part instanceof Element; part = part.parentElement) {
      left *= Number(getComputedStyle(part).opacity);
    }
    return left >= SOLID && one.getBoundingClientRect().height > 0;
  };
  const frame = (looked) => requestAnimationFrame(() => {
    const one = found();
    if (!one || !solid(one)) { frame(looked); return; }
    const after = new MessageChannel(); // its message comes when this frame is drawn
    after.port1.onmessage = () => looked.done([looked.began, looked.told, looked.dom, performance.now()]);
    after.port2.postMessage(0);
  });
  const check = () => {
    if (!want || want.dom !== null || !found()) return;
    want.dom = performance.now();
    frame(want);
  };
  sight.arm = (where, words, other) => {
    const fits = (text) => other ? text.trim() !== words : text.includes(words);
    want = { where, fits, began: null, told: null, dom: null, done: null };
    want.seen = new Promise((done, gone) => {
      want.done = done;
      setTimeout(() => gone(new Error(where + " " + words)), PATIENCE_MS);
    });
    check();
    return want.dom === null;
  };
  sight.seen = () => want.seen;
  document.addEventListener("pointerdown", (event) => {
    if (want && want.began === null) want.began = event.timeStamp;
  }, true);
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(check).observe(document, all);
})();"""
"""`arm` says what to look for before it can be there; `seen` gives the page's own milliseconds of each step."""


@dataclass(frozen=True)
class Seen:
    """Seconds from what was done to the page's callback (0 where none was needed), to the words in it, to their being
    drawn at nine tenths of full strength at least."""

    told: float
    dom: float
    drawn: float


class Eyes:
    """One page and its clock, which is this machine's: both count on CLOCK_MONOTONIC."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("Performance.enable")

    def open(self, url: str) -> None:
        """Goes there and waits for the page's event stream."""
        self.page.goto(url)
        self.wait("sight.live")

    def wait(self, truth: str) -> None:
        """Until that expression holds in the page, which allows nobody to evaluate one there in a loop."""
        patience = time.monotonic() + _PATIENCE_S
        while not self.page.evaluate(truth):
            assert time.monotonic() < patience, truth
            self.page.wait_for_timeout(10)

    def sees(self, where: str, words: str, done: Callable[[], object]) -> Seen:
        """Does it and waits for an element of `where` that holds `words`."""
        return self._seen([where, words, False], done)

    def sees_other(self, where: str, done: Callable[[], object]) -> Seen:
        """Does it and waits for that element to say something else than now."""
        return self._seen([where, (self.page.text_content(where) or "").strip(), True], done)

    def _seen(self, what: list[Any], done: Callable[[], object]) -> Seen:
        assert self.page.evaluate("what => sight.arm(...what)", what), f"there already: {what}"
        began = time.perf_counter()
        done()
        touched, told, dom, drawn = self.page.evaluate("sight.seen()")
        start = touched / 1000 if touched is not None else began - self._zero()
        return Seen(max(0.0, told / 1000 - start) if told else 0.0, dom / 1000 - start, drawn / 1000 - start)

    def _zero(self) -> float:
        """When this page's performance.now() was 0, seconds of CLOCK_MONOTONIC."""
        metrics = self._tools.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "NavigationStart"))

    def touch(self, where: str) -> None:
        """A finger in the middle of an element, as the screen reports one."""
        box, patience = None, time.monotonic() + _PATIENCE_S
        while box is None:  # what is exchanged at this moment is nowhere
            assert time.monotonic() < patience, where
            box = self.page.locator(where).first.bounding_box()
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def first_paint(self, url: str) -> float:
        """Seconds from asking for a page to its first words or pictures."""
        self.page.goto(url)
        return float(self.page.evaluate(_FIRST_PAINT)) / 1000


_FIRST_PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  const first = list.getEntriesByName("first-contentful-paint")[0];
  if (first) done(first.startTime);
}).observe({ type: "paint", buffered: true }))"""


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, headless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


def seat(opened: Browser, url: str, kind: str = "", token: str = "") -> BrowserContext:
    """A screen's own browser: nothing cached, bound by its cookie where it has one."""
    size = PORTRAIT if kind in {"kiosk", "guide"} else {"width": 1280, "height": 800}
    context = opened.new_context(viewport=size)  # type: ignore[arg-type]
    context.add_init_script(SIGHT)
    if token:
        context.add_cookies([{"name": f"screen_{kind}", "value": token, "url": url}])
    return context
