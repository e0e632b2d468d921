"""A store in the midst of a day, so that requests of programs reach past the first "there is none"."""

from __future__ import annotations

from typing import Any

from edge.daemon import Shop
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
    sell = shop.store.sales
    operator = shop.store.staff.api_client(token, "T1")
    other = shop.store.staff.api_client(token, "T2")
    sell.shifts.open(10_000, operator, "stock-float-1")
    sell.shifts.open(10_000, other, "stock-float-2")
    codes = []
    for n in range(40):
        basket = sell.selling.add("A1", operator, f"stock-basket-{n}")
        codes.append(sell.selling.suspend(basket.basket, operator, f"stock-aside-{n}").code)
    sold = sell.selling.add("B2", operator, "stock-sold-1")
    sale = sell.checkout.cash(sold.basket, 20_000, 12_900, operator, "stock-cash-1")
    here = [sell.selling.add("A1", one, f"stock-here-{one.station}").basket for one in (operator, other)]
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
    wish = RedeemRequest(nonce="stock-hand-1", code="48150000")
    handed = shop.store.hand_over.redeem(wish, operator)
    coupons = [test_customers.coupon_text(hq, coupon=f"B{n}", nonce=f"{n:020x}") for n in range(20)]
    hold = shop.store.customers.coupons.lock(coupons[0], "order-1", operator, "stock-hold-1")
    member = test_customers.member_text(hq)
    look = shop.store.customers.members.identify(member, operator).look
    join = shop.store.customers.members.join(operator, "stock-join-1")
    orders = [ORDER, *(f"WX2026112200{n:03}" for n in range(1, 6)), *back]
    texts = [TEA, CUP, *coupons[1:5], member, *codes[:4], "A1", "48150001", "130000000000000000", "茶"]
    return {
        "station": ["T1", "T2"],
        "sku": ["A1", "B2"],
        "text": texts,
        "code": [
            *coupons,
            "A100",
            "S300",
            hq.code(),
            "48150002",
            member,
            *(f"4815{n:04}" for n in range(3, 30)),
        ],
        "basket": [*here, *codes],
        "order": orders,
        "wave": back,
        "pickup": [handed.pickup],
        "sale": [sale.sale, sale.receipt],
        "hold": [hold.lock],
        "coupon": ["A100", "B1"],
        "scene": [join.scene],
        "look": [look, 0],
        "line": [1, 2],
        "job": [1, 2, 3],
        "task": [1, 2],
        "printer": ["P1"],
        "drawer": ["D1"],
        "shown_fen": [5990, 12_900, 17_980],
        "given_fen": [10_000, 100_000, 1_000_000],
        "claim": ["CC1.AAAA"],
        "staff": ["1001", ""],
        "rule": ["gift-1"],
    }
