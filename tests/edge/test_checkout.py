"""Paying at the desk, the last piece, baskets put aside or given up, and training that leaves nothing behind."""

from __future__ import annotations

import pytest

from devices.slip import Text
from edge.daemon import Shop
from edge.desks.checkout import CheckoutDesk
from edge.domain import refusals as no
from edge.domain.benefit_refusals import QuotaShort
from edge.domain.payment_refusals import NoPayCode
from edge.domain.scanned_refusals import ProductInPay
from edge.domain.selling import BasketState, Sale
from edge.domain.selling_refusals import (
    BasketBusy,
    EmptyBasket,
    NoBasket,
    NoShift,
    NotPaid,
    PayFirst,
)
from edge.domain.staff import Operator
from sync.selling import BasketVoided, SaleCompleted
from tests.edge.conftest import PretendHq
from tests.edge.sale_shop import CUP, TEA, Till, facts, slip, stocked


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


@pytest.fixture
def beside(till: Till, other: Operator) -> Till:
    return Till(till.shop, other).open()


# ---- paying ----------------------------------------------------------------------------------------


def test_a_sale_waits_for_the_money_and_the_basket_for_the_payment(till: Till) -> None:
    till.scan(TEA)
    room, basket = till.shop.store.sales, till.basket().basket
    room.checkout.pay(basket, 5990, till.who, "pay")
    with pytest.raises(NotPaid):
        room.checkout.complete(basket, till.who, "too-soon")
    with pytest.raises(ProductInPay):
        till.scan(CUP)
    with pytest.raises(NoPayCode):
        till.scan("CP1.AAAA.BBBB")
    with pytest.raises(PayFirst):
        room.selling.remove(basket, 1, till.who, "rm")
    assert facts(till.shop, "sale.") == []
    assert room.checkout.unpay(basket, till.who).state is BasketState.OPEN
    till.scan(CUP)
    assert till.cash().net_fen == 18_890


def test_what_is_paid_while_nobody_looks_is_completed_all_the_same(till: Till) -> None:
    till.scan(TEA)
    checkout, basket = till.shop.store.sales.checkout, till.basket().basket
    began = checkout.pay(basket, 5990, till.who, "pay")
    assert not checkout.turn()
    till.shop.store.tender.cash(began.payment, 6000, till.who, "cash")
    assert checkout.turn()
    assert not checkout.turn()
    assert till.shop.books.sales.of_basket(basket) is not None


def test_a_look_that_comes_second_to_a_paid_basket_finds_its_sale(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.scan(TEA)
    checkout, basket = till.shop.store.sales.checkout, till.basket().basket
    began = checkout.pay(basket, 5990, till.who, "pay")
    till.shop.store.tender.cash(began.payment, 6000, till.who, "cash")
    look = CheckoutDesk._done
    first: list[str] = []

    def overtaken(desk: CheckoutDesk, name: str, nonce: str) -> Sale | None:
        """The other look completes it right after this one has found no sale."""
        found = look(desk, name, nonce)
        if not first:
            first.append(nonce)
            checkout.complete(basket, till.who, nonce)
        return found

    monkeypatch.setattr(CheckoutDesk, "_done", overtaken)
    assert checkout.complete(basket, till.who, "paid").repeat
    assert len(facts(till.shop, "sale.")) == 1


def test_money_given_back_leaves_no_sale(till: Till) -> None:
    till.scan(TEA)
    checkout, basket = till.shop.store.sales.checkout, till.basket().basket
    began = checkout.pay(basket, 5990, till.who, "pay")
    till.shop.store.tender.cash(began.payment, 6000, till.who, "cash")
    checkout.unpay(basket, till.who)
    checkout.turn()
    assert till.basket().state is BasketState.OPEN
    assert facts(till.shop, "sale.") == []
    assert till.shop.books.shelf.level("A1") == 5


def test_nothing_is_sold_at_a_till_that_is_shut_or_from_an_empty_basket(
    shop: Shop, hq: PretendHq, cashier: Operator
) -> None:
    stocked(hq)
    till = Till(shop, cashier)
    till.scan(TEA)
    with pytest.raises(NoShift):
        till.cash()
    till.open()
    shop.store.sales.selling.remove(till.basket().basket, 1, cashier, "rm")
    with pytest.raises(EmptyBasket):
        shop.store.sales.checkout.pay(till.basket().basket, 0, cashier, "pay")


# ---- the last piece --------------------------------------------------------------------------------


def test_two_tills_may_sell_the_last_piece_and_the_books_say_so(till: Till, beside: Till) -> None:
    for lane in (till, beside):
        lane.scan(CUP)
        selling = lane.shop.store.sales.selling
        selling.set_qty(lane.basket().basket, 1, 4, lane.who, lane.nonce())
    till.cash(), beside.cash()
    assert till.shop.books.shelf.level("B2") == -3
    assert len(facts(till.shop, "sale.")) == 2


def test_of_escrowed_goods_the_grant_decides_also_while_the_first_is_being_paid(
    till: Till, beside: Till, hq: PretendHq
) -> None:
    stream = till.shop.books.journal.stream_id()
    quota = {"grant": "g1", "sku": "B2", "stream": stream, "units": 1, "recall": 0, "web": 0}
    assert hq.put("s:S00421:quota", "quota", "g1", quota) == []
    till.scan(CUP), beside.scan(CUP)
    checkout = till.shop.store.sales.checkout
    began = checkout.pay(till.basket().basket, 12_900, till.who, "pay-1")
    with pytest.raises(QuotaShort):
        beside.cash()
    till.shop.store.tender.cash(began.payment, 12_900, till.who, "cash-1")
    sale = checkout.complete(till.basket().basket, till.who, "done-1")
    with pytest.raises(QuotaShort):
        beside.cash()
    assert sale.lines[0].grant == "g1"
    assert till.shop.books.shelf.level("B2") == 4
    (moved,) = facts(till.shop, "stock.moved")
    assert (moved.grant, moved.qty, moved.ref) == ("g1", -1, sale.sale)  # type: ignore[union-attr]


# ---- put aside, given up, practised ----------------------------------------------------------------


def test_a_basket_put_aside_here_is_taken_up_there_by_its_code(till: Till, beside: Till) -> None:
    till.scan(TEA)
    selling = till.shop.store.sales.selling
    aside = selling.suspend(till.basket().basket, till.who, "aside")
    assert selling.at("T1") is None
    assert [one.code for one in selling.suspended()] == [aside.code]
    till.scan(CUP)
    with pytest.raises(BasketBusy):
        till.scan(aside.code)
    here = beside.scan(aside.code)
    assert (here.station, here.basket, here.lines) == ("T2", aside.basket, aside.lines)
    with pytest.raises(NoBasket):
        till.scan(aside.code)
    assert beside.cash().station == "T2"


def test_a_dear_basket_is_given_up_by_a_lead_and_hq_hears_of_it(till: Till, lead: Operator) -> None:
    till.scan(CUP), till.scan(CUP)
    selling, basket = till.shop.store.sales.selling, till.basket().basket
    with pytest.raises(no.NotAllowed):
        selling.void(basket, "mistake", till.who, "v1")
    with pytest.raises(no.BadRequest):
        selling.void(basket, " ", lead, "v2")
    selling.void(basket, "mistake", lead, "v3")
    assert facts(till.shop, "basket.") == [BasketVoided(basket, 25_800, 2, "mistake")]
    assert selling.at("T1") is None


def test_training_looks_the_same_and_leaves_nothing_behind(till: Till) -> None:
    before = len(facts(till.shop))
    till.scan(TEA, training=True)
    sale = till.cash(10_000)
    assert sale.training
    assert "T000001" in sale.receipt
    assert sale.seq == 0
    assert len(facts(till.shop)) == before
    assert till.shop.books.shelf.level("A1") == 5
    assert slip(till.shop, sale.job)[0] == "培训单"
    found = till.shop.books.jobs.by_id(sale.job)
    assert found is not None
    assert any(isinstance(p, Text) and "不作为" in p.text for p in found.slip.parts)
    till.scan(TEA)
    assert till.cash().receipt.endswith("000001")


def test_the_guide_who_advised_stands_on_the_sale(till: Till) -> None:
    till.scan(TEA)
    selling, basket = till.shop.store.sales.selling, till.basket().basket
    with pytest.raises(no.Refusal):
        selling.guide(basket, "9999", till.who, "g1")
    selling.guide(basket, "3001", till.who, "g2")
    till.cash()
    (fact,) = facts(till.shop, "sale.")
    assert isinstance(fact, SaleCompleted)
    assert fact.guide == "3001"


def test_a_nonce_that_was_used_for_something_else_is_refused(till: Till) -> None:
    selling = till.shop.store.sales.selling
    selling.add("A1", till.who, "same")
    assert selling.add("A1", till.who, "same").lines[0].qty == 1
    with pytest.raises(no.NonceReused):
        selling.add("B2", till.who, "same")
