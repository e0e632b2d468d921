"""Key strokes of a scanner that types, to readings: the layout's characters, and nothing else. Pure.

A scanner that types can type anything, Alt+F4 as well: only keys that stand for a character count. A key in
the middle of a code that is not understood makes a hole, and a code with a hole is not taken.
"""

from __future__ import annotations

import struct

from config.device_schema import ScannerSettings
from devices.key_layouts import KEYPAD, characters
from devices.ports import Reading
from devices.scanned_bytes import reading

LONGEST_KEYS = 512
BETWEEN_KEYS_S = 2.0
EVENT = struct.Struct("llHHi")
"""`struct input_event` of this machine: seconds, microseconds, type, code, value (linux/input.h)."""
EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN = 0, 1
ENTERS, TAB, CAPS_LOCK = (28, 96), 15, 58
SHIFTS, CTRLS, ALT, ALT_GR, METAS = (42, 54), (29, 97), 56, 100, (125, 126)
_HARMLESS = frozenset({CAPS_LOCK, 69, *SHIFTS, *CTRLS, ALT, ALT_GR, *METAS})  # 69: Num Lock
# GS1's separator: by Alt + 029, or as a terminal would have it typed, Ctrl + ].
_SEPARATORS = frozenset("\x1d\x1e\x04")
_CTRL_GS = 27


class KeyCodes:
    """What an evdev device of a keyboard says, as bytes of whole or broken `input_event`s."""

    def __init__(self, settings: ScannerSettings) -> None:
        self._settings = settings
        self._plain, self._shifted, self._third = characters(settings.layout)
        self._ends = {"tab": (TAB,), "none": ()}.get(settings.suffix, ENTERS)
        self._silence_s = settings.idle_gap_ms / 1000 if settings.suffix == "none" else BETWEEN_KEYS_S
        self._rest = b""
        self._text: list[str] = []
        self._number = ""
        self._down: set[int] = set()
        self._caps = False
        self._hole = False
        self._missed = False
        self._at = 0.0
        self.dropped = 0

    def feed(self, data: bytes, now: float) -> list[Reading]:
        """Returns the codes that these events complete."""
        self._at = now
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        found = []
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            found += self._event(kind, code, value)
        return found

    def due(self) -> float | None:
        """When silence() is to be called."""
        return self._at + self._silence_s if self._text or self._hole else None

    def silence(self, now: float) -> list[Reading]:
        """Without a suffix the code is complete; with one it was half a code."""
        if not self._ends:
            return self._end()
        self.cut()
        return []

    def cut(self) -> None:
        """The scanner is gone, or too slow to be one."""
        self.dropped += bool(self._text)
        self._text.clear()
        self._number = ""
        self._hole = False

    def owed(self) -> bytes:
        """What is to be sent back at once: nothing."""
        return b""

    def _event(self, kind: int, code: int, value: int) -> list[Reading]:
        if kind == EV_SYN:
            if code == SYN_DROPPED:
                # The kernel's room ran over: which keys were lost, and which are up by now, is not known.
                self._missed, self._hole = True, True
                self._down.clear()
            elif code == SYN_REPORT:
                self._missed = False
            return []
        if kind != EV_KEY or self._missed:
            return []
        if value == UP:
            self._down.discard(code)
            return self._alt_number() if code in (ALT, ALT_GR) else []
        if value == DOWN:  # 2 is the keyboard's own repetition
            self._down.add(code)
            return self._pressed(code)
        return []

    def _pressed(self, code: int) -> list[Reading]:
        if code == CAPS_LOCK:
            self._caps = not self._caps
        if code in _HARMLESS:
            return []
        if self._held(ALT) or (self._held(ALT_GR) and code in KEYPAD):
            self._number += KEYPAD.get(code, "x")
            return []
        if self._held(*CTRLS, *METAS):
            return self._put("\x1d" if code == _CTRL_GS and not self._held(*METAS) else None)
        if code in self._ends:
            return self._end()
        return self._put(self._character(code))

    def _held(self, *codes: int) -> bool:
        return not self._down.isdisjoint(codes)

    def _character(self, code: int) -> str | None:
        if self._held(ALT_GR):
            return self._third.get(code)
        shifted = self._held(*SHIFTS)
        if self._caps and self._plain.get(code, "").isalpha():
            shifted = not shifted
        return (self._shifted if shifted else self._plain).get(code)

    def _alt_number(self) -> list[Reading]:
        """Alt was let go: the number typed meanwhile is a character (with a leading 0 by Windows-1252, else by
        code page 437, above 255 by Unicode)."""
        number, self._number = self._number, ""
        if not number:
            return []
        if not number.isdigit() or len(number) > 6:
            return self._put(None)
        value = int(number)
        if value in (10, 13) and self._ends:
            return self._end()
        page = "cp1252" if number.startswith("0") else "cp437"
        character = bytes([value]).decode(page, "replace") if value < 256 else chr(min(value, 0xFFFD))
        return self._put(character if character.isprintable() or character in _SEPARATORS else None)

    def _put(self, character: str | None) -> list[Reading]:
        if character is None:
            # Before the first character it is a maker's preamble; inside a code it is a hole.
            self._hole = self._hole or bool(self._text)
        elif len(self._text) >= LONGEST_KEYS:
            self._hole = True
        else:
            self._text.append(character)
        return []

    def _end(self) -> list[Reading]:
        text, self._text = "".join(self._text), []
        hole, self._hole = self._hole, False
        if hole or not text.strip():
            self.dropped += hole and bool(text)
            return []
        return [reading(text.encode("utf-8", "replace"), "utf-8", self._settings.label_ids)]
