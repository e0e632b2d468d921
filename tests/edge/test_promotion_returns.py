"""Whatever the rules did: every piece brought back, one at a time in any order, pays back exactly what was paid."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.baskets import Priced
from edge.domain.promotion_book import RuleBook
from edge.domain.promotions import price
from edge.domain.return_sums import preview
from edge.domain.returns import (
    Bought,
    Condition,
    Fate,
    PaidBy,
    Piece,
    Reason,
    ReturnableLine,
    Source,
    Wanted,
)
from sync.conformance.price_vectors import Vector, read

VECTORS = read(Path(__file__).parent / "promotion_vectors")


def bought(priced: Priced) -> Bought:
    """The purchase as its stored allocation has it."""
    rows = [*priced.lines, *(gift.priced for gift in priced.gifts)]
    lines = tuple(
        ReturnableLine(
            row.line,
            row.sku,
            "",
            row.sku,
            row.sku,
            row.qty,
            row.gross_fen // row.qty,
            tuple(
                Piece(unit, share.net_fen, sum(part.points for part in share.parts))
                for unit, share in enumerate(row.units)
            ),
        )
        for row in rows
    )
    half = priced.total_fen // 2
    paid = (
        PaidBy("cash", half, "t1", half),
        PaidBy("wallet", priced.total_fen - half, "t2", priced.total_fen - half),
    )
    return Bought(Source.SALE, "s", "s", "S1", date(2026, 11, 11), lines, paid, priced.total_fen)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(VECTORS), st.randoms(use_true_random=False))
def test_piece_by_piece_everything_comes_back(vector: Vector, chance: random.Random) -> None:
    priced = price(vector.asked, RuleBook.as_of(vector.rules, vector.tiers, vector.asked.local))
    rest = bought(priced)
    turns = [line.line for line in rest.lines for _ in line.pieces]
    chance.shuffle(turns)
    fen = points = 0
    tenders: dict[str, int] = {}
    for number in turns:
        wanted = Wanted(number, 1, Condition.INTACT, Reason.NO_REASON, Fate.SHELF)
        said = preview(rest, [wanted])
        fen += said.fen
        points += said.points_given
        for name, share in said.by_tender.items():
            tenders[name] = tenders.get(name, 0) + share
        lines = tuple(
            replace(line, pieces=line.pieces[1:]) if line.line == number else line for line in rest.lines
        )
        paid = tuple(
            replace(one, left_fen=one.left_fen - said.by_tender.get(one.number, 0)) for one in rest.paid
        )
        rest = replace(rest, lines=lines, paid=paid)
    assert (fen, points) == (priced.total_fen, priced.points_used)
    assert sum(tenders.values()) == priced.total_fen
    assert all(one.left_fen == 0 for one in rest.paid)


GIFTED = [
    one for one in VECTORS if price(one.asked, RuleBook.as_of(one.rules, one.tiers, one.asked.local)).gifts
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(GIFTED), st.data())
def test_gifts_that_come_back_bring_all_and_kept_ones_cost_their_listed_price(
    vector: Vector, data: st.DataObject
) -> None:
    priced = price(vector.asked, RuleBook.as_of(vector.rules, vector.tiers, vector.asked.local))
    own = {gift.priced.line for gift in priced.gifts}
    plain = bought(priced)
    shop = replace(plain, lines=tuple(replace(one, gift=one.line in own) for one in plain.lines))
    gifts = [(one, piece) for one in shop.lines if one.gift for piece in one.pieces]
    kept = {one.line: data.draw(st.integers(0, one.left)) for one in shop.lines if one.gift}
    wanted = [
        Wanted(one.line, qty, Condition.INTACT, Reason.NO_REASON, Fate.SHELF)
        for one in shop.lines
        if (qty := one.left - kept.get(one.line, 0))
    ]
    said = preview(shop, wanted, gifts_earned={one.sku: 99 for one, _ in gifts})
    staying = sum(
        piece.net_fen for one in shop.lines for piece in one.pieces[one.left - kept.get(one.line, 0) :]
    )
    worth = sum(
        max(0, one.unit_fen - piece.net_fen)
        for one in shop.lines
        for piece in one.pieces[one.left - kept.get(one.line, 0) :]
    )
    assert said.whole, "what was paid for is back"
    assert said.fen == max(0, priced.total_fen - staying - worth)
    assert said.gift_fen == min(worth, priced.total_fen - staying)
    if not any(kept.values()):
        assert said.fen == priced.total_fen
