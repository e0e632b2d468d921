"""The sale at the desk: a basket keeps its price, is paid once, and becomes one sale with everything that it means."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import pytest

from devices.slip import Code128
from edge.daemon import Shop
from edge.domain import refusals as no
from edge.domain.selling import BasketState
from edge.domain.selling_refusals import (
    AgeUnchecked,
    CutRefused,
    NotPaid,
    NotRecognised,
    TotalChanged,
    WeighFirst,
)
from edge.domain.staff import Operator
from sync.selling import SaleCompleted
from tests.edge.conftest import PretendHq
from tests.edge.sale_shop import APPLE, CUP, FULL, TEA, WINE, Till, facts, price, rule, slip, stocked


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


@pytest.fixture
def beside(till: Till, other: Operator) -> Till:
    return Till(till.shop, other).open()


@dataclass
class SlowPromise:
    """HQ takes its time to say what a sale earns, until everybody has asked."""

    all_here: threading.Barrier

    def promise(self, *_: object, **__: object) -> None:
        self.all_here.wait(10)


# ---- one sale --------------------------------------------------------------------------------------


def test_a_sale_is_lines_allocation_tender_stock_fact_number_and_receipt_at_once(
    till: Till, hq: PretendHq
) -> None:
    rule(hq, "m200", FULL)
    for code in (TEA, TEA, CUP):
        till.scan(code)
    sale = till.cash(30_000)
    assert (sale.gross_fen, sale.net_fen, sale.change_fen) == (24_880, 21_880, 8120)
    assert sum(line.net_fen for line in sale.lines) == sum(paid.fen for paid in sale.paid) == sale.net_fen
    for line in sale.lines:
        assert len(line.units) == line.qty
        assert sum(net for net, _ in line.units) == line.net_fen
        assert all(net + sum(s.fen for s in shares) == line.unit_fen for net, shares in line.units)
    assert sale.savings() == (("满 200 减 30", "30 off 200", 3000),)
    assert till.shop.books.sales.by_id(sale.sale) == sale
    assert till.shop.books.shelf.level("A1") == 3
    (fact,) = facts(till.shop, "sale.")
    assert isinstance(fact, SaleCompleted)
    assert (fact.receipt, fact.net_fen, [line.qty for line in fact.lines]) == (sale.receipt, 21_880, [2, 1])
    assert [(line.book, line.tax) for line in fact.lines] == [("2026w48", "1030101"), ("2026w48", "1080205")]
    said = slip(till.shop, sale.job)
    assert "¥248.80" in said
    assert "-¥30.00" in said
    assert "· 满 200 减 30" in said
    assert "狮峰龙井 明前特级 125 克礼盒" in said


def test_the_same_wish_again_is_the_same_sale_and_another_nonce_too(till: Till) -> None:
    till.scan(TEA)
    basket, total = till.basket().basket, till.total()
    checkout = till.shop.store.sales.checkout
    first = checkout.cash(basket, 6000, total, till.who, "one-nonce")
    for nonce in ("one-nonce", "another-nonce"):
        again = checkout.cash(basket, 6000, total, till.who, nonce)
        assert again == replace(first, repeat=True)
    assert len(facts(till.shop, "sale.")) == 1
    assert till.shop.books.shelf.level("A1") == 4


def test_eight_who_complete_at_once_make_one_sale(till: Till) -> None:
    till.scan(TEA)
    checkout, basket = till.shop.store.sales.checkout, till.basket().basket
    began = checkout.pay(basket, 5990, till.who, "pay")
    till.shop.store.tender.cash(began.payment, 6000, till.who, "cash")
    # All have found that there is no sale yet before the first one makes it.
    slow: Any = SlowPromise(threading.Barrier(8))
    checkout = replace(checkout, booking=replace(checkout.booking, repurchase=slow))
    made: list[Any] = []

    def complete(n: int) -> None:
        made.append(checkout.complete(basket, till.who, f"complete-{n}"))

    threads = [threading.Thread(target=complete, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len({one.receipt for one in made}) == 1
    assert sum(not one.repeat for one in made) == 1
    assert len(facts(till.shop, "sale.")) == 1


def test_numbers_have_no_gaps_whatever_was_refused_between(till: Till, beside: Till) -> None:
    numbers = []
    for _ in range(3):
        till.scan(TEA)
        with pytest.raises(NotPaid):
            till.cash(100)
        with pytest.raises(TotalChanged):
            till.shop.store.sales.checkout.cash(till.basket().basket, 9999, 1, till.who, till.nonce())
        numbers.append(till.cash().receipt)
    beside.scan(CUP)
    assert [number[-6:] for number in numbers] == ["000001", "000002", "000003"]
    assert beside.cash().receipt[-6:] == "000001"


def test_a_receipt_comes_once_and_a_copy_says_so(till: Till) -> None:
    till.scan(TEA)
    sale = till.cash()
    checkout = till.shop.store.sales.checkout
    with till.shop.books.ledger.transaction() as tx:
        till.shop.books.jobs.set_state(tx, sale.job, "printed", "", sale.at)
    copy = checkout.reprint(sale.sale, till.who, "again")
    assert checkout.reprint(sale.receipt, till.who, "again").id == copy.id
    assert slip(till.shop, copy.id)[0] == "补打 1 / REPRINT 1"
    found = till.shop.books.jobs.by_id(copy.id)
    assert found is not None
    assert Code128(sale.receipt) in found.slip.parts


# ---- the price -------------------------------------------------------------------------------------


def test_an_open_basket_keeps_its_prices_and_rules_until_newer_ones_are_asked_for(
    till: Till, hq: PretendHq
) -> None:
    till.scan(CUP), till.scan(CUP)
    price(hq, "B2", 9900, "2026w49")
    rule(hq, "m200", FULL)
    till.scan(CUP)
    selling = till.shop.store.sales.selling
    bill = selling.bill(till.basket())
    assert (bill.total_fen, bill.newer, bill.changed) == (3 * 12_900, True, (1,))
    selling.reprice(till.basket().basket, till.who, till.nonce())
    bill = selling.bill(till.basket())
    assert (bill.total_fen, bill.newer) == (3 * 9900 - 3000, False)
    assert till.cash().lines[0].book == "2026w49"


def test_a_rule_that_ends_while_a_basket_is_filled_still_holds_for_it(till: Till, hq: PretendHq) -> None:
    rule(hq, "m200", FULL | {"ends": "2024-11-11T18:00"})
    till.scan(CUP), till.scan(CUP)
    quoting = till.shop.store.sales.selling.quoting
    # 17:59 and 18:01 in Shanghai.
    before, after = (
        replace(till.basket(), priced_at=f"2024-11-11T{at}:00.000Z") for at in ("09:59", "10:01")
    )
    assert (quoting.price(before).total_fen, quoting.price(after).total_fen) == (22_800, 25_800)


def test_what_is_being_paid_does_not_change_with_the_world(till: Till, hq: PretendHq) -> None:
    rule(hq, "m200", FULL)
    till.scan(CUP), till.scan(CUP)
    checkout, basket = till.shop.store.sales.checkout, till.basket().basket
    began = checkout.pay(basket, 22_800, till.who, "pay")
    price(hq, "B2", 1)
    rule(hq, "m200", FULL | {"version": 2, "ended": True})
    till.shop.store.tender.cash(began.payment, 22_800, till.who, "cash")
    assert checkout.complete(basket, till.who, "done").net_fen == 22_800


def test_a_lead_cuts_a_price_for_a_reason_and_it_is_in_the_fact(till: Till, lead: Operator) -> None:
    till.scan(CUP)
    selling, basket = till.shop.store.sales.selling, till.basket().basket
    with pytest.raises(no.NotAllowed):
        selling.cut(basket, 1, 1000, "damaged", till.who, "cut-0")
    for fen, reason in ((6451, "damaged"), (1000, " ")):
        with pytest.raises(CutRefused):
            selling.cut(basket, 1, fen, reason, lead, f"cut-{fen}")
    selling.cut(basket, 1, 1000, "damaged", lead, "cut-1")
    sale = till.cash()
    (fact,) = facts(till.shop, "sale.")
    assert isinstance(fact, SaleCompleted)
    assert [(part.kind, part.fen) for part in fact.lines[0].units[0].parts] == [("manual", 1000)]
    assert sale.net_fen == 11_900
    assert sale.savings()[0][:2] == ("手工优惠", "Manual discount")


# ---- what is scanned -------------------------------------------------------------------------------


def test_goods_by_weight_are_weighed_and_say_so(till: Till) -> None:
    selling = till.shop.store.sales.selling
    with pytest.raises(WeighFirst):
        selling.add(APPLE, till.who, "a")
    selling.add(APPLE, till.who, "b", grams=1234)
    line = till.basket().lines[0]
    assert (line.qty, line.grams, line.unit_fen) == (1, 1234, 1580)
    # Of three grams the sum, 4 fen, says nothing of the price: it would have been 13.33 a kilogram.
    selling.add(APPLE, till.who, "c", grams=3)
    sale = till.cash()
    said = slip(till.shop, sale.job)
    assert "1.234 kg × 12.80/kg" in said
    assert "0.003 kg × 12.80/kg" in said


def test_a_price_a_kilogram_that_was_not_paid_is_not_on_the_receipt(till: Till, hq: PretendHq) -> None:
    till.shop.store.sales.selling.add(APPLE, till.who, "a", grams=90)
    price(hq, APPLE, 2000)
    sale = till.cash()
    said = slip(till.shop, sale.job)
    assert sale.net_fen == 115, "as it was when it was weighed"
    assert "0.090 kg" in said
    assert not any("/kg" in line for line in said)


def test_alcohol_waits_for_somebody_who_looked(till: Till) -> None:
    till.scan(WINE)
    with pytest.raises(AgeUnchecked):
        till.cash()
    assert till.basket().state is BasketState.OPEN
    till.shop.store.sales.selling.age_checked(till.basket().basket, till.who, till.nonce())
    till.cash()
    (fact,) = facts(till.shop, "sale.")
    assert isinstance(fact, SaleCompleted)
    assert fact.age_checked


def test_a_code_that_says_nothing_changes_nothing(till: Till) -> None:
    till.scan(TEA)
    before = till.basket()
    with pytest.raises(NotRecognised):
        till.scan("4006381333931")
    with pytest.raises(no.PayCodeElsewhere):
        till.scan("131234567890123456")
    assert till.basket() == before


@pytest.mark.usefixtures("beside")
def test_a_scanner_feeds_the_basket_at_its_station_and_only_there(till: Till) -> None:
    till.scan(TEA)
    scans = till.shop.store.scans
    seen = scans.type_in(CUP, "T1")
    assert seen.handled
    assert [line.sku for line in till.basket().lines] == ["A1", "B2"]
    assert not scans.type_in(CUP, "T2").handled
    assert not scans.type_in("40170725", "T1").handled  # a pickup number, though it could be a GTIN-8
    assert till.shop.store.sales.selling.at("T2") is None
    scans.type_in("131234567890123456", "T1")
    said = till.shop.store.sales.said("T1")
    assert isinstance(said, no.PayCodeElsewhere)
    assert till.shop.store.sales.said("T1") is None
