"""An order whose hold ran out is renewed at HQ: both ends agree; what they disagreed on is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import stamp
from edge.domain import refusals as no
from edge.domain.orders import OrderState
from edge.domain.views import RedeemRequest
from sync.hub.desk import NotPossible

NUMBER = "WX2026112200017"


def past() -> str:
    return stamp(datetime.now(UTC) - timedelta(hours=1))


def at_hq(pair):
    (order,) = pair.hq.orders()
    return order


def verdicts(pair):
    """What the store keeps of HQ's verdicts: by seq, where there is one."""
    rows = pair.shop.books.ledger.read().execute(
        "SELECT seq, verdict FROM journal WHERE verdict <> '' ORDER BY seq"
    )
    return dict(rows.fetchall())


def hand_over(pair, operator, nonce="n"):
    wish = RedeemRequest(nonce=nonce, code=pair.code(NUMBER))
    return pair.shop.store.hand_over.redeem(wish, operator)


def expire(pair, **more):
    """HQ publishes an order whose hold is over; the store marks it."""
    pair.order(NUMBER, hold_until=past(), **more)
    pair.sync()
    assert pair.shop.store.fulfilment.turn()


def test_an_expired_order_is_renewed_and_handed_over(pair, cashier):
    expire(pair, lease_until=past())
    with pytest.raises(no.Expired):
        hand_over(pair, cashier, "early")
    pair.sync()
    assert at_hq(pair).state == "expired"
    renewed = pair.hq.reissue(NUMBER)
    assert (renewed.state, renewed.gen) == ("ready", 2)
    assert renewed.hold_until > stamp(datetime.now(UTC) + timedelta(days=2))
    assert renewed.lease_until == renewed.hold_until, "else the customer comes for nothing"
    pair.sync()
    assert hand_over(pair, cashier).state is OrderState.PICKED_UP
    pair.sync()
    assert not pair.shop.store.fulfilment.turn(), "and it does not expire again"
    assert (at_hq(pair).state, pair.hq.stock("S00421")) == ("picked_up", {"A1": 8})
    assert (pair.hq.cases(), verdicts(pair)) == ([], {})


def test_expired_here_while_hq_renewed_it(pair, cashier):
    pair.order(NUMBER, hold_until=past())
    pair.sync()
    pair.hq.reissue(NUMBER)
    assert pair.shop.store.fulfilment.turn(), "the store has not heard of it"
    pair.sync()
    assert (at_hq(pair).state, at_hq(pair).gen) == ("ready", 2)
    assert verdicts(pair) == {1: "conflict:ADVANCED_OLD_GEN"}
    assert [case["code"] for case in pair.hq.cases()] == ["ADVANCED_OLD_GEN"]
    assert hand_over(pair, cashier).state is OrderState.PICKED_UP
    pair.sync()
    assert at_hq(pair).state == "picked_up"


def test_work_on_the_former_generation_counts_at_both_ends(pair, lead, cashier):
    pair.order(NUMBER, state="picking", shelf="")
    pair.sync()
    pair.hq.reissue(NUMBER)
    pair.shop.store.fulfilment.shelve(NUMBER, "B-12", lead)
    pair.sync()
    assert (at_hq(pair).state, at_hq(pair).gen, at_hq(pair).shelf) == ("ready", 2, "B-12")
    assert pair.hq.cases() == []
    assert hand_over(pair, cashier).state is OrderState.PICKED_UP


def test_what_was_handed_over_before_it_expired_is_not_handed_over_again(pair, cashier):
    expire_after_one(pair, cashier)
    renewed = pair.hq.reissue(NUMBER)
    assert renewed.state == "partial"
    pair.sync()
    wish = RedeemRequest(nonce="rest", code=pair.code(NUMBER), lines={1: 2})
    with pytest.raises(no.Refusal):
        pair.shop.store.hand_over.redeem(wish, cashier)
    wish = RedeemRequest(nonce="rest", code=pair.code(NUMBER), lines={1: 1})
    assert pair.shop.store.hand_over.redeem(wish, cashier).state is OrderState.PICKED_UP
    pair.sync()
    assert (at_hq(pair).state, pair.hq.cases()) == ("picked_up", [])


def expire_after_one(pair, cashier):
    soon = stamp(datetime.now(UTC) + timedelta(hours=1))
    pair.order(NUMBER, hold_until=soon, mode="quantity")
    pair.sync()
    wish = RedeemRequest(nonce="one", code=pair.code(NUMBER), lines={1: 1})
    assert pair.shop.store.hand_over.redeem(wish, cashier).state is OrderState.PARTIAL
    pair.sync()
    # Two hours later, says HQ.
    pair.shop.books.clock.saw_server_time(stamp(datetime.now(UTC) + timedelta(hours=2)))
    assert pair.shop.store.fulfilment.turn()
    pair.sync()
    assert at_hq(pair).state == "expired"


def test_a_new_hold_may_be_said_and_must_be_to_come(pair):
    pair.order(NUMBER)
    wanted = datetime.now(UTC) + timedelta(days=9)
    assert pair.hq.reissue(NUMBER, wanted).hold_until == stamp(wanted)
    assert pair.hq.reissue(NUMBER).hold_until == stamp(wanted), "nobody's hold gets shorter unasked"
    sooner = stamp(datetime.now(UTC) + timedelta(days=1))
    assert pair.hq.reissue(NUMBER, sooner).hold_until == sooner
    naive = wanted.replace(tzinfo=None)
    for wrong in ("soon", past(), naive, ""):
        with pytest.raises(NotPossible, match="hold_until"):
            pair.hq.reissue(NUMBER, wrong)
    assert (at_hq(pair).gen, at_hq(pair).hold_until) == (4, sooner)


def test_a_cancelled_order_stays_closed(pair):
    pair.order(NUMBER)
    pair.sync()
    pair.hq.request_cancel(NUMBER)
    pair.sync()
    pair.shop.store.fulfilment.turn()
    pair.sync()
    with pytest.raises(NotPossible, match="cancelled"):
        pair.hq.reissue(NUMBER)


def test_a_conflict_is_kept_with_the_fact(pair, cashier):
    pair.order(NUMBER)
    pair.sync()
    pair.line.cut = True
    pair.shop.store.hand_over.redeem(RedeemRequest(nonce="n", code=pair.code(NUMBER)), cashier)
    pair.hq.reissue(NUMBER)
    pair.line.cut = False
    pair.line.lose_answers = 1
    pair.sync()
    assert verdicts(pair) == {1: "conflict:COLLECTED_OLD_GEN"}
