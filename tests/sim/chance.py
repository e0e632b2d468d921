"""Chance and time that a seed decides: what the code asks of the machine while a world lasts."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import Clock

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
DEAD_RTC = datetime(1970, 1, 1, tzinfo=UTC)


class Time:
    """The true time of a world; it stands still until somebody moves it."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """What HQ's clocks say."""
        return self.at

    def move(self, seconds: float) -> None:
        """Time goes by."""
        self.at += timedelta(seconds=seconds)

    def time(self) -> float:
        """In place of time.time."""
        return self.at.timestamp()

    def time_ns(self) -> int:
        """In place of time.time_ns."""
        return int(self.at.timestamp() * 1000) * 1_000_000

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class Machine:
    """A box's own clocks: a wall clock that somebody may set, and a monotonic one that drifts."""

    def __init__(self, time: Time, chance: random.Random) -> None:
        self._time = time
        self._chance = chance
        self._drift = chance.uniform(-0.01, 0.01)
        self.reboot(0.0)

    def reboot(self, offset_s: float | None) -> None:
        """Off and on again; `offset_s` how far the wall clock is from the truth, None: it says 1970."""
        self._booted = self._time.at
        self.boot_id = f"{self._chance.getrandbits(64):016x}"
        self.set(offset_s)

    def set(self, offset_s: float | None) -> None:
        """The wall clock jumps."""
        wrong = DEAD_RTC - self._time.at if offset_s is None else timedelta(seconds=offset_s)
        self._offset = wrong

    def wall(self) -> datetime:
        """What the box's wall clock says."""
        return self._time.at + self._offset

    def mono_ms(self) -> int:
        """Milliseconds since this boot, by the box's own quartz."""
        run = (self._time.at - self._booted).total_seconds() + 5.0
        return int(run * 1000 * (1 + self._drift))


class MachineClock(Clock):
    """The store's clock on such a machine."""

    def __init__(self, zone: str, floor: datetime | None, machine: Machine) -> None:
        self._machine = machine
        super().__init__(zone, floor)

    def wall(self) -> datetime:
        """See Clock."""
        return self._machine.wall()

    def mono_ms(self) -> int:
        """See Clock."""
        return self._machine.mono_ms()

    def boot(self) -> str:
        """See Clock."""
        return self._machine.boot_id


@contextmanager
def decided(seed: int, now: Time) -> Iterator[None]:
    """Every id, nonce and key of the `with` block comes out of `seed`, every time stamp out of `now`."""
    from edge.records import journal
    from sync.hub import feed

    source = random.Random(f"entropy {seed}")  # noqa: S311
    generate = Ed25519PrivateKey.generate
    real = (os.urandom, random._urandom)  # type: ignore[attr-defined]
    os.urandom = random._urandom = source.randbytes  # type: ignore[attr-defined]
    made = staticmethod(lambda: Ed25519PrivateKey.from_private_bytes(source.randbytes(32)))
    Ed25519PrivateKey.generate = made  # type: ignore[method-assign]
    clocked: tuple[Any, ...] = (journal, feed)
    for module in clocked:
        module.time = now
    try:
        yield
    finally:
        os.urandom, random._urandom = real  # type: ignore[attr-defined]
        Ed25519PrivateKey.generate = generate  # type: ignore[method-assign]
        for module in clocked:
            module.time = time
