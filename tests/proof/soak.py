"""A day of shoppers' screens in an hour: kiosk, guide screen and display change ten thousand times, and stay small.

`python -m tests.proof.soak --states 10000 [--seed N] [--plant NAME]` prints its figures as one JSON object; exit code 1
where something grew, complained or asked a stranger.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from devices.simulated_printer import SimulatedPrinter
from tests.conftest import CHROMIUM
from tests.proof.screens_shop import Figures, ScreensShop, figures
from tests.proof.soak_hands import Hands
from tests.proof.soak_pages import Wall, Weights
from tests.proof.soak_plants import DAEMON, PAGE
from tests.proof.soak_witness import Witness

SCRIPT = (
    *("success",) * 6,
    "userpaying 1",
    "success",
    "no_answer",
    "declined 1",
    "success",
    "late_success 1",
    "refused",
    "success",
    "system_error",
)
"""What wallets say, one charge after the other."""
MOST_CHROMIUM_MB = 50
MOST_NODES, MOST_LISTENERS = 400, 30
"""A page at rest may differ by what its slide shows; one node left behind a change would be thousands."""
MOST_DAEMON_MB = 32
"""Twenty-odd connections to two files, each with SQLite's page cache of 2 MB at most, and what malloc keeps of a
burst: those fill once. What is kept for every request of ten thousand changes would be more."""
MOST_FILES, MOST_THREADS = 24, 4
"""Browsers keep up to six connections each alive for two minutes; threads are hired at the start."""
MOST_WAL_MB = 24
"""Three times the 2,000 pages at which a WAL is carried over."""
RESTARTS = (0.03, 0.5)
"""After which part of the changes the daemon is restarted, the second time by kill -9."""


@dataclass(frozen=True)
class Sample:
    """Everything at rest, at one moment; files of the state folder in kB."""

    states: int
    life: int
    chromium: Weights
    daemon: Figures
    kb: dict[str, int]


@dataclass
class Soak:
    """One run."""

    shop: ScreensShop
    wall: Wall
    hands: Hands
    words: tuple[str, ...]
    samples: list[Sample] = field(default_factory=list)
    life: int = 0

    def run(self, states: int, samples: int, restarts_at: Sequence[float]) -> None:
        """Until the screens have changed so often."""
        restarts = [int(part * states) for part in restarts_at]
        marks = [states * n // samples for n in range(1, samples + 1)]
        while marks:
            self.hands.step()
            now = self.wall.states()
            if restarts and now >= restarts[0]:
                restarts.pop(0)
                self.restart(signal.SIGTERM if self.life == 0 else signal.SIGKILL)
            if now >= marks[0]:
                while marks and now >= marks[0]:
                    marks.pop(0)
                self.sample()

    def restart(self, how: signal.Signals) -> None:
        """The daemon goes and comes back under the open pages; every page listens again."""
        self.wall.away = True
        self.shop.end(how)
        screens = list(self.wall.screens.values())
        screens[0].page.wait_for_timeout(500)
        self.shop.start(*self.words)
        screens[0].page.wait_for_timeout(6000)  # EventSource asks again after three seconds
        for one in screens:
            one.polls()
            one.until(1.0)
        self.wall.away = False
        self.life += 1

    def sample(self) -> None:
        """Everybody leaves, the garbage is collected, everything is weighed."""
        self.hands.rest()
        child = self.shop.child
        assert child is not None
        files = {one.name: one.stat().st_size // 1024 for one in self.shop.state.glob("*.db*")}
        taken = Sample(self.wall.states(), self.life, self.wall.weigh(), figures(child.pid), files)
        self.samples.append(taken)
        told = f"{taken.states} states, Chromium {taken.chromium.held_kb // 1024} MB, daemon {taken.daemon}"
        sys.stderr.write(f"{told}\n")


def _of(what: str, kind: str, one: Sample) -> float:
    counts: dict[str, int] = getattr(one.chromium, what)
    return counts[kind]


def grown(values: Sequence[float]) -> float:
    """How much more the last ones are than the first ones; the least of three, as noise only adds."""
    some = max(1, min(3, len(values) // 2))
    return min(values[-some:]) - min(values[:some])


def judged(soak: Soak) -> dict[str, str]:
    """What is wrong, by name; nothing where nothing grew and nobody complained."""
    wrong: dict[str, str] = {}
    steady = [one for one in soak.samples if one.states >= soak.samples[-1].states * 0.095]

    def most(name: str, limit: float, of: Callable[[Sample], float], some: Sequence[Sample] = steady) -> None:
        more = grown([of(one) for one in some])
        if more > limit:
            wrong[name] = f"grew by {more:.1f}, {limit:.0f} at most"

    most("Chromium, MB", MOST_CHROMIUM_MB, lambda one: one.chromium.held_kb / 1024)
    for kind in soak.wall.screens:
        most(f"nodes of {kind}", MOST_NODES, partial(_of, "nodes", kind))
        most(f"listeners of {kind}", MOST_LISTENERS, partial(_of, "listeners", kind))
    for life in {one.life for one in steady}:
        lived = [one for one in steady if one.life == life]
        lived = lived[1:] if len(lived) > 2 else lived  # the first one may fall into its first requests
        most(f"daemon {life}, MB", MOST_DAEMON_MB, lambda one: one.daemon.rss_kb / 1024, lived)
        most(f"files of daemon {life}", MOST_FILES, lambda one: one.daemon.files, lived)
        most(f"threads of daemon {life}", MOST_THREADS, lambda one: one.daemon.threads, lived)
    for kind, screen in soak.wall.screens.items():
        told = soak.samples[-1].chromium.told.get(kind, -1)
        replaced = kind == "kiosk" and told < 0  # it opens its page anew after each shopper: it was told
        if told < screen.states // 2 and not replaced:  # two changes at once are one look
            wrong[f"witness of {kind}"] = f"was given {told} of {screen.states}"
    for one in soak.samples:
        for name, kb in one.kb.items():
            if name.endswith("-wal") and kb > MOST_WAL_MB * 1024:
                wrong[name] = f"{kb} kB"
    lists = (
        ("complaints", soak.wall.complaints),
        ("strangers", soak.wall.foreign),
        ("CSP", soak.wall.breaches),
    )
    wrong |= {name: "; ".join(some[:3]) for name, some in lists if some}
    return wrong


@contextmanager
def standing(folder: Path, browser: Any, seed: int, plant: str) -> Iterator[Soak]:
    """The shop's daemon, its printer and its screens, all up."""
    words = ("-m", "tests.proof.soak_plants", plant) if plant in DAEMON else ()
    with SimulatedPrinter() as printer:
        more = {"printers": {"P1": {"host": "127.0.0.1", "port": printer.port}}, "log": {"level": "error"}}
        shop = ScreensShop(folder, SCRIPT, more)
        shop.found()
        shop.start(*words)
        try:
            planted = PAGE.get(plant, "")
            with Witness(browser, shop, planted) as witness:
                wall = Wall(browser, shop, witness, planted)
                yield Soak(shop, wall, Hands(shop, wall, seed), words)
        finally:
            shop.end()


def soaked(
    browser: Any,
    states: int,
    seed: int,
    plant: str = "",
    samples: int = 20,
    restarts: Sequence[float] = RESTARTS,
) -> dict[str, Any]:
    """The figures of a run; `wrong` says what must not be."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        standing(Path(folder), browser, seed, plant) as run,
    ):
        run.sample()
        run.run(states, samples, restarts)
        screens = run.wall.screens
        return {
            "states": {kind: one.states for kind, one in screens.items()},
            "places": {kind: one.seen for kind, one in screens.items()},
            "done": run.hands.done,
            "requests": run.wall.requests,
            "seconds": round(time.monotonic() - began),
            "samples": [dataclasses.asdict(one) for one in run.samples],
            "wrong": judged(run),
        }


def main() -> None:
    """As a person calls it."""
    from playwright.sync_api import sync_playwright

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--states", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--samples", type=int, default=20)
    asked.add_argument("--plant", default="", choices=["", *PAGE, *DAEMON])
    want = asked.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        report = soaked(browser, want.states, want.seed, want.plant, want.samples)
        browser.close()
    sys.stdout.write(f"{json.dumps(report, ensure_ascii=False, indent=1)}\n")
    sys.exit(1 if report["wrong"] else 0)


if __name__ == "__main__":
    main()
