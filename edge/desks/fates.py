"""What becomes of a slip at a printer: printed now, or learned later where the printer remembers its attempts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from devices.ports import (
    Attempting,
    CoverOpen,
    DeviceAbsent,
    DeviceFault,
    DeviceOffline,
    Fate,
    OutOfPaper,
    POSPrinter,
    SentOnly,
    Unconfirmed,
)
from edge.records.jobs import JobRow

PATIENCE_S = 30.0
"""How long a job that was under way waits for its printer's lane to say what became of it."""
_BLOCKING = (DeviceAbsent, DeviceOffline, OutOfPaper, CoverOpen)
"""Faults that a printer reports before a byte of the slip was sent: the job just waits."""
_STATES = {Fate.DONE: "printed", Fate.SENT: "sent", Fate.NEVER: "blocked", Fate.UNKNOWN: "uncertain"}


def put_out(printer: POSPrinter, job: JobRow, sent: Callable[[], None]) -> tuple[str, str, str]:
    """Prints; gives the job's new state, the reason, and how the printer is."""
    try:
        if isinstance(printer, Attempting):
            printer.attempt(attempt_of(job), job.slip, sent)
        else:
            printer.print(job.slip, sent)
    except _BLOCKING as fault:
        return "blocked", fault.code, "blocked"
    except SentOnly:
        return "sent", "", "online"
    except Unconfirmed as fault:
        return "uncertain", fault.code, "uncertain"
    except DeviceFault as fault:
        return "failed", fault.code, "error"
    return "printed", "", "online"


def attempt_of(job: JobRow) -> str:
    """The name of the attempt: the same as long as the job is the same, whatever happens to either side; another
    one at a stand-in, for a copy, or in a new ledger that counts from 1 again."""
    return hashlib.sha256(f"{job.key}\n{job.created_at}".encode()).hexdigest()[:32]


class Fates:
    """Jobs that were under way when this program, their lane or the line between them ended."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._since: dict[int, float] = {}

    def of(self, printer: POSPrinter | None, job: JobRow) -> str:
        """The state that the job goes to; "" as long as that may still be learned."""
        since = self._since.setdefault(job.id, time.monotonic())
        fate: Fate | None = printer.fate(attempt_of(job)) if isinstance(printer, Attempting) else Fate.UNKNOWN
        if fate is None and time.monotonic() - since < self._patience_s:
            return ""
        del self._since[job.id]
        return _STATES[fate or Fate.UNKNOWN]
