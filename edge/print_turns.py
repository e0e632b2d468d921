"""The turn of a printer's worker: the next slip, or a look at how an idle printer is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from config.device_schema import PrinterSettings
from edge.desks.printing import PrintDesk

_IDLE_S = 10.0
_BLOCKED_S = 0.5
_SOON_S = 0.025  # a look at a name that is not there costs nothing


def print_turn(printing: PrintDesk, printer: str, settings: PrinterSettings) -> Callable[[], float]:
    """One step of a printer's work; gives the pause until the next, seconds."""
    jobs = printing.books.jobs
    node = "" if settings.lane else settings.device  # a lane has a /dev of its own
    watched = 0.0

    def turn() -> float:
        nonlocal watched
        if printing.turn(printer):
            return 0.0
        if time.monotonic() - watched > _IDLE_S:
            watched = time.monotonic()
            printing.watch(printer)
        if not jobs.next(printer):
            return _IDLE_S
        return _SOON_S if node.startswith("/") and not Path(node).exists() else _BLOCKED_S

    return turn
