"""A printer of a day of trade, with the drawer at its socket."""

from __future__ import annotations

from typing import Any

from devices.ports import PrinterState
from devices.slip import Slip


class Paper:
    """A printer with a drawer at its socket; keeps slips and counts how often the drawer sprang open."""

    def __init__(self) -> None:
        self.slips: list[Slip] = []
        self.pulses = 0

    def print(self, slip: Slip, sent: Any = lambda: None) -> None:
        sent()
        self.slips.append(slip)

    def state(self) -> PrinterState:
        return PrinterState.ONLINE

    def pulse(self, pin: int = 2, pulse_ms: int = 100) -> None:
        del pin, pulse_ms
        self.pulses += 1

    def level(self) -> bool | None:
        return None

    def listen_level(self, told: Any) -> None:
        del told
