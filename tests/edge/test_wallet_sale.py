"""A sale by wallet at the desk: nothing is sold before the money is there, and no money stays without a sale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.domain.selling import BasketState
from edge.domain.selling_refusals import NotPaid
from sync.selling import SaleCompleted
from tests.edge.conftest import PretendHq
from tests.edge.paying_shop import CASHIER, WECHAT, PayingShop, paying
from tests.edge.sale_shop import TEA, Till, facts, stocked


@contextmanager
def at_the_till(folder: Path, *script: str) -> Iterator[tuple[PayingShop, Till]]:
    with paying(folder, script) as shop:
        hq = PretendHq(shop.shop)
        hq.open()
        stocked(hq)
        yield shop, Till(shop.shop, CASHIER).open()


def asked(till: Till) -> str:
    """A basket whose shopper showed a wallet's code; its name."""
    till.scan(TEA)
    basket = till.basket().basket
    till.shop.store.sales.checkout.pay(basket, 5990, till.who, till.nonce())
    till.scan(WECHAT)
    return basket


def test_a_password_later_the_sale_is_complete_with_the_wallets_number(tmp_path: Path) -> None:
    with at_the_till(tmp_path, "userpaying 12") as (shop, till):
        basket = asked(till)
        checkout = till.shop.store.sales.checkout
        shop.run(6)
        with pytest.raises(NotPaid):
            checkout.complete(basket, till.who, "early")
        assert not checkout.turn()
        assert facts(till.shop, "sale.") == []
        shop.run(20)
        sale = checkout.complete(basket, till.who, "now")
        (paid,) = sale.paid
        assert (paid.kind, paid.fen, len(paid.tail), bool(paid.number)) == ("wechat", 5990, 4, True)
        (fact,) = facts(till.shop, "sale.")
        assert isinstance(fact, SaleCompleted)
        assert fact.tenders[0].tail == paid.tail
        words = repr(till.shop.books.jobs.by_id(sale.job))
        assert f"****{paid.tail}" in words
        assert WECHAT not in words


def test_a_shopper_who_says_no_is_asked_for_another_way(tmp_path: Path) -> None:
    with at_the_till(tmp_path, "declined 3", "success") as (shop, till):
        basket = asked(till)
        shop.run(30)
        checkout = till.shop.store.sales.checkout
        view = checkout.payment(basket)
        assert view is not None
        assert view.attempt is not None
        assert view.attempt.final
        assert till.basket().state is BasketState.PAYING
        sale = checkout.cash(basket, 6000, 5990, till.who, "cash")
        assert [(one.kind, one.fen) for one in sale.paid] == [("cash", 5990)]


@pytest.mark.parametrize("boot", ["", "another-boot"])
def test_a_kill_between_the_money_and_the_sale_loses_neither(tmp_path: Path, boot: str) -> None:
    with at_the_till(tmp_path, "success") as (shop, till):
        basket = asked(till)
        shop.run(1)
        shop.reopen(boot=boot)
        checkout = shop.shop.store.sales.checkout
        assert checkout.turn()
        assert not checkout.turn()
        sale = shop.shop.books.sales.of_basket(basket)
        assert sale is not None
        assert sale.net_fen == 5990
        assert len(facts(shop.shop, "sale.")) == 1


def test_money_that_came_after_giving_up_goes_back_and_sells_nothing(tmp_path: Path) -> None:
    with at_the_till(tmp_path, "late_success 40") as (shop, till):
        basket = asked(till)
        checkout = till.shop.store.sales.checkout
        shop.run(2)
        checkout.unpay(basket, till.who)
        shop.run(600)
        checkout.turn()
        assert till.basket().state is BasketState.OPEN
        assert facts(till.shop, "sale.") == []
        assert till.shop.books.shelf.level("A1") == 5
        with till.shop.books.ledger.transaction() as tx:
            assert tx.execute("SELECT count(*) FROM basket_price").fetchone()[0] == 0
