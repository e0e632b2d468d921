"""Money between two commits: what a till, a worker and a second look may do meanwhile, and nothing is lost or given."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import Clock, stamp
from edge.daemon import Shop
from edge.desks.quoting import basket_sha
from edge.domain.benefit_refusals import PointsShort
from edge.domain.payment_refusals import PaymentBegun
from edge.domain.selling import BasketState
from edge.domain.selling_refusals import PayFirst
from edge.domain.staff import Operator
from edge.records.members import LookRow
from sync.benefits import Member
from tests.edge.conftest import STORE, PretendHq
from tests.edge.sale_shop import CUP, TEA, Till, facts, rule, stocked


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


def coupon(hq: PretendHq, name: str = "A15") -> None:
    row = {"coupon": name, "cls": "A", "fen": 1500, "title_zh": "减15", "title_en": "15 off", "state": "live"}
    more = {"store": STORE, "not_before": "2026-01-01T00:00:00Z", "not_after": "2099-01-01T00:00:00Z"}
    assert hq.put("g:coupon:CN", "coupon", name, row | more) == []


def test_a_coupon_is_used_up_by_the_sale_however_long_the_money_took(
    till: Till, hq: PretendHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    coupon(hq)
    till.scan(TEA)
    room, basket = till.shop.store.sales, till.basket().basket
    room.selling.coupon(basket, "A15", till.who, "hold")
    room.checkout.pay(basket, 4490, till.who, "pay")
    later = datetime.now(UTC) + timedelta(minutes=31)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    room.checkout.coupons.turn()
    assert room.checkout.cash(basket, 4490, 4490, till.who, "cash").net_fen == 4490
    assert [fact.fen for fact in facts(till.shop, "coupon.redeemed")] == [1500]  # type: ignore[union-attr]


def test_a_coupon_that_is_being_paid_with_is_not_let_go(till: Till, hq: PretendHq) -> None:
    coupon(hq)
    till.scan(TEA)
    room, basket = till.shop.store.sales, till.basket().basket
    room.selling.coupon(basket, "A15", till.who, "hold")
    room.checkout.pay(basket, 4490, till.who, "pay")
    (held,) = room.selling.bill(till.basket()).held
    with pytest.raises(PayFirst):
        room.checkout.coupons.release(held.lock, till.who)
    room.checkout.cash(basket, 4490, 4490, till.who, "cash")
    assert len(facts(till.shop, "coupon.redeemed")) == 1


def test_fewer_pieces_keep_the_share_that_was_cut_and_not_the_sum(till: Till, lead: Operator) -> None:
    till.scan(TEA)
    selling, basket = till.shop.store.sales.selling, till.basket().basket
    selling.set_qty(basket, 1, 5, till.who, "five")
    selling.cut(basket, 1, 5990, "damaged", lead, "cut")
    assert till.total() == 4 * 5990
    selling.set_qty(basket, 1, 1, till.who, "one")
    assert till.total() == 4792, "a fifth was taken off, not the whole piece"


def test_two_lines_of_a_product_never_spend_more_of_a_grant_than_there_is(till: Till, hq: PretendHq) -> None:
    stream = till.shop.books.journal.stream_id()
    granted = {"g1": 500, "g2": 800}
    for name, units in granted.items():
        row = {"grant": name, "sku": "A1", "stream": stream, "units": units, "recall": 0, "web": 0}
        assert hq.put(f"s:{STORE}:quota", "quota", name, row) == []
    selling = till.shop.store.sales.selling
    for nth in range(2):
        selling.add("A1", till.who, f"add-{nth}", qty=400, fixed_fen=100)
    till.cash()
    spent = {one.grant: one.spent for one in till.shop.books.wallet.quotas("A1")}
    assert sum(spent.values()) == 800
    assert all(spent[name] <= units for name, units in granted.items()), spent


def test_points_pay_at_one_till_at_a_time(till: Till, other: Operator, hq: PretendHq) -> None:
    books, room = till.shop.books, till.shop.store.sales
    terms = {"do": "points_pay", "points": 100, "fen": 100, "cap_mille": 500}
    rule(hq, "pts", {"rule": "pts", "version": 1, "level": "points", "benefit": terms})
    grant = {"grant": "p1", "member": "m1", "stream": books.journal.stream_id(), "units": 2000}
    assert (
        hq.put(f"s:{STORE}:member", "points_grant", "p1", grant | {"not_after": "2099-01-01T00:00:00Z"}) == []
    )
    profile = {"member": "m1", "tier": "", "ver": 1}
    assert hq.put(f"s:{STORE}:member", "member", "m1", profile) == []
    seen = LookRow(0, "T1", "1001", "m1", "code", "", Member("m1", "", 1), stamp(datetime.now(UTC)), "")
    with books.ledger.transaction() as tx:
        books.members.looked(tx, seen, 0)
    beside = Till(till.shop, other).open()
    for lane in (till, beside):
        basket = lane.scan(TEA).basket
        room.selling.member(basket, "m1", "", "", lane.who, lane.nonce())
        room.selling.points(basket, 2000, lane.who, lane.nonce())
        assert lane.total() == 3990
    began = room.checkout.pay(till.basket().basket, 3990, till.who, "pay")
    with pytest.raises(PointsShort):
        beside.cash()
    till.shop.store.tender.cash(began.payment, 3990, till.who, "cash")
    assert room.checkout.turn()
    assert beside.total() == 5990
    beside.cash()
    assert [fact.points for fact in facts(till.shop, "points.spent")] == [2000]  # type: ignore[union-attr]


def test_an_empty_basket_that_makes_room_lets_its_coupon_go(till: Till, hq: PretendHq) -> None:
    coupon(hq)
    room = till.shop.store.sales
    till.scan(CUP)
    aside = room.selling.suspend(till.basket().basket, till.who, "aside")
    till.scan(TEA)
    empty = till.basket().basket
    room.selling.coupon(empty, "A15", till.who, "hold")
    room.selling.remove(empty, 1, till.who, "out")
    room.selling.resume(aside.code, till.who, "back")
    assert room.checkout.coupons.holding(empty) == ()
