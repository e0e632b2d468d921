"""An interpreter of ESC/POS: takes a printer's bytes in any pieces and puts them on paper."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from devices.simulated_paper import (
    Block,
    Code128Block,
    Ean13Block,
    Line,
    Paper,
    QrBlock,
    RasterBlock,
    Run,
    Style,
)
from devices.slip import Align

# Arguments that follow two command bytes, for commands of fixed length.
_FIXED = {
    b"\x1b": {b"@": 0, b"2": 0, b"p": 3, b"$": 2, b"\\": 2, b"c": 2}
    | dict.fromkeys([bytes([c]) for c in b"Ea!t-3MRJGVd{ ="], 1),
    b"\x1d": {b"P": 2, b"L": 2, b"W": 2} | dict.fromkeys([bytes([c]) for c in b"!hwfHarBIb"], 1),
    b"\x1c": {b"&": 0, b".": 0, b"S": 2} | dict.fromkeys([bytes([c]) for c in b"!C-W"], 1),
}
_ALIGN = {0: Align.LEFT, 1: Align.CENTER, 2: Align.RIGHT, 48: Align.LEFT, 49: Align.CENTER, 50: Align.RIGHT}
_LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}
_CODE_PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 19: "cp858"}
_RESTYLE: dict[bytes, Callable[[int], dict[str, int]]] = {
    b"\x1bE": lambda n: {"bold": bool(n & 1)},
    b"\x1bG": lambda n: {"bold": bool(n & 1)},
    b"\x1b-": lambda n: {"underline": n % 48 > 0},
    b"\x1b!": lambda n: {
        "bold": bool(n & 8),
        "wide": 1 + (n >> 5 & 1),
        "high": 1 + (n >> 4 & 1),
        "underline": bool(n & 128),
    },
    b"\x1c!": lambda n: {"wide": 1 + (n >> 2 & 1), "high": 1 + (n >> 3 & 1)},
    b"\x1cW": lambda n: {"wide": 1 + (n & 1), "high": 1 + (n & 1)},
    b"\x1d!": lambda n: {"wide": (n >> 4 & 7) + 1, "high": (n & 7) + 1},
    b"\x1dB": lambda n: {"inverse": bool(n & 1)},
}
_IDENTITY = {65: b"1.00", 66: b"STORE EDGE", 67: b"SIMULATED-80", 68: b"SIM0001"}
# Understood and without effect on what is drawn.
_IGNORED = frozenset(
    [bytes([0x1B, c]) for c in b"MRV{ =$\\c"]
    + [bytes([0x1D, c]) for c in b"fPLWb"]
    + [bytes([0x1C, c]) for c in b"C-S("]
)


class Interpreter:
    """Executes one command at a time: `step()` takes the first whole one off `buffer`.

    `answer` is called with the bytes of in-order replies; cut papers go to `papers`. `unknown` lists
    commands that no such printer knows, which must stay empty for a well-behaved host.
    """

    def __init__(self, dots: int, rom: str, answer: Callable[[bytes], None]) -> None:
        self.buffer = bytearray()
        self.papers: list[Paper] = []
        self.unknown: list[bytes] = []
        self.kicks = 0
        self.identity = dict(_IDENTITY)
        self.near_end = False
        self.tells = False
        self._dots = dots
        self._rom = rom
        self._answer = answer
        self._blocks: list[Block] = []
        self._runs: list[Run] = []
        self._reset()

    @property
    def lines(self) -> int:
        """Blocks on the paper that is not cut yet."""
        return len(self._blocks)

    def step(self) -> bool:
        """Executes one command or character; False when the buffer holds none that is whole."""
        size = self._size()
        if not size or size > len(self.buffer):
            return False
        command = bytes(self.buffer[:size])
        del self.buffer[:size]
        self._do(command)
        return True

    def clear(self) -> None:
        """Forgets what it took and did not print yet."""
        self.buffer.clear()
        self._runs.clear()

    def power_loss(self) -> None:
        """Forgets everything that is not on paper; what hangs out of the slot is torn off."""
        self.buffer.clear()
        self._runs.clear()
        if self._blocks:
            self._cut(torn=True)
        self._reset()

    def _reset(self) -> None:
        self.tells = False
        self._style = Style()
        self._align = Align.LEFT
        self._kanji = False
        self._page = "cp437"
        self._spacing = 34
        self._runs.clear()
        self._qr = (b"", 3, "l")
        self._bars = {"height": 162, "module": 3, "caption": 0}

    def _size(self) -> int:
        """Bytes of the command at the front of the buffer; 0 when that cannot be told yet."""
        buffer = self.buffer
        first = bytes(buffer[:1])
        if first not in _FIXED:
            return self._character_size() if buffer else 0
        if len(buffer) < 2:
            return 0
        second = bytes(buffer[1:2])
        if second in _FIXED[first]:
            return 2 + _FIXED[first][second]
        if second == b"(" and first != b"\x1b":
            return 5 + buffer[3] + 256 * buffer[4] if len(buffer) >= 5 else 0
        if first == b"\x1d":
            return self._long_size(second)
        return 2

    def _long_size(self, second: bytes) -> int:
        buffer = self.buffer
        if second == b"V" and len(buffer) >= 3:
            return 4 if buffer[2] > 49 else 3
        if second == b"v" and len(buffer) >= 8:
            return 8 + (buffer[4] + 256 * buffer[5]) * (buffer[6] + 256 * buffer[7])
        if second == b"k" and len(buffer) >= 4:
            return 4 + buffer[3] if buffer[2] >= 65 else buffer.find(0, 3) + 1
        return 0 if second in b"Vvk" else 2

    def _character_size(self) -> int:
        if self.buffer[0] < 0x81 or not self._kanji:
            return 1
        if len(self.buffer) < 2:
            return 0
        return 4 if 0x30 <= self.buffer[1] <= 0x39 and self._rom == "gb18030" else 2

    def _do(self, command: bytes) -> None:
        name, args = command[:2], command[2:]
        if command[:1] not in _FIXED:
            self._character(command)
        elif name in _RESTYLE:
            self._style = msgspec.structs.replace(self._style, **_RESTYLE[name](args[0]))
        elif name[:1] == b"\x1b":
            self._escape(name, args)
        elif name[:1] == b"\x1d":
            self._group(name, args)
        elif name in {b"\x1c&", b"\x1c."}:
            self._kanji = name == b"\x1c&" and self._rom != "western"
        elif name not in _IGNORED:
            self.unknown.append(command)

    def _escape(self, name: bytes, args: bytes) -> None:
        match name[1:]:
            case b"@":
                self._reset()
            case b"a":
                self._align = _ALIGN.get(args[0], self._align)
            case b"t":
                self._page = _CODE_PAGES.get(args[0], "cp437")
            case b"2" | b"3":
                self._spacing = args[0] if args else 34
            case b"d" | b"J":
                self._feed(args[0] if name[1:] == b"d" else 1)
            case b"p":
                self.kicks += 1
            case _ if name not in _IGNORED:
                self.unknown.append(name + args)

    def _group(self, name: bytes, args: bytes) -> None:
        match name[1:]:
            case b"h" | b"w" | b"H":
                key = {b"h": "height", b"w": "module", b"H": "caption"}[name[1:]]
                self._bars[key] = args[0]
            case b"V":
                self._cut()
            case b"(":
                self._two_dimensional(args)
            case b"k":
                self._barcode(args)
            case b"v" if args[6:]:
                self._blocks.append(RasterBlock(args[6:], args[2] + 256 * args[3], self._align))
            case b"r":
                drawer = args[0] in {2, 50}
                self._answer(b"drawer" if drawer else b"\x03" if self.near_end else b"\x00")
            case b"a":
                self.tells = args[0] != 0
            case b"I":
                said = self.identity.get(args[0])
                self._answer(b"\x5f" + said + b"\x00" if said else b"\x20")
            case _ if name not in _IGNORED:
                self.unknown.append(name + args)

    def _two_dimensional(self, args: bytes) -> None:
        if args[:1] == b"H" and args[3:5] == b"00":
            self._answer(b"\x37\x22" + args[5:9] + b"\x00")
        if args[:1] != b"k" or len(args) < 5 or args[3] != 49:
            if args[:1] not in {b"A", b"D", b"E", b"H", b"k"}:
                self.unknown.append(b"\x1d(" + args)
            return
        data, module, level = self._qr
        match args[4]:
            case 67 if args[5:]:
                self._qr = (data, args[5], level)
            case 69 if args[5:]:
                self._qr = (data, module, _LEVELS.get(args[5], "l"))
            case 80:
                self._qr = (args[6:], module, level)
            case 81 if data:
                self._line_feed_if_begun()
                self._blocks.append(QrBlock(data, module, level, self._align))

    def _barcode(self, args: bytes) -> None:
        text = args[2:].decode("latin-1")
        if args[0] == 73 and text.isascii():
            self._bars_of(Code128Block, _of_code_sets(text))
        elif args[0] == 67 and text.isascii() and text.isdigit() and len(text) in (12, 13):
            self._bars_of(Ean13Block, text)
        else:
            self.unknown.append(b"\x1dk" + args[:1])

    def _bars_of(self, kind: type[Code128Block | Ean13Block], text: str) -> None:
        bars = self._bars
        self._line_feed_if_begun()
        block = kind(text, bars["module"], bars["height"], bars["caption"] % 48 >= 2, self._align)
        self._blocks.append(block)

    def _character(self, raw: bytes) -> None:
        if raw == b"\n":
            self._end_line()
        elif len(raw) > 1:
            self._put(raw.decode(self._rom, "replace"), 2)
        elif raw >= b"\x20":
            self._put(raw.decode(self._page, "replace"), 1)

    def _put(self, text: str, cells: int) -> None:
        style = msgspec.structs.replace(self._style, cells=cells)
        room = self._dots // 12 - sum(run.columns for run in self._runs)
        if Run(text, style).columns > room:
            self._end_line()  # a printer breaks the line by itself, wherever that is
        if self._runs and self._runs[-1].style == style:
            text = self._runs.pop().text + text
        self._runs.append(Run(text, style))

    def _end_line(self) -> None:
        self._blocks.append(Line(tuple(self._runs), self._align, self._spacing))
        self._runs.clear()

    def _line_feed_if_begun(self) -> None:
        if self._runs:
            self._end_line()

    def _feed(self, lines: int) -> None:
        self._line_feed_if_begun()
        self._blocks += [Line((), self._align, self._spacing)] * lines

    def _cut(self, torn: bool = False) -> None:
        self._line_feed_if_begun()
        if self._blocks:
            self.papers.append(Paper(tuple(self._blocks), self._dots, torn))
        self._blocks.clear()


def _of_code_sets(told: str) -> str:
    """The text of a Code 128: `{A`, `{B`, `{C` choose the code set, `{{` is a brace; in set C a byte is two digits."""
    text, at, pairs = "", 0, False
    while at < len(told):
        sign = told[at + 1 : at + 2] if told[at] == "{" else ""
        if sign in {"A", "B", "C"}:
            pairs = sign == "C"
        elif sign == "{":
            text += "{"
        else:
            text += f"{ord(told[at]):02}" if pairs else told[at]
        at += 2 if sign in {"A", "B", "C", "{"} else 1
    return text
