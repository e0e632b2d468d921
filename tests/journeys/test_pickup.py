"""The pickup journey: HQ publishes, the store hands over, HQ knows once, whatever the line does."""

from __future__ import annotations

import pytest

from devices.ports import Reading, Scan, Symbology
from edge.domain import refusals as no
from edge.domain.orders import OrderState
from edge.domain.views import RedeemRequest

STORE = "S00421"
NUMBER = "WX2026112200017"


def test_from_order_to_hqs_books(pair, cashier):
    pair.order(NUMBER)
    code = pair.code(NUMBER)
    assert pair.sync() == []
    store = pair.shop.store
    store.scans.receive(
        Scan("s1", "T1", 1, pair.shop.books.clock.now(), Reading(code, code.encode(), Symbology.QR))
    )
    waiting = store.scans.current("T1")
    found = store.pickup.found(waiting.id, cashier)
    assert (found.order.tail, found.shelf, found.lines[0].left) == ("0017", "A-07", 2)
    done = store.hand_over.redeem(RedeemRequest(nonce="n", scan=waiting.id), cashier)
    assert store.printing.turn("P1")
    assert len(pair.paper.slips) == 1
    assert store.guide.on_hand("A1") == 8, "lowered before HQ knows"
    pair.sync()
    (event,) = pair.hq.events(STORE)
    assert (event["kind"], event["d"]["pickup"]) == ("pickup.collected", done.pickup)
    assert pair.hq.stock(STORE) == {"A1": 8}
    assert store.guide.on_hand("A1") == 8, "counted once, by HQ or by us"
    assert pair.shop.books.journal.depth() == 0


def test_days_offline_then_everything_once(pair, cashier):
    numbers = [f"WX20261122{n:05d}" for n in range(12)]
    for number in numbers:
        pair.order(number)
    codes = {number: pair.code(number) for number in numbers}
    pair.sync()
    pair.line.cut = True
    for number, code in codes.items():
        pair.shop.store.hand_over.redeem(RedeemRequest(nonce=number, code=code), cashier)
        assert "LINE_DOWN" in pair.sync(1)
    assert pair.shop.books.journal.depth() == 12
    pair.line.cut = False
    pair.sync()
    assert sorted(str(e["d"]["order"]) for e in pair.hq.events(STORE)) == numbers
    assert pair.hq.stock(STORE) == {"A1": 10 - 24}
    assert [case["code"] for case in pair.hq.cases(STORE)] == ["NEGATIVE_STOCK"], "and of the orders none"


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_a_lost_answer_doubles_nothing(pair, cashier, lost):
    pair.order(NUMBER)
    pair.sync()
    pair.shop.store.hand_over.redeem(RedeemRequest(nonce="n", code=pair.code(NUMBER)), cashier)
    pair.line.lose_answers = lost
    assert pair.sync(lost) == ["LINE_DOWN"] * lost
    assert pair.kinds() == ["pickup.collected"], "HQ had it at the first try"
    assert pair.shop.books.journal.depth() == 1, "and we do not know"
    pair.sync()
    assert pair.kinds() == ["pickup.collected"]
    assert pair.hq.stock(STORE) == {"A1": 8}
    assert pair.shop.books.journal.depth() == 0


def test_cancelled_at_hq_before_anybody_came(pair, cashier):
    pair.order(NUMBER)
    code = pair.code(NUMBER)
    pair.sync()
    pair.hq.request_cancel(NUMBER)
    pair.sync()
    pair.shop.store.fulfilment.turn()
    with pytest.raises(no.OrderCancelled):
        pair.shop.store.hand_over.redeem(RedeemRequest(nonce="n", code=code), cashier)
    pair.sync()
    assert pair.kinds() == ["lease.returned"]
    assert [order.state for order in pair.hq.orders(STORE)] == ["cancelled"]


def test_collected_while_hq_cancels(pair, cashier):
    pair.order(NUMBER)
    code = pair.code(NUMBER)
    pair.sync()
    pair.line.cut = True
    pair.hq.request_cancel(NUMBER)
    pair.shop.store.hand_over.redeem(RedeemRequest(nonce="n", code=code), cashier)
    pair.line.cut = False
    pair.sync()
    pair.shop.store.fulfilment.turn()
    pair.sync()
    assert pair.kinds() == ["pickup.collected"]
    assert [order.state for order in pair.hq.orders(STORE)] == ["picked_up"]


def test_a_reissued_code_replaces_the_old_one(pair, cashier):
    pair.order(NUMBER)
    old = pair.code(NUMBER)
    pair.sync()
    pair.hq.reissue(NUMBER)
    pair.sync()
    with pytest.raises(no.Revoked):
        pair.shop.store.hand_over.redeem(RedeemRequest(nonce="n", code=old), cashier)
    new = RedeemRequest(nonce="n", code=pair.code(NUMBER))
    assert pair.shop.store.hand_over.redeem(new, cashier).state is OrderState.PICKED_UP


def test_annulled_and_collected_again(pair, cashier, lead):
    pair.order(NUMBER)
    code = pair.code(NUMBER)
    pair.sync()
    done = pair.shop.store.hand_over.redeem(RedeemRequest(nonce="a", code=code), cashier)
    pair.shop.store.hand_over.annul(done.pickup, "x", lead)
    pair.shop.store.hand_over.redeem(RedeemRequest(nonce="b", code=code), cashier)
    pair.sync()
    assert pair.kinds() == ["pickup.collected", "pickup.annulled", "pickup.collected"]
    assert pair.hq.stock(STORE) == {"A1": 8}
    assert pair.hq.cases(STORE) == []


def test_a_forced_hand_over_of_an_order_on_its_way(pair, lead):
    pair.sync()
    pair.line.cut = True
    pair.order(NUMBER)
    code = pair.code(NUMBER)
    wish = RedeemRequest(nonce="n", code=code, forced=True)
    pair.shop.store.hand_over.redeem(wish, lead)
    pair.line.cut = False
    pair.sync()
    with pytest.raises(no.AlreadyCollected):
        pair.shop.store.hand_over.redeem(RedeemRequest(nonce="m", code=code), lead)
    (event,) = pair.hq.events(STORE)
    assert event["d"]["forced"] is True


def test_one_code_a_unit_at_both_ends(pair, cashier):
    pair.order(NUMBER, mode="unit")
    codes = [pair.code(NUMBER, unit) for unit in (1, 2)]
    pair.sync()
    for code in codes:
        pair.shop.store.hand_over.redeem(RedeemRequest(nonce=code[-9:], code=code), cashier)
        pair.sync()
    assert [event["d"]["unit"] for event in pair.hq.events(STORE)] == [1, 2]
    assert [order.state for order in pair.hq.orders(STORE)] == ["picked_up"]
    assert pair.hq.cases(STORE) == []
