"""Every state of the staffed pages but money: each part drives the shop there and names what is to be seen."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.ports import OutOfPaper
from edge.clock import stamp
from edge.domain.tickets import TicketKind
from tests.kiosk_ui import gear, test_customers
from tests.kiosk_ui.browsing import Watched
from tests.kiosk_ui.conftest import PIN

_N = (f"walk-{n:08}" for n in itertools.count())
TEA, CUP, WINE = "6901234567892", "6901234567908", "6901234567915"
LONG_ZH = "狮峰山头采明前特级西湖龙井茶礼盒装 125 克×2 罐（含手提袋）"
LONG_EN = "Shifeng Peak first-pick pre-Qingming West Lake Longjing, gift box of two 125 g tins"
Part = Callable[[Watched], Iterator[str]]


def furnished(desk: Watched) -> None:
    """Goods with long names in their places, a member, coupons."""
    hq = desk.site.hq
    for sku, gtin, zh, en, fen in (
        ("A1", TEA, LONG_ZH, LONG_EN, 5990),
        ("B2", CUP, "青瓷品茗杯", "Celadon tea cup", 12_900),
        ("W1", WINE, "干红葡萄酒 750 毫升", "Cabernet Sauvignon dry red wine, 750 ml", 9900),
    ):
        hq.product(sku, gtin, zh, en, "茶", fen, 60)
        facts = {"sku": sku, "gtin": gtin, "name_zh": zh, "name_en": en, "category": "茶"}
        hq.put(
            "g:products:CN", "product", sku, {**facts, "zone": "BE", "place": f"BE-{sku}", "min_stock": 99}
        )
    test_customers.furnish(hq)
    facts = {"sku": "A1", "gtin": TEA, "name_zh": LONG_ZH, "name_en": LONG_EN, "category": "茶"}
    hq.put("g:products:CN", "product", "A1", {**facts, "zone": "BE", "place": "BE-06", "min_stock": 99})


def goto(desk: Watched, path: str, then: str) -> None:
    """A page by its address."""
    desk.page.goto("about:blank")  # a page that goes on by itself (Refresh) would abort the way
    desk.page.goto(f"{desk.site.url}/cashier/{path}")
    desk.page.wait_for_selector(then)


def refused(desk: Watched, text: str, then: str) -> None:
    """Typed into the field, and not taken; the browser's own line about that is no complaint."""
    desk.type_in(text, then)
    for _ in range(20):
        if desk.complaints:
            break
        desk.page.wait_for_timeout(50)
    desk.complaints.clear()


def scanned(desk: Watched, text: str, then: str) -> None:
    """Something under the station's own scanner."""
    desk.site.shop.store.scans.type_in(text, "T1")
    desk.page.wait_for_selector(then)


def entering(desk: Watched) -> Iterator[str]:
    page = desk.page
    page.goto(desk.site.url + "/cashier/")
    yield "sign-in"
    page.fill("#staff", "1001")
    page.fill("#pin", "0000")
    page.press("#pin", "Enter")
    page.wait_for_selector(".wrong")
    desk.complaints.clear()  # the browser's own line about the 401
    yield "sign-in refused"
    page.fill("#staff", "2001")
    page.fill("#pin", PIN)
    page.press("#pin", "Enter")
    page.wait_for_selector(".home")
    yield "home"


def picking_up(desk: Watched) -> Iterator[str]:
    page, hq, site = desk.page, desk.site.hq, desk.site
    many = [
        {"line": n, "sku": f"A{n}", "name_zh": LONG_ZH, "name_en": LONG_EN, "qty": 2, "unit_fen": 59_800}
        for n in range(1, 13)
    ]
    hq.order(lines=many)
    hq.order(
        "WX2026112200028", numeric_code="11112222", mode="quantity", due_fen=3000, shelf="B-12",
        lines=[{**many[0], "qty": 3, "flags": ["alcohol", "gift"]}],
    )  # fmt: skip
    hq.order("WX2026112200031", numeric_code="22223333", state="picking", shelf="")
    hq.order("WX2026112200044", numeric_code="33334444", store="S00007")
    goto(desk, "", ".home")
    desk.type_in("48151623", ".found")
    yield "pickup found, twelve lines"
    page.click("#hand-over")
    page.wait_for_selector(".handed")
    yield "handed"
    desk.type_in("11112222", ".found")
    page.click(".some summary")
    page.select_option("[name=qty-1]", "1")
    yield "pickup found, balance due, part"
    page.click(".some .act")
    page.wait_for_selector(".handed")
    site.printer.faults.append(OutOfPaper("P1"))
    for _ in range(3):
        site.shop.store.printing.turn("P1")
    goto(desk, "", ".home")
    yield "home, out of paper"
    yield from _refusals(desk)


def _refusals(desk: Watched) -> Iterator[str]:
    hq = desk.site.hq
    for text, name in (("48151623", "collected"), ("22223333", "not ready"), ("99990000", "unknown number")):
        desk.type_in(text, "[data-key^='refused:']")
        yield f"refused: {name}"
    desk.type_in(hq.code("WX2026112299999"), ".act.grave")
    yield "refused: unknown offline, a lead may"
    desk.type_in(hq.code(store="S00007"), ".saying")
    yield "refused: another store"
    refused(desk, "131234567890123456", ".saying")
    yield "refused: a wallet's code"
    desk.type_in("5678", ".choices")
    yield "candidates"
    desk.type_in("0000", ".choices")
    yield "candidates: none"
    desk.type_in(TEA, ".ware")
    yield "product"
    desk.type_in("WX-WHAT-IS-THIS", ".saying")
    yield "nothing of ours"
    goto(desk, "queue", ".choices")
    yield "queue"


def _ordered(desk: Watched) -> None:
    for n, minutes in enumerate((-3, 4, 8, 21, 22, 24, 26), start=1):
        lines = [
            {"line": 1, "sku": "A1", "name_zh": LONG_ZH, "name_en": LONG_EN, "qty": 2, "unit_fen": 59_800},
            {"line": 2, "sku": "W1", "name_zh": "干红葡萄酒", "name_en": "Cabernet", "qty": 1, "unit_fen": 9900},
            {"line": 3, "sku": "B2", "name_zh": "青瓷品茗杯", "name_en": "Celadon cup", "qty": 1, "unit_fen": 12_900},
        ]  # fmt: skip
        promised = stamp(datetime.now(UTC) + timedelta(minutes=minutes))
        more: dict[str, Any] = {"state": "allocated", "shelf": "", "promised": promised}
        if n == 4:
            more |= {"service": "delivery", "carrier": "own"}
        desk.site.hq.order(f"WX202611230000{n}", numeric_code=f"7715000{n}", lines=lines, **more)


def picking(desk: Watched) -> Iterator[str]:
    page, site = desk.page, desk.site
    goto(desk, "picks", ".back-head, .back-none")
    yield "picks: none"
    _ordered(desk)
    site.shop.store.backroom.turn()
    goto(desk, "picks", ".wave-head button")
    yield "picks"
    site.shop.store.front.tickets.open(TicketKind.HELP, "G1", "", next(_N))
    goto(desk, "picks/order/WX2026112300007", ".card")
    yield "one order to pick"
    goto(desk, "picks", ".wave-head button")
    for _ in range(3):
        head = page.locator(".wave-head button")
        if not head.count():
            break
        head.first.click()
        page.wait_for_selector(".pick-main")
        page.goto(desk.site.url + "/cashier/picks")
        page.wait_for_selector(".wave, .back-none")
    yield "picks: in hand"
    goto(desk, "picks/work", ".pick-main")
    yield "pick"
    scanned(desk, "6901234599995", ".wrong")
    yield "pick: wrong item"
    page.locator(".shorts form button").first.click()
    page.wait_for_selector(".short-line")
    yield "pick: short"
    yield from _packing(desk)


def _packing(desk: Watched) -> Iterator[str]:
    page, site = desk.page, desk.site
    page.locator(".back-body .act.on").click()
    page.wait_for_selector(".short-line", state="detached")
    for _ in range(40):
        now = page.locator(".pick-now .code")
        if not now.count():
            break
        before = page.get_attribute("#stage > section", "data-key")
        site.shop.store.scans.type_in(now.inner_text(), "T1")
        page.wait_for_function(
            "k => document.querySelector('#stage > section').dataset.key !== k && !document.querySelector('.taking')",
            arg=before,
        )
    page.wait_for_selector(".bagging")
    yield "pack"
    page.locator(".bagging .act.on").first.click()
    page.wait_for_selector(".bagging .act:not(.on)")
    label = next(task.label for task, _, _ in site.shop.books.picks.live() if task.label)
    scanned(desk, label, "#shelf")
    yield "shelve"
    page.fill("#shelf", "A-07")
    page.press("#shelf", "Enter")
    page.wait_for_selector("#shelf", state="detached")


def stock(desk: Watched) -> Iterator[str]:
    desk.site.shop.store.backroom.turn()
    for path in (
        "stock",
        "stock/product?q=A1",
        "stock/counts",
        "goods",
        "goods?q=A1",
        "goods?q=%E9%BE%99%E4%BA%95",
    ):
        goto(desk, path, ".card")
        yield path
    goto(desk, "stock/counts", ".card")
    if (first := desk.page.locator(".pick-orders a.act")).count():
        first.first.click()
        desk.page.wait_for_selector(".shelf-form")
        yield "count"


def customers(desk: Watched) -> Iterator[str]:
    page, hq = desk.page, desk.site.hq
    if (left := desk.site.shop.store.scans.current("T1")) is not None:
        desk.site.shop.store.scans.dismiss(left.id, "T1")
    goto(desk, "coupon", ".plain-form")
    yield "coupon"
    goto(desk, "member", ".card")
    yield "member"
    goto(desk, "", ".card")
    scanned(desk, test_customers.coupon_text(hq, store="S00007"), ".why-not")
    yield "coupon: elsewhere"
    scanned(desk, test_customers.coupon_text(hq), ".chip.good")
    yield "coupon: good"
    scanned(desk, test_customers.member_text(hq), ".reveal")
    page.click(".reveal summary")
    yield "member card"
    goto(desk, "member", ".card")
    page.click('form[action="/cashier/member/join"] button')
    page.wait_for_selector(".qr-plate")
    yield "join"


def calls(desk: Watched) -> Iterator[str]:
    tickets = desk.site.shop.store.front.tickets
    for kind in (TicketKind.AGE, TicketKind.PRICE_ZERO, TicketKind.SPOT_CHECK):
        tickets.open(kind, "T2", "", next(_N), sku="A1")
    goto(desk, "calls", ".call")
    yield "calls"
    desk.page.locator(".call .act.on").first.click()
    desk.page.wait_for_selector(".call.taken")
    yield "calls: taken"
    goto(desk, "mine", ".card")
    yield "mine"
    goto(desk, "till", ".card")
    yield "till"


def serving(desk: Watched) -> Iterator[str]:
    gear.furnish(desk.site)
    desk.page.goto(desk.site.url + "/it/")
    desk.page.wait_for_selector(".board")
    yield "IT"
