"""The store's clock: what time it is even when the box's own clock is wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

from sync.messages import stamp

__all__ = ["Clock", "moment_of", "stamp"]

TOLERANCE = timedelta(seconds=120)
"""Within this distance from HQ's time the box's own clock is believed."""
DRIFT = 0.01
"""A box's oscillator may be off by this share of the time since HQ was heard."""


def moment_of(text: str) -> datetime:
    """The moment that `stamp` wrote; raises ValueError for other text."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class _Anchor:
    """HQ's time as last heard, and the monotonic clock at that instant."""

    server: datetime
    mono_ms: int


class Clock:
    """Trusted time: HQ's word plus the monotonic clock where they disagree with the wall clock.

    Before HQ was heard in this run, the wall clock counts unless it stands before `floor` (the newest
    server time ever seen): setting it back revives no expired code, and a dead RTC (1970) blocks nothing.
    """

    def __init__(self, zone: str = "Asia/Shanghai", floor: datetime | None = None) -> None:
        self._zone = ZoneInfo(zone)
        self._floor = floor
        self._floor_mono = self.mono_ms()
        self._anchor: _Anchor | None = None
        self._lock = Lock()
        self._boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()

    def wall(self) -> datetime:
        """The box's own clock, UTC."""
        return datetime.now(UTC)

    def mono_ms(self) -> int:
        """Milliseconds since boot, sleep included; never jumps."""
        return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)

    def boot(self) -> str:
        """The identity of this boot; monotonic times of two boots cannot be compared."""
        return self._boot

    def now(self) -> datetime:
        """Trusted UTC time."""
        wall = self.wall()
        believed = self._believed()
        if believed is None:
            return wall
        if self._anchor is None:
            return max(wall, believed)
        return wall if abs(wall - believed) <= self._tolerance() else believed

    def state(self) -> str:
        """Ok | unsynced (HQ not heard since start) | suspect (the wall clock disagrees with HQ)."""
        if self._anchor is None:
            return "unsynced"
        return "ok" if abs(self.wall() - self.now()) <= self._tolerance() else "suspect"

    def offset_ms(self) -> int:
        """Wall clock minus HQ's time, milliseconds; 0 while HQ was not heard."""
        believed = self._believed() if self._anchor else None
        return 0 if believed is None else int((self.wall() - believed).total_seconds() * 1000)

    def saw_server_time(self, text: str) -> None:
        """HQ said what time it is; never moves the floor back. Raises ValueError, and believes nothing,
        for a text that is no time or names no zone.
        """
        server = moment_of(text)
        if server.tzinfo is None:
            raise ValueError("a time without a zone")
        with self._lock:
            self._anchor = _Anchor(server, self.mono_ms())
            if self._floor is None or server > self._floor:
                self._floor, self._floor_mono = server, self.mono_ms()

    def local(self, moment: datetime) -> datetime:
        """The moment in the store's zone, for paper and screens."""
        return moment.astimezone(self._zone)

    def _believed(self) -> datetime | None:
        if self._anchor is not None:
            return self._anchor.server + timedelta(milliseconds=self.mono_ms() - self._anchor.mono_ms)
        if self._floor is not None:
            return self._floor + timedelta(milliseconds=self.mono_ms() - self._floor_mono)
        return None

    def _tolerance(self) -> timedelta:
        elapsed = self.mono_ms() - self._anchor.mono_ms if self._anchor else 0
        return TOLERANCE + timedelta(milliseconds=elapsed * DRIFT)
