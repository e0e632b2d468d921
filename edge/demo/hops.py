"""The journey's log: each hop with its time, on a screen or as JSON lines; the first that fails ends it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.demo.stage import StageFailed


class Missed(Exception):
    """What a hop promised did not come true; the message says what."""


class JourneyBroken(Exception):
    """A hop failed and was reported; nothing after it was tried."""


def require(holds: object, what: str) -> None:
    """Raises Missed with `what` unless it holds."""
    if not holds:
        raise Missed(what)


@dataclass
class Hops:
    """Numbers the hops and says how each went through `say`, one line a hop."""

    say: Callable[[str], None]
    as_json: bool = False
    count: int = 0

    @contextlib.contextmanager
    def hop(self, en: str, zh: str) -> Iterator[None]:
        """Times what happens within; raises JourneyBroken when it fails."""
        self.count += 1
        began = time.perf_counter()
        try:
            yield
        except (Missed, StageFailed, OSError) as error:
            self._report(en, zh, began, str(error) or type(error).__name__)
            raise JourneyBroken(en) from error
        self._report(en, zh, began, "")

    def _report(self, en: str, zh: str, began: float, fault: str) -> None:
        ms = (time.perf_counter() - began) * 1000
        if self.as_json:
            told = {"hop": self.count, "name": en, "ms": round(ms, 1), "ok": not fault}
            self.say(json.dumps({**told, "fault": fault} if fault else told, ensure_ascii=False))
            return
        self.say(f"{'✗' if fault else '✓'} {self.count:2d}  {ms:8,.1f} ms  {en} · {zh}")
        if fault:
            self.say(f"       {fault}")
