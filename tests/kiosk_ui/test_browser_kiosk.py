"""The kiosk in a real Chromium, as a shopper stands before it: touches counted, nothing of anybody left behind."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from edge.domain.payment_port import NoAnswer
from edge.domain.tickets import Outcome
from tests.conftest import Canary
from tests.kiosk_ui.browsing import CHROMIUM, Watch, Watched
from tests.kiosk_ui.kiosk_floor import (
    ALIPAY,
    CARD_TAIL,
    CUP,
    MEMBER,
    MILK,
    STRANGE,
    TEA,
    WECHAT,
    WINE,
    Floor,
    floor,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
PORTRAIT = {"width": 1080, "height": 1920}
CANARIES = re.compile(
    rf"{MEMBER}|{CARD_TAIL}|CANARYCOUPON|{WECHAT}|{ALIPAY}|王\*|会员立减券|Member voucher|gold"
)

SETTLED = """async () => {
  const key = encodeURIComponent(document.querySelector('.state').dataset.key);
  const asked = await fetch(`/kiosk/stage?have=${key}`, {headers: {'HX-Request': 'true'}});
  return asked.status === 204 && !document.querySelector('.htmx-request, .htmx-swapping');
}"""
"""The page shows what the store shows: nothing else is about to move in while it is looked at."""


class Hands:
    """A shopper's: every touch of the glass is counted."""

    def __init__(self, watched: Watched) -> None:
        self.watched, self.page, self.touches = watched, watched.page, 0

    def touch(self, act: str) -> None:
        self.page.click(f'button[name=do][value="{act}"]:not([hidden])')
        self.touches += 1

    def sound(self, state: str) -> None:
        """No violation of accessibility, no complaint of the browser's: not even that nobody touched it yet."""
        self.page.wait_for_function(SETTLED)
        self.watched.sound(state)

    def sees(self, state: str) -> None:
        self.page.wait_for_selector(f".state-{state}")


Open = Callable[..., tuple[Floor, Hands]]


@pytest.fixture
def kiosk(watch: Watch, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as opened:

        def start(
            *script: str, language: str = "zh", rules: dict[str, Any] | None = None, **options: Any
        ) -> Any:
            made = opened.enter_context(floor(tmp_path, *script, **(rules or {})))
            watched = watch(made.site, language, viewport=PORTRAIT, **options)
            watched.page.goto(made.site.url + "/kiosk/")
            return made, Hands(watched)

        yield start


def until(floor: Floor, hands: Hands, state: str) -> None:
    """The wallets' worker turns until the page shows the state."""
    deadline = time.monotonic() + 30
    while not hands.page.query_selector(f".state-{state}"):
        assert time.monotonic() < deadline, state
        floor.wallets()
        hands.page.wait_for_timeout(50)


def test_five_items_a_member_and_coupons_in_four_touches_and_nothing_stays(
    kiosk: Open, canary: Canary
) -> None:
    floor, hands = kiosk("userpaying 1")
    page = hands.page
    hands.sees("attract")
    for number, code in enumerate((TEA, CUP, MILK, TEA, CUP), 1):
        floor.soon()
        floor.scan(code)
        page.wait_for_selector(f"h1:has-text('{number} 件商品')")
    floor.scan(floor.member())
    page.wait_for_selector(".chip.ok")
    hands.sound("basket")
    hands.touch("on")
    hands.sees("bags")
    hands.touch("on")
    hands.sees("coupons")
    assert page.locator('[role=checkbox][aria-checked="true"]').count() == 1, "the best set is ticked"
    hands.touch("on")
    hands.sees("pay")
    hands.sound("pay")
    floor.scan(WECHAT)
    hands.sees("paying")
    until(floor, hands, "userpaying")
    until(floor, hands, "done")
    hands.touch("paper none")
    hands.sees("attract")
    assert hands.touches <= 4
    seen = page.content() + page.evaluate(
        "JSON.stringify([localStorage, sessionStorage, document.cookie, history.state])"
    )
    assert not CANARIES.search(seen + page.url)
    assert page.evaluate("history.length") <= 2, "no page of the shopper's to go back to"
    assert not CANARIES.search(repr(canary.sung))
    row = floor.site.shop.books.ledger.read().execute("SELECT doc FROM lane_session").fetchone()
    assert row == ("{}",)


def test_the_line_is_cut_while_paying_and_the_result_comes_late(kiosk: Open) -> None:
    floor, hands = kiosk("success", language="en", rules={"hq_url": "http://127.0.0.1:9"})
    floor.scan(TEA)
    hands.sees("basket")
    status = floor.site.shop.store.status
    status.exchanged("")
    hands.page.wait_for_selector(".line-now .age-dot:not(.old)")
    status.exchanged("HQ_UNREACHABLE")
    hands.page.wait_for_selector(".line-now .age-dot.old")
    for _ in range(3):
        hands.touch("on")
        hands.page.wait_for_timeout(50)
        if hands.page.query_selector(".state-pay"):
            break
        hands.page.wait_for_load_state()
    hands.sees("pay")
    line: Any = floor.line

    def cut(*_: object) -> None:
        raise NoAnswer

    line.after = cut
    floor.scan(WECHAT)
    until(floor, hands, "unknown")
    assert "Please do not pay twice" in hands.page.inner_text(".state-unknown")
    assert hands.page.get_attribute(".state", "data-idle") == "0"
    hands.sound("unknown")
    line.after = lambda *_: None
    until(floor, hands, "done")
    assert "Paid" in hands.page.inner_text("h1")


def test_people_are_waited_for_and_languages_are_switched(kiosk: Open) -> None:
    floor, hands = kiosk()
    page = hands.page
    floor.scan(STRANGE)
    page.wait_for_selector(".k-said")
    hands.touch("stranger")
    page.wait_for_selector(".k-stranger")
    floor.scan(WINE)
    page.wait_for_selector("text=干红葡萄酒")
    page.click("button[lang=en]")
    page.wait_for_selector("text=Cabernet")
    hands.touch("on")
    hands.sees("bags")
    hands.touch("on")
    hands.sees("member")
    hands.touch("on")
    hands.sees("intervention")
    hands.sound("intervention")
    assert page.get_attribute(".state", "data-idle") == "0"
    floor.answer(Outcome.APPROVED)
    hands.sees("pay")
    hands.touch("park")
    hands.sees("parked")
    hands.touch("leave")
    hands.sees("attract")
    assert page.evaluate("document.documentElement.lang") == "zh-CN", (
        "the next shopper's page speaks as the shop does"
    )


def test_an_order_in_no_touches_and_by_its_number_in_ten(kiosk: Open) -> None:
    floor, hands = kiosk()
    page = hands.page
    floor.scan(floor.site.hq.code())
    hands.sees("pickup")
    assert hands.touches == 0
    assert "0017" in page.inner_text(".figure")
    hands.touch("leave")
    hands.sees("attract")
    (call,) = floor.site.shop.store.front.tickets.queue()
    assert (call.tail, call.shelf) == ("0017", "A-07"), "staff go on bringing it when the page is left"
    hands.touches = 0
    hands.touch("go code")
    hands.sees("code")
    for digit in "48151623":
        page.click(f'.pad [data-key="{digit}"]')
        hands.touches += 1
    hands.touch("collect")
    hands.sees("pickup")
    assert hands.touches == 10
    assert "48151623" not in page.url


def test_nobody_there_asks_and_wipes_by_the_pages_own_clock(kiosk: Open) -> None:
    floor, hands = kiosk()
    page = hands.page
    page.click("button[lang=en]")
    page.wait_for_selector("html[lang=en]")
    page.clock.install()
    page.goto(floor.site.url + "/kiosk/")
    floor.scan(TEA)
    hands.sees("basket")
    floor.scan(floor.member())
    page.wait_for_selector(".chip.ok")
    page.clock.run_for(91_000)
    page.wait_for_selector("#idle-ask[open]")
    page.click("#idle-stay")
    page.wait_for_selector("#idle-ask", state="hidden")
    page.clock.run_for(91_000)
    page.wait_for_selector("#idle-ask[open]")
    # Nor does it need the store's own look: that one says the same to a page which asks in between.
    page.route("**/kiosk/stage*", lambda route: route.abort())
    page.clock.run_for(31_000)
    hands.sees("attract")
    assert not CANARIES.search(page.content())
    page.wait_for_selector("html[lang=zh-CN]")  # nor does the next shopper read the language of the last
    (left,) = floor.site.shop.store.sales.selling.suspended()
    assert (left.member, left.units) == ("", 1)


def test_without_a_script_and_without_a_line_everything_is_a_form(kiosk: Open) -> None:
    floor, hands = kiosk(java_script_enabled=False)
    page = hands.page
    hands.touch("begin")
    hands.sees("basket")
    hands.touch("go lookup")
    hands.sees("lookup")
    hands.touch("find category 0 fresh")
    hands.touch("take D4")
    hands.sees("basket")
    hands.touch("count 1 1")
    page.wait_for_selector("output:has-text('2')")
    hands.touch("on")
    hands.touch("on")
    hands.sees("member")
    hands.touch("on")
    hands.sees("pay")
    assert page.get_attribute('meta[http-equiv="refresh"]', "content") is not None
    floor.away()
    page.goto(floor.site.url + "/kiosk/")
    page.wait_for_selector("h1:has-text('网络中断')")
    hands.touch("park")
    hands.sees("parked")
    assert re.search(r"HB\d{8}", page.inner_text(".k-code"))
    page.click(".help")
    page.wait_for_selector(".k-coming")


def test_staff_see_the_kiosk_pause_it_and_answer_from_their_desk(kiosk: Open, watch: Watch) -> None:
    floor, hands = kiosk()
    desk = watch(floor.site)
    desk.sign_in()
    floor.scan(WINE)
    hands.sees("basket")
    hands.touch("on")
    hands.sees("bags")
    desk.page.goto(floor.site.url + "/cashier/")
    desk.page.wait_for_selector("#tile-lanes b:has-text('1')")
    desk.sound("home with kiosks")
    desk.page.click("#tile-lanes")
    desk.page.click('form[action="/cashier/calls/take"] button')
    desk.page.click('form[action="/cashier/calls/close"] button.on')
    desk.page.wait_for_selector("text=购物中")
    hands.touch("on")
    hands.sees("member")
    hands.touch("on")
    hands.sees("pay")
    desk.page.click('form[action="/cashier/calls/lane/pause"] button')
    desk.page.wait_for_selector('form[action="/cashier/calls/lane/resume"]')
    desk.sound("calls with kiosks")
    hands.touch("park")
    hands.touch("leave")
    hands.sees("closed")
    desk.page.click('form[action="/cashier/calls/lane/resume"] button')
    hands.sees("attract")
