"""The rules of returns: what was paid for a piece is what it brings, and all pieces bring all that was paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from edge.desks.purchases import in_points
from edge.domain.return_refusals import (
    NothingToReturn,
    NotReturnable,
    ReturnTooLate,
    ReturnTooMany,
    WrongFate,
)
from edge.domain.return_sums import estimated, preview, spread
from edge.domain.returns import (
    FATES,
    Bought,
    Condition,
    Fate,
    PaidBy,
    Piece,
    Reason,
    ReturnableLine,
    Source,
    Terms,
    Wanted,
    check,
    without,
)
from edge.domain.selling import Share, SoldLine

TERMS = Terms(7, 15)
DAY = date(2026, 11, 1)


def line(number: int, *nets: int, unit_fen: int = 0, **more: Any) -> ReturnableLine:
    pieces = tuple(Piece(n, net) for n, net in enumerate(nets, start=1))
    listed = unit_fen or max(nets, default=0)
    return ReturnableLine(number, f"P{number}", "", "茶", "Tea", len(nets), listed, pieces, **more)


def bought(*lines: ReturnableLine, paid: tuple[PaidBy, ...] = (), **more: Any) -> Bought:
    net = sum(piece.net_fen for one in lines for piece in one.pieces)
    tenders = paid or (PaidBy("cash", net, "c1", net),)
    return Bought(Source.SALE, "s1", "T1-7F000001", "S1", DAY, lines, tenders, net, **more)


def want(number: int, qty: int = 1, reason: Reason = Reason.NO_REASON) -> Wanted:
    return Wanted(number, qty, Condition.INTACT, reason, Fate.SHELF)


# The worked vector of the price rules: A 2 x 4392, B 9459, C 3 x 873.
VECTOR = (line(1, 4392, 4392), line(2, 9459), line(3, 873, 873, 873))


def test_a_piece_brings_what_it_had_cost() -> None:
    told = preview(bought(*VECTOR), [want(1), want(3, 2)])
    assert [one.fen for one in told.lines] == [4392, 1746]
    assert (told.fen, told.by_tender, told.whole) == (6138, {"c1": 6138}, False)
    assert preview(bought(*VECTOR), [want(1, 2), want(2), want(3, 3)]).whole


@settings(max_examples=150)
@given(some.data())
def test_all_pieces_in_any_portions_bring_exactly_what_was_paid(data: some.DataObject) -> None:
    nets = data.draw(
        some.lists(some.lists(some.integers(0, 9999), min_size=1, max_size=5), min_size=1, max_size=4)
    )
    lines = tuple(line(n, *part) for n, part in enumerate(nets, start=1))
    total = sum(map(sum, nets))
    cuts = sorted(data.draw(some.lists(some.integers(0, total), max_size=2)))
    edges = [0, *cuts, total]
    shares = [b - a for a, b in pairwise(edges)]
    tenders = {f"t{n}": PaidBy("x", fen, f"t{n}", fen) for n, fen in enumerate(shares) if fen}
    points = data.draw(some.integers(0, 500))
    gone: dict[int, frozenset[int]] = {}
    back = lost = 0
    todo = [(number, len(part)) for number, part in enumerate(nets, start=1)]
    while todo:
        at = data.draw(some.integers(0, len(todo) - 1))
        number, left = todo.pop(at)
        qty = data.draw(some.integers(1, left))
        if left - qty:
            todo.append((number, left - qty))
        whole = bought(*lines, paid=tuple(tenders.values()), member="m", points=points, points_back=lost)
        told = preview(without(whole, gone), [want(number, qty)])
        assert sum(told.by_tender.values()) == told.fen == sum(one.fen for one in told.lines)
        for name, fen in told.by_tender.items():
            old = tenders[name]
            assert 0 < fen <= old.left_fen
            tenders[name] = PaidBy("x", old.fen, name, old.left_fen - fen)
        gone[number] = gone.get(number, frozenset()) | set(told.lines[0].units)
        back += told.fen
        lost += told.points_lost
    assert back == total
    assert all(one.left_fen == 0 for one in tenders.values())
    assert lost == (points if total else lost)


def test_what_goes_back_is_divided_as_it_was_paid() -> None:
    two = (PaidBy("cash", 3000, "c", 3000), PaidBy("wechat", 7000, "w", 7000))
    assert spread(1000, two) == {"c": 300, "w": 700}
    assert spread(1001, two) == {"c": 300, "w": 701}
    # One has little left: the other takes what does not fit.
    assert spread(5000, (two[0], PaidBy("wechat", 7000, "w", 500))) == {"c": 3000, "w": 500}
    assert spread(1000, (two[0], PaidBy("wechat", 7000, "w", 500))) == {"c": 500, "w": 500}
    assert spread(0, two) == {}


def test_a_gift_that_is_no_longer_earned_comes_back_or_costs_its_price() -> None:
    shop = bought(line(1, 5000, 5000), line(2, 0, unit_fen=1900, gift=True))
    kept = preview(shop, [want(1)])
    assert (kept.fen, kept.gift_fen, kept.gifts_due) == (5000, 0, ())
    broken = preview(shop, [want(1)], gifts_earned={})
    assert (broken.fen, broken.gift_fen, broken.gifts_due) == (3100, 1900, (2,))
    whole = preview(shop, [want(1, 2)])
    assert (whole.fen, whole.gifts_due, whole.whole) == (8100, (2,), True)
    assert preview(shop, [want(1, 2), want(2)]).fen == 10000
    dear = bought(line(1, 500), line(2, 0, unit_fen=1900, gift=True))
    assert (preview(dear, [want(1)]).fen, preview(dear, [want(1)]).gift_fen) == (0, 500), (
        "never less than nought"
    )


def test_only_what_is_out_comes_back() -> None:
    rest = without(bought(*VECTOR), {1: frozenset({1})})
    assert preview(rest, [want(1)]).lines[0].units == (2,)
    for wanted in ([want(1, 2)], [want(9)], [want(3, 0)]):
        with pytest.raises(ReturnTooMany):
            check(rest, wanted, TERMS, DAY, forced=True)
    for nothing in ([], [want(3), want(3)]):
        with pytest.raises(NothingToReturn):
            check(rest, nothing, TERMS, DAY, forced=True)


@pytest.mark.parametrize(
    ("day", "reason", "fits"),
    [
        (8, Reason.NO_REASON, True),
        (9, Reason.NO_REASON, False),
        (9, Reason.QUALITY, True),
        (16, Reason.DAMAGED, True),
        (17, Reason.DAMAGED, False),
        (9, Reason.OTHER, False),
    ],
)
def test_the_term_is_seven_days_after_the_day_of_receipt_and_longer_for_faults(
    day: int, reason: Reason, fits: bool
) -> None:
    asked = (bought(*VECTOR), [want(1, reason=reason)], TERMS, date(2026, 11, day))
    if fits:
        check(*asked, forced=False)
    else:
        with pytest.raises(ReturnTooLate):
            check(*asked, forced=False)
        check(*asked, forced=True)


def test_excluded_goods_come_back_for_a_fault_only() -> None:
    fresh = bought(line(1, 990, flags=("no_return",)))
    with pytest.raises(NotReturnable):
        check(fresh, [want(1)], TERMS, DAY, forced=False)
    check(fresh, [want(1, reason=Reason.QUALITY)], TERMS, DAY, forced=False)


def test_only_intact_goods_go_back_on_the_shelf() -> None:
    for condition in (Condition.SOILED, Condition.INCOMPLETE):
        assert Fate.SHELF not in FATES[condition]
        with pytest.raises(WrongFate):
            check(
                bought(*VECTOR),
                [Wanted(1, 1, condition, Reason.QUALITY, Fate.SHELF)],
                TERMS,
                DAY,
                forced=True,
            )


def test_an_online_orders_sum_is_spread_over_its_pieces() -> None:
    found = estimated([(1, 2, 5990), (2, 1, 12900), (3, 3, 990)], 20862)
    assert sum(map(sum, found.values())) == 20862
    assert [len(part) for part in found.values()] == [2, 1, 3]
    assert estimated([(1, 2, 0)], 0) == {1: (0, 0)}


def test_where_the_chain_wants_it_the_rest_is_priced_anew() -> None:
    """满200减30 on two pieces of 100: one comes back, the rest is no longer 200 and costs 100 in full."""
    shop = bought(line(1, 8500, 8500, unit_fen=10000))
    told = preview(shop, [want(1)], rest_fen=10000)
    assert (told.fen, told.broken_fen) == (7000, 1500)
    # The last piece brings what is left, also what was kept before.
    later = replace(without(shop, {1: frozenset({1})}), withheld_fen=1500)
    last = preview(later, [want(1)], rest_fen=0)
    assert (last.fen, last.broken_fen) == (10000, -1500)
    assert told.fen + last.fen == 17000


def test_points_that_paid_go_back_with_the_pieces_they_paid_for() -> None:
    def units(*fens: int) -> tuple[Any, ...]:
        return tuple((1000 - fen, (Share("pts", "1", "points", fen),)) for fen in fens)

    lines = [
        SoldLine(1, "A", "", "", "", 2, 0, 1000, 2000, 0, "", "", (), "", units(100, 101)),
        SoldLine(2, "B", "", "", "", 1, 0, 1000, 1000, 0, "", "", (), "", units(0)),
        SoldLine(3, "C", "", "", "", 1, 0, 1000, 1000, 0, "", "", (), "", units(99)),
    ]
    sale = SimpleNamespace(lines=lines)
    found = in_points(sale, 50)  # type: ignore[arg-type]
    assert sum(found.values()) == 50
    assert set(found) == {(1, 1), (1, 2), (3, 1)}
    assert in_points(sale, 0) == {(1, 1): 0, (1, 2): 0, (3, 1): 0}  # type: ignore[arg-type]
