"""A return that somebody is at work on at a desk: what was found, and what of it was counted so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edge.domain.return_refusals import ReturnTooMany
from edge.domain.returns import FATES, Bought, Condition, Fate, Reason, ReturnableLine, Wanted

_REMEMBERED = 40
"""Wishes that are known again when they are asked twice."""


@dataclass(frozen=True)
class Work:
    """`wanted` by line, `forced_why` a lead's reason to lift term and exclusion ("": not lifted).

    `version` changes with everything that is counted; `done` are the numbers of the newest wishes, oldest first.
    """

    work: str
    staff: str
    bought: Bought
    wanted: dict[int, Wanted] = field(default_factory=dict)
    forced_why: str = ""
    version: int = 0
    done: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[Wanted, ...]:
        """What comes back, by line."""
        return tuple(self.wanted[line] for line in sorted(self.wanted))

    @property
    def units(self) -> int:
        """Pieces that come back."""
        return sum(one.qty for one in self.wanted.values())

    def one_more(self, line: int) -> Work:
        """Another piece of a line, intact and without a reason until somebody says otherwise. Raises ReturnTooMany."""
        known = self.wanted.get(line)
        if known is None:
            known = Wanted(line, 0, Condition.INTACT, Reason.NO_REASON, Fate.SHELF)
        return self.put(replace(known, qty=known.qty + 1))

    def put(self, one: Wanted) -> Work:
        """So many pieces of a line; none takes it out. A fate that no longer fits gives way to the usual one.

        Raises ReturnTooMany.
        """
        line = self.bought.line(one.line)
        left = line.left if line is not None else 0
        if one.qty > left or one.qty < 0:
            raise ReturnTooMany(left=left)
        if one.fate not in FATES[one.condition]:
            one = replace(one, fate=FATES[one.condition][0])
        rest = {number: known for number, known in self.wanted.items() if number != one.line}
        return replace(self, wanted={**rest, one.line: one} if one.qty else rest)

    def noted(self, nonce: str) -> Work:
        """The next version, after a wish."""
        return replace(self, version=self.version + 1, done=(*self.done, nonce)[-_REMEMBERED:])

    def matching(self, names: frozenset[str]) -> int | None:
        """The line of goods by SKU or GTIN: one of which a piece is still missing here before one that is complete."""
        lines = [one for one in self.bought.lines if one.left and {one.sku, one.gtin.zfill(14)} & names]
        open_ones = [
            one for one in lines if one.line not in self.wanted or self.wanted[one.line].qty < one.left
        ]
        return next((one.line for one in open_ones or lines), None)

    def misses(self, number: int | None) -> bool:
        """Whether pieces of this line are still out that are not counted yet."""
        line = self.bought.line(number) if number is not None else None
        counted = self.wanted.get(line.line) if line is not None else None
        return line is not None and line.left > (counted.qty if counted is not None else 0)

    def given_for(self, names: frozenset[str]) -> ReturnableLine | None:
        """What was handed over in place of goods that were ordered by one of these names."""
        return next((one for one in self.bought.lines if one.ordered and one.ordered[0] in names), None)
