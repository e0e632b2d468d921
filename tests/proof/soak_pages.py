"""The shop's three screens in a real Chromium: touched as people do, listened to for complaints, and weighed."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from edge.domain.screens import ScreenKind
from tests.proof.screens_shop import PLACES, ScreensShop
from tests.proof.soak_witness import Witness

AWAY = re.compile(
    r"net::ERR_(CONNECTION_|INCOMPLETE_CHUNKED|EMPTY_RESPONSE|SOCKET|FAILED|ABORTED)|Failed to fetch"
)
"""What a browser says of a daemon that is away; no complaint while it was sent away."""
_SOUND = "The AudioContext was not allowed to start"
"""A page that sounds before its first touch; a kiosk's own browser is started with leave to."""
_INIT = """
document.addEventListener('securitypolicyviolation', (e) => cspBreach(e.violatedDirective + ' ' + e.blockedURI));
(() => {
  const real = performance.now.bind(performance);
  let ahead = 0;
  performance.now = () => real() + ahead;
  window.hours = (seconds) => { ahead += seconds * 1000; };
})();
"""
_SEEN = """() => { const one = document.querySelector('.state'); return one
  ? [one.dataset.key, one.dataset.state, Number(one.dataset.idle), Number(one.dataset.warn)] : ['', '', 0, 0]; }"""
_BUTTONS = """() => [...document.querySelectorAll('#stage button[name=do]:not([disabled])')]
  .filter((one) => one.offsetParent !== null).map((one) => one.value)"""
_TOUCH = """(value) => { const one = [...document.querySelectorAll('#stage button[name=do]')]
  .find((one) => one.value === value); if (!one) return false;
  one.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true})); one.click(); return true; }"""
_SCAN = """(text) => { for (const key of [...text, 'Enter'])
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }"""
_LOOK = "document.dispatchEvent(new Event('store:look'))"


@dataclass
class Weights:
    """What the screens hold after the garbage was collected: the witness's kB, and counts by driven screen.

    `told`: how often each of the witness's pages was given something new.
    """

    held_kb: int
    renderers_kb: int
    told: dict[ScreenKind, int]
    heap_kb: dict[str, int]
    nodes: dict[str, int]
    listeners: dict[str, int]


@dataclass
class Screen:
    """One screen's page; `states` counts how often it showed something else."""

    kind: ScreenKind
    page: Any
    cdp: Any
    home: str
    complaints: list[str]
    key: str = ""
    name: str = ""
    idle: float = 0
    warn: float = 0
    states: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    def look(self) -> bool:
        """What stands there now; whether it is something else than before."""
        from playwright.sync_api import Error

        try:
            key, name, self.idle, self.warn = self.page.evaluate(_SEEN)
        except Error:  # on the way to another page
            return False
        if key == self.key or not key:
            return False
        self.key, self.name = key, name
        self.states += 1
        self.seen[name] = self.seen.get(name, 0) + 1
        return True

    def until(self, wait_s: float, name: str = "") -> bool:
        """Until something else stands there (or that state); False when the time is up."""
        ends = time.monotonic() + wait_s
        changed = False
        while time.monotonic() < ends:
            changed |= self.look()
            if (changed and not name) or (name and self.name == name):
                return True
            self.page.wait_for_timeout(15)
        return False

    def buttons(self) -> list[str]:
        """What can be touched."""
        found: list[str] = self.ask(_BUTTONS) or []
        return found

    def touch(self, value: str) -> None:
        """A touch of the button."""
        self.ask(_TOUCH, value)

    def finger(self, selector: str) -> None:
        """A touch that the browser believes to be a person's."""
        from playwright.sync_api import Error

        try:
            self.page.click(selector, timeout=1500)
        except Error:  # it went from under the finger
            return

    def scan(self, text: str) -> None:
        """A scanner types into the page."""
        self.ask(_SCAN, text)

    def polls(self) -> None:
        """The look that a page takes every ten seconds."""
        self.ask(_LOOK)

    def later(self, seconds: float) -> None:
        """The page's clock of idleness goes on by so much."""
        self.ask("(seconds) => hours(seconds)", seconds)

    def again(self) -> None:
        """The page is asked for anew, as by a browser that was started again."""
        from playwright.sync_api import Error

        try:
            self.page.goto(self.home, wait_until="load", timeout=20_000)
        except Error:  # a touch before led elsewhere at the same time
            self.page.wait_for_timeout(200)

    def ask(self, script: str, *facts: Any) -> Any:
        """Runs it in the page; None where the page is just leaving."""
        from playwright.sync_api import Error

        try:
            return self.page.evaluate(script, *facts)
        except Error:
            return None

    def weigh(self) -> tuple[int, int, int]:
        """Heap (kB), nodes and listeners, once the garbage is collected."""
        for _ in range(2):
            self.cdp.send("HeapProfiler.collectGarbage")
        counts = self.cdp.send("Memory.getDOMCounters")
        said = {one["name"]: one["value"] for one in self.cdp.send("Performance.getMetrics")["metrics"]}
        return int(said["JSHeapUsedSize"]) // 1024, counts["nodes"], counts["jsEventListeners"]


class Wall:
    """The screens side by side; `away` while the daemon was sent away on purpose."""

    def __init__(self, browser: Any, shop: ScreensShop, witness: Witness, planted: str = "") -> None:
        self._browser = browser
        self._witness = witness
        self.shop, self.away = shop, False
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.breaches: list[str] = []
        self.requests = 0
        self.screens = {kind: self._hung(kind, planted) for kind in PLACES}

    def _hung(self, kind: ScreenKind, planted: str) -> Screen:
        size = {"width": 1080, "height": 1920} if kind != "display" else {"width": 1280, "height": 800}
        # The same page in a sixteenth of the pixels: without a graphics card painting them is most of the time.
        context = self._browser.new_context(viewport=size, device_scale_factor=0.25)
        context.add_cookies([self.shop.cookies[PLACES[kind]]])
        context.expose_binding("cspBreach", lambda _source, told: self.breaches.append(str(told)))
        context.add_init_script(_INIT)
        if planted:
            context.add_init_script(planted)
        page = context.new_page()
        page.on("console", lambda said: self._said(kind, said))
        page.on("pageerror", lambda error: self.complaints.append(f"{kind}: {error}"))
        page.on("request", self._asked)
        cdp = context.new_cdp_session(page)
        cdp.send("Performance.enable")
        home = f"{self.shop.url}/{kind}/"
        page.goto(home)
        page.wait_for_selector(".state[data-key]")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        made = Screen(kind, page, cdp, home, self.complaints)
        made.look()
        return made

    def _said(self, kind: str, said: Any) -> None:
        if said.type not in {"error", "warning"} or said.text.startswith(_SOUND):
            return
        if not (self.away and AWAY.search(said.text)):
            self.complaints.append(f"{kind}: {said.text} {said.location.get('url', '')}")

    def _asked(self, request: Any) -> None:
        self.requests += 1
        url = urlsplit(request.url)
        if url.scheme != "data" and url.hostname != "127.0.0.1":
            self.foreign.append(str(url.hostname))

    def states(self) -> int:
        """How often any screen showed something else."""
        return sum(one.states for one in self.screens.values())

    def weigh(self) -> Weights:
        """The witness's browser, and each driven page by itself."""
        each: dict[str, tuple[int, int, int]] = {kind: one.weigh() for kind, one in self.screens.items()}
        told = self._witness.told()
        heap, nodes, listeners = ({kind: said[at] for kind, said in each.items()} for at in range(3))
        return Weights(*self._witness.held(), told, heap, nodes, listeners)
