"""Line rules that need several pieces together: which pieces make a set, and what the set is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from edge.domain.promotion_book import names
from edge.domain.promotion_pass import Candidate
from edge.domain.promotion_rules import Bundle, CountOff, NthOff
from edge.domain.promotion_shares import Pieces

Otherwise = Callable[[int], int]
"""What a piece would save without the set, in thousandths of a fen."""


_FINE = 720_720
"""Divides by every number of pieces up to 16."""


class PieceSet(NamedTuple):
    """Pieces that get a benefit together. `hits` are those that the benefit counts from, `mille` of them is off,
    or the set costs `fen`. `saving` in thousandths of a fen, `advantage` over what its pieces would save otherwise."""

    units: tuple[int, ...]
    hits: tuple[int, ...]
    mille: int
    fen: int
    saving: int
    advantage: int

    @property
    def rank(self) -> tuple[int, int]:
        """The better set first: by its advantage a piece, so that a set does not win by being large."""
        return (self.advantage * _FINE // len(self.units), self.saving)


def sets_of(found: Candidate, units: Sequence[int], pieces: Pieces, otherwise: Otherwise) -> list[PieceSet]:
    """The sets that these free pieces make under a rule, without one piece in two; only those that save more so."""
    match found.rule.benefit:
        case NthOff() as benefit:
            made = _nth(benefit, units, pieces, otherwise)
        case CountOff() as benefit:
            made = _counted(benefit, units, pieces, otherwise, found.rule.caps.order_times)
        case Bundle() as benefit:
            made = _bundles(benefit, units, pieces, otherwise)
        case _:
            made = []
    return [one for one in made if one.advantage > 0]


def pieces_needed(found: Candidate) -> int:
    """How many pieces the smallest set of a rule has."""
    match found.rule.benefit:
        case NthOff(n=n):
            return n
        case CountOff(steps=steps):
            return min(step.at_least for step in steps)
        case Bundle(parts=parts):
            return sum(part.qty for part in parts)
        case _:
            return 1


def _dearest(units: Sequence[int], pieces: Pieces) -> list[int]:
    return sorted(units, key=lambda unit: (-pieces.net[unit], unit))


def _nth(benefit: NthOff, units: Sequence[int], pieces: Pieces, otherwise: Otherwise) -> list[PieceSet]:
    groups: dict[str, list[int]] = {}
    for unit in _dearest(units, pieces):
        sku = pieces.items[pieces.owner[unit]].sku if benefit.same_sku else ""
        groups.setdefault(sku, []).append(unit)
    found = []
    for group in groups.values():
        for start in range(0, len(group) - benefit.n + 1, benefit.n):
            chosen = group[start : start + benefit.n]
            found.append(_at_mille(chosen, chosen[-1:], benefit.off_mille, pieces, otherwise))
    return found


def _counted(
    benefit: CountOff, units: Sequence[int], pieces: Pieces, otherwise: Otherwise, most: int
) -> list[PieceSet]:
    """All pieces, but those that fare better alone where enough are left without them."""
    ranked = _dearest(units, pieces)[: most or None]
    mille = _reached(benefit, len(ranked))
    if not mille:
        return []
    kept = [unit for unit in ranked if pieces.net[unit] * mille >= otherwise(unit)]
    if _reached(benefit, len(kept)) == mille:
        ranked = kept
    ranked.sort()
    return [_at_mille(ranked, ranked, mille, pieces, otherwise)]


def _reached(benefit: CountOff, count: int) -> int:
    steps = [step for step in benefit.steps if step.at_least <= count]
    return max(steps, key=lambda step: step.at_least).off_mille if steps else 0


def _bundles(benefit: Bundle, units: Sequence[int], pieces: Pieces, otherwise: Otherwise) -> list[PieceSet]:
    ranked = _dearest(units, pieces)
    fits = [
        [unit for unit in ranked if names(part.goods, pieces.items[pieces.owner[unit]])]
        for part in benefit.parts
    ]
    # Parts with the least choice first, so that a part that takes anything leaves them what they need.
    turns = sorted(range(len(fits)), key=lambda n: (len(fits[n]), n))
    free, starts = set(ranked), [0] * len(fits)
    found: list[PieceSet] = []
    while True:
        chosen: list[int] = []
        for n in turns:
            some, starts[n] = _next(fits[n], starts[n], free, benefit.parts[n].qty)
            free -= set(some)
            chosen += some
        if len(chosen) < sum(part.qty for part in benefit.parts):
            return found
        chosen.sort()
        if benefit.off_mille:
            found.append(_at_mille(chosen, chosen, benefit.off_mille, pieces, otherwise))
        else:
            saving = (pieces.due(chosen) - benefit.fen) * 1000
            advantage = saving - sum(map(otherwise, chosen))
            found.append(PieceSet(tuple(chosen), (), 0, benefit.fen, saving, advantage))


def _next(fits: list[int], start: int, free: set[int], qty: int) -> tuple[list[int], int]:
    """The next `qty` free pieces from `start` on, and where to look after them."""
    found: list[int] = []
    while start < len(fits) and len(found) < qty:
        if fits[start] in free:
            found.append(fits[start])
        start += 1
    return found, start


def _at_mille(
    units: Sequence[int], hits: Sequence[int], mille: int, pieces: Pieces, otherwise: Otherwise
) -> PieceSet:
    saving = pieces.due(hits) * mille
    advantage = saving - sum(map(otherwise, units))
    return PieceSet(tuple(sorted(units)), tuple(hits), mille, 0, saving, advantage)
