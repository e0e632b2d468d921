"""A bank of boxes that exists only on a pseudo-terminal: locks that open, stick, and a board that keeps silent."""

from __future__ import annotations

from functools import reduce
from operator import xor
from typing import Literal

from devices.simulated_cable import SimulatedCable


class SimulatedLocker(SimulatedCable):
    """`boxes` locks of a board; `open_says` is the word of a contact when its door is open."""

    def __init__(self, boxes: int = 24, board: int = 1, open_says: Literal["00", "11"] = "00") -> None:
        self.open_boxes: set[int] = set()
        self.pulses: list[int] = []
        """Every pulse that a lock got, in order; 0 is all of them at once."""
        self.stuck: set[int] = set()
        """Boxes that stay closed whatever they are told."""
        self.echoes = False
        """The adapter sends back what it is sent, as two-wire ones may."""
        self.bad_check = False
        self.dies_after_pulse = False
        self.pulled_after_pulse = False
        self._boxes = boxes
        self._board = board
        self._open = int(open_says, 16)
        self._rest = b""
        super().__init__(self._take)

    def shut(self, box: int) -> None:
        """Somebody closes the door."""
        self.open_boxes.discard(box)

    def _take(self, data: bytes) -> bytes:
        said = data if self.echoes else b""
        self._rest += data
        while len(self._rest) >= 5:
            command = self._rest[:5]
            if command[0] in {0x8A, 0x80} and reduce(xor, command) == 0:
                self._rest = self._rest[5:]
                said += self._do(*command[:4])
            else:
                self._rest = self._rest[1:]
        return said

    def _do(self, kind: int, board: int, lock: int, word: int) -> bytes:
        if board != self._board or lock > self._boxes:
            return b""
        if (kind, word) == (0x8A, 0x11):
            self.pulses.append(lock)
            self.open_boxes |= (set(range(1, self._boxes + 1)) if lock == 0 else {lock}) - self.stuck
            if self.dies_after_pulse:
                self.silent = True
            if self.pulled_after_pulse:
                self.unplug()
        elif (kind, word) != (0x80, 0x33):
            return b""
        state = self._open if lock in self.open_boxes else 0x11 - self._open
        text = bytes((kind, board, lock, state))
        return text + bytes((reduce(xor, text) ^ (0xFF if self.bad_check else 0),))
