"""定金膨胀 at the till: found by code, held by one basket, counted in one sale, and on the paper for what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devices.slip import Pair
from edge.daemon import Shop
from edge.domain.deposit_refusals import (
    DepositElsewhere,
    DepositGone,
    DepositHeld,
    DepositNotYours,
    DepositOutOfTime,
    DepositSpent,
)
from edge.domain.promotion_rules import Bundle, BundlePart, Off, Percent, Rule, Scope
from edge.domain.promotion_used import times_taken
from edge.domain.refusals import Refusal
from edge.domain.returns import Condition, Fate, Reason, Source, Wanted
from edge.domain.selling import Sale
from edge.domain.selling_refusals import NotRecognised
from edge.domain.staff import Operator
from sync.deposits import DepositReleased, DepositUsed
from tests.edge.conftest import STORE, PretendHq
from tests.edge.sale_shop import CUP, TEA, Till, facts, rule, stocked


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


def paid_online(hq: PretendHq, name: str = "DJ-1", **more: Any) -> None:
    """20 yuan down on the cup, doubled at the till."""
    row = {
        "deposit": name,
        "store": STORE,
        "fen": 2000,
        "k_mille": 2000,
        "skus": ["B2"],
        "order": "TB20261111",
    }
    assert hq.put(f"s:{STORE}:coupon", "deposit", name, row | more) == []


def slip(shop: Shop, sale: Sale) -> dict[str, str]:
    found = shop.books.jobs.by_id(sale.job)
    assert found is not None
    return {part.left: part.right for part in found.slip.parts if isinstance(part, Pair)}


def whole(sale: Sale) -> list[Wanted]:
    facts = (Condition.INTACT, Reason.NO_REASON, Fate.SHELF)
    return [Wanted(line.line, line.qty, *facts) for line in sale.lines]


def test_a_deposit_counts_double_and_the_balance_is_paid(till: Till, hq: PretendHq) -> None:
    paid_online(hq)
    till.scan(CUP), till.scan(TEA)
    till.scan("TB20261111")
    assert till.total() == 12_900 + 5990 - 4000
    sale = till.cash()
    assert (sale.net_fen, sum(one.fen for one in sale.paid)) == (14_890, 14_890)
    cup = next(line for line in sale.lines if line.sku == "B2")
    assert [(one.kind, one.rule, one.fen) for one in cup.units[0][1]] == [("deposit", "DJ-1", 4000)]
    (fact,) = facts(till.shop, "deposit.")
    assert isinstance(fact, DepositUsed)
    assert (fact.deposit, fact.sale, fact.fen, fact.paid_fen) == ("DJ-1", sale.sale, 4000, 2000)
    said = slip(till.shop, sale)
    # What was paid before is no saving, what it grew by is; an invoice is for both.
    assert till.shop.store.sales.checkout.saved(sale) == 2000
    assert (said["已付定金 ****DJ-1"], said["· 定金膨胀"], said["优惠合计"]) == (
        "-20.00",
        "-20.00",
        "-¥20.00",
    )
    assert said["开票金额（含定金）"] == "¥168.90"


def test_a_deposit_is_found_by_its_signed_code_and_by_no_other(till: Till, hq: PretendHq) -> None:
    hq.open()
    paid_online(hq)
    till.scan(CUP)
    good = hq.code(order="TB20261111")
    with pytest.raises(NotRecognised):
        till.scan(good[:-8] + "AAAAAAAA")
    till.scan(good)
    assert till.total() == 8900
    # A device's scan belongs to the basket at hand, too.
    deposits = till.shop.store.sales.deposits
    deposits.drop(till.basket().basket, "DJ-1", till.who, till.nonce())
    assert till.total() == 12_900
    assert till.shop.store.sales.takes(till.who.station, good, till.nonce())
    assert till.total() == 8900


def test_one_basket_has_it_until_it_lets_go(till: Till, hq: PretendHq, other: Operator) -> None:
    paid_online(hq)
    beside = Till(till.shop, other).open()
    till.scan(CUP), beside.scan(CUP)
    till.scan("DJ-1"), till.scan("DJ-1")
    with pytest.raises(DepositHeld):
        beside.scan("DJ-1")
    till.shop.store.sales.selling.void(till.basket().basket, "changed", till.who, till.nonce())
    beside.scan("DJ-1")
    assert beside.total() == 8900
    beside.cash()
    till.scan(CUP)
    with pytest.raises(DepositSpent):
        till.scan("DJ-1")
    assert len(facts(till.shop, "deposit.")) == 1


def test_time_lets_go_of_it_but_not_while_money_is_taken(till: Till, hq: PretendHq, other: Operator) -> None:
    paid_online(hq)
    beside = Till(till.shop, other).open()
    till.scan(CUP), till.scan("DJ-1"), beside.scan(CUP)
    checkout, basket = till.shop.store.sales.checkout, till.basket().basket
    began = checkout.pay(basket, 8900, till.who, "pay")
    books = till.shop.books
    with books.ledger.transaction() as tx:
        (row,) = books.deposits.of_basket(basket, tx)
        books.deposits.put(tx, replace(row, until="2024-01-01T00:00:00.000Z"))
    with pytest.raises(DepositHeld):
        beside.scan("DJ-1")
    till.shop.store.tender.cash(began.payment, 8900, till.who, "cash")
    assert checkout.complete(basket, till.who, "done").net_fen == 8900


def test_a_basket_whose_time_is_over_loses_it_to_another(till: Till, hq: PretendHq, other: Operator) -> None:
    paid_online(hq)
    beside = Till(till.shop, other).open()
    till.scan(CUP), till.scan("DJ-1"), beside.scan(CUP)
    books = till.shop.books
    with books.ledger.transaction() as tx:
        (row,) = books.deposits.of_basket(till.basket().basket, tx)
        books.deposits.put(tx, replace(row, until="2024-01-01T00:00:00.000Z"))
    assert till.total() == 12_900
    beside.scan("DJ-1")
    assert (till.total(), beside.total()) == (12_900, 8900)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"store": "S9"}, DepositElsewhere),
        ({"state": "refunded"}, DepositGone),
        ({"state": "used"}, DepositSpent),
        ({"not_before": "2099-01-01T00:00:00.000Z"}, DepositOutOfTime),
        ({"not_after": "2024-01-01T00:00:00.000Z"}, DepositOutOfTime),
        ({"member": "m-2"}, DepositNotYours),
    ],
)
def test_what_stands_against_it(
    till: Till, hq: PretendHq, more: dict[str, Any], refusal: type[Refusal]
) -> None:
    paid_online(hq, **more)
    till.scan(CUP)
    till.shop.store.sales.selling.member(till.basket().basket, "m-1", "", "", till.who, till.nonce())
    with pytest.raises(refusal):
        till.scan("DJ-1")
    assert till.total() == 12_900


def test_a_rule_says_how_much_it_counts_where_the_row_does_not(till: Till, hq: PretendHq) -> None:
    said = {"rule": "d3", "version": 1, "level": "deposit", "benefit": {"do": "inflate", "k_mille": 3000}}
    rule(hq, "d3", said | {"include": {"skus": ["B2"]}})
    paid_online(hq, k_mille=0, rule="d3")
    till.scan(CUP), till.scan("DJ-1")
    assert till.total() == 6900


def test_the_whole_sale_back_gives_the_deposit_back_and_only_what_was_paid_here(
    till: Till, hq: PretendHq
) -> None:
    paid_online(hq)
    till.scan(CUP), till.scan("DJ-1")
    sale = till.cash()
    done = till.shop.store.returns.accept(Source.SALE, sale.sale, whole(sale), till.who, till.nonce())
    assert done.refund_fen == 8900
    used, released = facts(till.shop, "deposit.")
    assert isinstance(used, DepositUsed)
    assert isinstance(released, DepositReleased)
    assert released.use == used.use
    till.scan(CUP), till.scan("DJ-1")
    assert till.cash().net_fen == 8900


def test_training_takes_no_deposit(till: Till, hq: PretendHq) -> None:
    paid_online(hq)
    till.scan(CUP, training=True)
    till.scan("DJ-1")
    assert till.total() == 12_900


# ---- limits ----------------------------------------------------------------------------------------


def capped(hq: PretendHq, **caps: int) -> None:
    body = {
        "rule": "cap",
        "version": 1,
        "level": "order",
        "benefit": {"do": "off", "fen": 1000},
        "caps": caps,
    }
    rule(hq, "cap", body | {"name_zh": "减10"})


def test_a_member_gets_it_so_often_and_another_member_still_does(till: Till, hq: PretendHq) -> None:
    capped(hq, member_times=1)
    selling = till.shop.store.sales.selling
    totals = []
    for member in ("m-1", "m-1", "m-2"):
        till.scan(CUP)
        selling.member(till.basket().basket, member, "", "", till.who, till.nonce())
        totals.append(till.cash().net_fen)
    assert totals == [11_900, 12_900, 11_900]


def test_a_sale_that_came_back_whole_does_not_count(till: Till, hq: PretendHq) -> None:
    capped(hq, member_times=1)
    selling = till.shop.store.sales.selling
    for _ in range(2):
        till.scan(CUP)
        selling.member(till.basket().basket, "m-1", "", "", till.who, till.nonce())
        sale = till.cash()
        assert sale.net_fen == 11_900
        till.shop.store.returns.accept(Source.SALE, sale.sale, whole(sale), till.who, till.nonce())


def test_a_budget_ends_and_training_does_not_touch_it(till: Till, hq: PretendHq) -> None:
    capped(hq, budget_fen=1500)
    till.scan(CUP, training=True)
    till.cash()
    totals = []
    for _ in range(3):
        till.scan(CUP)
        totals.append(till.cash().net_fen)
    assert totals == [11_900, 12_400, 12_900]


def test_times_are_told_by_what_was_taken_off() -> None:
    pair = Bundle((BundlePart(Scope(skus=("A",)), 2),), fen=100)
    assert times_taken(Rule("b", 1, "line", pair), 4, 800) == 2
    assert times_taken(Rule("e", 1, "order", Off(1000, every=True)), 5, 3000) == 3
    assert times_taken(Rule("o", 1, "order", Percent(100)), 5, 3000) == 1
    assert times_taken(Rule("l", 1, "line", Percent(100)), 5, 3000) == 5
    assert times_taken(Rule("l", 1, "line", Percent(100)), 5, 0) == 0
