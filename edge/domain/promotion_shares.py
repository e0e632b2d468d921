"""Whole fen shared out so that the shares are the whole, and a basket in pieces while it is being priced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from edge.domain.baskets import Item, PartKind


def half_up(fen: int, mille: int) -> int:
    """So many thousandths of an amount that is not negative, rounded half up."""
    return (fen * mille + 500) // 1000


def share(total: int, weights: Sequence[int]) -> list[int]:
    """`total` by largest remainder over weights that are not negative; ties go to the first.

    Where the total is at most the sum of the weights, no share is more than its weight. Without any weight the first
    gets it all.
    """
    whole = sum(weights)
    if not whole:
        return [total, *[0] * (len(weights) - 1)] if weights else []
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    if left:
        rests = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
        for n in rests[:left]:
            shares[n] += 1
    return shares


class Taken(NamedTuple):
    """What one rule took off one piece; `group` is what other rules know it by."""

    rule: str
    version: int
    kind: PartKind
    group: str
    fen: int
    paid: int = 0
    points: int = 0


class Pieces:
    """A basket piece by piece: what is due for each now, and what was taken off it by whom."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.owner: list[int] = []
        self.first: list[int] = []
        self.net: list[int] = []
        for position, item in enumerate(items):
            self.first.append(len(self.owner))
            self.owner += [position] * item.qty
            self.net += [item.unit_fen] * item.qty
        self.parts: list[list[Taken]] = [[] for _ in self.owner]
        self.marks: dict[str, list[int]] = {}

    def units(self, positions: Iterable[int]) -> list[int]:
        """The pieces of these items, in order."""
        return [
            unit
            for position in positions
            for unit in range(self.first[position], self.first[position] + self.items[position].qty)
        ]

    def mark(self, step: str) -> None:
        """Keeps what is due now as the subtotal after this step."""
        self.marks[step] = list(self.net)

    def due(self, units: Iterable[int], step: str = "") -> int:
        """What these pieces come to, now or after a former step."""
        net = self.marks.get(step, self.net)
        return sum(net[unit] for unit in units)

    def by_item(self, units: Iterable[int]) -> dict[int, list[int]]:
        """Position -> its pieces among these, in order of the lines."""
        found: dict[int, list[int]] = {}
        for unit in units:
            found.setdefault(self.owner[unit], []).append(unit)
        return dict(sorted(found.items()))

    def shared(self, total: int, units: Iterable[int]) -> dict[int, int]:
        """Piece -> its share of an amount: over lines by what is due for them, then over pieces."""
        lines = self.by_item(units)
        amounts = share(total, [self.due(line) for line in lines.values()])
        found: dict[int, int] = {}
        for line, amount in zip(lines.values(), amounts, strict=True):
            found.update(zip(line, share(amount, [self.net[unit] for unit in line]), strict=True))
        return found

    def percent(self, mille: int, units: Iterable[int]) -> dict[int, int]:
        """Piece -> so many thousandths of what is due, rounded half up a line."""
        found: dict[int, int] = {}
        for line in self.by_item(units).values():
            weights = [self.net[unit] for unit in line]
            found.update(zip(line, share(half_up(sum(weights), mille), weights), strict=True))
        return found

    def take(self, rule: str, version: int, kind: PartKind, group: str, shares: Mapping[int, int]) -> None:
        """Takes shares off pieces in the name of a rule."""
        for unit, fen in shares.items():
            if fen:
                self.net[unit] -= fen
                self.parts[unit].append(Taken(rule, version, kind, group, fen))

    def undo(self, unit: int, kind: PartKind) -> None:
        """Gives back what rules of this kind took off a piece."""
        self.net[unit] += sum(part.fen for part in self.parts[unit] if part.kind == kind)
        self.parts[unit] = [part for part in self.parts[unit] if part.kind != kind]

    def untouched(self, units: Iterable[int], groups: Sequence[str]) -> list[int]:
        """Those pieces on which no rule of these groups acted; "*" is any rule."""
        if not groups:
            return list(units)
        if "*" in groups:
            return [unit for unit in units if not self.parts[unit]]
        barred = frozenset(groups)
        return [unit for unit in units if not any(part.group in barred for part in self.parts[unit])]


def scaled(shares: Mapping[int, int], cap: int) -> dict[int, int]:
    """Shares that together are at most `cap`, in the proportion they had."""
    if sum(shares.values()) <= cap:
        return dict(shares)
    return dict(zip(shares, share(cap, list(shares.values())), strict=True))
