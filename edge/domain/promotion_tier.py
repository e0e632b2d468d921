"""Step 3, the member tier: on top of line rules, or instead of them where it is the better one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.domain.baskets import TIER_OK
from edge.domain.promotion_pass import Pass
from edge.domain.promotion_rules import TierTerms
from edge.domain.promotion_shares import Pieces, half_up

TIER = "tier"
"""What other rules call the tier's discount in `unless`."""


def tier_discount(run: Pass, together: Iterable[tuple[int, ...]]) -> TierTerms | None:
    """Applies the shopper's tier; `together`: pieces that only keep or lose their line rules with each other."""
    terms = run.book.tiers.get(run.asked.shopper.tier)
    if terms is None or not terms.off_mille:
        return terms
    pieces = run.pieces
    able = frozenset(
        unit
        for position, item in enumerate(run.asked.items)
        if TIER_OK in item.flags and not item.price_fixed and not item.manual_off_fen
        for unit in pieces.units((position,))
    )
    if terms.vs_promo == "stack":
        chosen = sorted(able)
    else:
        chosen = []
        for group in _groups(len(pieces.net), together):
            mine = [unit for unit in group if unit in able]
            if _better(pieces, group, mine, terms.off_mille):
                chosen += mine
                for unit in group:
                    pieces.undo(unit, "line")
    pieces.take(terms.tier, terms.version, "tier", TIER, pieces.percent(terms.off_mille, sorted(chosen)))
    return terms


def _better(pieces: Pieces, group: Sequence[int], able: Sequence[int], mille: int) -> bool:
    """Whether the tier takes more off these pieces than the line rules did."""
    base = pieces.marks["base"]
    lines = pieces.by_item(able).values()
    by_tier = sum(half_up(sum(base[unit] for unit in line), mille) for line in lines)
    return by_tier > sum(base[unit] - pieces.net[unit] for unit in group)


def _groups(count: int, together: Iterable[tuple[int, ...]]) -> list[list[int]]:
    """All pieces in groups of those that are bound to each other."""
    head = list(range(count))

    def root(unit: int) -> int:
        while head[unit] != unit:
            head[unit] = head[head[unit]]
            unit = head[unit]
        return unit

    for units in together:
        for other in units[1:]:
            one, two = sorted((root(units[0]), root(other)))
            head[two] = one
    found: dict[int, list[int]] = {}
    for unit in range(count):
        found.setdefault(root(unit), []).append(unit)
    return list(found.values())
