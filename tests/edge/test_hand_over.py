"""Handing over: exactly once, with words for every no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.clock import stamp
from edge.domain import refusals as no
from edge.domain.orders import OrderState
from edge.domain.refusals import Refusal
from edge.domain.views import RedeemRequest
from sync.messages import PickupCollected, fact_of


def ask(code: str, nonce: str = "n1", **more: Any) -> RedeemRequest:
    return RedeemRequest(nonce=nonce, code=code, **more)


def test_one_touch_writes_everything_in_one_transaction(shop, hq, cashier, printer):
    hq.order()
    done = shop.store.hand_over.redeem(ask(hq.code()), cashier)
    assert (done.state, done.tail, done.left_units) == (OrderState.PICKED_UP, "0017", 0)
    assert done.handed == (("龙井茶", "Longjing tea", 2), ("瓷杯", "Cup", 1))
    (event,) = shop.books.journal.pending(0, 10, 1 << 20)
    fact = fact_of(event)
    assert isinstance(fact, PickupCollected)
    assert (event.k, fact.order, [line.qty for line in fact.lines]) == (
        "pickup.collected",
        "WX2026112200017",
        [2, 1],
    )
    assert [m.delta for m in shop.books.journal.movements("A1", 0)] == [-2]
    assert done.job_state == "queued"
    assert not printer.slips, "nothing is printed before the transaction is over"
    assert shop.store.printing.turn("P1")
    assert shop.store.hand_over.handed(done.pickup).job_state == "printed"


def test_the_same_nonce_gives_the_stored_answer_and_changes_nothing(shop, hq, cashier):
    hq.order()
    first = shop.store.hand_over.redeem(ask(hq.code()), cashier)
    again = shop.store.hand_over.redeem(ask(hq.code()), cashier)
    assert again.repeat
    assert again.pickup == first.pickup
    assert shop.books.journal.depth() == 1
    with pytest.raises(no.NonceReused):
        shop.store.hand_over.redeem(ask(hq.code(), lines={1: 1}), cashier)


def test_a_second_try_hears_when_and_where(shop, hq, cashier, other):
    hq.order()
    shop.store.hand_over.redeem(ask(hq.code()), cashier)
    with pytest.raises(no.AlreadyCollected) as refused:
        shop.store.hand_over.redeem(ask(hq.code(), "n2"), other)
    assert "1号台" in refused.value.words("zh").text
    assert "Desk 1" in refused.value.words("en").text
    assert shop.books.journal.depth() == 1


PAST = stamp(datetime.now(UTC) - timedelta(days=1))


@pytest.mark.parametrize(
    ("order", "code", "refusal"),
    [
        ({"state": "picking"}, {}, no.NotReady),
        ({"state": "cancelled"}, {}, no.OrderCancelled),
        ({"state": "rejected"}, {}, no.OrderCancelled),
        ({"state": "expired"}, {}, no.Expired),
        ({"state": "picked_up"}, {}, no.AlreadyCollected),
        ({"hold_until": PAST}, {}, no.Expired),
        ({}, {"not_after": datetime.now(UTC) - timedelta(seconds=5)}, no.Expired),
        ({}, {"store": "S00007"}, no.WrongStore),
        ({}, {"kid": 9}, no.InvalidCode),
        ({"gen": 2}, {}, no.Revoked),
        ({}, {"order": "WX2026112299999"}, no.UnknownOffline),
        ({"due_fen": 4000}, {}, no.NeedsStaff),
        ({"lease_until": PAST}, {}, no.NeedsStaff),
    ],
)
def test_every_no_leaves_nothing_behind(shop, hq, cashier, order, code, refusal):
    hq.order(**order)
    with pytest.raises(refusal) as refused:
        shop.store.hand_over.redeem(ask(hq.code(**code)), cashier)
    for language in ("zh", "en"):
        words = refused.value.words(language)
        assert words.text
        assert words.next
    assert shop.books.journal.depth() == 0
    assert shop.books.jobs.recent(5) == []


def test_a_withdrawn_code_is_revoked(shop, hq, cashier):
    hq.order()
    hq.put("g:keys:CN", "revocation", "aa" * 10, {"nonce": "aa" * 10, "order": "WX2026112200017"})
    with pytest.raises(no.Revoked):
        shop.store.hand_over.redeem(ask(hq.code(nonce="aa" * 10)), cashier)


def test_a_forged_code_is_invalid(shop, hq, cashier):
    hq.order()
    code = hq.code()
    for forged in (code[:-1] + ("A" if code[-1] != "A" else "B"), code.lower(), code + "A", code[:-8]):
        with pytest.raises(no.InvalidCode):
            shop.store.hand_over.redeem(ask(forged), cashier)


def test_five_wrong_numbers_pause_this_terminal_only(shop, hq, cashier, other):
    hq.order()
    for _ in range(4):
        with pytest.raises(no.InvalidCode):
            shop.store.hand_over.redeem(ask("00000001"), cashier)
    with pytest.raises(no.TooManyTries):
        shop.store.hand_over.redeem(ask("00000001"), cashier)
    with pytest.raises(no.TooManyTries):
        shop.store.hand_over.redeem(ask("48151623"), cashier)
    assert shop.store.hand_over.redeem(ask("48151623"), other).order == "WX2026112200017"


def test_looking_again_at_a_wrong_number_is_no_second_try(shop, hq, cashier):
    hq.order()
    typed = shop.store.scans.type_in("00000001", "T1")
    for _ in range(9):
        with pytest.raises(no.InvalidCode):
            shop.store.pickup.found(typed.id, cashier)
    for number in ("00000002", "00000003", "00000004", "00000005"):
        shop.store.scans.type_in(number, "T1")
    with pytest.raises(no.TooManyTries):
        shop.store.scans.type_in("48151623", "T1")
    shop.store.scans.type_in(hq.code(), "T1")
    current = shop.store.scans.current("T1")
    assert shop.store.pickup.found(current.id, cashier).order.order == "WX2026112200017", (
        "a QR needs no guess"
    )


def test_opening_an_order_reserves_it_for_the_desk(shop, hq, cashier, other):
    hq.order()
    scan = shop.store.scans.type_in(hq.code(), "T1")
    found = shop.store.pickup.found(scan.id, cashier)
    assert (found.state, found.shelf) == (OrderState.HANDING, "A-07")
    elsewhere = shop.store.scans.type_in(hq.code(), "T2")
    with pytest.raises(no.Busy):
        shop.store.pickup.found(elsewhere.id, other)
    with pytest.raises(no.Busy) as refused:
        shop.store.hand_over.redeem(ask(hq.code()), other)
    assert "1号台" in refused.value.words("zh").text
    shop.store.pickup.release(found.order.order, cashier)
    assert shop.store.hand_over.redeem(ask(hq.code()), other).state is OrderState.PICKED_UP


def test_by_quantity_over_several_visits(shop, hq, cashier):
    hq.order(mode="quantity")
    first = shop.store.hand_over.redeem(ask(hq.code(), "a", lines={1: 1}), cashier)
    assert (first.state, first.left_units) == (OrderState.PARTIAL, 2)
    with pytest.raises(no.LinesRefused):
        shop.store.hand_over.redeem(ask(hq.code(), "b", lines={1: 2}), cashier)
    last = shop.store.hand_over.redeem(ask(hq.code(), "c"), cashier)
    assert (last.state, last.left_units) == (OrderState.PICKED_UP, 0)


def test_a_whole_order_is_never_split(shop, hq, cashier):
    hq.order()
    with pytest.raises(no.LinesRefused):
        shop.store.hand_over.redeem(ask(hq.code(), lines={1: 1}), cashier)


def test_one_code_a_unit(shop, hq, cashier):
    hq.order(mode="unit")
    codes = [hq.code(unit=unit, nonce=f"{unit:020x}") for unit in (1, 2, 3)]
    first = shop.store.hand_over.redeem(ask(codes[2], "u3"), cashier)
    assert first.handed == (("瓷杯", "Cup", 1),)
    with pytest.raises(no.AlreadyCollected):
        shop.store.hand_over.redeem(ask(codes[2], "u3 again"), cashier)
    shop.store.hand_over.redeem(ask(codes[0], "u1"), cashier)
    assert shop.store.hand_over.redeem(ask(codes[1], "u2"), cashier).state is OrderState.PICKED_UP
    hq.order("WX2026112200018", mode="unit")
    with pytest.raises(no.LinesRefused):
        shop.store.hand_over.redeem(ask(hq.code("WX2026112200018", unit=9), "u9"), cashier)


def test_balance_due_goes_with_the_fact(shop, hq, cashier):
    hq.order(due_fen=4000)
    shop.store.hand_over.redeem(ask(hq.code(), settled=True), cashier)
    (event,) = shop.books.journal.pending(0, 10, 1 << 20)
    fact = fact_of(event)
    assert isinstance(fact, PickupCollected)
    assert fact.balance_settled == 4000


def test_a_lead_takes_it_back_once_at_the_same_desk(shop, hq, cashier, lead):
    hq.order()
    done = shop.store.hand_over.redeem(ask(hq.code()), cashier)
    with pytest.raises(no.NotAllowed):
        shop.store.hand_over.annul(done.pickup, "x1", cashier)
    elsewhere = type(lead)(lead.staff, lead.name, lead.role, "T2")
    with pytest.raises(no.NotAnnullable):
        shop.store.hand_over.annul(done.pickup, "x1", elsewhere)
    assert shop.store.hand_over.annul(done.pickup, "x1", lead).annulled
    assert shop.store.hand_over.annul(done.pickup, "x1", lead).annulled, "a retry hears the same"
    with pytest.raises(no.NotAnnullable):
        shop.store.hand_over.annul(done.pickup, "x2", lead)
    assert shop.books.journal.depth() == 2
    assert sum(m.delta for m in shop.books.journal.movements("A1", 0)) == 0
    again = shop.store.hand_over.redeem(ask(hq.code(), "n9"), cashier)
    assert again.state is OrderState.PICKED_UP


def test_too_late_to_take_back(shop, hq, cashier, lead, monkeypatch):
    hq.order()
    done = shop.store.hand_over.redeem(ask(hq.code()), cashier)
    later = shop.books.clock.mono_ms() + 15 * 60_000 + 1
    monkeypatch.setattr(shop.books.clock, "mono_ms", lambda: later)
    with pytest.raises(no.NotAnnullable):
        shop.store.hand_over.annul(done.pickup, "x1", lead)


def test_a_genuine_code_before_its_order(shop, hq, cashier, lead):
    code = hq.code("WX2026112299999")
    with pytest.raises(no.UnknownOffline):
        shop.store.hand_over.redeem(ask(code, "n1"), cashier)
    with pytest.raises(no.NotAllowed):
        shop.store.hand_over.redeem(ask(code, "n1", forced=True), cashier)
    done = shop.store.hand_over.redeem(ask(code, "n1", forced=True), lead)
    assert done.state is OrderState.PICKED_UP
    with pytest.raises(no.AlreadyCollected):
        shop.store.hand_over.redeem(ask(code, "n2", forced=True), lead)
    hq.order("WX2026112299999")
    with pytest.raises(no.AlreadyCollected):
        shop.store.hand_over.redeem(ask(code, "n3"), cashier)


def test_a_kiosk_never_hands_over_what_needs_eyes(shop, hq, cashier):
    line = {"line": 1, "sku": "W1", "name_zh": "黄酒", "name_en": "Rice wine", "qty": 1, "unit_fen": 100}
    hq.order(lines=[line | {"flags": ["alcohol"]}])
    kiosk = type(cashier)("api:k", "k", cashier.role, "K1")
    with pytest.raises(no.NeedsStaff):
        shop.store.hand_over.redeem(ask(hq.code()), kiosk)
    assert shop.store.hand_over.redeem(ask(hq.code()), cashier).state is OrderState.PICKED_UP


def test_candidates_are_masked_and_ordered(shop, hq, cashier):
    hq.order("WX2026112200001", state="picking")
    hq.order("WX2026112200002")
    rows = shop.store.pickup.candidates("5678", cashier)
    assert [row.order for row in rows] == ["WX2026112200002", "WX2026112200001"]
    assert rows[0].name_masked == "王*"
    assert shop.store.pickup.candidates("0001", cashier)[0].order == "WX2026112200001"
    with pytest.raises(Refusal):
        shop.store.pickup.candidates("56", cashier)


def test_the_tiles_count(shop, hq, cashier):
    hq.order("WX2026112200001", state="picking", ready_by=PAST)
    hq.order("WX2026112200002")
    hq.order("WX2026112200003", hold_until=PAST)
    shop.store.hand_over.redeem(ask(hq.code("WX2026112200002")), cashier)
    hq.order("WX2026112200004")
    counts = shop.store.pickup.counts()
    assert (counts.ready, counts.preparing, counts.late, counts.handed_today, counts.expired) == (
        1,
        1,
        1,
        1,
        1,
    )
