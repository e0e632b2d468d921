"""A scale's line: questions with deadlines, asked again until the weight has come to rest."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from devices.ports import DeviceAbsent, Unconfirmed, Unweighed, Weight
from devices.scale_frames import Frames, Outcome, Why
from devices.serial_line import SerialLine

_ANSWER_S = 0.5
"""How long a scale may take for one answer; those we know need a tenth of it."""
_AGAIN_S = 0.05


class ScaleLine:
    """What all scales share; one thread at a time may use it."""

    def __init__(self, name: str, line: SerialLine) -> None:
        self._name = name
        self._line = line
        self._heard = False

    def open(self) -> None:
        """Opens the port for us alone; raises DeviceAbsent, or BadSource for what is no serial port."""
        self._line.open()

    def settled(self, wait_s: float, once: Callable[[float], Outcome | None]) -> Weight:
        """Calls `once(deadline)` until it gives a weight; None: nothing that can be understood came.

        Raises the last reason when `wait_s` is over; DeviceAbsent when not a byte came. At least one question
        is asked and given time, however short `wait_s` is.
        """
        began, self._heard = time.monotonic(), False
        until = began + wait_s
        last: Why | None = None
        while True:
            said = once(min(time.monotonic() + _ANSWER_S, max(until, began + _ANSWER_S)))
            if isinstance(said, Weight):
                return said
            last = said or last
            if time.monotonic() >= until:
                break
            time.sleep(max(0.0, min(_AGAIN_S, until - time.monotonic())))
        if last:
            raise last.kind(self._name, last.detail)
        if self._heard:
            raise Unweighed(self._name, "what it sends is not understood: check speed, framing and driver")
        self._line.close()
        raise DeviceAbsent(self._name, "it does not answer")

    def asked(self, question: bytes, frames: Frames, deadline: float) -> re.Match[bytes] | None:
        """The answer to a question; None when none came in time. What waited from before is no answer."""
        self._line.forget()
        self.send(question)
        return self.next(frames, deadline)

    def send(self, data: bytes) -> None:
        """Sends bytes; raises DeviceAbsent."""
        try:
            self._line.write(data)
        except Unconfirmed as error:
            raise DeviceAbsent(self._name, error.detail) from error

    def next(self, frames: Frames, deadline: float) -> re.Match[bytes] | None:
        """The next frame that comes; None when none came in time."""
        found = self.several(frames, deadline)
        return found[0] if found else None

    def several(self, frames: Frames, deadline: float) -> list[re.Match[bytes]]:
        """The frames that come first and together, oldest first; empty when none came in time."""
        while True:
            data = self._line.take(deadline)
            self._heard = self._heard or bool(data)
            found = frames.feed(data)
            if found or time.monotonic() >= deadline:
                return found

    def forget(self) -> None:
        """Drops what arrived before now; raises DeviceAbsent."""
        self._line.forget()

    def close(self) -> None:
        """Lets go of the port; never raises."""
        self._line.close()
