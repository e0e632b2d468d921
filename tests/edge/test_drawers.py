"""A drawer opens once a command, whatever is repeated; its sensor is understood before it is believed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from config.schema import Settings
from devices.escpos_printer import EscposPrinter
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Slip, Text
from edge.daemon import Shop, build_shop
from edge.desks.drawers import DrawerDesk
from edge.domain import refusals as no
from edge.domain.drawers import Opening, Outcome, Polarity, Reason
from edge.domain.staff import Operator
from sync.messages import DrawerClosed, DrawerOpened, Up, fact_of
from tests.edge.conftest import KEY, settings_in

SLIP = Slip("t", (Text("one"),))
CHANGE = Reason.CHANGE


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class InvertedPrinter(SimulatedPrinter):
    """Its drawer's switch is wired the other way round: level high means shut."""

    @property
    def _condition(self):
        told = super()._condition
        return msgspec.structs.replace(told, drawer_open=not told.drawer_open)


@pytest.fixture
def paper_end() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter() as simulated:
        yield simulated


def settings_for(
    folder: Path, simulated: SimulatedPrinter, sensor: str = "learn", **more: object
) -> Settings:
    printer = {"host": simulated.host, "port": simulated.port, "timeout_s": 0.4}
    drawer = {"printer": "P1", "station": "T1", "sensor": sensor, "warn_open_s": 5}
    return settings_in(folder, printers={"P1": printer | more}, drawers={"D1": drawer})


@pytest.fixture
def shop(tmp_path: Path, paper_end: SimulatedPrinter) -> Iterator[Shop]:
    with opened(settings_for(tmp_path, paper_end)) as built:
        yield built


@contextmanager
def opened(settings: Settings) -> Iterator[Shop]:
    built = build_shop(settings, KEY)
    built.store.till.drawers.begin()
    yield built
    for printer in built.store.printing.printers.values():
        if isinstance(printer, EscposPrinter):
            printer.close()
    built.books.close()


def wish(shop: Shop, who: Operator, nonce: str = "nonce-1", reason: Reason = CHANGE) -> Opening:
    return shop.store.till.drawers.open("D1", reason, nonce, who)


def turn(shop: Shop) -> float:
    return shop.store.till.drawers.turn("D1")


def facts(shop: Shop) -> list[Up]:
    return [fact_of(event) for event in shop.books.journal.pending(0, 500, 1 << 20)]


def kinds(shop: Shop) -> list[str]:
    return [
        f"{fact.reason}" if isinstance(fact, DrawerOpened) else f"{fact.how}"
        for fact in facts(shop)
        if isinstance(fact, DrawerOpened | DrawerClosed)
    ]


def view(shop: Shop):
    (drawer,) = shop.store.till.drawers.at("T1")
    return drawer


def seen(shop: Shop, is_open: bool | None) -> None:
    """Turns until the sensor said so."""
    until(lambda: turn(shop) is not None and view(shop).is_open is is_open)


# ---- one pulse a command ---------------------------------------------------------------------------


def test_the_row_and_the_fact_stand_before_the_pulse(shop, cashier, paper_end):
    asked = wish(shop, cashier)
    assert (asked.outcome, paper_end.kicks, kinds(shop)) == (Outcome.ASKED, 0, ["change"])
    turn(shop)
    assert (view(shop).last.outcome, paper_end.kicks) == (Outcome.OK, 1)
    (event,) = shop.books.journal.pending(0, 500, 1 << 20)
    assert (event.actor.station, event.actor.op) == ("T1", "1001")


def test_kicked_twice_by_a_retry_is_one_pulse(shop, cashier, paper_end):
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
        last = view(shop).last
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
    assert (view(shop).last.outcome, paper_end.kicks) == (Outcome.OK, 1)


def test_a_blocked_command_never_opens_later(shop, cashier, paper_end):
    paper_end.take_paper()
    wish(shop, cashier)
    turn(shop)
    last = view(shop).last
    assert (last.outcome, last.fault) == (Outcome.BLOCKED, "OUT_OF_PAPER")
    paper_end.give_paper()
    turn(shop)
    assert (paper_end.kicks, kinds(shop)) == (0, ["change", "blocked"])


def test_a_command_that_comes_too_late_opens_nothing(shop, cashier, paper_end, monkeypatch):
    wish(shop, cashier)
    now = shop.books.clock.mono_ms()
    monkeypatch.setattr(shop.books.clock, "mono_ms", lambda: now + 10_001)
    turn(shop)
    assert (view(shop).last.outcome, view(shop).last.fault) == (Outcome.BLOCKED, "TOO_LATE")
    assert paper_end.kicks == 0


def test_a_crash_under_the_pulse_leaves_it_uncertain(shop, cashier, paper_end):
    asked = wish(shop, cashier)
    with shop.books.ledger.transaction() as tx:
        assert shop.books.drawers.take(tx, asked.opening)
    turn(shop)
    assert (view(shop).last.outcome, view(shop).last.fault) == (Outcome.UNCERTAIN, "INTERRUPTED")
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


# ---- the sensor ------------------------------------------------------------------------------------


def test_the_level_is_learnt_at_the_first_opening_and_kept(shop, cashier, paper_end):
    wish(shop, cashier)
    seen(shop, True)
    assert shop.books.drawers.learnt("D1") is True
    paper_end.close_drawer()
    seen(shop, False)
    assert kinds(shop) == ["change", "shut"]
    later = begun_again(shop)
    seen(later, False)


def test_a_sensor_wired_the_other_way_round_is_learnt_as_well(tmp_path, cashier):
    with InvertedPrinter() as inverted, opened(settings_for(tmp_path, inverted)) as shop:
        wish(shop, cashier)
        seen(shop, True)
        inverted.close_drawer()
        seen(shop, False)
        assert shop.books.drawers.learnt("D1") is False
        assert kinds(shop) == ["change", "shut"]


def test_what_contradicts_itself_is_forgotten_and_learnt_anew(tmp_path, cashier, monkeypatch):
    monkeypatch.setattr("edge.desks.drawer_sensor._ANSWER_S", 0.5)
    monkeypatch.setattr("edge.desks.drawers._TWICE_MS", 0)
    with InvertedPrinter() as inverted, opened(settings_for(tmp_path, inverted)) as shop:
        with shop.books.ledger.transaction() as tx:
            shop.books.drawers.learn(tx, "D1", True, "2026-01-01T00:00:00.000Z")
        wrong = begun_again(shop)
        wish(wrong, cashier, "nonce-1")
        until(lambda: turn(wrong) is not None and wrong.books.drawers.learnt("D1") is None)
        assert view(wrong).is_open is None
        inverted.close_drawer()
        until(lambda: turn(wrong) == 2.0)
        wish(wrong, cashier, "nonce-2")
        seen(wrong, True)
        assert wrong.books.drawers.learnt("D1") is False


def begun_again(shop: Shop) -> Shop:
    """The same books under desks that begin anew."""
    old = shop.store.till.drawers
    desk = DrawerDesk(old.books, old.status, old.drawers, old.rules, old.poke)
    desk.begin()
    return replace(shop, store=replace(shop.store, till=replace(shop.store.till, drawers=desk)))


def test_an_opening_without_a_command_is_a_fact_of_its_own(tmp_path, paper_end, monkeypatch):
    monkeypatch.setattr("edge.desks.drawer_sensor._LOOK_S", 0.05)
    with opened(settings_for(tmp_path, paper_end, "open-high")) as shop:
        seen(shop, False)
        kick_by_key(paper_end)
        seen(shop, True)
        assert (view(shop).last.reason, view(shop).last.staff) == (Reason.UNASKED, "")
        paper_end.close_drawer()
        seen(shop, False)
        assert kinds(shop) == ["unasked", "shut"]
        assert [update.status.value for update in shop.store.status.updates(10) if update.device == "D1"] == [
            "drawer_closed",
            "drawer_open",
            "drawer_closed",
        ]


def kick_by_key(paper_end: SimulatedPrinter) -> None:
    """Somebody has a key."""
    with paper_end._state:
        paper_end.drawer_open = True
        paper_end._tell()


def test_already_open_is_pulsed_once_and_said(tmp_path, cashier, paper_end):
    with opened(settings_for(tmp_path, paper_end, "open-high")) as shop:
        kick_by_key(paper_end)
        seen(shop, True)
        wish(shop, cashier)
        turn(shop)
        assert (view(shop).last.outcome, view(shop).last.fault) == (Outcome.OK, "ALREADY_OPEN")
        assert paper_end.kicks == 1
        paper_end.close_drawer()
        seen(shop, False)
        assert kinds(shop) == ["unasked", "change", "shut", "shut"]


def test_one_that_never_closes_is_shown_as_standing_open_too_long(tmp_path, cashier, paper_end, monkeypatch):
    with opened(settings_for(tmp_path, paper_end, "open-high")) as shop:
        seen(shop, False)
        wish(shop, cashier)
        seen(shop, True)
        assert not view(shop).too_long
        now = shop.books.clock.now()
        monkeypatch.setattr(shop.books.clock, "now", lambda: now + timedelta(seconds=6))
        turn(shop)
        assert view(shop).too_long
        assert [d.state for d in shop.store.status.devices() if d.name == "D1"] == ["open_long"]
        assert shop.store.till.lamps.standing("T1").drawer_open_long


def test_a_jammed_drawer_is_uncertain_though_the_printer_pulled(tmp_path, cashier, paper_end, monkeypatch):
    monkeypatch.setattr("edge.desks.drawer_sensor._ANSWER_S", 0.05)
    with opened(settings_for(tmp_path, paper_end, "open-low")) as shop:
        # A switch that says "high" whatever happens.
        kick_by_key(paper_end)
        seen(shop, False)
        wish(shop, cashier)
        until(lambda: turn(shop) is not None and view(shop).last.fault == "NOT_OPENED")
        assert view(shop).last.outcome is Outcome.UNCERTAIN


def test_what_was_open_before_a_restart_is_not_asked_for_again(tmp_path, cashier, paper_end):
    with opened(settings_for(tmp_path, paper_end, "open-high")) as shop:
        seen(shop, False)
        wish(shop, cashier)
        seen(shop, True)
        later = begun_again(shop)
        seen(later, True)
        paper_end.close_drawer()
        seen(later, False)
        assert kinds(later) == ["change", "shut"]


def test_of_two_drawers_on_one_socket_only_the_first_has_the_sensor(tmp_path, cashier, paper_end):
    drawers = {name: {"printer": "P1", "station": "T1", "sensor": "open-high"} for name in ("D1", "D2")}
    settings = settings_for(tmp_path, paper_end)
    settings = settings_in(
        tmp_path,
        printers={"P1": {"host": paper_end.host, "port": settings.printers["P1"].port}},
        drawers=drawers,
    )
    with opened(settings) as shop:
        wish(shop, cashier)
        until(lambda: turn(shop) is not None and shop.store.till.drawers.at("T1")[0].is_open)
        shop.store.till.drawers.turn("D2")
        assert shop.store.till.drawers.at("T1")[1].is_open is None
        assert kinds(shop) == ["change"], "the second one saw nothing without a command"


def test_a_level_that_stays_teaches_nothing_and_settings_are_not_overruled():
    assert Polarity().after_pulse(False, False) == Polarity()
    assert Polarity().after_pulse(True, False) == Polarity(level=False)
    assert Polarity(level=True).after_pulse(True, False) == Polarity()
    assert Polarity(level=True, fixed=True).after_pulse(True, False) == Polarity(level=True, fixed=True)
