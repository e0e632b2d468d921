"""Steps 4 and 5, rules on the whole basket and coupons: thresholds, what goes together, and shares by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edge.domain.baskets import PartKind
from edge.domain.promotion_pass import Candidate, Pass, beside
from edge.domain.promotion_rules import Gift, Ladder, Off, Percent, Step
from edge.domain.promotion_shares import half_up, scaled

MOST_BESIDE = 8
"""Rules on the whole basket that act beside each other; more than any campaign has, and a bound on the time."""


def order_rules(run: Pass) -> None:
    """Applies 满减 and 满折: the highest priority first, and beside it only what both rules allow."""
    _apply(run, run.by_level.get("order", ()), "order")


def coupons(run: Pass) -> None:
    """Applies coupons: one a group, never more than what is due."""
    _apply(
        run,
        [one for one in run.by_level.get("coupon", ()) if not isinstance(one.rule.benefit, Gift)],
        "coupon",
    )


def _apply(run: Pass, found: Sequence[Candidate], kind: PartKind) -> None:
    waiting = sorted(found, key=lambda one: one.order)
    acted = 0
    while waiting and (best := _best(run, waiting)):
        if kind == "order" and acted == MOST_BESIDE:
            for one in waiting:
                run.refuse(one, "crowded")
            return
        acted += 1
        one, offer = best
        run.pieces.take(one.name, one.rule.version, kind, one.group, offer.shares(run, one))
        waiting = [other for other in waiting if other is not one and _may(run, other, one, kind)]
    for one in waiting:
        _explain(run, one)


def _best(run: Pass, waiting: Sequence[Candidate]) -> tuple[Candidate, Offer] | None:
    """Of the highest priority that takes anything off, the rule that takes most; the first by name of equals."""
    best: tuple[Candidate, Offer] | None = None
    for one in waiting:
        if best and one.rule.priority < best[0].rule.priority:
            break
        offer = _offer(run, one)
        if offer.fen and (best is None or offer.fen > best[1].fen):
            best = one, offer
    return best


def _may(run: Pass, one: Candidate, best: Candidate, kind: PartKind) -> bool:
    """Whether a rule may still act; says why not."""
    if one.group == best.group:
        run.refuse(one, "better")
    elif kind == "order" and not beside(one, best):
        run.refuse(one, "stack")
    else:
        return True
    return False


def _units(run: Pass, one: Candidate) -> list[int]:
    return run.pieces.untouched(run.pieces.units(one.positions), one.rule.unless)


class Offer(NamedTuple):
    """What a rule would take off now: `fen` in all, of these pieces, so many thousandths of each line or as a sum."""

    fen: int
    units: list[int]
    mille: int = 0

    def shares(self, run: Pass, one: Candidate) -> dict[int, int]:
        """Piece -> its share."""
        if self.mille:
            return scaled(run.pieces.percent(self.mille, self.units), run.fen_left(one.rule))
        return run.pieces.shared(self.fen, self.units)


_NOTHING = Offer(0, [])


def _offer(run: Pass, one: Candidate) -> Offer:
    units = _units(run, one)
    if not units or not run.meets(one, units):
        return _NOTHING
    match one.rule.benefit:
        case Percent(off_mille=mille):
            return _percent(run, one, units, mille)
        case Off(fen=fen, every=every):
            return _fixed(run, one, units, fen * (_times(run, one, units) if every else 1))
        case Ladder() as ladder:
            step = _step(run, one, ladder, units)
            if step is None:
                return _NOTHING
            if step.off_mille:
                return _percent(run, one, units, step.off_mille)
            return _fixed(run, one, units, step.fen)
        case _:
            return _NOTHING


def _percent(run: Pass, one: Candidate, units: list[int], mille: int) -> Offer:
    lines = run.pieces.by_item(units).values()
    fen = sum(half_up(run.pieces.due(line), mille) for line in lines)
    return Offer(min(fen, run.fen_left(one.rule)), units, mille)


def _fixed(run: Pass, one: Candidate, units: list[int], fen: int) -> Offer:
    return Offer(min(fen, run.pieces.due(units), run.fen_left(one.rule)), units)


def _times(run: Pass, one: Candidate, units: list[int]) -> int:
    """How often the threshold is reached, within the caps."""
    wanted = one.rule.threshold
    times = run.reached(units, one.rule, wanted.of, wanted.on) // wanted.at_least if wanted else 1
    return min(times, run.times_left(one.rule))


def _step(run: Pass, one: Candidate, ladder: Ladder, units: list[int]) -> Step | None:
    """The highest step that is reached."""
    value = run.reached(units, one.rule, ladder.of, ladder.on)
    return max(
        (step for step in ladder.steps if step.at_least <= value), key=lambda s: s.at_least, default=None
    )


def _explain(run: Pass, one: Candidate) -> None:
    """Why a rule whose goods are here took nothing off."""
    units = _units(run, one)
    if not units:
        run.refuse(one, "unless" if one.positions else "scope")
    elif not run.meets(one, units):
        run.refuse(one, "threshold", run.short_of(one, units))
    elif isinstance(one.rule.benefit, Ladder):
        ladder = one.rule.benefit
        first = min(ladder.steps, key=lambda step: step.at_least)
        missing = first.at_least - run.reached(units, one.rule, ladder.of, ladder.on)
        if missing > 0:
            run.refuse(one, "threshold", missing, first)


def next_steps(run: Pass) -> None:
    """Of ladders that acted: what the next step would take."""
    acted = {part.rule for parts in run.pieces.parts for part in parts}
    for one in (*run.by_level.get("order", ()), *run.by_level.get("coupon", ())):
        ladder = one.rule.benefit
        if one.name not in acted or one.rule.unless or not isinstance(ladder, Ladder):
            continue
        units = run.pieces.units(one.positions)
        value = run.reached(units, one.rule, ladder.of, ladder.on)
        ahead = min((s for s in ladder.steps if s.at_least > value), key=lambda s: s.at_least, default=None)
        if ahead:
            run.refuse(one, "threshold", ahead.at_least - value, ahead)
