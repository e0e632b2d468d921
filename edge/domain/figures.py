"""What is counted for whoever watches many boxes: names, labels and numbers, free of any exposition format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the buckets of times, seconds, each inclusive; a last one takes everything beyond."""


@dataclass(frozen=True)
class Figure:
    """One family of gauges or counters: `values` by the values of `labels`, in their order."""

    name: str
    about: str
    values: Mapping[tuple[str, ...], float]
    labels: tuple[str, ...] = ()
    counts: bool = False


@dataclass(frozen=True)
class Spread:
    """How long things took: pieces in each bucket of BOUNDS_S and beyond, and the sum in seconds."""

    pieces: tuple[int, ...]
    sum_s: float
