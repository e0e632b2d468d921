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

ROOT = Path(__file__).resolve().parents[2]
RECOVERS_MS = 5000
"""How long a screen may take once the daemon answers again; the store promises this much."""


@contextlib.contextmanager
def daemon(settings: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The real one, until kill -9; its pages answer when this is entered."""
    words = [sys.executable, "-m", "edge", "run", "--settings", str(settings)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            while True:
                assert child.poll() is None, "the daemon ended by itself"
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
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
