"""Cash drawers: why one may be opened, by whom, and what its sensor's level means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from edge.domain.staff import Act


class Reason(Enum):
    """Why a drawer was opened (value stored and sent)."""

    CHANGE = "change"
    GIVE_BACK = "give_back"  # cash of a payment that was given up
    COUNT = "count"
    NO_SALE = "no_sale"
    OTHER = "other"
    UNASKED = "unasked"  # nobody asked us: a key, or force


NEEDS: dict[Reason, Act] = {
    Reason.CHANGE: Act.OPEN_DRAWER,
    Reason.GIVE_BACK: Act.OPEN_DRAWER,
    Reason.COUNT: Act.OPEN_DRAWER,
    Reason.NO_SALE: Act.OPEN_DRAWER_UNSOLD,
    Reason.OTHER: Act.OPEN_DRAWER_UNSOLD,
}
"""What somebody must be allowed to do to open it for that; a reason that is missing nobody may give."""


class Outcome(Enum):
    """How a command to open stands (value stored).

    asked -> pulsing -> ok          the printer said that it pulled the wire, or the sensor saw it open
      |         |-----> uncertain   nobody knows, or the sensor saw nothing: look at the drawer
      `---------`-----> blocked     the pulse never left, and never will
    """

    ASKED = "asked"
    PULSING = "pulsing"
    OK = "ok"
    BLOCKED = "blocked"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Opening:
    """One opening; `fault` a device fault's code or one of ours. `opened_at`, `closed_at`: what the sensor saw."""

    opening: str
    drawer: str
    station: str
    staff: str
    reason: Reason
    outcome: Outcome
    fault: str
    at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    repeat: bool = False


@dataclass(frozen=True)
class DrawerView:
    """A drawer as pages show it; `is_open` None: it has no sensor, or has yet to learn what its level means."""

    name: str
    station: str
    is_open: bool | None
    open_s: float
    too_long: bool
    last: Opening | None


@dataclass(frozen=True)
class Polarity:
    """What a sensor's level means when the drawer is open; `level` None: not known."""

    level: bool | None = None
    fixed: bool = False

    def is_open(self, level: bool | None) -> bool | None:
        """Whether that level means open."""
        return None if level is None or self.level is None else level is self.level

    def after_pulse(self, before: bool, now: bool) -> Polarity:
        """What a pulse taught that turned `before` into `now`.

        A level that did not change teaches nothing: the drawer stood open, or jams. What contradicts the
        settings changes nothing; what contradicts something learnt makes that forgotten.
        """
        if before is now or self.fixed:
            return self
        if self.level is None:
            return Polarity(level=now)
        return self if self.level is now else Polarity()


def polarity_of(setting: str, learnt: bool | None) -> Polarity:
    """From the setting `sensor` and what was learnt before."""
    fixed = {"open-high": True, "open-low": False}
    return Polarity(fixed[setting], fixed=True) if setting in fixed else Polarity(learnt)
