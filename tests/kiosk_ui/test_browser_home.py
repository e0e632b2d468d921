"""HOME and calls in a real Chromium: pickup and sale by keyboard alone, live tiles, both languages, axe."""

from __future__ import annotations

import itertools
import os

import pytest

from edge.domain.staff import Operator, Role
from edge.domain.tickets import TicketKind
from tests.kiosk_ui.browsing import CHROMIUM, GTIN, Watch
from tests.kiosk_ui.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
CASHIER = Operator("1001", "李晓云", Role.CASHIER, "T1")
N = (f"walk-{n:08}" for n in itertools.count())


@pytest.mark.parametrize(("language", "width", "height"), [("zh", 1280, 800), ("en", 1920, 1080)])
def test_home_and_calls_are_sound_and_live(
    watch: Watch, site: Site, language: str, width: int, height: int
) -> None:
    site.hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)
    desk = watch(site, language, viewport={"width": width, "height": height})
    desk.sign_in()
    desk.sound("home")
    tickets = site.shop.store.front.tickets
    one = tickets.open(TicketKind.AGE, "G1", "", next(N), sku="A1")
    tickets.open(TicketKind.PRICE_ZERO, "T2", "", next(N), sku="A1")
    page = desk.page
    page.wait_for_selector("#tile-calls b:has-text('2')")  # nobody reloaded anything
    assert page.evaluate("document.activeElement.id") == "scan-text"
    page.keyboard.press("Alt+9")
    page.wait_for_selector(".call")
    desk.sound("calls")
    page.focus(".call .act.on")
    page.keyboard.press("Enter")
    page.wait_for_selector(".call.taken")
    desk.sound("taken")
    assert tickets.ticket(one.ticket).staff == "1001"
    page.keyboard.press("Alt+m")
    page.wait_for_selector(".back-head h1:has-text('李晓云')")
    desk.sound("mine")


def test_every_way_is_reached_by_tab_alone(watch: Watch, site: Site) -> None:
    desk = watch(site)
    desk.sign_in()
    reached = set()
    for _ in range(40):
        desk.page.keyboard.press("Tab")
        reached.add(desk.page.evaluate("document.activeElement.getAttribute('href')"))
    ways = desk.page.eval_on_selector_all(".way, .tiles .tile", "all => all.map(a => a.getAttribute('href'))")
    assert len(ways) == 19
    assert set(ways) <= reached


def test_a_pickup_and_a_sale_without_a_mouse(watch: Watch, site: Site) -> None:
    site.hq.order()
    site.hq.product("A1", GTIN, "龙井茶", "Longjing tea", "茶", 5990, 12)
    site.shop.store.sales.shifts.open(10_000, CASHIER, next(N))
    desk = watch(site, "en")
    page = desk.page
    desk.sign_in()
    desk.type_in("48151623", ".found")
    for _ in range(40):
        if page.evaluate("document.activeElement.closest('#hand-over, form.main') !== null"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".handed")
    page.keyboard.press("Alt+2")
    page.wait_for_selector(".sale")
    page.keyboard.type(GTIN, delay=60)
    page.keyboard.press("Enter")
    page.wait_for_selector(".sale-lines tbody tr")
    for _ in range(40):
        if page.evaluate("document.activeElement.closest('.sale-quick form') !== null"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sale-done")
    assert site.shop.store.front.today.figures().sales_fen == 5990
    assert site.shop.store.front.today.figures().handed == 1
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".today dd:has-text('59.90')")
    desk.sound("home after a day's work")
