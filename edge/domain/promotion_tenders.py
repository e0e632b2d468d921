"""Steps 6, 7 and 9: deposits that count for more, points that pay, and the coin that does not exist."""

from __future__ import annotations

from edge.domain.baskets import Deposit
from edge.domain.promotion_book import names
from edge.domain.promotion_pass import Pass
from edge.domain.promotion_rules import NOWHERE, Inflate, PointsPay
from edge.domain.promotion_shares import Taken, share


def deposits(run: Pass) -> None:
    """Counts deposits k times on what is due for their goods, never below nothing; one after the other by `ref`."""
    for deposit in sorted({one.ref: one for one in run.asked.deposits}.values(), key=lambda one: one.ref):
        positions = [
            n
            for n, item in enumerate(run.asked.items)
            if deposit.goods == NOWHERE or names(deposit.goods, item)
        ]
        units = run.pieces.units(positions)
        k_mille, version = _terms(run, deposit)
        credit = min(deposit.paid_fen * k_mille // 1000, run.pieces.due(units))
        _pay(run, deposit.ref, version, credit, paid=min(deposit.paid_fen, credit), units=units)


def _terms(run: Pass, deposit: Deposit) -> tuple[int, int]:
    """How much it counts, and the version of the rule that says so."""
    if deposit.k_mille:
        return deposit.k_mille, deposit.version
    rule = run.book.rule(deposit.rule)
    if rule is not None and isinstance(rule.benefit, Inflate):
        return rule.benefit.k_mille, rule.version
    return 1000, deposit.version


def _pay(run: Pass, rule: str, version: int, fen: int, *, paid: int, units: list[int]) -> None:
    shares = run.pieces.shared(fen, units)
    before = dict(zip(shares, share(paid, list(shares.values())), strict=True))
    for unit, mine in shares.items():
        if mine:
            run.pieces.net[unit] -= mine
            run.pieces.parts[unit].append(Taken(rule, version, "deposit", "deposit", mine, before[unit]))


def points(run: Pass) -> int:
    """Pays with points under the rule of the highest priority; gives the points used."""
    rules = sorted(run.by_level.get("points", ()), key=lambda one: one.order)
    wanted = min(run.asked.points_wanted, run.asked.shopper.points)
    for one in rules:
        benefit = one.rule.benefit
        units = run.pieces.untouched(run.pieces.units(one.positions), one.rule.unless)
        if not isinstance(benefit, PointsPay) or not units or wanted <= 0:
            continue
        if not run.meets(one, units):
            run.refuse(one, "threshold", run.short_of(one, units))
            continue
        most = min(run.pieces.due(units) * benefit.cap_mille // 1000, run.fen_left(one.rule))
        worth = wanted * benefit.fen // benefit.points
        fen = min(worth, most)
        if worth > most:
            run.refuse(one, "cap")
        # Rounded up: no fen is given for less than the points it costs.
        used = -(-fen * benefit.points // benefit.fen)
        shares = run.pieces.shared(fen, units)
        cost = dict(zip(shares, share(used, list(shares.values())), strict=True))
        for unit, mine in shares.items():
            if mine:
                run.pieces.net[unit] -= mine
                taken = Taken(one.name, one.rule.version, "points", "points", mine, 0, cost[unit])
                run.pieces.parts[unit].append(taken)
        return used
    return 0
