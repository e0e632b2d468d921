"""Every state of the pages that take and give money, and the order in which all parts are walked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from edge.domain.payments import PayEvent
from edge.domain.staff import Operator, Role
from tests.kiosk_ui import counter_walk as counter
from tests.kiosk_ui import test_customers
from tests.kiosk_ui.browsing import Watched
from tests.kiosk_ui.counter_walk import CUP, LONG_EN, LONG_ZH, TEA, WINE, Part, goto, refused, scanned
from tests.kiosk_ui.test_set_aside import comes_to, lost

LEAD = Operator("2001", "张志强", Role.LEAD, "T1")
_N = (f"money-{n:08}" for n in itertools.count())


def selling(desk: Watched) -> Iterator[str]:
    page, hq, room = desk.page, desk.site.hq, desk.site.shop.store.sales
    goto(desk, "sale/shift", ".sale-shift")
    yield "shift: not begun"
    goto(desk, "sale", ".sale-start")
    yield "sale: no till"
    page.fill("[name=float]", "300")
    page.click("form[action$='shift/begin'] button")
    page.wait_for_selector(".sale-start .act.primary")
    yield "sale: empty"
    scanned(desk, TEA, ".sale-lines tbody tr")
    yield "sale: one line"
    for n in range(40):
        sku = f"L{n:02}"
        hq.product(sku, "", f"{LONG_ZH} {n}", f"{LONG_EN} {n}", "茶", 1990 + n, 30)
        room.scan(sku, LEAD, next(_N))
    scanned(desk, test_customers.member_text(hq), ".sale-row")
    for n in range(3):
        text = test_customers.coupon_text(hq, coupon=f"B{n}", nonce=f"0011223344556677889{n}")
        desk.site.shop.store.scans.type_in(text, "T1")
    goto(desk, "sale", ".sale-lines tbody tr:nth-child(41)")
    yield "sale: forty lines, a member, coupons"
    page.locator(".sale-lines .sale-more summary").first.click()
    yield "sale: one line opened"
    goto(desk, "sale", ".sale-lines")
    page.locator(".sale-foot .sale-more summary").first.click()
    yield "sale: more opened"
    yield from _refusals(desk)


def _refusals(desk: Watched) -> Iterator[str]:
    page = desk.page
    goto(desk, "sale", ".sale-lines")
    refused(desk, "131234567890123456", ".sale-said")
    yield "sale: refused, a wallet's code too early"
    refused(desk, "6901234599995", ".sale-said")
    yield "sale: refused, nobody's code"
    page.locator("form[action='/cashier/sale/suspend'] button").click()
    page.wait_for_selector(".sale-waiting")
    yield "sale: suspended"
    desk.site.shop.store.scans.type_in("48151623", "T1")
    page.wait_for_selector(".sale-taking a")
    yield "sale: a pickup code is pointed home"
    waiting = desk.site.shop.store.scans.current("T1")
    assert waiting is not None
    desk.site.shop.store.scans.dismiss(waiting.id, "T1")


def paying(desk: Watched) -> Iterator[str]:
    page, shop = desk.page, desk.site.shop
    room = shop.store.sales
    if room.shifts.at("T1") is None:
        room.shifts.open(30_000, LEAD, next(_N))
    basket = room.scan(TEA, LEAD, next(_N)).basket
    room.checkout.pay(basket, 5990, LEAD, next(_N))
    goto(desk, "sale", ".sale-paying")
    yield "paying: show a code"
    room.checkout.unpay(basket, LEAD)
    room.selling.void(basket, "test", LEAD, next(_N))
    _, attempt = lost(shop, next(_N))
    goto(desk, "sale", ".sale-paying form[action$=aside]")
    yield "paying: unknown"
    page.click(".sale-paying form[action$=aside] button")
    page.wait_for_selector(".sale-waiting")
    yield "paying: set aside"
    comes_to(shop, attempt, PayEvent.PAY)
    page.wait_for_selector(".sale-waiting a[href^='/cashier/sale/done/']")
    yield "paying: sold meanwhile"
    _, attempt = lost(shop, next(_N))
    comes_to(shop, attempt, PayEvent.WAIT)
    goto(desk, "sale", ".sale-paying [role=timer]")
    yield "paying: userpaying"
    comes_to(shop, attempt, PayEvent.REFUSE)
    goto(desk, "sale", ".sale-paying")
    yield "paying: refused"
    page.locator("form[action='/cashier/sale/cash'] button").first.click()
    page.wait_for_selector(".sale-done")
    yield "sale done"


def returning(desk: Watched) -> Iterator[str]:
    page, room = desk.page, desk.site.shop.store.sales
    if room.shifts.at("T1") is None:
        room.shifts.open(30_000, LEAD, next(_N))
    goto(desk, "return", ".sale-start")
    yield "return: find"
    for code in (TEA, TEA, CUP):
        basket = room.scan(code, LEAD, next(_N))
    total = int(room.selling.bill(basket).total_fen)
    sale = room.checkout.cash(basket.basket, total, total, LEAD, next(_N))
    goto(desk, "", ".card")
    desk.type_in(sale.receipt, "form[action='/cashier/to-return']")
    yield "a receipt on HOME"
    page.click("form[action='/cashier/to-return'] button")
    page.wait_for_selector(".return-lines")
    yield "return: found"
    desk.type_in(TEA, "tr.coming")
    yield "return: counted"
    refused(desk, WINE, ".sale-said")
    yield "return: wrong goods"
    page.locator(".sale-pay .primary").click()
    page.wait_for_selector(".sale-done")
    yield "return: done"
    refused(desk, "NOPE-1", ".sale-said")
    yield "return: not found"


def closing(desk: Watched) -> Iterator[str]:
    page, room = desk.page, desk.site.shop.store.sales
    if room.shifts.at("T1") is None:
        room.shifts.open(30_000, LEAD, next(_N))
    goto(desk, "sale/shift", ".sale-columns")
    yield "shift"
    page.fill("[name=n10000]", "3")
    page.click("form[action$='shift/count'] button")
    page.wait_for_load_state()
    goto(desk, "sale/shift", ".sale-columns")
    yield "shift: counted"


PARTS: dict[str, Part] = {
    one.__name__: one
    for one in (
        counter.entering,
        counter.picking_up,
        counter.picking,
        counter.stock,
        counter.customers,
        counter.calls,
        selling,
        paying,
        returning,
        closing,
        counter.serving,
    )
}
