"""What a scanner is told about a code: the sound that says "taken", and the one that says "not taken"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from devices.ssi import command

Feedback = Literal["none", "datalogic", "honeywell", "honeywell-ack", "newland", "zebra-ssi", "cipherlab"]


@dataclass(frozen=True)
class Sounds:
    """The bytes for each answer; b"" where the maker has none."""

    good: bytes
    bad: bytes


def _newland(hertz: int, ms: int) -> bytes:
    """A sound that is set for the moment only ("#"), at full volume."""
    return b"~\x010000#BEEPON%04dF%03dT20V;\x03" % (hertz, ms)


FEEDBACK: dict[Feedback, Sounds] = {
    "none": Sounds(b"", b""),
    # Magellan and PowerScan, RS-232 and USB-COM: good-read tone, not on file.
    "datalogic": Sounds(b"B", b"F"),
    # SYN BEL CR, the same for every Honeywell; three of them for no.
    "honeywell": Sounds(b"\x16\x07\r", b"\x16\x07\r" * 3),
    # For scanners set to host ACK, which stay silent until they are answered.
    "honeywell-ack": Sounds(b"\x1b7,", b"\x1b8,\x1b8,"),
    "newland": Sounds(_newland(2730, 100), _newland(800, 600)),
    # SSI BEEP: one short high, one long low.
    "zebra-ssi": Sounds(command(0xE6, b"\x00"), command(0xE6, b"\x0f")),
    "cipherlab": Sounds(b"#@////\r", b"#@////\r" * 3),
}
