"""The thread that empties a scanner's line as it fills, and keeps the readings until somebody asks for them.

Whoever asks may be slow (a full disk, a busy processor); kernels keep a few dozen key strokes, four kilobytes
of a serial line. And silence, where it ends a code, can only be measured by who is listening all the time.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import select
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from devices.ports import DeviceAbsent, Reading

ROOM = 2000
"""Readings kept for a slow asker; what comes beyond is dropped and counted, the oldest stay."""


class Decoding(Protocol):
    """What comes from a device, to readings; pure, times are monotonic seconds."""

    @property
    def dropped(self) -> int:
        """Codes that were not taken."""

    def feed(self, data: bytes, now: float) -> list[Reading]:
        """Returns the codes that `data` completes."""

    def due(self) -> float | None:
        """When silence() is to be called if nothing comes before; None: nothing waits for silence."""

    def silence(self, now: float) -> list[Reading]:
        """Returns the codes that silence completes."""

    def cut(self) -> None:
        """The line is gone; half a code is dropped, and counted."""

    def owed(self) -> bytes:
        """Takes what is to be sent back at once."""


@dataclass(frozen=True)
class Line:
    """An open device. `take` reads without waiting: b"" or OSError mean that the device is gone."""

    fd: int
    take: Callable[[], bytes]
    shut: Callable[[], None]
    give: Callable[[bytes], object] | None = None


class Debounce:
    """Lets a code through once while it keeps coming: the same again within the window is not new."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._seen: dict[bytes, float] = {}

    def fresh(self, readings: list[Reading], now: float) -> list[Reading]:
        """Returns those that were not seen within the window before; each sight begins the window anew."""
        if not self._window_s:
            return readings
        self._seen = {raw: at for raw, at in self._seen.items() if now - at < self._window_s}
        new = []
        for reading in readings:
            if reading.raw not in self._seen:
                new.append(reading)
            self._seen[reading.raw] = now
        return new


class Pump:
    """One device's thread; started and stopped by the driver, as often as the device comes and goes."""

    def __init__(self, name: str, debounce_s: float = 0.0, room: int = ROOM) -> None:
        self._name = name
        self._room = room
        self._debounce = Debounce(debounce_s)
        self._lost = 0
        self._run: _Run | None = None

    @property
    def dropped(self) -> int:
        """Codes not taken since the driver was made."""
        return self._lost + (self._run.dropped if self._run else 0)

    @property
    def waiting(self) -> int:
        """Readings that wait for somebody to ask."""
        return self._run.waiting if self._run else 0

    def start(self, line: Line, decoding: Decoding) -> None:
        """Listens on the line from now on; the line belongs to the pump, which shuts it."""
        self.stop()
        self._run = _Run(self._name, line, decoding, self._debounce, self._room)

    def read(self, wait_s: float) -> Sequence[Reading]:
        """Returns what came, oldest first, waiting at most `wait_s` for the first; raises DeviceAbsent."""
        if self._run is None:
            raise DeviceAbsent(self._name, "not open")
        got = self._run.read(wait_s)
        if not got and self._run.gone is not None:
            reason = self._run.gone
            self.stop()
            raise DeviceAbsent(self._name, reason)
        return got

    def give(self, data: bytes) -> None:
        """Sends bytes to the device; what it does not take at once is lost."""
        if self._run and data:
            self._run.give(data)

    def stop(self) -> None:
        """Ends the thread and shuts the line; half a code is forgotten."""
        run, self._run = self._run, None
        if run:
            run.stop()
            self._lost += run.dropped


class _Run:
    """From one opening to the next closing."""

    def __init__(self, name: str, line: Line, decoding: Decoding, debounce: Debounce, room: int) -> None:
        self._line = line
        self._decoding = decoding
        self._debounce = debounce
        self._room = room
        self._overflow = 0
        self._kept: queue.SimpleQueue[Reading | None] = queue.SimpleQueue()
        self._open = threading.Lock()
        self._shut = False
        self._reason = ""
        self.gone: str | None = None
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._listen, name=f"line {name}", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        return self._decoding.dropped + self._overflow

    @property
    def waiting(self) -> int:
        return max(0, self._kept.qsize() - self._shut)

    def read(self, wait_s: float) -> list[Reading]:
        got: list[Reading] = []
        try:
            while self.gone is None:
                one = self._kept.get(not got and wait_s > 0, wait_s)
                if one is None:
                    self.gone = self._reason
                else:
                    got.append(one)
        except queue.Empty:
            pass
        return got

    def give(self, data: bytes) -> None:
        # Under the lock: a number closed meanwhile may already be somebody else's file.
        with self._open:
            if not self._shut and self._line.give:
                # The reading side meets the same fault, and says so.
                with contextlib.suppress(OSError):
                    self._line.give(data)

    def stop(self) -> None:
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)

    def _listen(self) -> None:
        try:
            self._reason = self._until_gone()
        finally:
            self._decoding.cut()
            # Shut before anybody is told: a device that comes back while its old file is open gets another name.
            with self._open:
                self._shut = True
                self._line.shut()
            self._kept.put(None)

    def _until_gone(self) -> str:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(self._line.fd, select.POLLIN)
        while True:
            due = self._decoding.due()
            wait_ms = None if due is None else max(0, math.ceil((due - time.monotonic()) * 1000))
            ready = [fd for fd, _ in poll.poll(wait_ms)]
            now = time.monotonic()
            if self._wake in ready:
                return ""
            if ready:
                try:
                    data = self._line.take()
                except BlockingIOError:
                    continue
                except OSError as error:
                    return os.strerror(error.errno) if error.errno else str(error)
                if not data:
                    return "it went away"
                self._keep(self._decoding.feed(data, now), now)
                if answer := self._decoding.owed():
                    self.give(answer)
            elif due is not None and now >= due:
                self._keep(self._decoding.silence(now), now)

    def _keep(self, readings: list[Reading], now: float) -> None:
        for reading in self._debounce.fresh(readings, now):
            if self._kept.qsize() < self._room:
                self._kept.put(reading)
            else:
                self._overflow += 1
