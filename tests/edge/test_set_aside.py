"""A till goes on while nobody knows whether a basket was paid, and that basket comes to exactly one end."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.domain.payment_refusals import PaymentUnsettled
from edge.domain.refusals import NonceReused
from edge.domain.selling import BasketState, Cleared
from edge.domain.selling_refusals import BeingClarified, NoBasket, NothingUnclear
from edge.domain.staff import Operator
from sync.selling import SaleCompleted
from tests.edge.aside_till import (
    PAID,
    back,
    charged,
    cut,
    desk,
    end,
    gone,
    lost_at,
    number,
    receipts,
    shop_of,
    state,
)
from tests.edge.paying_shop import ALIPAY, CASHIER, OTHER, WECHAT
from tests.edge.sale_shop import TEA, Till, facts


def test_the_next_shopper_pays_at_once_and_the_lost_money_becomes_one_sale(tmp_path: Path) -> None:
    with lost_at(tmp_path, "success") as (shop, till, basket):
        here = desk(shop).set_aside(basket, till.who, "aside-1")
        assert (here.state, here.aside) == (BasketState.PAYING, True)
        assert shop.shop.store.sales.selling.at("T1") is None
        till.scan(TEA)
        after = till.basket().basket
        assert after != basket
        assert desk(shop).cash(after, 6000, 5990, till.who, "cash-2").net_fen == 5990
        assert not desk(shop).turn()
        assert [one.how for one in desk(shop).clarifying()] == [Cleared.UNKNOWN]
        back(shop)
        end(shop)
        sale = shop.shop.books.sales.of_basket(basket)
        assert sale is not None
        assert (sale.station, sale.net_fen, sale.staff) == ("T1", 5990, CASHIER.staff)
        assert [(one.kind, one.fen) for one in sale.paid] == [("wechat", 5990)]
        assert len(facts(shop.shop, "sale.")) == 2
        assert len(receipts(shop, sale.sale)) == 1
        assert desk(shop).clarifying() == ()
        assert [(one.how, one.receipt) for one in desk(shop).asides()] == [(Cleared.SOLD, sale.receipt)]
        assert shop.shop.books.shelf.level("A1") == 3


def test_without_money_it_waits_suspended_and_is_taken_up_anywhere(tmp_path: Path) -> None:
    with lost_at(tmp_path, "refused", "success") as (shop, till, basket):
        desk(shop).set_aside(basket, till.who, "aside-1")
        with shop.shop.books.ledger.transaction() as tx:
            assert tx.execute("SELECT count(*) FROM basket_price").fetchone()[0] == 2, "its price is kept"
        back(shop)
        end(shop)
        here = shop.shop.books.baskets.by_id(basket)
        assert here is not None
        assert here.state is BasketState.SUSPENDED
        assert here.code.startswith("HB")
        assert [(one.how, one.code) for one in desk(shop).asides()] == [(Cleared.SUSPENDED, here.code)]
        other = Till(shop.shop, OTHER).open()
        taken = shop.shop.store.sales.scan(here.code, OTHER, "take-it")
        assert (taken.basket, taken.station, taken.aside) == (basket, "T2", False)
        sale = desk(shop).cash(basket, 5990, 5990, other.who, "cash-it")
        assert sale.station == "T2"
        assert len(facts(shop.shop, "sale.")) == 1


def test_money_that_comes_after_giving_up_goes_back_and_sells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lost_at(tmp_path, "success") as (shop, till, basket):
        gone(shop)
        shop.run(120)
        assert shop.state(number(shop, basket)) == "reversing"
        desk(shop).set_aside(basket, till.who, "aside-1")
        monkeypatch.setattr(shop.scripted, "reverse", lambda *_: PAID)
        back(shop)
        end(shop)
        assert shop.state(number(shop, basket)) == "refunded"
        assert state(shop, basket) is BasketState.SUSPENDED
        assert [one for one in facts(shop.shop, "sale.") if isinstance(one, SaleCompleted)] == []
        assert shop.shop.books.shelf.level("A1") == 5


@pytest.mark.parametrize("boot", ["", "another-boot"])
@pytest.mark.parametrize("word", ["success", "refused"])
def test_a_kill_at_any_moment_changes_nothing(tmp_path: Path, word: str, boot: str) -> None:
    with lost_at(tmp_path, word) as (shop, till, basket):
        desk(shop).set_aside(basket, till.who, "aside-1")
        shop.reopen(boot=boot)
        assert [one.basket for one in desk(shop).clarifying()] == [basket]
        assert desk(shop).set_aside(basket, CASHIER, "aside-1").aside
        back(shop)
        shop.run(300)
        shop.reopen(boot=boot)  # what the money came to is known, and nothing was made of it yet
        end(shop)
        sold = shop.shop.books.sales.of_basket(basket)
        assert (sold is None) == (word == "refused")
        assert state(shop, basket) is (BasketState.SOLD if sold else BasketState.SUSPENDED)
        assert not desk(shop).turn()


def test_two_tills_set_aside_and_each_basket_ends_at_its_own(tmp_path: Path) -> None:
    with shop_of(tmp_path, "success", "refused") as shop:
        one, two = Till(shop.shop, CASHIER).open(), Till(shop.shop, OTHER).open()
        first = charged(shop, one)
        two.scan(TEA)
        second = two.basket().basket
        back(shop)
        desk(shop).pay(second, 5990, OTHER, "pay-2")
        cut(shop)
        two.scan(ALIPAY)
        shop.turns()
        for basket, who in ((first, CASHIER), (second, OTHER)):
            desk(shop).set_aside(basket, who, f"aside-{who.staff}")
        with pytest.raises(NoBasket):
            desk(shop).set_aside(first, OTHER, "aside-other")
        again = charged(shop, one, "13" + "9" * 16)
        desk(shop).set_aside(again, CASHIER, "aside-again")
        assert {item.basket for item in desk(shop).clarifying()} == {first, second, again}
        back(shop)
        end(shop)
        assert state(shop, first) is BasketState.SOLD
        assert state(shop, second) is BasketState.SUSPENDED
        assert shop.shop.books.sales.of_basket(first).station == "T1"  # type: ignore[union-attr]


def test_a_nonce_again_is_the_same_answer_and_for_another_basket_it_is_refused(tmp_path: Path) -> None:
    with lost_at(tmp_path, "success") as (shop, till, basket):
        first = desk(shop).set_aside(basket, till.who, "aside-1")
        assert desk(shop).set_aside(basket, till.who, "aside-1") == first
        assert desk(shop).set_aside(basket, till.who, "aside-2") == first
        till.scan(TEA)
        with pytest.raises(NonceReused):
            desk(shop).set_aside(till.basket().basket, till.who, "aside-1")


def test_only_what_nobody_knows_is_set_aside(tmp_path: Path) -> None:
    with shop_of(tmp_path, "declined 1", "userpaying 40") as shop:
        till = Till(shop.shop, CASHIER).open()
        till.scan(TEA)
        basket = till.basket().basket

        def refused(moment: str) -> None:
            with pytest.raises(NothingUnclear):
                desk(shop).set_aside(basket, till.who, f"aside-{moment}")
            assert till.basket().basket == basket

        refused("open")
        desk(shop).pay(basket, 5990, till.who, "pay-1")
        refused("paying")
        till.scan(WECHAT)
        shop.run(30)
        refused("declined")
        till.scan("13" + "8" * 16)
        shop.turns()
        refused("password")


def test_nothing_more_is_collected_for_it_and_giving_it_up_still_works(tmp_path: Path) -> None:
    with lost_at(tmp_path, "refused") as (shop, till, basket):
        desk(shop).set_aside(basket, till.who, "aside-1")
        who: Operator = till.who
        for again in (
            lambda: desk(shop).cash(basket, 5990, 5990, who, "cash-1"),
            lambda: desk(shop).pay(basket, 5990, who, "pay-2"),
            lambda: desk(shop).scan_code(basket, ALIPAY, who, "code-2"),
        ):
            with pytest.raises(BeingClarified):
                again()
        till.scan(TEA)
        assert desk(shop).unpay(basket, who).aside
        back(shop)
        shop.run(300)
        assert desk(shop).settled(basket, who).state is BasketState.SUSPENDED
        assert till.basket().state is BasketState.OPEN
        assert till.basket().basket != basket


def test_its_coupon_stays_held_however_long_it_is_unclear(tmp_path: Path) -> None:
    with shop_of(tmp_path, "success") as shop:
        till, room = Till(shop.shop, CASHIER).open(), shop.shop.store.sales
        for _ in range(2):
            till.scan(TEA)
        basket = till.basket().basket
        room.selling.coupon(basket, "A15", till.who, "hold")
        due = int(room.selling.bill(till.basket()).total_fen)
        assert due == 2 * 5990 - 1500
        desk(shop).pay(basket, due, till.who, "pay-1")
        cut(shop)
        till.scan(WECHAT)
        shop.turns()
        desk(shop).set_aside(basket, till.who, "aside-1")
        gone(shop)
        end(shop)
        desk(shop).coupons.turn()
        assert [held.coupon for held in desk(shop).coupons.holding(basket)] == ["A15"], "after twenty minutes"


def test_the_z_report_names_it_and_the_sale_counts_in_the_shift_in_which_it_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with lost_at(tmp_path, "success") as (shop, till, basket):
        desk(shop).set_aside(basket, till.who, "aside-1")
        shifts = shop.shop.store.sales.shifts
        shifts.count({}, till.who, "count-1")
        z = shifts.close(till.who, "z-1")
        assert (z.sales, z.net_fen, z.unclear, z.unclear_fen) == (0, 0, 1, 5990)
        assert shifts.z_report(z.shift) == z
        asked = "SELECT slip FROM print_job WHERE key = ?"
        slip = shop.shop.books.ledger.read().execute(asked, (f"z:{z.shift}",)).fetchone()[0]
        assert "待确认支付" in slip
        back(shop)
        end(shop)
        assert shop.shop.books.sales.of_basket(basket) is None, "no till is open that it could belong to"
        assert [one.how for one in desk(shop).clarifying()] == [Cleared.PAID]
        assert "not completed" not in caplog.text, "it is not tried every second of a night"
        shifts.open(10000, till.who, "open-2")
        assert desk(shop).turn()
        now = shifts.x_report(till.who)
        assert (now.sales, now.net_fen, now.unclear) == (1, 5990, 0)


def test_a_till_has_one_basket_beside_those_set_aside(tmp_path: Path) -> None:
    with lost_at(tmp_path, "success") as (shop, till, basket):
        desk(shop).set_aside(basket, till.who, "aside-1")
        till.scan(TEA)
        held = till.basket().basket
        twice = pytest.raises(Exception, match=r"UNIQUE constraint failed: basket\.station")
        with twice, shop.shop.books.ledger.transaction() as tx:
            tx.execute("UPDATE basket SET aside = 0 WHERE basket = ?", (basket,))
        assert till.basket().basket == held


def test_a_second_charge_waits_for_the_first_where_it_stays_at_the_till(tmp_path: Path) -> None:
    with lost_at(tmp_path, "success") as (shop, till, _):
        with pytest.raises(PaymentUnsettled):
            till.scan(ALIPAY)
        assert shop.line.verbs("pay") == ["pay"]
