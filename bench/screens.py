"""What a shopper waits for: from a scanner's line or a finger to words that can be read in a real Chromium."""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.rounds import Figure, Row, ms, pair, percentile
from bench.screens_eyes import Eyes, Seen, browser, seat
from bench.screens_many import crowd, first_paints, scripts
from bench.screens_shop import PAY_CODE, Place, place

Pass = Callable[[], Mapping[str, float]]
"""One measured pass; gives the seconds of what it measured, by name."""
_LINES, _SCANS, _WALKS, _PAINTS = 10, 12, 4, 2
_LINE = ".k-rows .row b"
_PAID = ".state-paying, .state-userpaying, .state-done"


@dataclass(frozen=True)
class Times:
    """All samples of one thing, seconds, round by round."""

    rounds: list[list[float]] = field(default_factory=list)

    @property
    def figure(self) -> Figure:
        """The median of the rounds' p50, the lowest of their p99."""
        return Figure(self.at(50, statistics.median), self.at(99, min))

    def at(self, percent: float, of: Callable[[list[float]], float] = min) -> float:
        """The lowest of the rounds' percentile (or their median)."""
        return of([percentile(samples, percent) for samples in self.rounds])


def in_turn(passes: Mapping[str, Pass], *, rounds: int, each: int) -> dict[str, Times]:
    """Runs the passes in turn, `each` times a round; a pass may measure several things."""
    times: dict[str, Times] = defaultdict(Times)
    for _ in range(rounds):
        samples: dict[str, list[float]] = defaultdict(list)
        for _ in range(each):
            for name, one in passes.items():
                for what, took in one().items():
                    samples[f"{name}-{what}"].append(took)
        for name, found in samples.items():
            times[name].rounds.append(found)
    return times


@dataclass
class Walk:
    """A shopper at the kiosk K1 and one at the guide screen G1, and the page of the floor."""

    place: Place
    kiosk: Eyes
    guide: Eyes
    floor: Eyes
    lines: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def scan(self) -> Mapping[str, float]:
        """Goods at the kiosk; a basket of ten lines is left, and the next one begun."""
        if self.lines == _LINES:
            self.leave(self.kiosk, "kiosk")
            self.lines = 0
        ware = self.place.wares[self.lines]
        self.lines += 1
        seen = self.kiosk.sees(_LINE, ware.name, lambda: _send(self.place.kiosk_line, ware.gtin))
        self._calm(self.kiosk, "kiosk")
        return _told(seen)

    def push(self) -> Mapping[str, float]:
        """The same through the floor."""
        word = f"n{next(self.numbers)}"
        seen = self.floor.sees("#stage", word, lambda: _send(self.place.floor_line, word))
        return _told(seen)

    def product(self) -> Mapping[str, float]:
        """Goods at the guide screen, while its slides run."""
        self.leave(self.guide, "guide")
        ware = self.place.wares[next(self.numbers) % len(self.place.wares)]
        seen = self.guide.sees(".state-product", ware.name, lambda: _send(self.place.guide_line, ware.gtin))
        return _told(seen)

    def awake(self) -> Mapping[str, float]:
        """A finger on the slides."""
        self.leave(self.guide, "guide")
        return _told(self.guide.sees(".g-acts", "", lambda: self.guide.touch(".g-wake")))

    def pay(self) -> Mapping[str, float]:
        """Goods, a member, a coupon in and out, a wallet's code."""
        self.leave(self.kiosk, "kiosk")
        self.lines = _LINES
        ware = self.place.wares[next(self.numbers) % len(self.place.wares)]
        self.kiosk.sees(_LINE, ware.name, lambda: _send(self.place.kiosk_line, ware.gtin))
        member = self.place.member()
        self.kiosk.sees(".k-head .chip", "", lambda: _send(self.place.kiosk_line, member))
        self._calm(self.kiosk, "kiosk")
        self._on("coupons")
        out = self.kiosk.sees_other(".bar .sum", lambda: self.kiosk.touch('[aria-checked="true"]'))
        self._calm(self.kiosk, "kiosk")
        back = self.kiosk.sees_other(".bar .sum", lambda: self.kiosk.touch('[aria-checked="false"]'))
        self._calm(self.kiosk, "kiosk")
        # Not used up: the next basket finds it again.
        self.kiosk.sees_other(".bar .sum", lambda: self.kiosk.touch('[aria-checked="true"]'))
        self._calm(self.kiosk, "kiosk")
        self._on("pay")
        code = PAY_CODE.format(time.time_ns() % 10**16)
        paid = self.kiosk.sees(_PAID, "", lambda: _send(self.place.kiosk_line, code))
        self.kiosk.wait("document.querySelector('.state-done') !== null")
        return {"tick": max(out.drawn, back.drawn), "code": paid.drawn}

    def leave(self, eyes: Eyes, kind: str) -> None:
        """The screen is wiped and shows its first page."""
        # With nobody before it: a page that is wiped may load itself anew, amid our own going there.
        eyes.page.goto("about:blank")
        web = self.place.web
        answer = eyes.page.context.request.post(f"{web}/{kind}/wipe", headers={"Origin": web})
        assert answer.ok, answer.status
        eyes.open(f"{web}/{kind}/")
        eyes.wait("document.querySelector('.state-attract') !== null")
        self._calm(eyes, kind)

    def _on(self, state: str) -> None:
        self.kiosk.sees(f".state-{state}", "", lambda: self.kiosk.touch('[value="on"]'))
        self._calm(self.kiosk, "kiosk")

    def _calm(self, eyes: Eyes, kind: str) -> None:
        """The page has what the store has, and nothing is on its way."""
        eyes.wait(_CALM.replace("KIND", kind))


_CALM = """async () => {
  const key = encodeURIComponent(document.querySelector('.state').dataset.key);
  const asked = await fetch(`/KIND/stage?have=${key}`, {headers: {'HX-Request': 'true'}});
  return asked.status === 204 && !document.querySelector('.htmx-request, .htmx-swapping');
}"""


def rows(rounds: int) -> list[Row]:
    """The waits that people see, beside the least that a push to the same browser takes."""
    with (
        tempfile.TemporaryDirectory(prefix="store-edge-bench-") as folder,
        place(Path(folder)) as here,
        browser() as opened,
    ):
        kiosk, guide = (
            Eyes(seat(opened, here.web, kind, here.tokens[name][1]).new_page())
            for name, kind in (("K1", "kiosk"), ("G1", "guide"))
        )
        walk = Walk(here, kiosk, guide, Eyes(seat(opened, here.floor).new_page()))
        walk.floor.open(here.floor)
        kiosk.open(here.web + "/kiosk/")
        guide.open(here.web + "/guide/")
        for first in (walk.scan, walk.push, walk.product, walk.awake, walk.pay):
            first()
        found = in_turn({"scan": walk.scan, "push": walk.push}, rounds=rounds, each=_SCANS)
        passes: dict[str, Pass] = {"product": walk.product, "awake": walk.awake, "pay": walk.pay}
        found |= in_turn({**passes, "beside": walk.push}, rounds=rounds, each=_WALKS)
        paints = in_turn(first_paints(opened, here), rounds=rounds, each=_PAINTS)
        many = crowd(opened, here, walk, rounds)
    waits = [_wait(name, what, found[one], found[floor], most) for name, what, one, floor, most in _WAITS]
    callback = _callback(found["scan-told"].figure, found["push-told"].figure)
    return [callback, *waits, *_paints(paints), *many, scripts()]


_WAITS = (
    ("screen-line", "13 digits on a pty -> the line in the kiosk's basket", "scan-drawn", "push-drawn", 250),
    (
        "screen-product",
        "13 digits on a pty -> the product on a guide screen",
        "product-drawn",
        "beside-drawn",
        500,
    ),
    (
        "screen-touch",
        "a finger on the slides -> a guide screen's first page",
        "awake-drawn",
        "beside-drawn",
        300,
    ),
    ("screen-coupon", "a coupon ticked or unticked -> the new total", "pay-tick", "beside-drawn", 300),
    ("screen-pay", "a wallet's code on a pty -> the page that says so", "pay-code", "beside-drawn", 300),
)
"""Row, what it is, its samples, those of its floor, the most milliseconds of the p95."""


def _callback(told: Figure, floor: Figure) -> Row:
    ratio = told.p50 / floor.p50
    return Row(
        "screen-callback",
        "13 digits on a pty -> the kiosk page's EventSource callback; floor: os.read on a pty in the same "
        "process, one send, the callback of a bare page in the same browser",
        pair(told),
        pair(floor),
        f"{ratio:.1f} / {told.p99 / floor.p99:.1f}",
        "p50 <= 4 x",
        ratio <= 4,
    )


def _wait(name: str, what: str, subject: Times, floor: Times, most_ms: int) -> Row:
    least, p95 = floor.figure, subject.at(95)
    return Row(
        name,
        f"{what}, drawn at nine tenths of its strength at least; floor: a word pushed to a bare page, drawn",
        f"{pair(subject.figure)}, p95 {ms(p95)}",
        pair(least),
        f"{subject.figure.p50 / least.p50:.1f}",
        f"p95 <= {most_ms} ms",
        p95 * 1000 <= most_ms,
    )


def _paints(found: dict[str, Times]) -> list[Row]:
    floor = found.pop("floor-paint").figure
    return [
        Row(
            f"first-paint-{name.removesuffix('-paint')}",
            "asked for -> first contentful paint, nothing cached; floor: a page of one line",
            pair(times.figure),
            pair(floor),
            f"{times.figure.p50 / floor.p50:.1f}",
            "p50 <= 300 ms",
            times.figure.p50 <= 0.3,
        )
        for name, times in found.items()
    ]


def _told(seen: Seen) -> Mapping[str, float]:
    return {"told": seen.told, "drawn": seen.drawn}


def _send(line: int, text: str) -> None:
    os.write(line, text.encode() + b"\r")
