"""A simulated printer with bad days: at the start of a job it may break in any of the ways a printer does."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from random import Random

from devices.simulated_printer import SimulatedPrinter

_STARTS = (b"\x1b@\x1da", b"\x1b@\x1c&")
_WHOLE = re.compile(r"BEGIN (\d+)\n(?:(?!BEGIN).)*?END \1", re.DOTALL)


class ChaosPrinter(SimulatedPrinter):
    """Each job meets a fault with probability `p`; most pass by themselves within half a second."""

    def __init__(self, seed: int, p: float) -> None:
        super().__init__()
        self._random = Random(seed)  # noqa: S311 - chance that can be repeated
        self._p = p
        self.met: Counter[str] = Counter()

    def _buffer(self, data: bytes) -> None:
        if any(start in data for start in _STARTS):
            self._lose = "no"
            self._swallow = self._chatty = False
            if self._random.random() < self._p:
                self._break()
        super()._buffer(data)

    def _break(self) -> None:
        name = self._random.choice(sorted(_FAULTS))
        self.met[name] += 1
        back = _FAULTS[name](self, self._random)
        if back is not None:
            timer = threading.Timer(self._random.uniform(0.02, 0.5), back)
            timer.daemon = True
            timer.start()


Fault = Callable[[ChaosPrinter, Random], Callable[[], None] | None]


def _dies(how: str) -> Fault:
    def fault(printer: ChaosPrinter, random: Random) -> None:
        printer.die_after(random.choice([random.randint(1, 4100), random.randint(4100, 6500)]), how)  # type: ignore[arg-type]

    return fault


def _off(printer: ChaosPrinter, _: Random) -> Callable[[], None]:
    printer.power_off()
    return printer.power_on


def _no_paper(printer: ChaosPrinter, random: Random) -> Callable[[], None]:
    printer.take_paper(random.randint(0, 8))
    return printer.give_paper


def _cover(printer: ChaosPrinter, _: Random) -> Callable[[], None]:
    printer.open_cover()
    return printer.close_cover


def _plain(deed: Callable[[ChaosPrinter], None], *, passes: bool) -> Fault:
    def fault(printer: ChaosPrinter, _: Random) -> Callable[[], None] | None:
        deed(printer)
        return printer.recover if passes else None

    return fault


_FAULTS: dict[str, Fault] = {
    "power lost inside": _dies("power"),
    "reset inside": _dies("reset"),
    "end inside": _dies("end"),
    "switched off": _off,
    "paper out": _no_paper,
    "cover open": _cover,
    "silent": _plain(ChaosPrinter.go_silent, passes=True),
    "cutter stuck": _plain(ChaosPrinter.jam, passes=True),
    "swallows": _plain(ChaosPrinter.swallow, passes=False),
    "word lost": _plain(ChaosPrinter.lose_confirmation, passes=False),
    "word lost by a reset": _plain(lambda printer: printer.lose_confirmation(hang_up=True), passes=False),
    "chatters": _plain(ChaosPrinter.chatter, passes=False),
}


def verdict(printer: SimulatedPrinter, jobs: int) -> dict[str, int]:
    """What lies in the outlet: jobs of which no whole paper came, and unmarked doubles."""
    plain, marked = Counter[int](), Counter[int]()
    torn = 0
    for paper in printer.papers:
        torn += paper.torn
        for found in _WHOLE.finditer(paper.text):
            copy = "REPRINT" in paper.text[: found.start()]
            (marked if copy else plain)[int(found[1])] += 1
    return {
        "lost": sum(not plain[n] and not marked[n] for n in range(jobs)),
        "unmarked doubles": sum(count > 1 for count in plain.values()),
        "original and marked copy": sum(1 for n in marked if plain[n]),
        "torn": torn,
    }
