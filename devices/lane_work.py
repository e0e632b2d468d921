"""The lane's side of its devices: a scanner's turn into the book, and one device's work in its order."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from devices.lane_book import LaneBook
from devices.lane_messages import Health
from devices.ports import Answering, Counting, DeviceAbsent, DeviceFault, Reading, Scanner

_WAIT_S = 0.5
_SOON_S = 0.025
_RETRY_S = 1.0
_A_LOOK_S = 0.005
_IDLE_S = 3600.0


class Hired(Protocol):
    """A thread round a turn."""

    def wake(self) -> None:
        """There is something to do; a hint."""

    def stop(self, deadline_s: float = 5.0) -> None:
        """Ends after the current turn; waits for it at most so long."""

    def alive(self) -> bool:
        """Whether it still runs."""

    def trouble(self) -> str:
        """What is wrong with it, "" when nothing is."""


class Hire(Protocol):
    """Starts a thread that calls a turn again and again; the turn gives the pause until the next, seconds.

    `deed`: a turn may take as long as a device is at one piece of work; others come back at once.
    """

    def __call__(self, name: str, turn: Callable[[], float], *, deed: bool = False) -> Hired:
        """The thread, at work already."""


class ScannerWork:
    """Opens the scanner when it is there and writes what it reads into the book, at once and in order."""

    def __init__(
        self,
        place: str,
        scanner: Scanner,
        book: LaneBook,
        kept: Callable[[], None],
        told: Callable[[Health], None],
    ) -> None:
        self._place = place
        self._scanner = scanner
        self._book = book
        self._kept = kept
        self._told = told
        self._open = False
        self._refused = 0
        self._hand: deque[Reading] = deque()
        self.health = Health(place, "DEVICE_ABSENT", "not opened yet")

    def turn(self) -> float:
        """Reads for at most half a second; gives the pause until the next turn."""
        self._keep_all()
        began = time.monotonic()
        try:
            if not self._open:
                self._scanner.open()
                self._open = True
            readings = self._scanner.read(_WAIT_S)
        except DeviceFault as fault:
            was_open = self._open
            if was_open:
                self.close()
            self._say(fault.code, fault.detail[:300])
            looked = type(fault) is DeviceAbsent and time.monotonic() - began < _A_LOOK_S
            return _SOON_S if was_open or looked else _RETRY_S
        self._hand.extend(readings)
        self._keep_all()
        self._say("", "")
        return 0.0

    def answer(self, *, good: bool) -> None:
        """Tells the person at the scanner what became of a code."""
        if isinstance(self._scanner, Answering):
            self._scanner.answer(good=good)

    def close(self) -> None:
        """Lets the scanner go."""
        self._scanner.close()
        self._open = False

    def _keep_all(self) -> None:
        # What the book does not take now stays in the hand: the turn fails and comes again.
        while self._hand:
            if not self._book.keep(self._place, self._hand[0]):
                self._refused += 1
                self.answer(good=False)
            self._hand.popleft()
            self._kept()

    def _say(self, code: str, detail: str) -> None:
        dropped = self._scanner.dropped if isinstance(self._scanner, Counting) else 0
        now = Health(self._place, code, detail, dropped + self._refused)
        if now != self.health:
            self.health = now
            self._told(now)


class Todo:
    """Work that waits its turn, one piece after another; a piece must not raise what it can name."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.wake: Callable[[], None] = lambda: None

    def put(self, piece: Callable[[], None]) -> None:
        """Queues a piece of work."""
        self._waiting.put(piece)
        self.wake()

    def finish(self) -> None:
        """Does all that is left; for pieces that notice by themselves that nobody wants them any more."""
        while not self.turn():
            pass

    def turn(self) -> float:
        """Does the next piece, if there is one."""
        try:
            piece = self._waiting.get_nowait()
        except queue.Empty:
            return _IDLE_S
        piece()
        return 0.0
