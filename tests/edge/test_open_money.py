"""Money that waits for a person: what was paid at a till that stays shut, and cash of a payment that is given up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.desks.open_money import OpenMoney
from edge.domain.payment_views import Paying
from edge.domain.refusals import NotAllowed
from edge.domain.selling import BasketState, Cleared
from edge.domain.selling_refusals import BeingClarified, NoShift, NotPaid
from edge.domain.staff import Operator, Role
from sync.messages import DrawerOpened
from tests.edge.aside_till import back, cut, desk, end, gone, lost_at, shop_of, state
from tests.edge.drawer_shop import opened, settings_for
from tests.edge.paying_shop import CASHIER, LEAD, OTHER, WECHAT, PayingShop
from tests.edge.sale_shop import TEA, Till, facts

BESIDE = Operator("2001", "张店长", Role.LEAD, "T2")


def money(shop: PayingShop) -> OpenMoney:
    return shop.shop.store.sales.money


def shut_and_paid(shop: PayingShop, till: Till, basket: str) -> None:
    """The till is closed for the night; then the money comes."""
    desk(shop).set_aside(basket, till.who, "aside-1")
    shifts = shop.shop.store.sales.shifts
    shifts.count({}, till.who, "count-1")
    shifts.close(till.who, "z-1")
    back(shop)
    end(shop)


def test_a_lead_sells_at_another_till_what_was_paid_at_one_that_stays_shut(tmp_path: Path) -> None:
    with lost_at(tmp_path, "success") as (shop, till, basket):
        with pytest.raises(NotAllowed):
            money(shop).finish(basket, OTHER, "no-lead")
        desk(shop).set_aside(basket, till.who, "aside-1")
        with pytest.raises(NotPaid):
            money(shop).finish(basket, LEAD, "too-soon")
        shut_and_paid(shop, till, basket)
        assert [(one.how, one.station) for one in money(shop).baskets()] == [(Cleared.PAID, "T1")]
        with pytest.raises(NoShift):
            money(shop).finish(basket, BESIDE, "shut-too")
        other = Till(shop.shop, OTHER).open()
        other.scan(TEA)
        first = other.cash()
        sale = money(shop).finish(basket, BESIDE, "finish-1")
        assert (sale.station, sale.shift, sale.staff) == ("T2", first.shift, BESIDE.staff)
        assert sale.receipt[-6:] != first.receipt[-6:]
        assert [row["number"] for row in series(shop)] == [1, 2], "the other till's series, without a gap"
        assert money(shop).finish(basket, BESIDE, "finish-1").repeat
        assert money(shop).baskets() == ()
        x = shop.shop.store.sales.shifts.x_report(OTHER)
        assert (x.sales, x.net_fen, x.held_fen) == (2, 2 * 5990, 0)
        assert x.expected_fen == 20_000 + 5990
        assert not desk(shop).turn()


def series(shop: PayingShop) -> list[dict[str, Any]]:
    rows = shop.shop.books.ledger.read().execute(
        "SELECT number FROM receipt_number WHERE station = 'T2' AND series = 'sale' ORDER BY number"
    )
    return [{"number": row[0]} for row in rows]


def test_a_lead_gives_it_back_and_the_basket_waits(tmp_path: Path) -> None:
    with lost_at(tmp_path, "success") as (shop, till, basket):
        desk(shop).set_aside(basket, till.who, "aside-1")
        with pytest.raises(BeingClarified):
            money(shop).give_back(basket, BESIDE)
        shut_and_paid(shop, till, basket)
        with pytest.raises(NotAllowed):
            money(shop).give_back(basket, OTHER)
        for _ in range(2):
            assert money(shop).give_back(basket, BESIDE).state is BasketState.SUSPENDED
        shop.run(60)
        (refund,) = shop.facts("payment.refunded")
        assert (refund["fen"], refund["done"], refund["reason"]) == (5990, True, "cancelled")
        assert facts(shop.shop, "sale.") == []


# ---- cash ------------------------------------------------------------------------------------------


@pytest.fixture
def half(tmp_path: Path) -> Iterator[tuple[PayingShop, Till, str]]:
    """A till that took 20.00 of 59.90 in cash, and the rest was charged to a wallet whose answer is lost."""
    with shop_of(tmp_path, "refused") as shop:
        till = Till(shop.shop, CASHIER).open()
        till.scan(TEA)
        basket = till.basket().basket
        began = desk(shop).pay(basket, 5990, CASHIER, "pay-1")
        shop.desk.cash(began.payment, 2000, CASHIER, "notes")
        cut(shop)
        shop.desk.submit(began.payment, WECHAT, CASHIER, "code-1")
        shop.turns()
        yield shop, till, basket


def test_cash_that_is_given_back_stands_on_the_reports(tmp_path: Path) -> None:
    with shop_of(tmp_path, "success") as shop:
        till, shifts = Till(shop.shop, CASHIER).open(), shop.shop.store.sales.shifts
        till.scan(TEA)
        began = desk(shop).pay(till.basket().basket, 5990, CASHIER, "pay-1")
        shop.time.go(5)
        shop.desk.cash(began.payment, 2000, CASHIER, "notes")
        held = shifts.x_report(CASHIER)
        assert (held.held_fen, held.expected_fen) == (2000, 22_000), "it is in the drawer"
        shop.time.go(5)
        desk(shop).unpay(till.basket().basket, CASHIER)
        after = shifts.x_report(CASHIER)
        assert (after.backs, after.back_fen, after.held_fen, after.expected_fen) == (1, 2000, 0, 20_000)
        assert [int(one.fen) for one in shop.desk.back.handed_out(till.basket().basket)] == [2000]
        shifts.print_x(CASHIER, "x-1")
        asked = "SELECT slip FROM print_job WHERE key = 'x:x-1'"
        slip = shop.shop.books.ledger.read().execute(asked).fetchone()[0]
        assert "取消支付退还现金" in slip
        shop.time.go(700)
        assert shop.desk.back.handed_out(till.basket().basket) == (), "it is no news for ever"


def test_the_drawer_opens_once_for_cash_that_goes_back_and_says_who_gave_it_up(tmp_path: Path) -> None:
    nowhere: Any = SimpleNamespace(host="127.0.0.1", port=9)
    with opened(settings_for(tmp_path, nowhere, "none")) as shop:
        desk_, shifts = shop.store.tender, shop.store.sales.shifts
        shifts.open(20_000, CASHIER, "float-1")
        began = desk_.open("b1", "sha", 5990, CASHIER, "open-1")
        desk_.cash(began.payment, 2000, CASHIER, "notes")
        for _ in range(2):
            desk_.cancel(began.payment, LEAD)
        openings = [(reason, staff) for _, reason, staff, _ in shifts.x_report(CASHIER).openings]
        assert openings == [("change", CASHIER.staff), ("give_back", LEAD.staff)]
        told = [fact.reason for fact in facts(shop, "drawer.") if isinstance(fact, DrawerOpened)]
        assert told == ["change", "give_back"], "HQ's record of the drawer has it"


def test_cash_of_a_basket_set_aside_waits_for_a_hand_to_give_it_into(
    half: tuple[PayingShop, Till, str],
) -> None:
    shop, till, basket = half
    desk(shop).set_aside(basket, till.who, "aside-1")
    back(shop)
    end(shop)
    assert state(shop, basket) is BasketState.PAYING, "nobody gave anything back by itself"
    assert [(one.how, one.cash_fen) for one in money(shop).baskets()] == [(Cleared.PART, 2000)]
    with pytest.raises(NotPaid):
        money(shop).finish(basket, LEAD, "not-all")
    shifts = shop.shop.store.sales.shifts
    Till(shop.shop, OTHER).open()
    assert money(shop).give_back(basket, BESIDE).state is BasketState.SUSPENDED
    there, here = shifts.x_report(OTHER), shifts.x_report(CASHIER)
    assert (there.back_fen, there.expected_fen) == (2000, 18_000), "it came out of this drawer"
    assert (here.back_fen, here.held_fen, here.expected_fen) == (0, 2000, 22_000), "and lies in that one"


def test_a_payment_given_up_before_its_wallet_answers_gives_its_cash_back_when_it_has(
    half: tuple[PayingShop, Till, str],
) -> None:
    shop, till, basket = half
    began = desk(shop).payment(basket)
    assert began is not None
    desk(shop).unpay(basket, till.who)
    assert shop.desk.view(began.payment).state is Paying.OPEN
    assert shop.desk.back.handed_out(basket) == ()
    back(shop)
    shop.run(60)
    assert shop.desk.view(began.payment).state is Paying.CANCELLED
    (out,) = shop.desk.back.handed_out(basket)
    assert (int(out.fen), out.reason) == (2000, "cancelled")
    gone(shop)


def test_whoever_is_wanted_is_called_once(half: tuple[PayingShop, Till, str]) -> None:
    shop, till, basket = half
    called: list[str] = []
    object.__setattr__(shop.payers, "poke", called.append)
    desk(shop).set_aside(basket, till.who, "aside-1")
    assert "attention" not in called
    back(shop)
    end(shop)
    assert called.count("attention") == 1
