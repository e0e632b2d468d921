"""A drawer's sensor is understood before it is believed; what it sees is written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from devices.simulated_printer import SimulatedPrinter
from edge.daemon import Shop
from edge.domain.drawers import Outcome, Polarity, Reason
from tests.edge.conftest import settings_in
from tests.edge.drawer_shop import (
    InvertedPrinter,
    begun_again,
    kinds,
    newest,
    opened,
    seen,
    settings_for,
    turn,
    until,
    view,
    wish,
)


@pytest.fixture
def paper_end() -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter() as simulated:
        yield simulated


@pytest.fixture
def shop(tmp_path: Path, paper_end: SimulatedPrinter) -> Iterator[Shop]:
    with opened(settings_for(tmp_path, paper_end)) as built:
        yield built


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


def test_an_opening_without_a_command_is_a_fact_of_its_own(tmp_path, paper_end, monkeypatch):
    monkeypatch.setattr("edge.desks.drawer_sensor._LOOK_S", 0.05)
    with opened(settings_for(tmp_path, paper_end, "open-high")) as shop:
        seen(shop, False)
        kick_by_key(paper_end)
        seen(shop, True)
        assert (newest(shop).reason, newest(shop).staff) == (Reason.UNASKED, "")
        paper_end.close_drawer()
        seen(shop, False)
        assert kinds(shop) == ["unasked", "shut"]
        assert [update.status.value for update in shop.store.status.updates(10) if update.device == "D1"] == [
            "drawer_closed",
            "drawer_open",
            "drawer_closed",
        ]


def test_a_loose_wire_does_not_fill_the_books(tmp_path, paper_end, monkeypatch):
    with opened(settings_for(tmp_path, paper_end, "open-high")) as shop:
        seen(shop, False)
        sensor = shop.store.till.drawers.sensors["D1"]
        for _ in range(10):
            for _ in range(30):
                sensor.heard(True)
                sensor.heard(False)
            turn(shop)
        assert kinds(shop) == ["unasked", "shut"] * 12
        assert view(shop).is_open is False
        monkeypatch.setattr("edge.desks.drawer_sensor._UNASKED_S", 0.0)  # a minute later
        sensor.heard(True)
        seen(shop, True)
        assert kinds(shop)[-1] == "unasked"


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
        assert (newest(shop).outcome, newest(shop).fault) == (Outcome.OK, "ALREADY_OPEN")
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
        until(lambda: turn(shop) is not None and newest(shop).fault == "NOT_OPENED")
        assert newest(shop).outcome is Outcome.UNCERTAIN


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
