"""The promises of payments that no fault may break, eight to eleven; and codes that are kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain import payment_refusals as no
from edge.domain.payment_port import NotSent
from edge.domain.payment_views import Paying
from edge.domain.payments import (
    PayState,
)
from tests.edge.paying_shop import (
    ALIPAY,
    CASHIER,
    WECHAT,
    PayingShop,
    lost,
    paying,
    sell,
)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[PayingShop]:
    with paying(tmp_path) as made:
        yield made


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
