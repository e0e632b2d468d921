"""What a simulated printer says of itself, in the bits of DLE EOT and of the unasked status (ASB)."""

from __future__ import annotations

import msgspec


class Condition(msgspec.Struct, frozen=True):
    """How a printer is; `error` in bits of DLE EOT 3: 0x08 cutter, 0x20 fatal, 0x40 head too hot."""

    paper_out: bool = False
    near_end: bool = False
    cover: bool = False
    offline: bool = False
    drawer_open: bool = False
    error: int = 0

    @property
    def held(self) -> bool:
        """Whether it prints nothing as it is."""
        return bool(self.cover or self.offline or self.error or self.paper_out)

    def real_time(self, number: int) -> bytes:
        """The answer to DLE EOT 1..4."""
        bits = {
            1: (0x08 if self.held else 0) | (0x04 if self.drawer_open else 0),
            2: (0x04 if self.cover else 0) | (0x20 if self.paper_out else 0) | (0x40 if self.error else 0),
            3: self.error & 0x68,
            4: 0x6C if self.paper_out else 0x0C if self.near_end else 0,
        }
        return bytes([0x12 | bits[number]])

    def unasked(self) -> bytes:
        """The four bytes that GS a asks for."""
        first = 0x10 | (0x04 if self.drawer_open else 0) | (0x08 if self.held else 0)
        paper = 0x0F if self.paper_out else 0x03 if self.near_end else 0
        return bytes([first | (0x20 if self.cover else 0), self.error & 0x68, paper, 0])
