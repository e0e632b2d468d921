"""Guessing, forging and locking out: what an attacker tried, each of which worked once."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from edge.clock import Clock
from edge.domain import refusals as no
from tests.edge.wishes import ask, facts


def test_a_known_good_code_buys_no_guesses(shop, hq, cashier):
    hq.order()
    for n in range(4):
        with pytest.raises(no.InvalidCode):
            shop.store.pickup.look(f"0000000{n}", cashier)
        shop.store.pickup.look("48151623", cashier)
    with pytest.raises(no.TooManyTries):
        shop.store.pickup.look("00000009", cashier)


def test_wrong_tries_are_forgotten_after_a_while(shop, hq, cashier, monkeypatch):
    hq.order()
    start = shop.books.clock.mono_ms()
    for n in range(8):
        monkeypatch.setattr(Clock, "mono_ms", lambda _, n=n: start + n * 11 * 60_000)
        with pytest.raises(no.InvalidCode):
            shop.store.pickup.look("00000001", cashier)


def test_a_pause_survives_a_restart_with_a_longer_uptime(shop, hq, cashier, monkeypatch):
    hq.order()
    for _ in range(5):
        with pytest.raises(no.Refusal):
            shop.store.pickup.look("00000001", cashier)
    later = shop.books.clock.mono_ms() + 9 * 60_000
    monkeypatch.setattr(Clock, "boot", lambda _: "another boot")
    monkeypatch.setattr(Clock, "mono_ms", lambda _: later)
    with pytest.raises(no.TooManyTries):
        shop.store.pickup.look("48151623", cashier)


def test_pin_pauses_grow(shop, hq, monkeypatch):
    pin = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("471101")
    person = {"staff": "1001", "name": "小李", "role": "cashier", "pin_hash": pin, "badge_sha": ""}
    hq.put("s:S00421:staff", "staff", "1001", person)
    now = shop.books.clock.mono_ms()
    monkeypatch.setattr(Clock, "mono_ms", lambda _: now)
    waits = []
    for _ in range(8):
        try:
            shop.store.staff.sign_in("1001", "000000", "T1")
        except no.TooManyTries as pause:
            waits.append(int(pause.facts["seconds"]))
            now += waits[-1] * 1000
        except no.WrongPin:
            pass
    assert waits == [60, 300, 900, 900]


def test_only_where_staff_stand_can_the_balance_be_called_settled(shop, hq, cashier):
    hq.order(due_fen=4000)
    for station in ("K1", "G1"):
        there = type(cashier)("api:k", "k", cashier.role, station)
        with pytest.raises(no.NeedsStaff):
            shop.store.hand_over.redeem(ask(hq.code(), station, settled=True), there)
    assert facts(shop) == []


def test_a_guide_screen_hands_nothing_over(shop, hq, cashier):
    hq.order()
    guide = type(cashier)("api:g", "g", cashier.role, "G1")
    with pytest.raises(no.NeedsStaff):
        shop.store.hand_over.redeem(ask(hq.code()), guide)


@pytest.mark.parametrize("change", [{"settled": True}, {"forced": True}])
def test_a_nonce_belongs_to_one_wish_at_one_desk(shop, hq, cashier, other, change):
    hq.order()
    shop.store.hand_over.redeem(ask(hq.code(), "same"), cashier)
    with pytest.raises(no.NonceReused):
        shop.store.hand_over.redeem(ask(hq.code(), "same"), other)
    with pytest.raises(no.NonceReused):
        shop.store.hand_over.redeem(ask(hq.code(), "same", **change), cashier)


def test_strangers_lock_neither_staff_nor_their_screens(shop, hq):
    pin = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("471101")
    person = {"staff": "2001", "name": "张", "role": "lead", "pin_hash": pin, "badge_sha": ""}
    hq.put("s:S00421:staff", "staff", "2001", person)
    screen = shop.store.staff.trust("T1")
    for _ in range(12):
        with pytest.raises(no.Refusal):
            shop.store.staff.sign_in("2001", "000000", "T1", origin="10.0.0.66")
    with pytest.raises(no.TooManyTries):
        shop.store.staff.sign_in("2001", "471101", "T1", origin="10.0.0.66")
    signed = shop.store.staff.sign_in("2001", "471101", "T1", screen=screen, origin="10.0.0.5")
    assert signed.operator.staff == "2001"


def test_a_full_disk_does_not_turn_guessing_loose(shop, hq, cashier, monkeypatch):
    hq.order()

    def full(*_: object) -> None:
        raise no.ReadOnly

    monkeypatch.setattr(shop.books.attempts, "change", full)
    for _ in range(4):
        with pytest.raises(no.InvalidCode):
            shop.store.pickup.look("00000001", cashier)
    with pytest.raises(no.TooManyTries):
        shop.store.pickup.look("00000001", cashier)
    with pytest.raises(no.TooManyTries):
        shop.store.pickup.look("48151623", cashier)
