"""What whoever looks after the devices sees of them: frozen views, free of framework and SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.views import DeviceHealth, JobView, LineState, PluggedDevice, SwappedDevice


@dataclass(frozen=True)
class DeviceCard:
    """A device and what may be done with it. `dropped`: codes it could not take since the start, 0 for others."""

    health: DeviceHealth
    dropped: int = 0
    prints: bool = False
    sees: bool = False


@dataclass(frozen=True)
class DeviceChange:
    """Something about a device changed: `status` is a value of UnifiedPOS' StatusUpdateEvent, as "paper_empty"."""

    device: str
    status: str
    at: datetime


@dataclass(frozen=True)
class DataAge:
    """A class of HQ's data: seconds since it was last known complete (None: never), the worst of the day, and how that
    is: "fresh", "ageing" (from 2 minutes), "alarm" (from 10), "stale" (from 15)."""

    name: str
    age_s: int | None
    worst_s: int
    word: str

    @property
    def told(self) -> bool:
        """Whether somebody ought to look after it."""
        return self.age_s is not None and self.word in {"alarm", "stale"}


@dataclass(frozen=True)
class Fitting:
    """A station and what belongs to it: pairs of a kind of device ("scanner", "printer", ...) and its name."""

    station: str
    kind: str
    label_zh: str
    label_en: str
    devices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Upkeep:
    """Everything at one glance. `papers`: the newest job of each printer that came out, or may have;
    `cameras`: scanners that can be looked through; newest first in `jobs` and `updates`; `ages` empty without an HQ.
    """

    line: LineState
    devices: tuple[DeviceCard, ...]
    jobs: tuple[JobView, ...]
    papers: tuple[JobView, ...]
    cameras: tuple[str, ...]
    unknown: tuple[PluggedDevice, ...]
    swapped: tuple[SwappedDevice, ...]
    updates: tuple[DeviceChange, ...]
    ages: tuple[DataAge, ...] = ()
