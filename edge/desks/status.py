"""How things are: the line to HQ, the devices, the time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from devices.ports import State, Status, StatusUpdate
from edge.clock import moment_of
from edge.desks.status_updates import StatusUpdates, state_of
from edge.domain.views import DeviceHealth, LineState, LineWord, Loading
from edge.records.books import Books
from edge.records.freshness import Age

Poke = Callable[[str], None]
"""Tells pages that a topic changed; a hint, called after commit, never needed for correctness."""


class StatusDesk:
    """What workers report and pages show. The line's word lives in memory: after a restart it is asked anew."""

    def __init__(self, books: Books, poke: Poke, *, has_hq: bool) -> None:
        self._books = books
        self._poke = poke
        self._has_hq = has_hq
        self._lock = threading.Lock()
        self._trouble = "" if not has_hq else "NOT_YET"
        self._loading: Loading | None = None
        self._devices: dict[str, DeviceHealth] = {}
        self._alarms: dict[str, str] = {}
        self._updates = StatusUpdates()
        self._busy: set[str] = set()

    def exchanged(self, trouble: str) -> None:
        """The sync worker's report after each exchange: a fault's code, "" for success."""
        with self._lock:
            changed, self._trouble = trouble != self._trouble, trouble
        if changed:
            self._poke("line")

    def loading(self, bucket: str, percent: int) -> None:
        """The sync worker's report on a file of HQ's that is being taken in; "" when there is none any more."""
        with self._lock:
            word = Loading(bucket, percent) if bucket else None
            changed, self._loading = word != self._loading, word
        if changed:
            self._poke("line")

    def device(self, name: str, kind: str, state: str, detail: str = "", station: str = "") -> None:
        """A device worker's report; kept with the moment of the last change."""
        with self._lock:
            old = self._devices.get(name)
            if old is not None and (old.state, old.detail) == (state, detail):
                return
            now = self.now()
            self._devices[name] = DeviceHealth(name, kind, state, detail, now, station)
            self._updates.heard(name, kind, state, detail, now)
        self._poke("devices")

    @contextmanager
    def working(self, name: str) -> Iterator[None]:
        """The device is at work for the time of a `with` block."""
        with self._lock:
            self._busy.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(name)

    def state(self, name: str) -> State:
        """What the device does just now, in UnifiedPOS's four words."""
        with self._lock:
            health = self._devices.get(name)
            return state_of("" if health is None else health.state, busy=name in self._busy)

    def changed(self, name: str, status: Status) -> None:
        """A change of a device that no state word tells."""
        with self._lock:
            self._updates.add(StatusUpdate(name, status, self.now()))
        self._poke("devices")

    def updates(self, limit: int = 20) -> tuple[StatusUpdate, ...]:
        """The newest changes of devices' statuses, newest first."""
        with self._lock:
            return self._updates.recent(limit)

    def alarm(self, name: str, code: str) -> None:
        """Something about a device that works all the same (a code of words, "" ends it); shown as its detail."""
        with self._lock:
            changed = self._alarms.get(name, "") != code
            self._alarms[name] = code
        if changed:
            self._poke("devices")

    def line(self) -> LineState:
        """The line to HQ and the age of its word."""
        heard = self._books.replica.heard_at()
        age = (self.now() - moment_of(heard)).total_seconds() if heard else None
        return LineState(
            word=self.word(),
            age_s=None if age is None else max(0.0, age),
            outbox=self._books.journal.depth(),
            trouble=self._trouble,
            degraded=self._books.replica.troubled(),
            loading=self._loading,
        )

    def ages(self) -> tuple[Age, ...]:
        """How old HQ's word is by class of data, and today's worst."""
        return self._books.freshness.now()

    def word(self) -> LineWord:
        """Whether HQ is reached, without looking at any table."""
        if not self._has_hq:
            return LineWord.ALONE
        return LineWord.DOWN if self._trouble else LineWord.UP

    def devices(self) -> tuple[DeviceHealth, ...]:
        """Every device, by name."""
        with self._lock:
            found = [self._devices[name] for name in sorted(self._devices)]
            return tuple(replace(one, detail=one.detail or self._alarms.get(one.name, "")) for one in found)

    def now(self) -> datetime:
        """Trusted time, UTC."""
        return self._books.clock.now()

    def local(self, moment: datetime) -> datetime:
        """The moment in the store's zone."""
        return self._books.clock.local(moment)
