"""A store in the midst of a day, so that requests of programs reach past the first "there is none"."""

from __future__ import annotations

from typing import Any

from edge.daemon import Shop
from edge.domain.staff import Operator
from edge.domain.views import RedeemRequest
from tests.kiosk_ui import back_floor, test_customers
from tests.kiosk_ui.conftest import ORDER, PretendHq

TEA, CUP = back_floor.TEA, back_floor.CUP
_MANY = 100_000


def stocked(shop: Shop, hq: PretendHq, token: str) -> dict[str, list[Any]]:
    """Fills it; gives for the names of fields the values that mean something there."""
    test_customers.furnish(hq)
    back_floor.furnish(hq)
    for sku, gtin, zh, en, fen in (
        ("A1", TEA, "龙井茶", "Longjing tea", 5990),
        ("B2", CUP, "青瓷杯", "Cup", 12900),
    ):
        hq.product(sku, gtin, zh, en, "tea", fen, _MANY)
    operators = [shop.store.staff.api_client(token, station) for station in ("T1", "T2")]
    sold, places = _till(shop, operators), {"station": ["T1", "T2"], "sku": ["A1", "B2"], "printer": ["P1"]}
    known = {**places, **sold, **_orders(shop, hq, operators[0]), **_customers(shop, hq, operators[0])}
    codes, coupons = sold["basket"][2:6], known["code"][:5]
    known["text"] = [TEA, CUP, *coupons, *codes, "A1", "48150001", "130000000000000000", "茶"]
    known["code"] = [*known["code"], hq.code(), *(f"4815{n:04}" for n in range(2, 30))]
    figures = {"line": [1, 2], "job": [1, 2, 3], "task": [1, 2], "shown_fen": [5990, 12_900, 17_980]}
    words = {"drawer": ["D1"], "claim": ["CC1.AAAA"], "staff": ["1001", ""], "rule": ["gift-1"]}
    return {**known, **figures, **words, "given_fen": [10_000, 100_000, 1_000_000]}


def _till(shop: Shop, operators: list[Operator]) -> dict[str, list[Any]]:
    """Both tills open, forty baskets put aside, one under way at each, one sold."""
    sell, first = shop.store.sales, operators[0]
    for one in operators:
        sell.shifts.open(10_000, one, f"stock-float-{one.station}")
    codes = []
    for n in range(40):
        basket = sell.selling.add("A1", first, f"stock-basket-{n}")
        codes.append(sell.selling.suspend(basket.basket, first, f"stock-aside-{n}").code)
    sold = sell.selling.add("B2", first, "stock-sold-1")
    sale = sell.checkout.cash(sold.basket, 20_000, 12_900, first, "stock-cash-1")
    here = [sell.selling.add("A1", one, f"stock-here-{one.station}").basket for one in operators]
    return {"basket": [*here, *codes], "sale": [sale.sale, sale.receipt]}


def _orders(shop: Shop, hq: PretendHq, operator: Operator) -> dict[str, list[Any]]:
    """Thirty to be collected, one of which was; thirty to be picked, some accepted, some in hand."""
    for n in range(30):
        hq.order(f"WX2026112200{n:03}", numeric_code=f"4815{n:04}")
    back = [f"WX2026112201{n:03}" for n in range(30)]
    for number in back:
        back_floor.order(hq, shop, number)
    picks = shop.store.backroom.picking
    for number in back[:10]:
        picks.accept(number, operator, f"stock-accept-{number}")
    for number in back[:5]:
        picks.claim(number, operator, f"stock-claim-{number}")
    handed = shop.store.hand_over.redeem(RedeemRequest(nonce="stock-hand-1", code="48150000"), operator)
    orders = [ORDER, *(f"WX2026112200{n:03}" for n in range(1, 6)), *back]
    return {"order": orders, "wave": back, "pickup": [handed.pickup]}


def _customers(shop: Shop, hq: PretendHq, operator: Operator) -> dict[str, list[Any]]:
    """Coupons, one of which a basket holds; a member who was looked at; a code for joining."""
    desks = shop.store.customers
    coupons = [test_customers.coupon_text(hq, coupon=f"B{n}", nonce=f"{n:020x}") for n in range(20)]
    hold = desks.coupons.lock(coupons[0], "order-1", operator, "stock-hold-1")
    member = test_customers.member_text(hq)
    look = desks.members.identify(member, operator).look
    join = desks.members.join(operator, "stock-join-1")
    return {
        "code": [*coupons[1:4], member, *coupons[4:], "A100", "S300"],
        "coupon": ["A100", "B1"],
        "hold": [hold.lock],
        "look": [look, 0],
        "scene": [join.scene],
    }
