"""The device's end of a serial line that exists only as a pseudo-terminal: plugged, pulled, and faulty on request."""

from __future__ import annotations

import contextlib
import os
import select
import tempfile
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self


class SimulatedCable:
    """A line at `port`, a link that stays the same through replugging; use as a context.

    `hear` gets the bytes that the host sent and gives what is answered; `tick` gives what is sent every
    `every_s` without being asked. Both run in a thread of the cable, never at the same time.
    """

    def __init__(
        self, hear: Callable[[bytes], bytes], tick: Callable[[], bytes] | None = None, every_s: float = 0.02
    ) -> None:
        self.silent = False
        """Hears and says nothing."""
        self.garbage: bytes | None = None
        """Says this instead of anything."""
        self.halves = False
        """Says the first half of everything."""
        self.trickle = False
        """Says everything one byte at a time."""
        self._hear = hear
        self._tick = tick
        self._every_s = every_s
        self._folder = tempfile.TemporaryDirectory(prefix="cable-")
        self._link = Path(self._folder.name) / "port"
        self._lock = threading.Lock()
        self._ends: tuple[int, int] | None = None
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._running = True
        self._closed = False
        self._turns = 0
        self.replug()
        self._thread = threading.Thread(target=self._run, name="simulated device", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> str:
        """What goes into the settings as the device."""
        return str(self._link)

    @property
    def plugged(self) -> bool:
        """Whether the cable is in."""
        return self._ends is not None

    def say(self, data: bytes) -> None:
        """Sends to the host, as faulty as it is set; unplugged or with nobody reading, bytes are lost."""
        if self.silent or not data:
            return
        if self.garbage is not None:
            data = self.garbage
        if self.halves:
            data = data[: len(data) // 2]
        pieces = [data[at : at + 1] for at in range(len(data))] if self.trickle else [data]
        for piece in pieces:
            with self._lock, contextlib.suppress(BlockingIOError):
                if self._ends:
                    os.write(self._ends[0], piece)
            if self.trickle:
                time.sleep(0.001)

    def wait(self, fits: Callable[[], bool], wait_s: float = 5.0) -> bool:
        """Waits until something is so, as for bytes that are still on the line."""
        deadline = time.monotonic() + wait_s
        while not fits() and time.monotonic() < deadline:
            time.sleep(0.002)
        return fits()

    def unplug(self) -> None:
        """The cable is pulled: the port vanishes, who has it open is hung up."""
        with self._lock:
            ends, self._ends = self._ends, None
            turn = self._turns
        self._poke()
        if ends:
            self._link.unlink(missing_ok=True)
            # A descriptor that somebody waits for is closed only when that wait is over.
            waits = threading.current_thread() is not self._thread
            while waits and self._turns == turn and self._thread.is_alive():
                time.sleep(0.0002)
            for end in ends:
                os.close(end)

    def replug(self) -> None:
        """The cable is back, under another device name behind the same link."""
        with self._lock:
            if self._ends:
                return
            ours, theirs = os.openpty()
            tty.setraw(theirs)
            os.set_blocking(ours, False)
            self._link.symlink_to(os.ttyname(theirs))
            self._ends = (ours, theirs)
        self._poke()

    def close(self) -> None:
        """Unplugs for good."""
        self.unplug()
        if not self._closed:
            self._running = False
            self._poke()
            self._thread.join()
            self._closed = True
            os.close(self._wake)
            self._folder.cleanup()

    def _poke(self) -> None:
        if not self._closed:
            os.eventfd_write(self._wake, 1)

    def _run(self) -> None:
        due = time.monotonic()
        while self._running:
            poll = select.poll()
            poll.register(self._wake, select.POLLIN)
            with self._lock:
                if self._ends:
                    poll.register(self._ends[0], select.POLLIN)
            wait = None if self._tick is None else max(0.0, due - time.monotonic()) * 1000
            ready = poll.poll(wait)
            self._turns += 1
            if (self._wake, select.POLLIN) in ready:
                os.eventfd_read(self._wake)
            if (heard := self._heard()) and not self.silent:
                self.say(self._hear(heard))
            if self._tick is not None and time.monotonic() >= due:
                due = time.monotonic() + self._every_s
                self.say(self._tick())

    def _heard(self) -> bytes:
        with self._lock, contextlib.suppress(BlockingIOError):
            return os.read(self._ends[0], 4096) if self._ends else b""
        return b""
