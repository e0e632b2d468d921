"""The weighing desk: a weight at rest, or the reason why there is none and what to do."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.device_schema import ScaleSettings
from devices.ports import DeviceFault, Moving, Overweight, Scale, Underweight, Unweighed, Weight
from edge.desks.status import StatusDesk
from edge.domain.refusals import Refusal, UnknownThing
from edge.domain.scale_refusals import (
    ScaleAbsent,
    ScaleEmpty,
    ScaleMoving,
    ScaleOver,
    ScaleUnclear,
    ScaleUnder,
)

_WAIT_S = 2.0
"""As long as most scales need to settle; who waits longer thinks that nothing happens."""
_LOOK_S = 5.0
_SAID: dict[type[DeviceFault], type[Refusal]] = {
    Moving: ScaleMoving,
    Overweight: ScaleOver,
    Underweight: ScaleUnder,
    Unweighed: ScaleUnclear,
}


@dataclass(frozen=True)
class WeighDesk:
    """One at a time may weigh on a scale; it is opened when it is needed and again after it went away."""

    scales: Mapping[str, Scale]
    rules: Mapping[str, ScaleSettings]
    status: StatusDesk
    _turns: dict[str, threading.Lock] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._turns.update({name: threading.Lock() for name in self.scales})

    def weigh(self, station: str, wait_s: float = _WAIT_S) -> Weight:
        """The weight on the station's scale; waits at most `wait_s` for it to come to rest.

        Raises UnknownThing where there is no scale, ScaleEmpty, ScaleMoving, ScaleOver, ScaleUnder, ScaleUnclear,
        ScaleAbsent.
        """
        name = self.at(station)
        with self._turns[name]:
            try:
                self._ready(name)
                weight = self.scales[name].read(wait_s)
            except Unweighed as fault:
                self._tell(name, "online")
                raise _SAID.get(type(fault), ScaleUnclear) from fault
            except DeviceFault as fault:
                self._lost(name, fault)
                raise ScaleAbsent from fault
        self._tell(name, "online")
        if weight.grams <= 0:
            raise ScaleEmpty
        return weight

    def at(self, station: str) -> str:
        """The name of the station's scale; raises UnknownThing."""
        for name in sorted(self.scales):
            if self.rules[name].station == station:
                return name
        raise UnknownThing

    def keep(self, scale: str) -> float:
        """A turn of the scale's worker: opens it before somebody needs it, and once more after it went away."""
        if self._turns[scale].acquire(timeout=_LOOK_S):
            try:
                self._ready(scale)
            except DeviceFault as fault:
                self._lost(scale, fault)
            finally:
                self._turns[scale].release()
        return _LOOK_S

    def _ready(self, name: str) -> None:
        if name not in self._open:
            self.scales[name].open()
            self._open.add(name)
            self._tell(name, "online")

    def _lost(self, name: str, fault: DeviceFault) -> None:
        self.scales[name].close()
        self._open.discard(name)
        self._tell(name, "absent", fault.code)

    def _tell(self, name: str, word: str, code: str = "") -> None:
        self.status.device(name, "scale", word, code, self.rules[name].station)

    def close(self) -> None:
        """Lets go of all scales."""
        for name in list(self._open):
            self.scales[name].close()
        self._open.clear()
