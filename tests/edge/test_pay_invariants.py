"""The promises of payments that no fault may break, one to seven."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain import payment_refusals as no
from edge.domain.payment_views import Paying
from edge.domain.payments import (
    Channel,
    PayState,
)
from tests.edge.paying_shop import (
    ALIPAY,
    CASHIER,
    WECHAT,
    Killed,
    PayingShop,
    paying,
    sell,
)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[PayingShop]:
    with paying(tmp_path) as made:
        yield made


# ---- the invariants ------------------------------------------------------------------------------


def test_i1_the_row_is_committed_before_the_call(till) -> None:
    def look(verb: str, number: str) -> None:
        # Another connection sees only what is committed.
        row = till.row(number)
        assert (verb, row.fen, row.basket_sha, row.state) == ("pay", 5990, "sha-b1-5990", PayState.SUBMITTING)
        raise Killed

    till.line.before = look
    view = till.begin()
    number = till.charge(view)
    with pytest.raises(Killed):
        till.turns()
    till.line.before = lambda *_: None
    till.reopen()
    till.run(600)
    assert till.line.verbs("pay") == ["pay"]
    assert till.state(number) == "reversed"


def test_i2_one_code_one_attempt_one_number(till) -> None:
    view = till.begin()
    number = till.charge(view)
    # A scanner that reads twice, another wish: still one attempt.
    assert till.charge(view, nonce="n2") == number
    till.turns()
    sell(till, till.desk.view(view.payment))
    with pytest.raises(no.PayCodeUsed):
        till.desk.submit(till.begin(basket="b2").payment, WECHAT, CASHIER, "n3")
    assert till.line.verbs("pay") == ["pay"]


def test_i2_under_a_race_one_of_many_threads_charges(till) -> None:
    view, answers = till.begin(), []
    gate = threading.Barrier(8)

    def scan(turn: int) -> None:
        gate.wait()
        answers.append(till.desk.submit(view.payment, WECHAT, CASHIER, f"n{turn}").attempt.number)

    threads = [threading.Thread(target=scan, args=(turn,)) for turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    till.turns()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert till.line.verbs() == ["pay"]


@pytest.mark.parametrize("script", ["no_answer", "system_error", "late_success 3"])
def test_i3_no_answer_is_asked_for_under_the_same_number_and_never_charged_again(
    tmp_path, script: str
) -> None:
    with paying(tmp_path, [script]) as till:
        number = till.charge(till.begin())
        till.turns()
        assert till.state(number) == "unknown"
        till.run(4)
        assert till.line.verbs() == ["pay"]
        till.run(3600)
        assert till.line.calls[1] == ("query", number)
        assert till.line.verbs("pay") == ["pay"]
        assert {called for _, called in till.line.calls} == {number}


def test_i4_nothing_begins_beside_an_unsettled_attempt(tmp_path) -> None:
    with paying(tmp_path, ["userpaying 30", "success"]) as till:
        view = till.begin()
        till.charge(view)
        till.turns()
        for act in (
            lambda: till.desk.submit(view.payment, ALIPAY, CASHIER, "x1"),
            lambda: till.desk.cash(view.payment, 10_000, CASHIER, "x2"),
            lambda: till.desk.show_qr(view.payment, Channel.WECHAT, CASHIER, "x3"),
            lambda: till.desk.open("b1", "another basket", 100, CASHIER, "x4"),
        ):
            with pytest.raises(no.PaymentUnsettled):
                act()
        shown = till.desk.view(view.payment)
        assert (shown.wallets, shown.cash, shown.qr, shown.holds) == (False, False, (), True)


@pytest.mark.parametrize("script", ["refused", "declined 3", "system_error"])
def test_i4_the_next_attempt_begins_when_the_former_took_nothing(tmp_path, script: str) -> None:
    with paying(tmp_path, [script, "success"]) as till:
        view = till.begin()
        first = till.charge(view)
        till.run(300)
        assert till.state(first) in {"failed", "reversed"}
        second = till.charge(view, ALIPAY, "n2")
        till.turns()
        assert second != first
        assert till.desk.view(view.payment).state is Paying.PAID


def test_i5_one_worker_reverses_and_a_power_cut_changes_nothing(tmp_path) -> None:
    with paying(tmp_path, ["reversal_refused 4"]) as till:
        number = till.charge(till.begin())
        till.run(46)
        assert till.state(number) == "reversing"
        inside, others = threading.Event(), list[float]()

        def hold(verb: str, _number: str) -> None:
            if verb == "reverse" and not inside.is_set():
                inside.set()
                others.extend(till.payers.turn() for _ in range(3))

        till.line.before = hold
        till.time.go(30)
        before = len(till.line.calls)
        till.payers.turn()
        # While one worker was inside the call, the turns of others made none.
        assert inside.is_set()
        assert len(till.line.calls) == before + 1
        till.line.before = lambda *_: None
        till.reopen(boot="boot-2")
        till.run(600)
        assert till.state(number) == "reversed"
        assert till.line.verbs("pay") == ["pay"]


def test_i6_a_success_after_the_decision_goes_back_with_an_alarm(tmp_path) -> None:
    with paying(tmp_path, ["stubborn 60"]) as till:
        view = till.begin()
        number = till.charge(view)
        till.run(600)
        row = till.row(number)
        assert (row.state, row.alarm) == (PayState.REFUNDED, "LATE")
        assert till.scripted.charged()[number] == till.scripted.back()[number] == 5990
        assert till.desk.view(view.payment).state is Paying.OPEN
        assert [view.number for view in till.desk.back.troubles()] == [number]
        assert [fact["state"] for fact in till.facts()] == ["refunding"]
        assert [fact["done"] for fact in till.facts("payment.refunded")] == [True]


def test_i7_no_idle_timer_while_unsettled_and_the_worker_goes_on_without_a_page(tmp_path) -> None:
    with paying(tmp_path, ["userpaying 20"]) as till:
        view = till.begin()
        till.charge(view)
        holds = [till.desk.at("T1").holds]
        till.desk.park(view.payment, CASHIER)
        assert till.desk.at("T1") is None
        till.run(8)
        holds.append(till.desk.view(view.payment).holds)
        till.run(20)
        holds.append(till.desk.view(view.payment).holds)
        assert holds == [True, True, False]
        assert till.desk.of_basket("b1").state is Paying.PAID
