"""A board of electric locks on RS-485: frames of 8A (open) and 80 (how is it), board, lock, word, exclusive or."""

from __future__ import annotations

import re
import time
from functools import reduce
from operator import xor

from config.device_schema import LockerSettings
from devices.ports import BadSource, DeviceFault, Unconfirmed
from devices.scale_frames import Frames, Shape
from devices.serial_line import SerialLine

_UNLOCK, _ASK = 0x8A, 0x80
_DO_UNLOCK, _DO_ASK = 0x11, 0x33
_ANSWER_S = 0.4
"""How long a board may take for one answer; 0.2 s is what its manual says."""
_OPENING_S = 1.2
"""How long a lock may take after its pulse until its contact says that it is open."""
_AGAIN_S = 0.1

SHAPE = Shape(
    b"\x8a\x80", re.compile(rb"[\x8a\x80][\x01-\x20][\x01-\x32][\x00\x11][\x00-\xff]", re.DOTALL), 5
)
_SAYS = {"00": 0x00, "11": 0x11}


def frame(kind: int, board: int, lock: int, word: int) -> bytes:
    """Five bytes, of which the last is the exclusive or of the others."""
    said = bytes((kind, board, lock, word))
    return said + bytes((reduce(xor, said),))


class LockBoard:
    """The boxes at `settings.board` on `settings.device`; one thread at a time may use it.

    Lock 0 is all locks of a board at once; it is never sent.
    """

    def __init__(self, name: str, settings: LockerSettings) -> None:
        self._name = name
        self._settings = settings
        self._line = SerialLine(name, settings.device, settings.baud)

    def open(self) -> None:
        """Opens the port for us alone; raises DeviceAbsent, or BadSource for what is no serial port."""
        self._line.open()

    def unlock(self, box: int) -> None:
        """Sends one pulse, then asks until the lock says that it is open; raises as `devices.ports.Locker` says."""
        if not 1 <= box <= self._settings.boxes:
            raise BadSource(self._name, f"boxes are 1 to {self._settings.boxes}")
        self._line.forget()
        self._line.write(frame(_UNLOCK, self._settings.board, box, _DO_UNLOCK))
        until = time.monotonic() + _OPENING_S
        heard = False
        try:
            # Whatever it answers to the pulse: some adapters echo what we send, and the echo of the pulse is
            # byte for byte the answer of a lock whose contact says 11. Only its state, asked for, is believed.
            while time.monotonic() < until:
                time.sleep(_AGAIN_S)
                state = self._state(box)
                heard = heard or state is not None
                if state:
                    return
        except DeviceFault as error:
            raise Unconfirmed(self._name, "the pulse was sent, then the line was lost") from error
        raise Unconfirmed(self._name, "it says that it is closed" if heard else "it does not answer")

    def is_open(self, box: int) -> bool | None:
        """Whether the door stands open, by its lock's contact; None: the board did not say; never raises."""
        if not 1 <= box <= self._settings.boxes:
            return None
        try:
            return self._state(box)
        except DeviceFault:
            return None

    def close(self) -> None:
        """Lets go of the port; never raises."""
        self._line.close()

    def _state(self, box: int) -> bool | None:
        self._line.forget()
        self._line.write(frame(_ASK, self._settings.board, box, _DO_ASK))
        frames, deadline = Frames(SHAPE), time.monotonic() + _ANSWER_S
        while True:
            for answer in frames.feed(self._line.take(deadline)):
                said = answer[0]
                if said == frame(_ASK, self._settings.board, box, said[3]):
                    return said[3] == _SAYS[self._settings.open_says]
            if time.monotonic() >= deadline:
                return None
