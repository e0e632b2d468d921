"""A scale that exists only on a pseudo-terminal and speaks every language that a driver here reads."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Literal

from devices.simulated_cable import SimulatedCable

Language = Literal["toledo-8217", "cas", "dialog06", "st-gs", "os2", "bcd"]
_REASON = {"moving": b"20", "over": b"32", "under": b"31"}


@dataclass(frozen=True)
class Load:
    """What lies on it, in grams, and how it says so; `unit` as the scale is set: kg, g or lb."""

    grams: int = 0
    state: Literal["rest", "moving", "over", "under"] = "rest"
    net: bool = False
    unit: Literal["kg", "g", "lb"] = "kg"


class SimulatedScale(SimulatedCable):
    """Asked, or sending by itself every 20 ms; its faults are those of its cable and these."""

    def __init__(self, language: Language = "toledo-8217") -> None:
        self.load = Load()
        self.bad_check = False
        """Sends a wrong check byte, where its language has one."""
        self.certified = False
        """dialog06: demands check sums of a certified till."""
        self.settles_at: float | None = None
        """Moves until then (monotonic, s), whatever the load says."""
        self.asked = 0
        self.language = language
        streams = language in {"st-gs", "os2", "bcd"}
        self._refused = b"00"
        super().__init__(self._answer, self._sent if streams else None)

    def put(self, grams: int, **how: object) -> None:
        """Lays goods on it; `how` is the rest of a Load."""
        self.load = Load(grams, **how)  # type: ignore[arg-type]

    def _now(self) -> Load:
        if self.settles_at is not None and time.monotonic() < self.settles_at:
            return Load(self.load.grams, "moving", self.load.net, self.load.unit)
        return self.load

    def _answer(self, heard: bytes) -> bytes:
        self.asked += 1
        answering = {"toledo-8217": _toledo, "cas": self._cas, "dialog06": self._dialog06}
        speak = answering.get(self.language)
        return speak(heard, self._now()) if speak else b""

    def _sent(self) -> bytes:
        load = self._now()
        if self.language == "st-gs":
            return _st_gs(load)
        return _bcd(load) if self.language == "bcd" else self._frame(load, whole=True) + _bits(load)

    def _cas(self, heard: bytes, load: Load) -> bytes:
        said = b"\x06" if b"\x05" in heard else b""
        return said + (self._frame(load) if b"\x11" in heard else b"")

    def _frame(self, load: Load, *, whole: bool = False) -> bytes:
        """The frame of CAS, or of OS2, whose check byte covers the `whole` of it."""
        state = {"rest": b"S", "moving": b"U", "under": b"S"}.get(load.state, b"F")
        sign = b"-" if load.state == "under" else b" "
        text = f"{load.grams:6}" if load.unit == "g" else f"{load.grams / 1000:6.3f}"
        said = state + sign + text.encode() + load.unit.upper().ljust(2).encode()
        check = reduce(xor, b"\x01\x02" + said if whole else said, 0xFF if self.bad_check else 0)
        return b"\x01\x02" + said + bytes([check]) + b"\x03\x04"

    def _dialog06(self, heard: bytes, load: Load) -> bytes:
        if heard.startswith(b"\x04\x0208"):
            return b"\x0209\x1b" + self._refused + b"\x03"
        if heard.startswith(b"\x04\x0201"):
            return b"\x0211\x1b247\x03" if self.certified else b"\x06"
        if not heard.startswith(b"\x04\x05"):
            return b"\x15"
        self._refused = _REASON.get(load.state, b"00")
        if load.state != "rest":
            return b"\x15"
        unit = b"1" if load.unit == "lb" else b"3"
        return b"\x0202\x1b" + unit + f"\x1b{load.grams:05}\x1b000001\x1b000000\x03".encode()


def _toledo(heard: bytes, load: Load) -> bytes:
    bits = {"moving": 0x01, "over": 0x02, "under": 0x04}.get(load.state, 0) | (0x20 if load.net else 0)
    said = b""
    for byte in heard:
        if byte != ord("W"):
            said += bytes((0x02, 0x3F, bits | 0x40, 0x0D))
        elif load.state != "rest":
            said += bytes((0x02, 0x3F, bits, 0x0D))
        else:
            text = f"{load.grams / 453.59237:05.2f}" if load.unit == "lb" else f"{load.grams / 1000:06.3f}"
            said += b"\x02" + text.encode() + (b"N" if load.net else b"") + b"\x0d"
    return said


def _st_gs(load: Load) -> bytes:
    head = {"moving": "US", "over": "OL", "under": "OL"}.get(load.state, "ST")
    sign = "-" if load.state == "under" else "+"
    text = f"{load.grams:7}" if load.unit == "g" else f"{load.grams / 1000:7.3f}"
    return f"{head},{'NT' if load.net else 'GS'},{sign}{text}{load.unit:>2}\r\n".encode()


def _bits(load: Load) -> bytes:
    return bytes([(0x10 if not load.grams else 0) | (0x20 if load.net else 0)])


def _bcd(load: Load) -> bytes:
    status = {"moving": 0x00, "over": 0x80, "under": 0xA0}.get(load.state, 0x40) | 4
    digits = bytes.fromhex(f"{load.grams:06}")[::-1]
    return b"\xff" + bytes([status]) + digits + (b"\x01" if load.unit == "lb" else b"\x00")
