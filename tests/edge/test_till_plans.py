"""What a till asks of its books day by day is answered by an index, however many years of sales lie in them."""

from __future__ import annotations

import pytest

from edge.daemon import Shop
from edge.domain.shifts import Taking
from edge.domain.staff import Operator
from tests.edge.conftest import PretendHq
from tests.edge.sale_shop import CUP, TEA, Till, stocked
from tests.edge.test_returns import back, want

SMALL = {"stream", "enrolment", "hq.promotion", "hq.tier", "hq.repurchase"}
"""Tables that stay small; whatever else is read through must be an index of the few rows that still matter."""
FEW = {"basket_aside", "basket_code", "journal_disputed", "pay_attempt_alarm"}


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


def a_day(till: Till, lead: Operator) -> None:
    """Goods in and out of a basket, one given up, one put aside, two sold, one brought back, cash moved, reports."""
    room = till.shop.store.sales
    till.scan(TEA), till.scan(CUP)
    room.selling.remove(till.basket().basket, 1, till.who, "out")
    room.selling.suspend(till.basket().basket, till.who, "aside")
    (aside,) = room.selling.suspended()
    till.scan(aside.code)
    room.selling.void(till.basket().basket, "mistake", lead, "void")
    for _ in range(2):
        till.scan(TEA)
        sale = till.cash()
    back(till, sale, want(1))
    room.checkout.last("T1"), room.checkout.turn(), room.checkout.coupons.turn()
    room.shifts.move(Taking.DROP, 100, "safe", till.who, "drop")
    room.shifts.x_report(till.who)
    room.checkout.coupons.disputes(), room.checkout.coupons.disputed()
    till.shop.books.stockroom.minimums("", 5), room.money.baskets(), room.money.troubles()
    till.shop.store.tender.back.hand_out("none")
    room.money.handed_out(sale.basket)
    till.shop.store.guide.pay.turn()


def test_no_question_of_a_day_reads_a_growing_table_through(till: Till, lead: Operator) -> None:
    asked: set[str] = set()
    ledger = till.shop.books.ledger
    with ledger.transaction() as writer:
        writer.set_trace_callback(asked.add)
    reader = ledger.read()
    reader.set_trace_callback(asked.add)
    a_day(till, lead)
    reader.set_trace_callback(None)
    questions = [sql for sql in asked if sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
    assert len(questions) > 100, "the day is seen"
    slow = set()
    for sql in questions:
        for *_, step in reader.execute(f"EXPLAIN QUERY PLAN {sql}"):
            words = step.split()
            if words[0] == "SCAN" and words[1] not in SMALL and words[-1] not in FEW:
                slow.add((step, sql))
    assert not slow
