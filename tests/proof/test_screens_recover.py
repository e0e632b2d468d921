"""The daemon dies under the screens, and every screen comes back by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHROMIUM
from tests.kiosk_ui.kiosk_floor import CUP, MILK, TEA
from tests.proof.screens_shop import ScreensShop, answers

ROOT = Path(__file__).resolve().parents[2]
RECOVERS_MS = 5000
"""How long a screen may take once the daemon answers again; the store promises this much."""
TYPES = """(text) => { for (const key of [...text, 'Enter'])
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }"""
"""A scanner types into the page."""


@contextlib.contextmanager
def daemon(settings: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The real one, until kill -9; its pages answer when this is entered."""
    words = [sys.executable, "-m", "edge", "run", "--settings", str(settings)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            while not answers(port):
                assert child.poll() is None, "the daemon ended by itself"
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(0.05)
            yield child
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed")
def test_screens_come_back_by_themselves_after_kill_9(tmp_path: Path, browser: Any) -> None:
    port, live = free_ports()
    settings = tmp_path / "store.toml"
    settings.write_text(
        f'[store]\nstate_dir = "{tmp_path / "state"}"\n[web]\nport = {port}\nlive_port = {live}\n'
        '[stations.T1]\nkind = "cashier"\nscreen = "local"\n[stations.K1]\nkind = "kiosk"\nscreen = "local"\n'
        '[stations.G1]\nkind = "guide"\nscreen = "local"\n'
    )
    context = browser.new_context()
    paths = {"/cashier/sign-in": "#staff", "/screen/pair?kind=kiosk": ".code"}
    paths |= dict.fromkeys(("/kiosk/", "/guide/", "/display/"), ".state[data-key]")
    pages = {}
    with daemon(settings, port):
        for path, sign in paths.items():
            page = pages[path] = context.new_page()
            page.goto(f"http://127.0.0.1:{port}{path}")
            page.wait_for_selector(sign)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function("navigator.serviceWorker.controller !== null")
    for page in pages.values():
        # As a form that is sent, a page that refreshes, or a browser that starts: it asks, and nobody is there.
        page.reload(wait_until="commit")
        page.wait_for_selector(".disc")
        assert "设备恢复中" in page.inner_text("h1")
        assert "The device is coming back" in page.inner_text(".hero")
    with daemon(settings, port):
        for path, page in pages.items():
            page.wait_for_selector(paths[path], timeout=RECOVERS_MS)
    context.close()


def shown(page: Any) -> tuple[str, str]:
    """The state that a page shows, and what of it must be the same afterwards: its goods, its sum, its words."""
    page.wait_for_selector(".state[data-key]")
    words = page.inner_text(".state h1") if page.query_selector(".state h1") else page.inner_text(".state")
    return page.get_attribute(".state", "data-state"), words


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed")
@pytest.mark.parametrize("asks_anew", [False, True])
def test_bound_screens_come_back_as_they_were(tmp_path: Path, browser: Any, asks_anew: bool) -> None:
    """Amid a basket, a password, at a product and beside a till; with open pages, and with pages asked for anew."""
    # The simulated wallet dies with the daemon: it is not asked again before the time is up.
    shop = ScreensShop(tmp_path, ("userpaying 600",), paces={"poll_s": 300.0, "wechat_wait_s": 600.0})
    shop.found()
    shop.start()
    try:
        contexts = {place: browser.new_context() for place in shop.cookies}
        pages = {}
        for place, context in contexts.items():
            context.add_cookies([shop.cookies[place]])
            pages[place] = context.new_page()
            pages[place].goto(f"{shop.url}/{shop.cookies[place]['name'].removeprefix('screen_')}/")
            pages[place].wait_for_selector(".state[data-key]")
            pages[place].evaluate("navigator.serviceWorker.ready.then(() => true)")
            pages[place].wait_for_function("navigator.serviceWorker.controller !== null")
        in_the_middle(shop, pages)
        before = {place: shown(page) for place, page in pages.items()}
        states = {place: state for place, (state, _) in before.items()}
        assert states == {"K1": "basket", "K2": "userpaying", "G1": "product", "T1": "display-basket"}
        shop.end(signal.SIGKILL)
        if asks_anew:
            for page in pages.values():
                page.reload(wait_until="commit")
                page.wait_for_selector(".disc")
        shop.start()
        for place, page in pages.items():
            page.wait_for_selector(f".state[data-state='{states[place]}']", timeout=RECOVERS_MS)
            if not asks_anew:
                page.wait_for_selector("#lost", state="hidden", timeout=RECOVERS_MS)
        assert {place: shown(page) for place, page in pages.items()} == before
        pages["K1"].click('#stage button[name=do][value="count 1 1"]')
        pages["K1"].wait_for_selector("h1:has-text('3 件商品')")
        shop.tell("basket/scan", text=CUP)
        pages["T1"].wait_for_selector(".state-display-basket:has-text('青瓷品茗杯')")
    finally:
        shop.end(signal.SIGKILL)
        for context in contexts.values():
            context.close()


def in_the_middle(shop: ScreensShop, pages: dict[str, Any]) -> None:
    """Every screen is in the middle of something."""
    for text, sees in ((TEA, "1 件商品"), (CUP, "2 件商品")):
        pages["K1"].evaluate(TYPES, text)
        pages["K1"].wait_for_selector(f"h1:has-text('{sees}')")
    pages["K2"].evaluate(TYPES, MILK)
    pages["K2"].wait_for_selector(".state-basket .row")
    for act, sees in (("on", "bags"), ("on", "member"), ("on", "pay")):
        pages["K2"].click(f'#stage button[name=do][value="{act}"]:visible')
        pages["K2"].wait_for_selector(f".state-{sees}")
    pages["K2"].evaluate(TYPES, "134444555566667777")
    pages["K2"].wait_for_selector(".state-userpaying")
    pages["G1"].evaluate(TYPES, TEA)
    pages["G1"].wait_for_selector(".state-product")
    shop.tell("basket/scan", text=TEA)
    pages["T1"].wait_for_selector(".state-display-basket")
