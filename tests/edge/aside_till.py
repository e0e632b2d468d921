"""A till whose wallet's answer was lost, and what one does there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.desks.checkout import CheckoutDesk
from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Said
from edge.domain.selling import BasketState
from tests.edge.conftest import PretendHq
from tests.edge.paying_shop import CASHIER, WECHAT, PayingShop, lost, paying
from tests.edge.sale_shop import TEA, Till, stocked
from tests.edge.test_money_seams import coupon

QUIET = ("query", "reverse", "pay")
PAID = Answer(Said.PAID, fen=Fen(5990), transaction="4200001234")
"""A reversal's answer where the money came after all."""


@contextmanager
def shop_of(folder: Path, *script: str) -> Iterator[PayingShop]:
    with paying(folder, script) as shop:
        hq = PretendHq(shop.shop)
        hq.open()
        stocked(hq)
        coupon(hq)
        yield shop


@contextmanager
def lost_at(folder: Path, *script: str) -> Iterator[tuple[PayingShop, Till, str]]:
    """A shopper paid by wallet, the answer was lost, and the line went with it."""
    with shop_of(folder, *script) as shop:
        till = Till(shop.shop, CASHIER).open()
        yield shop, till, charged(shop, till)


def charged(shop: PayingShop, till: Till, code: str = WECHAT) -> str:
    """The name of a basket that was charged while the line went."""
    till.scan(TEA)
    basket = till.basket().basket
    desk(shop).pay(basket, 5990, till.who, till.nonce())
    cut(shop)
    till.scan(code)
    shop.turns()
    return basket


def desk(shop: PayingShop) -> CheckoutDesk:
    return shop.shop.store.sales.checkout


def cut(shop: PayingShop) -> None:
    """What is asked reaches the provider, and no answer comes back."""
    shop.line.after = lambda verb, _number: lost() if verb in QUIET else None


def gone(shop: PayingShop) -> None:
    """Nothing reaches the provider any more."""
    shop.line.before, shop.line.after = lost, lambda *_: None


def back(shop: PayingShop) -> None:
    shop.line.before = shop.line.after = lambda *_: None


def end(shop: PayingShop) -> None:
    """Time passes, and the store does by itself what it does."""
    for _ in range(60):
        shop.run(20)
        desk(shop).turn()


def at_t1(shop: PayingShop) -> Till:
    return Till(shop.shop, CASHIER)


def state(shop: PayingShop, basket: str) -> BasketState:
    here = shop.shop.books.baskets.by_id(basket)
    assert here is not None
    return here.state


def number(shop: PayingShop, basket: str) -> str:
    row = shop.shop.books.ledger.read().execute(
        "SELECT number FROM pay_attempt WHERE basket = ? ORDER BY at DESC", (basket,)
    )
    return str(row.fetchone()[0])


def receipts(shop: PayingShop, sale: str) -> list[str]:
    asked = "SELECT title FROM print_job WHERE key = ? OR ref = ?"
    return [row[0] for row in shop.shop.books.ledger.read().execute(asked, (f"sale:{sale}", sale))]
