"""Step 2, line rules: every piece gets the best single rule, and beside it only what both rules allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from edge.domain.promotion_pass import Candidate, Pass, beside
from edge.domain.promotion_rules import CountOff, FixedPrice, Percent, UnitOff
from edge.domain.promotion_sets import PieceSet, pieces_needed, sets_of
from edge.domain.promotion_shares import scaled

SINGLE = (Percent, FixedPrice, UnitOff)
MOST_BESIDE = 5
"""Line rules that act on one piece beside each other."""
MOST_WORK = 600_000
"""Of the rules that make sets: pieces times lines they choose from, about a microsecond each."""


class _Plan(NamedTuple):
    """What one round does: rule -> its sets, and rule -> the pieces it acts on one by one."""

    sets: dict[Candidate, list[PieceSet]]
    singles: dict[Candidate, list[int]]


def line_rules(run: Pass) -> list[tuple[int, ...]]:
    """Applies the line rules; gives the pieces that only keep or lose their rules together."""
    step = _LineStep(run)
    for _ in range(MOST_BESIDE):
        # A second round acts beside the first one only, and with nobody who allows it there is none.
        if not step.round() or not step.stacking:
            break
    step.explain()
    return step.together


class _LineStep:
    def __init__(self, run: Pass) -> None:
        self.run = run
        self.pieces = run.pieces
        self.together: list[tuple[int, ...]] = []
        self.acted: dict[int, list[Candidate]] = {}
        self.done: set[str] = set()
        self.fen: dict[str, int] = {}
        self.left: dict[str, int] = {}
        self.at: dict[int, list[Candidate]] = {}
        self.sets: list[tuple[Candidate, list[int]]] = []
        self.ready: list[Candidate] = []
        for found in sorted(run.by_level.get("line", ()), key=lambda one: one.name):
            self._admit(found)
        self._leave_out()
        self.stacking = sum(bool(found.rule.stack) for found in self.ready) > 1

    def _admit(self, found: Candidate) -> None:
        items = self.run.asked.items
        found.positions = [n for n in found.positions if not items[n].manual_off_fen]
        units = self.pieces.units(found.positions)
        if not units:
            return
        if not self.run.meets(found, units):
            self.run.refuse(found, "threshold", self.run.short_of(found, units))
            return
        self.ready.append(found)
        self.left[found.name] = self.run.times_left(found.rule)
        if isinstance(found.rule.benefit, SINGLE):
            for position in found.positions:
                self.at.setdefault(position, []).append(found)
        else:
            self.sets.append((found, units))

    def _leave_out(self) -> None:
        """Of more rules that make sets than a till can weigh while somebody waits, the highest priority first."""
        work = 0
        for found, units in sorted(self.sets, key=lambda one: one[0].order):
            mine = len(units) * len(found.positions)
            if work and work + mine > MOST_WORK:
                self.sets.remove((found, units))
                self.ready.remove(found)
                self.run.refuse(found, "crowded")
            else:
                work += mine

    def round(self) -> bool:
        """One more rule a piece at most; False when nothing acts any more."""
        self._sort_out()
        plan = _Plan({}, {})
        busy = self._choose_sets(plan)
        self._choose_singles(plan, busy)
        for found, sets in plan.sets.items():
            self._apply_sets(found, sets)
        for found, units in plan.singles.items():
            self._apply_single(found, units)
        return bool(plan.sets or plan.singles)

    # ---- what a piece would get by itself

    def _sort_out(self) -> None:
        """Pieces of one line, at one price and under the same rules are alike: they are weighed once."""
        alike: dict[tuple[int, int, tuple[str, ...]], int] = {}
        self.like: list[int] = []
        self.offers: list[list[tuple[int, Candidate]]] = []
        self.under: list[Sequence[Candidate]] = []
        for unit, position in enumerate(self.pieces.owner):
            net, acted = self.pieces.net[unit], self.acted.get(unit, ())
            key = (position, net, tuple(one.name for one in acted))
            if key not in alike:
                alike[key] = len(alike)
                self.offers.append(list(self._singles(position, net, acted)))
                self.under.append(acted)
            self.like.append(alike[key])

    def _singles(
        self, position: int, net: int, acted: Sequence[Candidate]
    ) -> Iterator[tuple[int, Candidate]]:
        """(saving in thousandths of a fen, rule) of every single rule that may act on a piece now."""
        for one in self.at.get(position, ()):
            saving = _saving(one, net)
            if saving > 0 and all(beside(one, other) for other in acted):
                yield saving, one

    def _best(self, unit: int) -> Candidate | None:
        """Of every group the rule of the highest priority, and of those the one that saves most."""
        groups: dict[str, tuple[int, int, Candidate]] = {}
        for saving, one in self.offers[self.like[unit]]:
            if self.left[one.name] > 0:
                mine = (one.rule.priority, saving, one)
                if one.group not in groups or groups[one.group][:2] < mine[:2]:
                    groups[one.group] = mine
        best = max(groups.values(), key=lambda mine: mine[1], default=None)
        return best[2] if best else None

    def _choose_singles(self, plan: _Plan, busy: set[int]) -> None:
        for position in sorted(self.at):
            for unit in self.pieces.units((position,)):
                if unit not in busy and (best := self._best(unit)):
                    plan.singles.setdefault(best, []).append(unit)
                    self.left[best.name] -= 1

    # ---- sets of pieces

    def _choose_sets(self, plan: _Plan) -> set[int]:
        """The sets with the greatest advantage a piece first; of one group the rule of the highest priority first."""
        busy: set[int] = set()
        options = {found: self._options(found, units, busy) for found, units in self.sets}
        while chosen := _first_choice(options):
            room = self.left[chosen.name]
            best = max(one.rank for one in options[chosen])
            sets = [one for one in options[chosen] if one.rank == best][:room]
            plan.sets.setdefault(chosen, []).extend(sets)
            self.left[chosen.name] -= sum(self._times(chosen, one) for one in sets)
            taken = {unit for one in sets for unit in one.units}
            busy |= taken
            for found, units in self.sets:
                if found is chosen or not taken.isdisjoint(units):
                    options[found] = self._options(found, units, busy)
        return busy

    def _times(self, found: Candidate, one: PieceSet) -> int:
        # N件X折 counts its pieces, as a percentage does; a pair or a bundle counts once.
        return len(one.units) if isinstance(found.rule.benefit, CountOff) else 1

    def _options(self, found: Candidate, units: Sequence[int], busy: set[int]) -> list[PieceSet]:
        if self.left[found.name] <= 0:
            return []
        like, weighed = self.like, dict[int, int]()
        free = []
        for unit in units:
            kind = like[unit]
            if kind not in weighed:
                weighed[kind] = self._otherwise(found, kind)
            if weighed[kind] >= 0 and unit not in busy:
                free.append(unit)
        return sets_of(found, free, self.pieces, lambda unit: weighed[like[unit]])

    def _otherwise(self, found: Candidate, kind: int) -> int:
        """What such a piece would save under the best rule of another group, -1: this rule must leave it alone."""
        if not all(beside(found, other) for other in self.under[kind]):
            return -1
        best, group, priority = 0, found.group, found.rule.priority
        for saving, one in self.offers[kind]:
            if one.group == group and one.rule.priority > priority and self.left[one.name] > 0:
                return -1
            if saving > best and (one.group != group or one.rule.priority == priority):
                best = saving
        return best

    # ---- what was chosen, done

    def _apply_sets(self, found: Candidate, sets: list[PieceSet]) -> None:
        hits = [unit for one in sets for unit in one.hits]
        off = self.pieces.percent(sets[0].mille, hits) if hits else {}
        shares: dict[int, int] = {}
        for one in sets:
            if one.hits == one.units:
                shares.update((unit, off[unit]) for unit in one.units)
                continue
            fen = sum(off[unit] for unit in one.hits) if one.hits else self.pieces.due(one.units) - one.fen
            shares.update(self.pieces.shared(fen, one.units))
        self._take(found, shares)
        for one in sets:
            self._remember(found, one.units)

    def _apply_single(self, found: Candidate, units: list[int]) -> None:
        net = self.pieces.net
        match found.rule.benefit:
            case Percent(off_mille=mille):
                shares = self.pieces.percent(mille, units)
            case FixedPrice(fen=fen):
                shares = {unit: net[unit] - fen for unit in units}
            case UnitOff(fen=fen):
                shares = {unit: min(fen, net[unit]) for unit in units}
            case _:
                shares = {}
        self._take(found, shares)
        for line in self.pieces.by_item(units).values():
            self._remember(found, tuple(line))

    def _take(self, found: Candidate, shares: dict[int, int]) -> None:
        rule = found.rule
        wanted = sum(shares.values())
        room = self.run.fen_left(rule) - self.fen.get(found.name, 0)
        if wanted > room:
            shares = scaled(dict(sorted(shares.items())), room)
            self.run.refuse(found, "cap")
        self.fen[found.name] = self.fen.get(found.name, 0) + min(wanted, room)
        self.pieces.take(found.name, rule.version, "line", found.group, shares)

    def _remember(self, found: Candidate, units: tuple[int, ...]) -> None:
        self.done.add(found.name)
        self.together.append(units)
        for unit in units:
            self.acted.setdefault(unit, []).append(found)

    def explain(self) -> None:
        """Why rules in scope did not act."""
        sets, acted = dict(self.sets), {self.pieces.owner[unit] for unit in self.acted}
        for found in self.ready:
            if found.name in self.done:
                continue
            missing = pieces_needed(found) - len(sets[found]) if found in sets else 0
            if missing > 0:
                self.run.refuse(found, "threshold", missing)
            elif not acted.isdisjoint(found.positions):
                self.run.refuse(found, "better")


def _saving(found: Candidate, net: int) -> int:
    """What a single rule takes off a piece, in thousandths of a fen."""
    match found.rule.benefit:
        case Percent(off_mille=mille):
            return net * mille
        case FixedPrice(fen=fen):
            return (net - fen) * 1000
        case UnitOff(fen=fen):
            return min(fen, net) * 1000
        case _:
            return 0


def _first_choice(options: dict[Candidate, list[PieceSet]]) -> Candidate | None:
    """The rule with the best set, among those that no rule of their group goes before."""
    highest: dict[str, int] = {}
    for found, sets in options.items():
        if sets:
            highest[found.group] = max(highest.get(found.group, found.rule.priority), found.rule.priority)
    able = [f for f, sets in options.items() if sets and f.rule.priority == highest[f.group]]
    return max(able, key=lambda f: max(one.rank for one in options[f]), default=None)
