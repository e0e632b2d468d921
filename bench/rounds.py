"""How figures are taken: floor and subject interleaved, several rounds, medians of p50 and the lowest p99."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Sample = Callable[[], float]
"""One measured pass; gives its time in seconds."""


@dataclass(frozen=True)
class Figure:
    """One thing measured over all rounds, seconds: the median of the rounds' p50, the lowest of their p99."""

    p50: float
    p99: float


@dataclass(frozen=True)
class Row:
    """A line of the report: what was measured beside which floor, and whether the goal is met.

    `met` None: no goal is set for this figure, it is there to be known.
    """

    name: str
    what: str
    subject: str
    floor: str
    ratio: str
    goal: str
    met: bool | None
    notes: tuple[str, ...] = field(default=())


def timed(work: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def interleaved(
    passes: Mapping[str, Sample], *, rounds: int, each: int, pause_s: float = 0.0
) -> dict[str, Figure]:
    """Runs the passes in turn, `each` times a round; a machine's bad moment hits all of them alike."""
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in passes}
    for _ in range(rounds):
        times: dict[str, list[float]] = {name: [] for name in passes}
        for _ in range(each):
            for name, sample in passes.items():
                times[name].append(sample())
                if pause_s:
                    time.sleep(pause_s)
        for name, taken in times.items():
            figures[name].append((percentile(taken, 50), percentile(taken, 99)))
    return {
        name: Figure(statistics.median(p50 for p50, _ in found), min(p99 for _, p99 in found))
        for name, found in figures.items()
    }


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


def ms(seconds: float) -> str:
    """Milliseconds as text."""
    return f"{seconds * 1000:.3f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def pair(figure: Figure) -> str:
    """P50 / p99 as text."""
    return f"{ms(figure.p50)} / {ms(figure.p99)}"
