"""How often a rule acted, out of what it took off: for limits by member."""

from __future__ import annotations

from collections.abc import Iterable

from edge.domain.baskets import Priced
from edge.domain.promotion_rules import Bundle, Off, Rule


def times_taken(rule: Rule, pieces: int, fen: int) -> int:
    """Times that a rule acted in one sale: pieces of a line rule, sets of a bundle, 每满 by its sum, else once.

    `pieces` that it took something off, `fen` in all. Where it is not to be told exactly, rounded up.
    """
    if not fen:
        return 0
    match rule.benefit:
        case Bundle(parts=parts):
            return -(-pieces // sum(part.qty for part in parts))
        case Off(fen=each, every=True):
            return -(-fen // each)
        case _:
            return pieces if rule.level == "line" else 1


def given_by(priced: Priced, rule: str) -> Iterable[tuple[str, tuple[int, int]]]:
    """What a rule takes off in a price: kind of the parts -> (how many pieces, fen in all)."""
    found: dict[str, tuple[int, int]] = {}
    for line in (*priced.lines, *(gift.priced for gift in priced.gifts)):
        for unit in line.units:
            for part in unit.parts:
                if part.rule == rule and part.fen:
                    pieces, fen = found.get(part.kind, (0, 0))
                    found[part.kind] = pieces + 1, fen + int(part.fen)
    return found.items()
