"""The kiosk's table of places and acts, what a person has to look at, and the best coupons: pure rules."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.idle import STATES
from edge.domain.lane_checks import Limits, Need, best_set, needs, open_needs, spot_checked
from edge.domain.lane_refusals import LaneMovedOn
from edge.domain.lane_session import (
    FREE_PLACES,
    IDLE_NAMES,
    MOVES,
    PAY_PLACES,
    Act,
    Asked,
    Here,
    Place,
    act_of,
    moved,
    next_step,
)
from edge.domain.orders import Fen
from edge.domain.payment_views import AttemptView, Paying, PaymentView
from edge.domain.payments import Channel, Manner, PayState
from edge.domain.selling import Basket, BasketState, Line
from edge.domain.tickets import TicketKind

AT = "2026-11-23T02:00:00.000Z"
LIMITS = Limits(pieces=3, removed=2, spot_mille=0)


def basket(*lines: Line, age_by: str = "") -> Basket:
    facts = (
        "b1",
        "K1",
        "self",
        BasketState.OPEN,
        1,
        False,
        "store",
        "",
        "r",
        "",
        "",
        "",
        "",
        0,
        (),
        (),
        age_by,
    )
    return Basket(*facts, AT, AT, AT, lines)


def line(number: int, sku: str, qty: int = 1, fen: int = 100, flags: tuple[str, ...] = ()) -> Line:
    return Line(number, sku, "", sku, sku, qty, fen, "b", flags=flags)


def test_every_stored_place_has_moves_a_way_out_and_a_rule_for_idleness() -> None:
    for place in set(Place) - {Place.CLOSED}:
        assert MOVES[place][Act.REST] is Place.ATTRACT, place
        assert MOVES[place][Act.TOUCH] is MOVES[place][Act.NOTE] is place
        assert IDLE_NAMES[place] in STATES["kiosk"], place
    assert MOVES[Place.CLOSED] == {}
    reached = {after for moves in MOVES.values() for after in moves.values()}
    assert reached == set(Place) - {Place.CLOSED}


def test_money_under_way_lets_nothing_else_happen_and_never_goes_idle() -> None:
    shopping = {
        Act.GOODS,
        Act.MEMBER,
        Act.COUPONS,
        Act.LOOKUP,
        Act.BAGS,
        Act.HELP,
        Act.CHECK,
        Act.BEGIN,
        Act.CODE,
    }
    for place in PAY_PLACES:
        assert not shopping & set(MOVES[place]), place
        for act in shopping:
            with pytest.raises(LaneMovedOn):
                moved(Here(place), act, AT)
    assert {STATES["kiosk"][IDLE_NAMES[one]].value for one in PAY_PLACES - {Place.PAY}} == {"held"}
    assert Act.PARK in MOVES[Place.PAY]
    assert not any(Act.PARK in MOVES[one] for one in PAY_PLACES - {Place.PAY})


def test_who_comes_next_finds_nothing_of_who_was_there() -> None:
    left = {"sale": "s1", "look": "7", "help": "t1", "score": "5", "parked": "HB1"}
    for place in FREE_PLACES:
        for act in (Act.GOODS, Act.BEGIN, Act.COLLECT, Act.CODE, Act.LOOKUP, Act.HELP, Act.REST):
            after = moved(Here(place, left), act, AT)
            assert after.facts == {}, (place, act)
    assert moved(Here(Place.UNKNOWN, left), Act.REST, AT).facts == {}


def test_a_note_is_no_sign_of_anybody_and_a_touch_changes_nothing_else() -> None:
    here = Here(Place.BASKET, {"flash": "1", "look": "7"}, AT, AT, 4)
    noted = moved(here, Act.NOTE, "later", {"said": "x"})
    assert (noted.touched_at, noted.facts) == (AT, {"look": "7", "said": "x"})
    touched = moved(here, Act.TOUCH, "later")
    assert touched == replace(here, touched_at="later")
    assert moved(noted, Act.NOTE, AT, {"look": ""}).facts == {}


def payment(state: PayState | None, paying: Paying = Paying.OPEN, *, cancelling: bool = False) -> PaymentView:
    attempt = AttemptView("n", Channel.WECHAT, Manner.CODE, Fen(1), state) if state else None
    facts = ("p", "b", "s", "K1", Fen(1), Fen(1), paying)
    return PaymentView(*facts, attempt=attempt, cancelling=cancelling)


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (None, Act.PAY),
        (PayState.NEW, Act.SUBMIT),
        (PayState.SUBMITTING, Act.SUBMIT),
        (PayState.QR_SHOWN, Act.SUBMIT),
        (PayState.CLOSING, Act.SUBMIT),
        (PayState.USERPAYING, Act.ASK),
        (PayState.UNKNOWN, Act.LOSE),
        (PayState.REVERSING, Act.LOSE),
        (PayState.STUCK, Act.LOSE),
        (PayState.FAILED, Act.PAY),
        (PayState.REVERSED, Act.PAY),
        (PayState.CLOSED, Act.PAY),
    ],
)
def test_the_screen_follows_the_payment(state: PayState | None, act: Act) -> None:
    assert act_of(payment(state)) is act


def test_only_money_that_stays_is_a_sale() -> None:
    assert act_of(payment(PayState.SUCCEEDED, Paying.PAID)) is Act.PAID
    assert act_of(payment(PayState.SUCCEEDED, Paying.PAID, cancelling=True)) is not Act.PAID


def test_questions_come_in_one_order_and_people_only_before_paying() -> None:
    order = [next_step(Asked(*flags)) for flags in itertools.product((True, False), repeat=4)]
    assert order == [Act.BAGS] * 8 + [Act.MEMBER] * 4 + [Act.COUPONS] * 2 + [Act.CHECK, Act.PAY]


def test_everything_to_look_at_is_found_at_once() -> None:
    lines = (
        line(1, "W", flags=("alcohol",)),
        line(2, "A", 3),
        line(3, "A", 1),
        line(4, "F", fen=0),
        line(5, "Z"),
    )
    found = needs(basket(*lines), ["690"], 3, replace(LIMITS, spot_mille=1000))
    assert [(one.kind, one.about, one.lines) for one in found] == [
        (TicketKind.AGE, "W", (1,)),
        (TicketKind.MAX_QTY, "A", (2, 3)),
        (TicketKind.PRICE_ZERO, "F", (4,)),
        (TicketKind.UNKNOWN_ITEM, "690", ()),
        (TicketKind.VOID_LIMIT, "", ()),
        (TicketKind.SPOT_CHECK, "", ()),
    ]
    assert [one.droppable for one in found] == [True, True, True, True, False, False]
    odd = needs(basket(*lines[1:3], line(5, "Z")), [], 0, replace(LIMITS, pieces=9), (3, 3, 7))
    assert [(one.kind, one.about, one.lines, one.qty) for one in odd] == [(TicketKind.WEIGHT, "A", (3,), 2)]
    assert needs(basket(line(1, "W", flags=("alcohol",)), age_by="1001"), [], 2, LIMITS) == ()


def test_what_was_approved_for_four_is_not_approved_for_five() -> None:
    four, five = Need(TicketKind.MAX_QTY, "A", (1,), 4), Need(TicketKind.MAX_QTY, "A", (1,), 5)
    assert open_needs((four, five), {four.key: "yes"}) == (five,)


def test_spot_checks_keep_to_their_rate_and_to_their_word() -> None:
    names = [f"basket-{n}" for n in range(4000)]
    chosen = [name for name in names if spot_checked(name, 50)]
    assert 140 <= len(chosen) <= 260
    assert chosen == [name for name in names if spot_checked(name, 50)]
    assert not any(spot_checked(name, 0) for name in names)
    assert all(spot_checked(name, 1000) for name in names)


@given(st.lists(st.integers(-50, 50), max_size=5))
def test_no_other_set_of_coupons_is_cheaper(worths: list[int]) -> None:
    def total(some: tuple[int, ...]) -> int:
        # Two of the same parity exclude each other, as coupons of a group do.
        odd, even = [worths[n] for n in some if n % 2], [worths[n] for n in some if not n % 2]
        return 1000 - sum(max(group, default=0) for group in (odd, even))

    names = tuple(range(len(worths)))
    best = total(best_set(names, total))
    every = itertools.chain.from_iterable(
        itertools.combinations(names, size) for size in range(len(names) + 1)
    )
    assert best == min(total(some) for some in every)


def test_many_coupons_are_chosen_step_by_step() -> None:
    worth = {"a": 5, "b": 9, "c": 1, "d": 7, "e": 3, "f": 2, "g": 0}
    chosen = best_set(
        tuple(worth), lambda some: 100 - sum(sorted((worth[one] for one in some), reverse=True)[:2])
    )
    assert set(chosen) == {"b", "d"}
