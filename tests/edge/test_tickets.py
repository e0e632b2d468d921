"""Calls and interventions: the whole table, who may end what, alarms that ring once, and answers of shoppers."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import stamp
from edge.daemon import Shop
from edge.desks.tickets import TicketDesk
from edge.domain.moves import IllegalMove, advance
from edge.domain.refusals import BadRequest, NonceReused, NotAllowed, Refusal, UnknownThing
from edge.domain.staff import Operator
from edge.domain.ticket_refusals import (
    AnsweredJustNow,
    GoThere,
    NotOnScale,
    OutcomeUnfit,
    TicketEnded,
    TicketTaken,
)
from edge.domain.tickets import (
    CALLS,
    POLICY,
    TICKET,
    Outcome,
    Scale,
    TicketEvent,
    TicketKind,
    TicketState,
    level_of,
    outcomes,
)
from tests.edge.conftest import PretendHq

N = (f"nonce-{n:06}" for n in itertools.count())


@pytest.fixture
def desk(shop: Shop, hq: PretendHq) -> TicketDesk:
    assert hq is not None
    return shop.store.front.tickets


def facts(shop: Shop, kind: str) -> list[dict[str, object]]:
    return [event.d for event in shop.books.journal.pending(0, 100, 1 << 20) if event.k == kind]


def waited(shop: Shop, ticket: str, seconds: float) -> None:
    """The ticket was opened so long ago."""
    at = stamp(datetime.now(UTC) - timedelta(seconds=seconds))
    with shop.books.ledger.transaction() as tx:
        tx.execute("UPDATE ticket SET opened_at = ? WHERE ticket = ?", (at, ticket))


def test_every_state_and_event_is_in_the_table() -> None:
    assert set(TICKET) == set(TicketState)
    allowed = {(state, event) for state, row in TICKET.items() for event in row}
    for state, event in itertools.product(TicketState, TicketEvent):
        if (state, event) in allowed:
            assert advance(TICKET, state, event) in TicketState
        else:
            with pytest.raises(IllegalMove):
                advance(TICKET, state, event)
    assert TICKET[TicketState.CLOSED] == {}
    assert (TicketState.OPEN, TicketEvent.LEAVE) not in allowed


def test_every_kind_has_a_policy_and_an_end() -> None:
    assert set(POLICY) == set(TicketKind)
    assert all(outcomes(kind) == (Outcome.HELPED,) for kind in CALLS)
    assert POLICY[TicketKind.AGE].on_foot, "nobody judges an age from afar"


@pytest.mark.parametrize(("wait", "level"), [(0, 0), (29.9, 0), (30, 1), (59.9, 1), (60, 2), (3600, 2)])
def test_levels(wait: float, level: int) -> None:
    assert level_of(wait) == level


def test_a_bell_pressed_five_times_is_one_call(desk: TicketDesk, shop: Shop) -> None:
    first = desk.open(TicketKind.HELP, "G1", "", next(N))
    for _ in range(4):
        assert desk.open(TicketKind.HELP, "G1", "", next(N)).ticket == first.ticket
    assert [one["kind"] for one in facts(shop, "ticket.opened")] == ["help"]
    assert desk.open(TicketKind.COMPLAINT, "G1", "", next(N)).ticket != first.ticket


def test_a_wish_told_twice_is_done_once_and_another_under_its_number_is_refused(
    desk: TicketDesk, cashier: Operator
) -> None:
    nonce = next(N)
    ticket = desk.open(TicketKind.MAX_QTY, "T2", "api:kiosk", nonce, sku="A1")
    again = desk.open(TicketKind.MAX_QTY, "T2", "api:kiosk", nonce, sku="A1")
    assert (again.ticket, again.repeat) == (ticket.ticket, True)
    with pytest.raises(NonceReused):
        desk.open(TicketKind.MAX_QTY, "T2", "api:kiosk", nonce, sku="B2")
    end = next(N)
    assert not desk.close(ticket.ticket, Outcome.APPROVED, cashier, end).repeat
    assert desk.close(ticket.ticket, Outcome.APPROVED, cashier, end).repeat
    with pytest.raises(TicketEnded):
        desk.close(ticket.ticket, Outcome.DENIED, cashier, next(N))


def test_one_takes_it_and_for_others_it_is_taken(
    desk: TicketDesk, shop: Shop, cashier: Operator, other: Operator, lead: Operator
) -> None:
    ticket = desk.open(TicketKind.AGE, "T2", "", next(N), sku="W1").ticket
    with pytest.raises(GoThere):
        desk.close(ticket, Outcome.APPROVED, cashier, next(N))
    waited(shop, ticket, 41)
    desk.take(ticket, cashier, next(N))
    for act in (
        lambda: desk.take(ticket, other, next(N)),
        lambda: desk.leave(ticket, other, next(N)),
        lambda: desk.close(ticket, Outcome.DENIED, other, next(N)),
    ):
        with pytest.raises(TicketTaken):
            act()
    assert desk.take(ticket, lead, next(N)).staff == lead.staff
    desk.close(ticket, Outcome.APPROVED, lead, next(N))
    (closed,) = facts(shop, "ticket.closed")
    assert (closed["outcome"], closed["kind"], closed["wait_s"]) == ("approved", "age", 41)
    assert desk.queue() == ()
    assert [one.outcome for one in desk.ended()] == ["approved"]


def test_what_is_laid_down_waits_again_for_everybody(
    desk: TicketDesk, cashier: Operator, other: Operator
) -> None:
    ticket = desk.open(TicketKind.SPOT_CHECK, "T2", "", next(N)).ticket
    desk.take(ticket, cashier, next(N))
    assert desk.leave(ticket, cashier, next(N)).state is TicketState.OPEN
    assert desk.take(ticket, other, next(N)).staff == other.staff


@pytest.mark.parametrize("kind", list(TicketKind))
def test_the_role_decides_who_approves_and_everybody_may_deny(
    desk: TicketDesk, cashier: Operator, lead: Operator, kind: TicketKind
) -> None:
    yes = outcomes(kind)[0]
    ticket = desk.open(kind, "T2", "", next(N)).ticket
    desk.take(ticket, cashier, next(N))
    if cashier.may(POLICY[kind].act):
        assert desk.close(ticket, yes, cashier, next(N)).outcome == yes.value
    else:
        with pytest.raises(NotAllowed):
            desk.close(ticket, yes, cashier, next(N))
        desk.take(ticket, lead, next(N))
        assert desk.close(ticket, yes, lead, next(N)).outcome == yes.value
    if Outcome.DENIED in outcomes(kind):
        second = desk.open(kind, "T2", "", next(N)).ticket
        assert desk.close(second, Outcome.DENIED, cashier, next(N)).outcome == "denied"


def test_a_call_cannot_be_approved_and_another_lane_cannot_withdraw(
    desk: TicketDesk, cashier: Operator
) -> None:
    ticket = desk.open(TicketKind.HELP, "G1", "", next(N)).ticket
    with pytest.raises(OutcomeUnfit):
        desk.close(ticket, Outcome.APPROVED, cashier, next(N))
    with pytest.raises(UnknownThing):
        desk.withdraw(ticket, "T1", "", next(N))
    assert desk.withdraw(ticket, "G1", "", next(N)).outcome == "withdrawn"
    with pytest.raises(UnknownThing):
        desk.open(TicketKind.HELP, "no-such-lane", "", next(N))


def test_alarms_ring_once_each_and_the_lamp_tells_how_long(
    desk: TicketDesk, shop: Shop, cashier: Operator
) -> None:
    heard: list[str] = []
    shop.wakes.listen(heard.append)
    ticket = desk.open(TicketKind.HELP, "T2", "", next(N)).ticket

    def called() -> int:
        return shop.store.till.lamps.standing("T2").called

    assert (heard.count("attention"), called()) == (1, 1)
    assert 29 < desk.turn() <= 30, "the worker wakes when the next alarm is due"
    for seconds, rings, light in ((31, 2, 2), (45, 2, 2), (61, 3, 3), (600, 3, 3)):
        waited(shop, ticket, seconds)
        desk.turn()
        assert (heard.count("attention"), called()) == (rings, light), seconds
    desk.take(ticket, cashier, next(N))
    assert called() == 1
    desk.close(ticket, Outcome.HELPED, cashier, next(N))
    assert called() == 0


def test_the_longest_waiting_stands_first_and_old_ones_are_forgotten(
    desk: TicketDesk, shop: Shop, cashier: Operator
) -> None:
    late = desk.open(TicketKind.HELP, "T1", "", next(N)).ticket
    early = desk.open(TicketKind.HELP, "T2", "", next(N)).ticket
    waited(shop, early, 50)
    assert [one.ticket for one in desk.queue()] == [early, late]
    desk.take(early, cashier, next(N))
    assert [one.ticket for one in desk.queue()] == [late, early], "who waits for nobody stands before"
    desk.close(early, Outcome.HELPED, cashier, next(N))
    with shop.books.ledger.transaction() as tx:
        tx.execute("UPDATE ticket SET closed_at = '2020-01-01T00:00:00.000Z' WHERE ticket = ?", (early,))
    desk.turn()
    assert desk.ended() == ()
    assert [one.ticket for one in desk.queue()] == [late]


def test_an_answer_is_anonymous_and_one_finger_answers_once(shop: Shop, hq: PretendHq) -> None:
    assert hq is not None
    feedback, nonce = shop.store.front.feedback, next(N)
    assert feedback.answer("G1", Scale.NPS, 9, "idle", ("fast", "friendly"), nonce)
    assert not feedback.answer("G1", Scale.NPS, 9, "idle", ("fast", "friendly"), nonce)
    with pytest.raises(AnsweredJustNow):
        feedback.answer("G1", Scale.FACES, 5, "idle", (), next(N))
    assert feedback.answer("T1", Scale.FACES, 1, "checkout", (), next(N)), "another screen is another finger"
    with shop.books.ledger.transaction() as tx:
        tx.execute("UPDATE feedback SET at = ?", (stamp(datetime.now(UTC) - timedelta(seconds=6)),))
    assert feedback.answer("G1", Scale.FACES, 5, "idle", (), next(N))
    told = [event for event in shop.books.journal.pending(0, 100, 1 << 20) if event.k == "feedback.given"]
    assert [(one.d["score"], one.actor.op) for one in told] == [(9, ""), (1, ""), (5, "")]
    assert shop.store.front.today.figures().score == 9.0


@pytest.mark.parametrize(
    ("scale", "score", "about", "chips"),
    [
        (Scale.NPS, 11, "idle", ()),
        (Scale.NPS, -1, "idle", ()),
        (Scale.FACES, 0, "idle", ()),
        (Scale.FACES, 6, "idle", ()),
        (Scale.NPS, 5, "elsewhere", ()),
        (Scale.NPS, 5, "idle", ("no such reason",)),
        (Scale.NPS, 5, "idle", ("fast", "fast")),
    ],
)
def test_what_is_no_answer_is_refused(
    shop: Shop, hq: PretendHq, scale: Scale, score: int, about: str, chips: tuple[str, ...]
) -> None:
    assert hq is not None
    with pytest.raises(Refusal) as refused:
        shop.store.front.feedback.answer("G1", scale, score, about, chips, next(N))
    off = scale is Scale.FACES or abs(score - 5) > 5
    assert isinstance(refused.value, NotOnScale if off else BadRequest)
    assert facts(shop, "feedback.given") == []
