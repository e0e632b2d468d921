"""How long wallets are asked for, what a QR code's life is, cash beside wallets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain import payment_refusals as no
from edge.domain.payment_views import Paying
from edge.domain.payments import (
    Channel,
    PayState,
)
from edge.domain.refusals import NonceReused, UnknownThing
from tests.edge.paying_shop import (
    ALIPAY,
    CASHIER,
    OTHER,
    WECHAT,
    PayingShop,
    called_at,
    paying,
    sell,
)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[PayingShop]:
    with paying(tmp_path) as made:
        yield made


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
