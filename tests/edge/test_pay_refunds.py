"""Money that goes back; amounts, codes and wishes that nobody can mean; the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain import payment_refusals as no
from edge.domain.moves import IllegalMove, advance
from edge.domain.payment_port import NoAnswer
from edge.domain.payments import (
    FINAL,
    PAYMENT,
    UNSETTLED,
    PayEvent,
    PayState,
    out_trade_no,
    refund_no,
)
from edge.domain.refusals import BadRequest, NonceReused, NotAllowed, UnknownThing
from tests.edge.paying_shop import (
    ALIPAY,
    CASHIER,
    LEAD,
    WECHAT,
    PayingShop,
    lost,
    part,
    paying,
    sell,
    sold,
)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[PayingShop]:
    with paying(tmp_path) as made:
        yield made


def test_a_refund_is_pending_without_a_line_and_done_when_it_is_back(till) -> None:
    number = sold(till)
    till.line.before = lost
    (view,) = till.desk.back.give([part(number, 1000)], CASHIER, "r1", ref="return-1")
    assert view.state is PayState.REFUNDING
    till.run(600)
    assert [one.state for one in till.desk.back.pending()] == [PayState.REFUNDING]
    till.reopen(boot="boot-2")
    till.line.before = lambda *_: None
    till.run(600)
    (view,) = till.desk.back.of("return-1")
    assert (view.state, till.scripted.back()[number]) == (PayState.REFUNDED, 1000)
    assert till.desk.back.left(number) == 4990
    (fact,) = till.facts("payment.refunded")
    assert (fact["fen"], fact["ref"], fact["reason"], fact["done"]) == (1000, "return-1", "return", True)


def test_an_answer_that_is_lost_gives_nothing_back_twice(till) -> None:
    number = sold(till)
    answers = iter([True, True, False])

    def sometimes(*_: object) -> None:
        if next(answers, False):
            raise NoAnswer

    till.line.after = sometimes
    till.desk.back.give([part(number, 1000)], CASHIER, "r1", ref="return-1")
    till.run(600)
    assert till.line.verbs("refund") == ["refund"] * 3
    assert till.scripted.back()[number] == 1000


def test_more_than_was_paid_or_the_same_twice_is_refused(till) -> None:
    number = sold(till)
    give = till.desk.back.give
    with pytest.raises(no.RefundTooMuch):
        give([part(number, 5991)], CASHIER, "r1", ref="x")
    first = give([part(number, 5000)], CASHIER, "r2", ref="x")
    assert give([part(number, 5000)], CASHIER, "r2", ref="x") == first
    with pytest.raises(NonceReused):
        give([part(number, 4000)], CASHIER, "r2", ref="x")
    with pytest.raises(no.RefundTooMuch):
        give([part(number, 991)], CASHIER, "r3", ref="x")
    # Two parts of one wish count together, and a refused wish leaves nothing.
    with pytest.raises(no.RefundTooMuch):
        give([part(number, 990), part(number, 1)], CASHIER, "r4", ref="x")
    assert till.desk.back.left(number) == 990
    for fen in (0, -1):
        with pytest.raises(BadRequest):
            give([part(number, fen)], CASHIER, "r5", ref="x")
    with pytest.raises(UnknownThing):
        give([part("S1-of-another-store", 1)], CASHIER, "r6", ref="x")


def test_cash_goes_back_at_once(till) -> None:
    view = till.desk.cash(till.begin().payment, 6000, CASHIER, "c1")
    sell(till, view)
    (back,) = till.desk.back.give([part(view.tenders[0].number, 5990)], CASHIER, "r1", ref="x")
    assert (back.state, till.line.calls) == (PayState.REFUNDED, [])


def test_a_refund_that_is_refused_is_an_alarm_and_a_lead_may_ask_again(tmp_path) -> None:
    with paying(tmp_path, ["refund_refused"]) as till:
        number = sold(till)
        (view,) = till.desk.back.give([part(number, 10)], CASHIER, "r1", ref="x")
        till.turns()
        assert till.row(number).alarm == "REFUND_FAILED"
        assert till.facts("payment.refunded")[0]["done"] is False
        with pytest.raises(NotAllowed):
            till.desk.back.again(view.refund, CASHIER)
        assert till.desk.back.again(view.refund, LEAD).state is PayState.REFUNDING
        till.turns()
        assert till.desk.back.of("x")[0].state is PayState.REFUND_FAILED


# ---- what a client may send ----------------------------------------------------------------------


@pytest.mark.parametrize("fen", [-1, 10**18, 100_000_001])
def test_amounts_that_nobody_pays_are_refused(till, fen: int) -> None:
    with pytest.raises(BadRequest):
        till.desk.open("b1", "sha", fen, CASHIER, "o1")


@pytest.mark.parametrize("fen", [0, -1, 5991, 10**18])
def test_a_part_is_more_than_nothing_and_not_more_than_due(till, fen: int) -> None:
    view = till.begin()
    with pytest.raises(BadRequest):
        till.desk.submit(view.payment, WECHAT, CASHIER, "n1", fen=fen)
    assert till.desk.view(view.payment).attempt is None


@pytest.mark.parametrize("code", ["6901234567892", "PK1.abc", "", "hello", "9" * 18, WECHAT[:-1]])
def test_what_is_no_wallets_code_is_refused(till, code: str) -> None:
    with pytest.raises(no.NoPayCode):
        till.desk.submit(till.begin().payment, code, CASHIER, "n1")


def test_a_nonce_is_one_wish(till) -> None:
    view = till.begin()
    number = till.charge(view)
    assert till.charge(view) == number
    with pytest.raises(NonceReused):
        till.desk.submit(view.payment, ALIPAY, CASHIER, "n1")
    with pytest.raises(NonceReused):
        till.desk.open("b9", "other", 5990, CASHIER, "open-b1-5990")


# ---- table and numbers ---------------------------------------------------------------------------


def test_the_table_is_whole_and_every_unsettled_state_has_a_way_out() -> None:
    assert set(PAYMENT) == set(PayState)
    for state in UNSETTLED | {PayState.REFUNDING, PayState.SUCCEEDED_LATE}:
        reached, todo = set[PayState](), [state]
        while todo:
            for after in PAYMENT[todo.pop()].values():
                if after not in reached:
                    reached.add(after)
                    todo.append(after)
        assert reached & FINAL, state
    with pytest.raises(IllegalMove):
        advance(PAYMENT, PayState.REVERSED, PayEvent.PAY)


def test_after_a_reversal_was_decided_nothing_is_a_plain_success() -> None:
    decided = {PayState.REVERSING, PayState.STUCK}
    assert not {PAYMENT[state].get(PayEvent.PAY) for state in decided} - {None}


@pytest.mark.parametrize("store", ["S00421", "421", "上海-1", "X" * 32, "a_b-c", "S"])
def test_a_number_is_what_both_wallets_allow(store: str) -> None:
    from datetime import date

    number = out_trade_no(store, date(2026, 11, 22), 107, 99999, "zz")
    back = refund_no(number, 99)
    for one in (number, back):
        assert one.isascii()
        assert one.isalnum()
        assert len(one) <= 32
    assert out_trade_no("S00421", date(2026, 11, 22), 1, 7, "k3") == "S0042126112201" + "00007k3"
