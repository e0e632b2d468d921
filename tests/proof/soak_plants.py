"""Leaks on purpose, one in the page or the daemon each: `soak_plants NAME run --settings FILE` is a leaking daemon."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

PAGE = {
    "page_nodes": """document.addEventListener('htmx:after:swap', () => {
        window.kept ??= []; const one = document.createElement('div');
        one.innerHTML = '<i></i>'.repeat(40); window.kept.push(one); });""",
    "page_listeners": """document.addEventListener('htmx:after:swap', () => {
        for (let n = 0; n < 5; n++) document.addEventListener('planted', () => n); });""",
    "page_heap": """document.addEventListener('htmx:after:swap', () => {
        (window.kept ??= []).push(new Uint8Array(8 << 20).fill(7)); });""",
    "page_error": "document.addEventListener('htmx:after:swap', () => { console.error('planted'); });",
    "page_outside": """document.addEventListener('htmx:after:swap', () => {
        fetch('http://planted.invalid/').catch(() => {}); });""",
}
"""What is put into each page."""


def daemon_memory() -> None:
    """Every stage that is told stays in memory."""
    _at_each_look(lambda: bytearray(b"\7" * (256 << 10)))


def daemon_files() -> None:
    """Every stage that is told leaves a file open."""
    _at_each_look(lambda: os.open("/dev/null", os.O_RDONLY))


def daemon_threads() -> None:
    """Every stage that is told leaves a thread behind."""

    def one() -> threading.Thread:
        thread = threading.Thread(target=threading.Event().wait, daemon=True)
        thread.start()
        return thread

    _at_each_look(one)


DAEMON: dict[str, Callable[[], None]] = {
    plant.__name__: plant for plant in (daemon_memory, daemon_files, daemon_threads)
}
"""What is taken into the daemon before it starts."""


def _at_each_look(leak: Callable[[], object]) -> None:
    from kiosk_ui import shopper

    kept: list[object] = []
    page = shopper.page

    def leaking(*facts: Any, **more: Any) -> Any:
        if len(kept) < 1500:
            kept.append(leak())
        return page(*facts, **more)

    shopper.page = leaking


def main() -> None:
    """The daemon with the leak that the first word names."""
    from edge.cli import main as store_edge

    DAEMON[sys.argv[1]]()
    store_edge(sys.argv[2:])


if __name__ == "__main__":
    main()
