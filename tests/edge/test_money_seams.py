"""Money between two commits: what a till, a worker and a second look may do meanwhile, and nothing is lost or given."""

from __future__ import annotations

import threading

import pytest

from edge.daemon import Shop
from edge.desks.quoting import basket_sha
from edge.domain.payment_refusals import PaymentBegun
from edge.domain.selling import BasketState
from edge.domain.staff import Operator
from tests.edge.conftest import PretendHq
from tests.edge.sale_shop import CUP, TEA, Till, facts, stocked


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


def test_money_taken_for_other_goods_never_pays_for_these(till: Till) -> None:
    till.scan(TEA)
    room, tender, basket = till.shop.store.sales, till.shop.store.tender, till.basket()
    began = tender.open(basket.basket, basket_sha(basket, 5990), 5990, till.who, "early")
    tender.cash(began.payment, 5990, till.who, "cash")
    till.scan(CUP)
    with pytest.raises(PaymentBegun):
        room.checkout.pay(basket.basket, 18_890, till.who, "pay")
    assert not room.checkout.turn()
    assert facts(till.shop, "sale.") == []
    assert till.basket().state is BasketState.OPEN


def test_who_looks_while_paying_begins_leaves_the_basket_closed(till: Till) -> None:
    till.scan(TEA)
    checkout, basket = till.shop.store.sales.checkout, till.basket().basket
    over, paid = threading.Event(), []

    def look() -> None:
        while not over.is_set():
            checkout.turn()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for nth in range(60):
            checkout.pay(basket, 5990, till.who, f"pay-{nth}")
            paid.append(till.basket().state)
            checkout.unpay(basket, till.who)
    finally:
        over.set()
        looking.join()
    assert set(paid) == {BasketState.PAYING}
