"""A worker: a thread round a turn(); the only place where any error at all is caught."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger("store_edge.workers")

Turn = Callable[[], float]
"""One bounded step; gives the pause until the next one, in seconds (0: there is more to do at once)."""


class Worker:
    """Calls `turn`, pauses as long as it asked for or until woken, and calls it again.

    A turn that raises is logged and tried again after a growing pause: a broken device or a bug in one
    room must not take the others down. A turn longer than `patience_s` counts as stuck.
    """

    def __init__(
        self, name: str, turn: Turn, patience_s: float = 15.0, leave: Callable[[], None] = lambda: None
    ) -> None:
        """`leave` ends a turn that waits for somebody far away; called by whoever says that it is the last."""
        self.name = name
        self._leave = leave
        self.failures = 0
        self._turn = turn
        self._patience_s = patience_s
        self._began: float | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to do; a hint."""
        self._wake.set()

    def dismiss(self) -> None:
        """Says that the current turn is the last; does not wait for its end."""
        self._stopping.set()
        self._wake.set()
        self._leave()

    def stop(self, deadline_s: float = 5.0) -> None:
        """Ends after the current turn; waits for it at most `deadline_s`."""
        self.dismiss()
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def trouble(self) -> str:
        """What is wrong with the thread: "gone", "stuck", or "" when nothing is."""
        if not self._thread.is_alive():
            return "gone"
        began = self._began
        return "stuck" if began is not None and time.monotonic() - began > self._patience_s else ""

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            self._began = time.monotonic()
            try:
                pause_s = self._turn()
                self.failures = 0
            except Exception:  # noqa: BLE001 - the one place, see the class
                self.failures += 1
                pause_s = min(30.0, 2.0**self.failures)
                _log.exception("turn failed", extra={"worker": self.name, "failures": self.failures})
            self._began = None
            if pause_s and not self._stopping.is_set():
                self._wake.wait(pause_s)
