"""A customer display that exists only on a pseudo-terminal: it executes what it is sent and shows the result."""

from __future__ import annotations

import re
from typing import Literal

from devices.escpos_rom import width
from devices.ports import Lamp
from devices.simulated_cable import SimulatedCable

_LAMPS = {b"0": Lamp.NONE, b"1": Lamp.PRICE, b"2": Lamp.TOTAL, b"3": Lamp.PAID, b"4": Lamp.CHANGE}
_VFD = re.compile(
    rb"(?P<init>\x1b\x40)|\x1f\x24(?P<x>.)(?P<y>.)|(?P<clear>\x0c)|(?P<home>\x0b)|\x1f(?P<mode>[\x01-\x03])"
    rb"|\x1fX(?P<light>.)|(?P<wide>[\x81-\xfe][\x40-\x7e\x80-\xfe])|(?P<char>[\x20-\x7e])",
    re.DOTALL,
)
_LED = re.compile(
    rb"(?P<init>\x1b\x40)|\x1bQA(?P<digits>[-\d.]{0,15})\r|\x1bs(?P<lamp>[0-4])|\x02B(?P<speed>.)|(?P<clear>\x0c)",
    re.DOTALL,
)


class SimulatedDisplay(SimulatedCable):
    """Two lines (`vfd`, with a Chinese ROM or without) or eight digits and a lamp (`led8`)."""

    def __init__(
        self, kind: Literal["vfd", "led8"] = "vfd", columns: int = 20, *, chinese: bool = False
    ) -> None:
        self.lamp = Lamp.NONE
        self.digits = ""
        self.unknown = b""
        """Bytes that mean nothing to it: a driver never sends any."""
        self.inits = 0
        self._columns = columns
        self._chinese = chinese
        self._commands, self._execute = (_VFD, self._vfd) if kind == "vfd" else (_LED, self._led)
        self._rest = b""
        self._blank()
        super().__init__(self._take)

    @property
    def lines(self) -> tuple[str, str]:
        """What stands there, without the spaces at the end."""
        upper, lower = ("".join(row).rstrip() for row in self._rows)
        return upper, lower

    def power_cut(self) -> None:
        """Its own power fails and comes back: all is forgotten, the cable stays in."""
        self._blank()
        self.lamp, self.digits = Lamp.NONE, ""

    def _blank(self) -> None:
        self._rows = [[" "] * self._columns for _ in range(2)]
        self._at = (0, 0)

    def _take(self, data: bytes) -> bytes:
        self._rest += data
        while self._rest:
            command = self._commands.match(self._rest)
            if command:
                self._rest = self._rest[command.end() :]
                self._execute(command)
            elif (self._rest[0] in b"\x1b\x1f\x02" and len(self._rest) < 20) or self._half_wide():
                break  # the end of it is still on the line
            else:
                self.unknown += self._rest[:1]
                self._rest = self._rest[1:]
        return b""

    def _half_wide(self) -> bool:
        return len(self._rest) == 1 and self._rest[0] > 0x80

    def _vfd(self, command: re.Match[bytes]) -> None:
        if command["init"] or command["clear"]:
            self.inits += bool(command["init"])
            self._blank()
        elif command["home"]:
            self._at = (0, 0)
        elif command["x"]:
            self._at = (command["x"][0] - 1) % self._columns, (command["y"][0] - 1) % 2
        elif command["wide"]:
            text = command["wide"].decode("gb18030") if self._chinese else "��"
            self._write(text)
        elif command["char"]:
            self._write(command["char"].decode("ascii"))

    def _write(self, text: str) -> None:
        x, y = self._at
        for char in text:
            self._rows[y][x] = char
            if width(char) == 2 and x + 1 < self._columns and self._chinese:
                self._rows[y][x + 1] = ""
                x += 1
            x += 1
            if x >= self._columns:
                x, y = 0, 1 - y
        self._at = (x, y)

    def _led(self, command: re.Match[bytes]) -> None:
        if command["init"] or command["clear"]:
            self.inits += bool(command["init"])
            self.digits = ""
            self.lamp = Lamp.NONE if command["init"] else self.lamp
        elif command["digits"] is not None:
            self.digits = command["digits"].decode("ascii")
        elif command["lamp"]:
            self.lamp = _LAMPS[command["lamp"]]
