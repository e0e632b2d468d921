"""Streams as scanners and bad cables make them, with the codes that are truly in them; the same for each seed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

from config.device_schema import ScannerSettings
from devices.byte_codes import ByteCodes
from devices.ports import Reading
from devices.scan_pump import Decoding
from devices.scanned_bytes import LONGEST, Suffix

WRAPS = {
    "cr": (b"", b"\r"),
    "lf": (b"", b"\n"),
    "crlf": (b"", b"\r\n"),
    "tab": (b"", b"\t"),
    "etx": (b"\x02", b"\x03"),
    "none": (b"", b""),
}
GAP_S, LONG_S = 0.030, 0.7
EDGES = b"\r\n\t\x02\x03\0"


@dataclass
class Stream:
    """What a line carries: (moment, bytes) in order, `None` for a pulled cable; the codes in it; how many half."""

    settings: ScannerSettings
    events: list[tuple[float, bytes | None]] = field(default_factory=list)
    codes: list[bytes] = field(default_factory=list)
    broken: int = 0


class Maker:
    """Makes one stream."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311
        suffix: Suffix = self.dice.choice(get_args(Suffix))
        self.aim = self.dice.random() < 0.5
        self.stream = Stream(ScannerSettings(suffix=suffix, line_ends_inside="auto", baud=115200))
        self.prefix, self.suffix = WRAPS[suffix]
        self.at = 0.0

    def make(self) -> Stream:
        """A few codes, and between them what goes wrong."""
        for _ in range(self.dice.randint(2, 9)):
            self.dice.choices(
                (self.whole, self.half, self.noise, self.overlong, self.pulled), (8, 1, 1, 1, 1)
            )[0]()
        self.whole()
        return self.stream

    def whole(self) -> None:
        """A code in pieces; afterwards nothing, or a pause."""
        code, roomy = self.code()
        self.send(self.prefix + code + self.suffix)
        self.stream.codes.append(code)
        silence_ends = self.stream.settings.suffix == "none"
        # A scanner that names its codes may send them back to back; others must pause where silence is the end.
        if silence_ends or (roomy and self.dice.random() < 0.5):
            self.pause(GAP_S * 2)
        elif not roomy and self.dice.random() < 0.5:
            self.pause(self.dice.choice((0.001, 0.02, 0.2)))

    def half(self) -> None:
        """The beginning of a code, then silence."""
        code, _ = self.code()
        part = (self.prefix + code)[: self.dice.randint(1, len(code))]
        if self.stream.settings.suffix == "none" or not part.strip(EDGES) or part[-1:] in EDGES:
            return  # where silence ends a code, half a code is one
        self.settle()
        self.send(part)
        self.stream.broken += 1
        self.pause(LONG_S)

    def noise(self) -> None:
        """Breaks and stray ends between codes; garbage where codes are fenced."""
        self.settle()
        if self.stream.settings.suffix == "etx":
            self.send(self.dice.choice((b"\xff\xfe~", b"no beginning\x03", b"\x02no end")))
            self.stream.broken += 1
        else:
            self.send(self.dice.choice((b"\0\0", b"\r\n", b"\n", b"\0\r", b"\t")))
            self.pause(LONG_S)

    def overlong(self) -> None:
        """A code that is too long to be one."""
        self.settle()
        self.send(self.prefix + b"]C0" + b"x" * self.dice.randint(LONGEST + 1, 3 * LONGEST) + self.suffix)
        self.stream.broken += 1
        self.pause(LONG_S)

    def pulled(self) -> None:
        """The cable is pulled in the middle of a code."""
        code, _ = self.code()
        self.settle()
        part = code[: len(code) // 2]
        if part.strip(EDGES):
            self.send(self.prefix + part)
            self.stream.broken += 1
        self.stream.events.append((self.at, None))
        self.pause(0.1)

    def code(self) -> tuple[bytes, bool]:
        """A payload of any kind, and whether it may hold line ends."""
        kind = self.dice.randrange(5)
        if kind == 0:
            code = b"%013d" % self.dice.randrange(10**13)
            return (b"]E0" + code if self.aim else code), False
        if kind == 1:
            code = b"01%014d10AB\x1d21%d" % (self.dice.randrange(10**14), self.dice.randrange(10**6))
            return (b"]C1" + code if self.aim else code), False
        text = "".join(self.dice.choices("提货码取件订单号PK1.abc-09/会员", k=self.dice.randint(1, 40)))
        code = text.encode(self.dice.choice(("utf-8", "gb18030")))
        if kind == 4:
            # A line end and an AIM identifier inside a code look like the next code: no reader can know better.
            code = self.dice.randbytes(self.dice.randint(1, 300)).translate(None, b"]")
        lines = (self.aim and kind >= 3) or self.stream.settings.suffix == "etx"
        if kind == 3 and lines:
            code = code[:3] + self.dice.choice((b"\r", b"\n", b"\r\n")).join([b"", code, b"x"])
        code = code.translate(None, b"\x02\x03\0" if lines else EDGES).strip(EDGES) or b"7"
        return (b"]Q1" + code if self.aim else code.lstrip(b"]") or b"7"), self.aim

    def settle(self) -> None:
        """What was sent is over before something else begins."""
        self.pause(LONG_S)

    def pause(self, seconds: float) -> None:
        """Silence."""
        self.at += seconds

    def send(self, data: bytes) -> None:
        """In pieces of any size, with pauses shorter than those that mean something."""
        while data:
            size = self.dice.choice((1, 2, 7, 64, len(data)))
            self.stream.events.append((self.at, data[:size]))
            data = data[size:]
            if data:
                self.pause(self.dice.choice((0.0, 0.0, 0.001, 0.01)))


def joined(events: list[tuple[float, bytes | None]]) -> Iterator[tuple[float, bytes | None]]:
    """Bytes of one moment come in one piece, as from a kernel that nobody asked meanwhile."""
    for (at, pulled), group in itertools.groupby(events, lambda event: (event[0], event[1] is None)):
        pieces = [data for _, data in group if data]
        yield at, None if pulled else b"".join(pieces)


def read(stream: Stream) -> tuple[list[Reading], int]:
    """What the decoding makes of it, silences included; and how many codes it dropped."""
    decoding: Decoding = ByteCodes(stream.settings, character_s=10 / stream.settings.baud)
    got: list[Reading] = []
    dropped = 0
    for at, data in [*joined(stream.events), (stream.events[-1][0] + 9.0, b"")]:
        while (due := decoding.due()) is not None and due < at:
            got += decoding.silence(due)
        if data is None:
            decoding.cut()
            dropped += decoding.dropped
            decoding = ByteCodes(stream.settings, character_s=10 / stream.settings.baud)
        elif data:
            got += decoding.feed(data, at)
    return got, dropped + decoding.dropped
