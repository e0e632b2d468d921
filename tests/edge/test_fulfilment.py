"""An order's way to the shelf, back to HQ, or out of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import stamp
from edge.domain import refusals as no
from edge.domain.orders import OrderState
from edge.domain.views import RedeemRequest

PAST = stamp(datetime.now(UTC) - timedelta(days=1))


def ask(code: str, nonce: str = "n1") -> RedeemRequest:
    return RedeemRequest(nonce=nonce, code=code)


def test_hq_asks_for_an_order_back(shop, hq, cashier):
    hq.order()
    hq.put(
        "s:S00421:cmd",
        "cmd",
        "c1",
        {"cmd": "c1", "order": "WX2026112200017", "gen": 1, "kind": "cancel_requested", "at": PAST},
    )
    with pytest.raises(no.CancelPending):
        shop.store.hand_over.redeem(ask(hq.code()), cashier)
    assert shop.store.fulfilment.turn()
    assert not shop.store.fulfilment.turn()
    (event,) = shop.books.journal.pending(0, 10, 1 << 20)
    assert event.k == "lease.returned"
    with pytest.raises(no.OrderCancelled):
        shop.store.hand_over.redeem(ask(hq.code(), "n2"), cashier)


def test_hq_asks_too_late(shop, hq, cashier):
    hq.order()
    shop.store.hand_over.redeem(ask(hq.code()), cashier)
    hq.put(
        "s:S00421:cmd",
        "cmd",
        "c1",
        {"cmd": "c1", "order": "WX2026112200017", "gen": 1, "kind": "cancel_requested", "at": PAST},
    )
    shop.store.fulfilment.turn()
    assert [event.k for event in shop.books.journal.pending(0, 10, 1 << 20)] == ["pickup.collected"]
    with pytest.raises(no.AlreadyCollected):
        shop.store.hand_over.redeem(ask(hq.code(), "n2"), cashier)


def test_holds_run_out(shop, hq):
    hq.order(hold_until=PAST)
    assert shop.store.fulfilment.turn()
    (event,) = shop.books.journal.pending(0, 10, 1 << 20)
    assert (event.k, event.d["state"]) == ("order.advanced", "expired")


def test_shelving_walks_the_table(shop, hq, cashier, lead):
    hq.order(state="allocated", shelf="")
    assert shop.store.fulfilment.shelve("WX2026112200017", "B-03", lead) is OrderState.READY
    assert [e.d["state"] for e in shop.books.journal.pending(0, 10, 1 << 20)] == [
        "accepted",
        "picking",
        "packed",
        "ready",
    ]
    assert shop.store.pickup.look(hq.code(), cashier).shelf == "B-03"


def test_an_order_that_comes_again_is_open_again(shop, hq, cashier):
    hq.order()
    hq.put(
        "s:S00421:cmd",
        "cmd",
        "c1",
        {"cmd": "c1", "order": "WX2026112200017", "gen": 1, "kind": "cancel_requested", "at": PAST},
    )
    shop.store.fulfilment.turn()
    hq.order(gen=2, numeric_code="11112222")
    assert shop.store.pickup.counts().ready == 1
    done = shop.store.hand_over.redeem(ask(hq.code(gen=2)), cashier)
    assert done.state is OrderState.PICKED_UP
    hq.order(gen=3)
    with pytest.raises(no.AlreadyCollected):
        shop.store.hand_over.redeem(ask(hq.code(gen=3), "n2"), cashier)
