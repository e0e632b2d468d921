"""Payments at a till: the invariants I1 to I11 each by name, and what a desk may and may not do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.domain import payment_refusals as no
from edge.domain.moves import IllegalMove, advance
from edge.domain.orders import Fen
from edge.domain.payment_port import NoAnswer, NotSent
from edge.domain.payment_views import Paying, RefundPart
from edge.domain.payments import (
    FINAL,
    PAYMENT,
    UNSETTLED,
    Channel,
    PayEvent,
    PayState,
    out_trade_no,
    refund_no,
)
from edge.domain.refusals import BadRequest, NonceReused, NotAllowed, UnknownThing
from tests.edge.paying_shop import ALIPAY, CASHIER, LEAD, OTHER, WECHAT, PayingShop, paying


@pytest.fixture
def till(tmp_path: Path) -> Iterator[PayingShop]:
    with paying(tmp_path) as made:
        yield made


class Killed(BaseException):
    """The process ends here."""


def killed(*_: object) -> None:
    raise Killed


def lost(*_: object) -> None:
    raise NoAnswer


def part(number: str, fen: int) -> RefundPart:
    return RefundPart(number, Fen(fen))


def sell(shop: PayingShop, view: Any, sale: str = "sale-1") -> Any:
    with shop.shop.books.ledger.transaction() as tx:
        return shop.desk.complete(tx, view.payment, view.basket_sha, view.fen, sale)


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


def test_i8_a_sale_is_complete_only_with_the_money_and_only_once(tmp_path) -> None:
    with paying(tmp_path, ["userpaying 9"]) as till:
        view = till.begin()
        till.charge(view)
        till.turns()
        with pytest.raises(no.NotPaid):
            sell(till, view)
        till.run(20)
        for wrong in ({"sha": "other"}, {"fen": 1}):
            with till.shop.books.ledger.transaction() as tx, pytest.raises(no.NotPaid):
                till.desk.complete(
                    tx, view.payment, wrong.get("sha", view.basket_sha), wrong.get("fen", 5990), "s"
                )
        assert [tender.fen for tender in sell(till, view)] == [5990]
        with pytest.raises(no.PaymentOver):
            sell(till, view, "sale-2")


def test_i9_wallets_are_not_offered_without_a_line(tmp_path) -> None:
    with paying(tmp_path, provider="hq", hq="http://127.0.0.1:9") as till:
        view = till.begin()
        assert (view.wallets, view.cash) == (False, True)
        with pytest.raises(no.WalletsOffline):
            till.desk.submit(view.payment, WECHAT, CASHIER, "n1")
        till.shop.store.status.exchanged("")
        assert till.desk.view(view.payment).wallets
        till.charge(view, nonce="n2")
        till.shop.store.status.exchanged("LINE_DOWN")
        till.turns()
        assert till.line.verbs() == ["pay"]


def test_i9_a_provider_that_was_not_reached_is_not_offered_for_a_while(till) -> None:
    def away(*_: object) -> None:
        raise NotSent

    till.line.before = away
    view = till.begin()
    number = till.charge(view)
    till.turns()
    # It never left us: the one case without an answer that is a definite no.
    assert till.state(number) == "failed"
    assert not till.desk.view(view.payment).wallets
    with pytest.raises(no.WalletsOffline):
        till.desk.submit(view.payment, ALIPAY, CASHIER, "n2")
    till.time.go(31)
    assert till.desk.view(view.payment).wallets


def test_i9_a_line_that_breaks_leaves_it_open_and_prints_a_slip_once(till) -> None:
    till.line.after = lost
    view = till.begin()
    number = till.charge(view)
    till.run(60)
    shown = till.desk.view(view.payment).attempt
    assert shown.state in {PayState.UNKNOWN, PayState.REVERSING}
    assert shown.call_staff
    jobs = [job for job in till.shop.books.jobs.recent(10) if job.ref == number]
    assert len(jobs) == 1
    text = repr(jobs[0].slip)
    assert "支付结果待确认" in text
    assert number in text
    assert WECHAT not in text
    assert "失败" not in text
    till.line.after = lambda *_: None
    till.run(3600)
    assert till.state(number) in {"reversed", "refunded"}
    assert till.scripted.back()[number] == 5990
    assert len([job for job in till.shop.books.jobs.recent(10) if job.ref == number]) == 1


def test_i10_another_amount_is_stuck_and_never_a_sale(tmp_path) -> None:
    with paying(tmp_path, ["wrong_amount 1"]) as till:
        view = till.begin()
        number = till.charge(view)
        till.payers.turn()
        assert (till.state(number), till.row(number).alarm) == ("stuck", "AMOUNT")
        assert till.desk.view(view.payment).state is Paying.OPEN
        till.run(3600)
        assert till.state(number) == "reversed"
        assert till.scripted.back()[number] == 5991


def test_i11_attempts_are_exported_with_what_the_provider_said(tmp_path) -> None:
    with paying(tmp_path, ["userpaying 8"]) as till:
        number = till.charge(till.begin())
        till.run(20)
        (row,) = till.shop.books.payments.since("", 10)
        assert (row.number, row.fen, row.paid_fen, row.txn) == (number, 5990, 5990, f"T{number}")
        assert [said[:2] for said in till.shop.books.payments.answers(number)] == [
            ("pay", "paying"),
            ("query", "paying"),
            ("query", "paid"),
        ]
        (fact,) = till.facts()
        assert (fact["number"], fact["state"], fact["paid_fen"]) == (number, "succeeded", 5990)


# ---- the code is nowhere -------------------------------------------------------------------------


def test_the_scanned_code_is_in_no_row_no_fact_and_no_file(till, caplog) -> None:
    caplog.set_level(0)
    till.charge(till.begin())
    assert WECHAT not in repr(till.desk.hand)
    till.turns()
    for table in ("payment", "pay_attempt", "pay_answer", "journal", "wish", "scan"):
        rows = till.shop.books.ledger.read().execute(f"SELECT * FROM main.{table}").fetchall()  # noqa: S608 - our own names
        assert WECHAT not in repr(rows)
    row = till.shop.books.payments.since("", 1)[0]
    assert (row.code_kind, row.code_len, len(row.code_mac)) == ("pay_wechat", 18, 64)
    assert WECHAT not in caplog.text


# ---- paces ---------------------------------------------------------------------------------------


def called_at(till: PayingShop) -> list[tuple[str, int]]:
    """(verb, seconds since now) of the calls from here on."""
    began, found = till.time.ms, list[tuple[str, int]]()
    till.line.before = lambda verb, _number: found.append((verb, (till.time.ms - began) // 1000))
    return found


def test_wechat_is_reversed_after_its_45_seconds(tmp_path) -> None:
    with paying(tmp_path, ["reversal_refused 0"]) as till:
        found = called_at(till)
        till.charge(till.begin())
        till.run(300)
        assert found[0] == ("pay", 0)
        assert found[-2:] == [("query", 45), ("reverse", 45)]


def test_alipay_is_cancelled_right_after_the_last_query_at_60_seconds(tmp_path) -> None:
    with paying(tmp_path, ["reversal_refused 0"]) as till:
        found = called_at(till)
        till.charge(till.begin(), ALIPAY)
        till.run(300)
        assert found[-2:] == [("query", 60), ("reverse", 60)]


def test_wechat_is_not_reversed_within_15_seconds_even_if_the_shopper_cancels_at_once(tmp_path) -> None:
    with paying(tmp_path, ["reversal_refused 0"]) as till:
        view = till.begin()
        found = called_at(till)
        till.charge(view)
        till.turns()
        till.desk.stop(view.payment, CASHIER)
        till.run(300)
        assert found == [("pay", 0), ("query", 0), ("reverse", 15)]


def test_a_charge_that_waited_too_long_for_a_worker_is_never_made(till) -> None:
    number = till.charge(till.begin())
    till.time.go(16)
    till.turns()
    assert (till.state(number), till.line.calls) == ("failed", [])


# ---- codes that the shopper scans ----------------------------------------------------------------


def test_a_qr_code_is_shown_paid_and_polled(tmp_path) -> None:
    with paying(tmp_path, ["userpaying 30"]) as till:
        view = till.begin()
        till.desk.show_qr(view.payment, Channel.WECHAT, CASHIER, "q1")
        till.turns()
        shown = till.desk.view(view.payment).attempt
        assert (shown.state, shown.qr[:12], shown.left_s) == (PayState.QR_SHOWN, "https://pay.", 120)
        till.run(40)
        assert till.desk.view(view.payment).state is Paying.PAID


@pytest.mark.parametrize(("after_s", "state"), [(5000, "closed"), (121, "closed"), (119, "succeeded")])
def test_a_qr_code_is_closed_after_120_seconds_with_a_last_query(tmp_path, after_s: int, state: str) -> None:
    with paying(tmp_path, [f"userpaying {after_s}"]) as till:
        view = till.begin()
        number = till.desk.show_qr(view.payment, Channel.ALIPAY, CASHIER, "q1").attempt.number
        till.run(600)
        assert till.state(number) == state
        if state == "closed":
            assert till.line.verbs()[-3:] == ["query", "close", "query"]


def test_a_qr_code_of_a_process_that_died_is_ended_not_asked_for_again(till) -> None:
    view = till.begin()
    number = till.desk.show_qr(view.payment, Channel.WECHAT, CASHIER, "q1").attempt.number
    till.reopen()
    till.run(600)
    assert till.state(number) == "closed"
    assert till.line.verbs("precreate") == []


# ---- cash, parts, cancelling ---------------------------------------------------------------------


def test_cash_gives_change_and_the_rest_is_due(till) -> None:
    view = till.desk.cash(till.begin().payment, 5000, CASHIER, "c1")
    assert (view.state, view.due_fen) == (Paying.OPEN, 990)
    view = till.desk.cash(view.payment, 10_000, CASHIER, "c2")
    assert (view.state, view.attempt.change_fen, view.due_fen) == (Paying.PAID, 9010, 0)
    assert [(tender.fen, tender.change_fen) for tender in sell(till, view)] == [(5000, 0), (990, 9010)]
    # The same wish again is the same tender.
    assert len(till.desk.cash(view.payment, 10_000, CASHIER, "c2").tenders) == 2
    with pytest.raises(NonceReused):
        till.desk.cash(view.payment, 9_000, CASHIER, "c2")


def test_a_part_by_wallet_and_the_rest_in_cash(till) -> None:
    view = till.begin()
    till.desk.submit(view.payment, WECHAT, CASHIER, "n1", fen=2000)
    till.turns()
    view = till.desk.cash(view.payment, 3990, CASHIER, "c1")
    assert [(one.channel, one.fen) for one in view.tenders] == [(Channel.WECHAT, 2000), (Channel.CASH, 3990)]
    assert view.state is Paying.PAID


def test_cancelling_gives_back_what_was_taken_and_what_still_comes(tmp_path) -> None:
    with paying(tmp_path, ["userpaying 10"]) as till:
        view = till.begin()
        till.desk.cash(view.payment, 990, CASHIER, "c1")
        number = till.charge(view)
        till.run(6)
        shown = till.desk.cancel(view.payment, CASHIER)
        assert (shown.cancelling, shown.state) == (True, Paying.OPEN)
        till.run(600)
        shown = till.desk.view(view.payment)
        assert (shown.state, shown.tenders) == (Paying.CANCELLED, ())
        assert till.scripted.charged().get(number, 0) == till.scripted.back()[number]
        assert till.desk.cancel(view.payment, CASHIER) == shown


def test_a_cancelled_payment_gives_back_a_success_of_the_same_instant(till) -> None:
    view = till.begin()
    number = till.charge(view)
    till.desk.cancel(view.payment, CASHIER)
    till.run(60)
    assert till.state(number) == "refunded"
    assert till.scripted.back()[number] == 5990
    assert till.desk.view(view.payment).state is Paying.CANCELLED


def test_a_basket_goes_on_at_another_station(till) -> None:
    view = till.begin()
    again = till.desk.open("b1", view.basket_sha, 5990, OTHER, "at-t2")
    assert (again.payment, again.station) == (view.payment, "T2")
    with pytest.raises(UnknownThing):
        till.desk.submit(view.payment, WECHAT, CASHIER, "n1")
    assert till.desk.submit(view.payment, WECHAT, OTHER, "n1").attempt.state is PayState.SUBMITTING


def test_a_changed_basket_begins_anew_unless_money_was_taken(till) -> None:
    first = till.begin()
    second = till.desk.open("b1", "changed", 100, CASHIER, "o2")
    assert second.payment != first.payment
    assert till.desk.view(first.payment).state is Paying.CANCELLED
    till.desk.cash(second.payment, 50, CASHIER, "c1")
    with pytest.raises(no.PaymentBegun):
        till.desk.open("b1", "changed again", 100, CASHIER, "o3")


def test_nothing_to_pay_is_paid(till) -> None:
    view = till.desk.open("b1", "sha", 0, CASHIER, "o1")
    assert view.state is Paying.PAID
    assert sell(till, view) == ()


# ---- refunds -------------------------------------------------------------------------------------


def sold(till: PayingShop) -> str:
    number = till.charge(till.begin())
    till.turns()
    sell(till, till.desk.of_basket("b1"))
    return number


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
