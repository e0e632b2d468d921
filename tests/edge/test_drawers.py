"""A drawer opens once a command, whatever is repeated, and no slip ever opens one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text
from edge.daemon import Shop
from edge.domain import refusals as no
from edge.domain.drawers import Outcome, Reason
from tests.edge.drawer_shop import (
    kinds,
    newest,
    opened,
    seen,
    settings_for,
    turn,
    wish,
)

SLIP = Slip("t", (Text("one"),))


@pytest.fixture
def paper_end() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter() as simulated:
        yield simulated


@pytest.fixture
def shop(tmp_path: Path, paper_end: SimulatedPrinter) -> Iterator[Shop]:
    with opened(settings_for(tmp_path, paper_end)) as built:
        yield built


# ---- one pulse a command ---------------------------------------------------------------------------


def test_the_row_and_the_fact_stand_before_the_pulse(shop, cashier, paper_end):
    asked = wish(shop, cashier)
    assert (asked.outcome, paper_end.kicks, kinds(shop)) == (Outcome.ASKED, 0, ["change"])
    turn(shop)
    assert (newest(shop).outcome, paper_end.kicks) == (Outcome.OK, 1)
    (event,) = shop.books.journal.pending(0, 500, 1 << 20)
    assert (event.actor.station, event.actor.op) == ("T1", "1001")


def test_kicked_twice_by_a_retry_is_one_pulse(shop, cashier, paper_end, monkeypatch):
    monkeypatch.setattr("edge.desks.drawers._TWICE_MS", 0)  # the nonce alone must do
    first = wish(shop, cashier)
    retries = [threading.Thread(target=wish, args=(shop, cashier)) for _ in range(8)]
    for retry in retries:
        retry.start()
    turn(shop)
    for retry in retries:
        retry.join()
    for _ in range(3):
        turn(shop)
    again = wish(shop, cashier)
    turn(shop)
    assert (again.opening, again.outcome, again.repeat) == (first.opening, Outcome.OK, True)
    assert (paper_end.kicks, kinds(shop)) == (1, ["change"])


def test_a_finger_that_hits_twice_is_one_wish_even_with_two_nonces(shop, cashier, paper_end):
    first = wish(shop, cashier, "nonce-1")
    turn(shop)
    assert wish(shop, cashier, "nonce-2").opening == first.opening
    turn(shop)
    assert paper_end.kicks == 1


def test_a_lost_confirmation_leaves_it_uncertain_and_pulses_no_more(tmp_path, cashier, paper_end):
    with opened(settings_for(tmp_path, paper_end, "none")) as shop:
        paper_end.lose_confirmation()
        wish(shop, cashier)
        turn(shop)
        last = newest(shop)
        assert (last.outcome, last.fault) == (Outcome.UNCERTAIN, "UNCONFIRMED")
        paper_end.recover()
        for _ in range(3):
            turn(shop)
        assert paper_end.kicks == 1


def test_what_the_sensor_saw_settles_a_lost_confirmation(shop, cashier, paper_end):
    paper_end.lose_confirmation()
    wish(shop, cashier)
    turn(shop)
    seen(shop, True)
    assert (newest(shop).outcome, paper_end.kicks) == (Outcome.OK, 1)


def test_a_blocked_command_never_opens_later(shop, cashier, paper_end):
    paper_end.take_paper()
    wish(shop, cashier)
    turn(shop)
    last = newest(shop)
    assert (last.outcome, last.fault) == (Outcome.BLOCKED, "OUT_OF_PAPER")
    paper_end.give_paper()
    turn(shop)
    assert (paper_end.kicks, kinds(shop)) == (0, ["change", "blocked"])


def test_a_command_that_comes_too_late_opens_nothing(shop, cashier, paper_end, monkeypatch):
    wish(shop, cashier)
    now = shop.books.clock.mono_ms()
    monkeypatch.setattr(shop.books.clock, "mono_ms", lambda: now + 10_001)
    turn(shop)
    assert (newest(shop).outcome, newest(shop).fault) == (Outcome.BLOCKED, "TOO_LATE")
    assert paper_end.kicks == 0


def test_a_crash_under_the_pulse_leaves_it_uncertain(shop, cashier, paper_end):
    asked = wish(shop, cashier)
    with shop.books.ledger.transaction() as tx:
        assert shop.books.drawers.take(tx, asked.opening)
    turn(shop)
    assert (newest(shop).outcome, newest(shop).fault) == (Outcome.UNCERTAIN, "INTERRUPTED")
    assert paper_end.kicks == 0


def test_no_print_job_and_no_reprint_ever_kicks(shop, cashier, paper_end):
    printing = shop.store.printing
    faults = (
        paper_end.lose_confirmation,
        lambda: paper_end.die_after(20, "reset"),
        lambda: paper_end.die_after(90),
        paper_end.take_paper,
        paper_end.swallow,
    )
    for number, fault in enumerate(faults):
        printing.submit(f"k{number}", "P1", "T1", f"ref-{number}", SLIP)
        fault()
        printing.turn("P1")
        paper_end.recover()
        paper_end.power_on()
        for _ in range(3):
            printing.turn("P1")
    for job in printing.jobs():
        printing.settle(job.id, cashier, came_out=False)
        printing.turn("P1")
    assert paper_end.kicks == 0
    assert len(paper_end.papers) >= len(faults)


# ---- who may, and what is asked --------------------------------------------------------------------


def test_a_cashier_gives_change_and_only_a_lead_opens_without_a_sale(shop, cashier, lead, other):
    with pytest.raises(no.NotAllowed):
        wish(shop, cashier, reason=Reason.NO_SALE)
    with pytest.raises(no.UnknownThing):
        wish(shop, other)
    with pytest.raises(no.UnknownThing):
        wish(shop, lead, reason=Reason.UNASKED)
    assert wish(shop, lead, reason=Reason.NO_SALE).outcome is Outcome.ASKED
    with pytest.raises(no.NonceReused):
        wish(shop, lead, reason=Reason.COUNT)
    assert kinds(shop) == ["no_sale"]
