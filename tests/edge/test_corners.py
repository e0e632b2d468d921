"""Corners a stern reader found: each of these went wrong once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from devices.ports import Reading, Scan, Symbology
from edge.clock import Clock, stamp
from edge.domain import refusals as no
from edge.domain.orders import OrderState
from edge.domain.views import RedeemRequest
from sync.messages import PickupCollected, fact_of
from tests.edge.wishes import NUMBER, ask, facts

PAST = stamp(datetime.now(UTC) - timedelta(hours=1))


def cancel(hq, cmd: str = "c1") -> None:
    row = {"cmd": cmd, "order": NUMBER, "gen": 1, "kind": "cancel_requested", "at": PAST}
    hq.put("s:S00421:cmd", "cmd", cmd, row)


def test_an_order_number_is_no_secret_and_opens_nothing_at_a_kiosk(shop, hq, cashier):
    hq.order()
    kiosk = type(cashier)("api:k", "k", cashier.role, "K1")
    with pytest.raises(no.InvalidCode):
        shop.store.hand_over.redeem(ask(NUMBER), kiosk)
    with pytest.raises(no.InvalidCode):
        shop.store.pickup.look(NUMBER, kiosk)
    with pytest.raises(no.InvalidCode):
        shop.store.hand_over.redeem(ask(NUMBER), cashier)
    reading = Reading(NUMBER, NUMBER.encode(), Symbology.QR)
    shown = shop.store.scans.receive(Scan("camera", "T1", 1, shop.books.clock.now(), reading))
    with pytest.raises(no.InvalidCode):
        shop.store.pickup.found(shown.id, cashier)
    typed = shop.store.scans.type_in(NUMBER, "T1")
    assert shop.store.pickup.found(typed.id, cashier).by_number
    assert not shop.store.pickup.look(hq.code(), cashier).by_number
    assert shop.store.hand_over.redeem(RedeemRequest(nonce="n2", scan=typed.id), cashier).order == NUMBER
    (event,) = shop.books.journal.pending(0, 9, 1 << 20)
    assert event.d["manual"] is True


def test_forcing_one_units_code_is_no_way_to_close_an_order(shop, hq, lead):
    code = hq.code(unit=1)
    with pytest.raises(no.UnknownOffline):
        shop.store.hand_over.redeem(ask(code, forced=True), lead)


def test_a_forced_hand_over_can_be_taken_back_before_its_order_came(shop, hq, lead):
    done = shop.store.hand_over.redeem(ask(hq.code(), forced=True), lead)
    assert shop.store.hand_over.annul(done.pickup, "x", lead).annulled
    hq.order()
    assert shop.store.hand_over.redeem(ask(hq.code(), "n2"), lead).state is OrderState.PICKED_UP


def test_forced_is_written_only_where_a_lead_was_needed(shop, hq, cashier):
    hq.order()
    shop.store.hand_over.redeem(ask(hq.code(), forced=True), cashier)
    (event,) = shop.books.journal.pending(0, 9, 1 << 20)
    fact = fact_of(event)
    assert isinstance(fact, PickupCollected)
    assert fact.forced is False


def test_a_cancellation_waits_for_an_order_that_is_still_on_its_way(shop, hq, cashier):
    cancel(hq)
    assert not shop.store.fulfilment.turn(), "and it does not spin"
    hq.order()
    with pytest.raises(no.CancelPending):
        shop.store.hand_over.redeem(ask(hq.code()), cashier)
    assert shop.store.fulfilment.turn()
    assert facts(shop) == ["lease.returned"]


def test_no_hold_means_no_limit_everywhere(shop, hq, cashier):
    hq.order(hold_until="", ready_by="")
    counts = shop.store.pickup.counts()
    assert (counts.ready, counts.expired) == (1, 0)
    assert not shop.store.fulfilment.turn()
    assert shop.store.hand_over.redeem(ask(hq.code()), cashier).state is OrderState.PICKED_UP


def test_a_cancellation_waits_while_the_goods_are_on_the_counter(shop, hq, monkeypatch):
    hq.order()
    shop.store.scans.type_in(hq.code(), "T1")
    cancel(hq)
    assert not shop.store.fulfilment.turn()
    assert facts(shop) == []
    later = datetime.now(UTC) + timedelta(seconds=121)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    assert shop.store.fulfilment.turn()
    assert facts(shop) == ["lease.returned"], "the desk let go by itself"


def test_an_order_scanned_and_left_lapses_like_any_other(shop, hq, monkeypatch):
    hq.order(hold_until=stamp(datetime.now(UTC) + timedelta(seconds=60)))
    shop.store.scans.type_in(hq.code(), "T1")
    later = datetime.now(UTC) + timedelta(seconds=200)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    shop.store.fulfilment.turn()
    assert [event.d["state"] for event in shop.books.journal.pending(0, 9, 1 << 20)] == ["expired"]


def test_a_reservation_runs_out(shop, hq, other, monkeypatch):
    hq.order()
    shop.store.scans.type_in(hq.code(), "T1")
    with pytest.raises(no.Busy):
        shop.store.pickup.look(hq.code(), other)
    later = datetime.now(UTC) + timedelta(seconds=121)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    assert shop.store.pickup.look(hq.code(), other).order.order == NUMBER


def test_a_lock_made_under_a_wrong_clock_binds_nobody(shop, hq, other, monkeypatch):
    hq.order(hold_until="")
    ahead = datetime.now(UTC) + timedelta(days=30)
    monkeypatch.setattr(Clock, "now", lambda _: ahead)
    code = hq.code(not_after=datetime.now(UTC) + timedelta(days=60))
    shop.store.scans.type_in(code, "T1")
    monkeypatch.undo()
    assert shop.store.pickup.look(code, other).order.order == NUMBER


def test_the_search_knows_no_wildcards(shop, hq, cashier):
    hq.order()
    for text in ("%%%%", "____", "WX__"):
        assert shop.store.pickup.candidates(text, cashier) == ()


@pytest.mark.parametrize(
    ("published", "scanned"),
    [
        ("96385074", "96385074"),
        ("036000291452", "036000291452"),
        ("0036000291452", "036000291452"),
        ("06901234567892", "6901234567892"),
        ("6901234567892", "06901234567892"),
    ],
)
def test_a_gtin_is_found_however_long_it_is_written(shop, hq, published, scanned):
    hq.put(
        "g:catalog:CN", "product", "A1", {"sku": "A1", "gtin": published, "name_zh": "茶", "name_en": "Tea"}
    )
    from edge.domain.scanned import classify

    assert shop.store.guide.product(classify(scanned).value).sku == "A1"


def test_a_session_does_not_outlive_the_boot(shop, hq, monkeypatch):
    pin = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("471101")
    person = {"staff": "1001", "name": "小李", "role": "cashier", "pin_hash": pin, "badge_sha": ""}
    hq.put("s:S00421:staff", "staff", "1001", person)
    signed = shop.store.staff.sign_in("1001", "471101", "T1")
    monkeypatch.setattr(Clock, "boot", lambda _: "another boot")
    with pytest.raises(no.NotSignedIn):
        shop.store.staff.operator(signed.token)


def test_a_key_that_ran_out_signs_nothing_any_more(shop, hq, cashier):
    hq.order()
    public = hq.key.public_key().public_bytes_raw().hex()
    hq.put("g:keys:CN", "pickup_key", "1", {"kid": 1, "public": public, "not_after": PAST})
    with pytest.raises(no.InvalidCode):
        shop.store.pickup.look(hq.code(), cashier)


def test_the_balance_is_reported_with_the_first_part_only(shop, hq, cashier):
    hq.order(mode="quantity", due_fen=4000)
    shop.store.hand_over.redeem(ask(hq.code(), "a", lines={1: 1}, settled=True), cashier)
    shop.store.hand_over.redeem(ask(hq.code(), "b", settled=True), cashier)
    settled = [event.d["balance_settled"] for event in shop.books.journal.pending(0, 9, 1 << 20)]
    assert settled == [4000, 0]


def test_one_number_on_two_orders_means_the_one_that_waits(shop, hq, cashier):
    hq.order("WX2026112200001", state="picked_up")
    hq.order("WX2026112200002")
    assert shop.store.pickup.look("48151623", cashier).order.order == "WX2026112200002"


def test_twins_of_one_request_hear_one_answer(shop, hq, cashier):
    """The nonce is looked up again under the write lock: both started before either had committed."""
    hq.order()
    code, start, answers = hq.code(), threading.Barrier(8), []

    def redeem() -> None:
        start.wait()
        answers.append(shop.store.hand_over.redeem(ask(code, "same"), cashier).pickup)

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert facts(shop) == ["pickup.collected"]


def test_a_time_without_a_zone_is_not_believed(shop):
    for text in ("2026-11-22T10:00:00", "x", ""):
        with pytest.raises(ValueError):
            shop.books.clock.saw_server_time(text)
    assert shop.books.clock.now().tzinfo is not None
    assert shop.books.clock.state() == "unsynced"


def test_goods_are_moved_to_another_shelf_and_closed_orders_are_not(shop, hq, cashier):
    hq.order()
    assert shop.store.fulfilment.shelve(NUMBER, "C-01", cashier) is OrderState.READY
    assert shop.store.pickup.look(hq.code(), cashier).shelf == "C-01"
    hq.order("WX2026112200018", state="cancelled")
    with pytest.raises(no.OrderCancelled):
        shop.store.fulfilment.shelve("WX2026112200018", "C-02", cashier)
