"""USB scanners that exist only as a pipe behind a link: a keyboard's events, and HID-POS reports.

The bytes are the kernel's; what a pipe cannot do (the grab, the report descriptor) only a real device can show.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.key_codes import ALT, ALT_GR, DOWN, ENTERS, EV_KEY, EV_SYN, EVENT, SHIFTS, SYN_REPORT, TAB, UP
from devices.key_layouts import KEYPAD, NUMBER_BLOCK, Layout, characters


def nobody_asks(fd: int) -> None:
    """Stands for the ioctl that makes a real device ours."""


class SimulatedNode:
    """A node at `port`, a link that stays the same through replugging; use as a context."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="node-")
        self._link = Path(self._folder.name) / "node"
        self._ends: tuple[int, int] | None = None
        self.replug()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> str:
        """What goes into the settings as the scanner's port."""
        return str(self._link)

    def send(self, data: bytes) -> None:
        """What the next read by the driver gives, in one piece; with nobody reading it is lost at last."""
        if self._ends:
            with contextlib.suppress(BlockingIOError):
                os.write(self._ends[1], data)

    def unplug(self) -> None:
        """The cable is pulled: the node vanishes, who has it open reads its end."""
        ends, self._ends = self._ends, None
        if ends:
            self._link.unlink(missing_ok=True)
            for end in ends:
                os.close(end)

    def replug(self) -> None:
        """The cable is back, under another name behind the same link."""
        if not self._ends:
            # O_DIRECT keeps what is written together together, as hidraw does.
            self._ends = os.pipe2(os.O_DIRECT | os.O_NONBLOCK | os.O_CLOEXEC)
            self._link.symlink_to(f"/proc/{os.getpid()}/fd/{self._ends[0]}")

    def close(self) -> None:
        """Unplugs for good."""
        self.unplug()
        self._folder.cleanup()


class SimulatedWedge(SimulatedNode):
    """A scanner that types codes on a keyboard of this layout, and an end after each."""

    def __init__(self, layout: Layout = "us", *, end: str = "\n") -> None:
        self._layout = layout
        self._end = end
        super().__init__()

    def scan(self, code: str) -> None:
        """Types one code and its end."""
        # A key at a time, as a keyboard does: a pipe takes no more than a page in one piece.
        for character in code + self._end:
            self.send(typed(character, self._layout))


class SimulatedHidPos(SimulatedNode):
    """A scanner that sends each code in as many reports as it needs."""

    def scan(self, code: bytes, aim: bytes = b"]Q1") -> None:
        """Sends one code."""
        for report in hid_pos_reports(code, aim):
            self.send(report)


def hid_pos_reports(code: bytes, aim: bytes = b"]Q1") -> list[bytes]:
    """A code as reports: number, length, AIM identifier, 56 bytes of data, flags (1: goes on)."""
    parts = [code[at : at + 56] for at in range(0, len(code), 56)] or [b""]
    return [
        bytes([2, len(part)]) + aim + part.ljust(56, b"\0") + bytes([0, 0, part_no < len(parts)])
        for part_no, part in enumerate(parts, 1)
    ]


def typed(text: str, layout: Layout) -> bytes:
    """The key events of a text (new line: Enter); what the layout lacks comes as Alt and a number."""
    keys = _keys_of(layout)
    strokes = [stroke for character in text for stroke in keys.get(character) or _by_number(character)]
    return b"".join(
        EVENT.pack(0, 0, EV_KEY, code, value) + EVENT.pack(0, 0, EV_SYN, SYN_REPORT, 0)
        for code, value in strokes
    )


def _tap(code: int, *held: int) -> tuple[tuple[int, int], ...]:
    around = [(key, DOWN) for key in held], [(key, UP) for key in reversed(held)]
    return (*around[0], (code, DOWN), (code, UP), *around[1])


def _keys_of(layout: Layout) -> dict[str, tuple[tuple[int, int], ...]]:
    """Character -> strokes; the plainest way wins, and digits come from their row, not from the number block."""
    plain, shifted, third = characters(layout)
    ways: tuple[tuple[dict[int, str], tuple[int, ...]], ...] = (
        (third, (ALT_GR,)),
        (shifted, (SHIFTS[0],)),
        (plain, ()),
    )
    keys = {"\n": _tap(ENTERS[0]), "\t": _tap(TAB)}
    for table, held in ways:
        keys |= {char: _tap(code, *held) for code, char in table.items() if code not in NUMBER_BLOCK}
    return keys


def _by_number(character: str) -> tuple[tuple[int, int], ...]:
    digits = {digit: code for code, digit in KEYPAD.items()}
    number = f"0{ord(character)}" if ord(character) < 256 else str(ord(character))
    return ((ALT, DOWN), *(stroke for digit in number for stroke in _tap(digits[digit])), (ALT, UP))
