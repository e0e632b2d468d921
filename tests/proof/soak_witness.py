"""The same three screens in a browser to which no debugger is attached: what it holds is what a shop's browser would.

A debugger keeps the bodies of all answers of an open page for its own use (100 MB a page), which grows with every
change and is no fault of the page's. So the driven browser is counted (nodes, listeners, heap) and this one weighed.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge.domain.screens import ScreenKind
from tests.conftest import CHROMIUM
from tests.proof.screens_shop import PLACES, ScreensShop, held_kb

_WORDS = (
    "--headless=new",
    "--no-sandbox",
    "--remote-debugging-port=0",
    "--window-size=1080,1920",
    "--force-device-scale-factor=0.25",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--no-first-run",
)
_STAYS = """() => { performance.now = () => 0; window.swaps = 0;
  document.addEventListener('htmx:after:swap', () => { window.swaps += 1; }); }"""
"""Nobody is bored before it, so it never wipes what the driven screen shows; it counts what it was told."""
_UP_S = 30.0


class Witness:
    """One Chromium with a window for each screen; a context."""

    def __init__(self, browser: Any, shop: ScreensShop, planted: str = "") -> None:
        self._kind, self._shop, self._planted = browser.browser_type, shop, planted
        self._up = ExitStack()
        self._pid, self._door = 0, ""

    def __enter__(self) -> Self:
        folder = Path(self._up.enter_context(tempfile.TemporaryDirectory(prefix="witness-")))
        words = [CHROMIUM, *_WORDS, f"--user-data-dir={folder}", "about:blank"]
        child = self._up.enter_context(_running(words))
        self._pid = child.pid
        port, until = folder / "DevToolsActivePort", time.monotonic() + _UP_S
        while not (port.exists() and len(port.read_text().split()) > 1):
            assert time.monotonic() < until, "the witness's browser does not come up"
            time.sleep(0.05)
        self._door = f"http://127.0.0.1:{port.read_text().split()[0]}"
        with self._looked() as found:
            self._hang(found)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._up.close()

    @contextmanager
    def _looked(self) -> Iterator[Any]:
        """The browser with a debugger for a moment; what that one keeps goes with it."""
        found = self._kind.connect_over_cdp(self._door)
        try:
            yield found
        finally:
            found.close()

    def _hang(self, found: Any) -> None:
        context = found.contexts[0]
        context.add_cookies([self._shop.cookies[PLACES[kind]] for kind in PLACES])
        session = found.new_browser_cdp_session()
        for kind in PLACES:
            with context.expect_page() as opened:
                session.send("Target.createTarget", {"url": "about:blank", "newWindow": True})
            page = opened.value
            page.goto(f"{self._shop.url}/{kind}/")
            page.wait_for_selector(".state[data-key]")
            page.evaluate(_STAYS)
            if self._planted:
                page.evaluate(self._planted)

    def told(self) -> dict[ScreenKind, int]:
        """How often each page was given something new, -1 a page that was opened anew; garbage is collected."""
        said: dict[ScreenKind, int] = {}
        with self._looked() as found:
            for page in found.contexts[0].pages:
                kind: Any = page.url.rstrip("/").rpartition("/")[2]
                if kind in PLACES:
                    said[kind] = page.evaluate("window.swaps ?? -1")
                    session = found.contexts[0].new_cdp_session(page)
                    session.send("HeapProfiler.collectGarbage")
        return said

    def held(self) -> tuple[int, int]:
        """What the browser holds, and its pages' processes of that, in kB."""
        tree = _tree(self._pid)
        pages = [pid for pid in tree if b"--type=renderer" in _words(pid)]
        return sum(map(held_kb, tree)), sum(map(held_kb, pages))


@contextmanager
def _running(words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _tree(root: int) -> list[int]:
    """A process and all that came from it."""
    found, rest = [], [root]
    while rest:
        pid = rest.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                rest += [int(word) for word in task.read_text().split()]
            except OSError:  # it ended meanwhile
                continue
    return found
