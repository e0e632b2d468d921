"""After the end, after idleness, with a frozen page and without scripts: nothing of anybody is left at a screen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.domain.screens import ScreenKind
from tests.conftest import CHROMIUM
from tests.kiosk_ui.conftest import BADGE
from tests.kiosk_ui.kiosk_floor import CUP, TEA
from tests.proof.lane_chaos import _read as rows_of
from tests.proof.screens_shop import PLACES, ScreensShop
from tests.proof.screens_traces import PAY_CODE, PHONE, in_page, named, on_disk, step_back

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
IDLE = {
    "basket_s": 10,
    "basket_warn_s": 20,
    "browse_s": 10,
    "browse_warn_s": 20,
    "member_s": 30,
    "done_s": 10,
}
GONE_S = IDLE["basket_s"] + IDLE["basket_warn_s"]
_SCAN = """(text) => { for (const key of [...text, 'Enter'])
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }"""
_AHEAD = """(() => { const real = performance.now.bind(performance); let ahead = 0;
  performance.now = () => real() + ahead; window.hours = (s) => { ahead += s * 1000; }; })();"""


class Visit:
    """A browser of one screen with a disk of its own, and somebody before it."""

    def __init__(
        self, shop: ScreensShop, kind: ScreenKind, browser: Any, profile: Path, script: bool
    ) -> None:
        self.shop, self.kind, self.profile, self.script = shop, kind, profile, script
        self.context = browser.browser_type.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=["--no-sandbox"], java_script_enabled=script
        )
        self.context.add_cookies([shop.cookies[PLACES[kind]]])
        self.context.add_init_script(_AHEAD)
        self.page = self.context.pages[0]
        self.page.set_default_timeout(20_000)
        self.page.goto(f"{shop.url}/{kind}/")

    def sees(self, state: str) -> None:
        self.page.wait_for_selector(f".state[data-state='{state}']")

    def touch(self, act: str) -> None:
        self.page.click(f'#stage button[name=do][value="{act}"]:visible')

    def scan(self, text: str) -> None:
        """By the page where it has a script; else as a scanner on a cable would."""
        if self.script:
            self.page.evaluate(_SCAN, text)
            return
        asked = {"text": text, "seq": str(time.monotonic_ns() % 10**14)}
        head = {"Origin": self.shop.url}
        answer = self.context.request.post(f"{self.shop.url}/{self.kind}/wedge", form=asked, headers=head)
        assert answer.status == 204
        self.page.goto(f"{self.shop.url}/{self.kind}/")

    def place(self) -> str:
        """What the store itself has of this screen, without asking it."""
        key = (self.shop.state / "edge.key").read_text().strip()
        of = {"kiosk": "SELECT state, doc FROM lane_session", "guide": "SELECT state, doc FROM guide_session"}
        rows = rows_of(self.shop.state / "ledger.db", key, of[self.kind])
        return "; ".join(f"{place} {doc}" for place, doc in rows)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScreensShop]:
    made = ScreensShop(
        tmp_path_factory.mktemp("shop"), more={"screens": {"idle": IDLE}, "log": {"level": "debug"}}
    )
    made.found()
    made.start()
    yield made
    made.end()


@contextmanager
def visit(
    shop: ScreensShop, kind: ScreenKind, browser: Any, folder: Path, *, script: bool = True
) -> Iterator[Visit]:
    made = Visit(shop, kind, browser, folder / f"profile-{kind}", script)
    try:
        yield made
        made.page.wait_for_selector(".state-attract, .state-display-idle", timeout=45_000)
        assert in_page(made.context, made.page, script=script) == []
        assert step_back(made.page) == []
    finally:
        made.context.close()
    assert on_disk(made.profile) == []
    assert named((shop.folder / "daemon.log").read_text("utf-8"), "log") == []


def shopping(at: Visit) -> None:
    """Goods, a member's code, coupons; they were on the page."""
    at.sees("attract")
    at.scan(TEA)
    at.sees("basket")
    at.scan(CUP)
    at.page.wait_for_selector(".k-rows .row:nth-child(2)")
    at.scan(at.shop.member_code(3))
    at.page.wait_for_selector(".state-member .code, .state-basket .chip.ok")
    if at.page.query_selector(".state-member"):
        at.touch("go back")
    at.sees("basket")
    at.touch("go coupons")
    at.sees("coupons")
    assert named(at.page.content(), "shown"), "a canary that never sang proves nothing"


def collecting(at: Visit) -> None:
    at.sees("attract")
    at.touch("go code")
    at.sees("code")
    at.page.fill("#digits", PHONE)
    at.touch("collect")
    at.page.wait_for_selector(".k-said")
    at.page.fill("#digits", "48151623")
    at.touch("collect")
    at.sees("pickup")
    if at.script:
        at.touch("leave")
        at.sees("attract")
        at.scan(at.shop.order)
        at.sees("pickup")


def asking(at: Visit) -> None:
    """At a guide screen: whatever somebody holds before it or types."""
    at.sees("attract")
    for text in (BADGE, at.shop.member_code(3), at.shop.order):
        at.scan(text)
        at.page.wait_for_selector(".state[data-state=desk], .state[data-state=home]")
    at.sees("desk")
    at.touch("home")
    at.sees("home")
    at.touch("letters 0 ")
    at.page.fill("#typed", "CANARYTYPED")
    at.touch("letters 0 ")
    at.page.wait_for_selector("#typed[value='CANARYTYPED']")


JOURNEYS: list[tuple[ScreenKind, Callable[[Visit], None]]] = [
    ("kiosk", shopping),
    ("kiosk", collecting),
    ("guide", asking),
]


@pytest.mark.parametrize(("kind", "journey"), JOURNEYS)
def test_the_page_wipes_itself(
    shop: ScreensShop, browser: Any, tmp_path: Path, kind: ScreenKind, journey: Callable[[Visit], None]
) -> None:
    with visit(shop, kind, browser, tmp_path) as at:
        journey(at)
        at.page.evaluate("(s) => hours(s)", IDLE["basket_s"] + 1)
        at.page.wait_for_selector("#idle-ask[open]")
        at.page.evaluate("(s) => hours(s)", IDLE["basket_warn_s"] + 1)


@pytest.mark.parametrize(("kind", "journey"), JOURNEYS)
def test_the_store_wipes_what_a_frozen_page_shows(
    shop: ScreensShop, browser: Any, tmp_path: Path, kind: ScreenKind, journey: Callable[[Visit], None]
) -> None:
    with visit(shop, kind, browser, tmp_path) as at:
        journey(at)
        cdp = at.context.new_cdp_session(at.page)
        cdp.send("Page.setWebLifecycleState", {"state": "frozen"})
        ends = time.monotonic() + GONE_S + 30
        while not at.place().startswith("attract {}"):
            assert time.monotonic() < ends, at.place()
            time.sleep(0.5)
        cdp.send("Page.setWebLifecycleState", {"state": "active"})


@pytest.mark.parametrize(("kind", "journey"), JOURNEYS)
def test_without_a_script_the_page_asks_anew(
    shop: ScreensShop, browser: Any, tmp_path: Path, kind: ScreenKind, journey: Callable[[Visit], None]
) -> None:
    with visit(shop, kind, browser, tmp_path, script=False) as at:
        journey(at)


def test_paid_and_gone(shop: ScreensShop, browser: Any, tmp_path: Path) -> None:
    with visit(shop, "kiosk", browser, tmp_path) as at:
        shopping(at)
        at.touch("go back")
        at.sees("basket")
        for _ in range(4):
            at.touch("on")
            at.page.wait_for_timeout(400)
            if at.page.query_selector(".state-pay"):
                break
        at.sees("pay")
        at.scan(PAY_CODE)
        at.sees("done")
        at.touch("leave")


def test_parked_and_gone(shop: ScreensShop, browser: Any, tmp_path: Path) -> None:
    with visit(shop, "kiosk", browser, tmp_path) as at:
        at.scan(TEA)
        at.sees("basket")
        at.touch("park")
        at.sees("parked")
        assert named(at.page.content(), "shown")
        at.touch("leave")


def test_the_display_forgets_a_sale(shop: ScreensShop, browser: Any, tmp_path: Path) -> None:
    assert PLACES["display"] == "T1"
    with visit(shop, "display", browser, tmp_path) as at:
        shop.tell("basket/scan", text=TEA)
        at.sees("display-basket")
        shop.tell("basket/scan", text=shop.member_code(3))
        here = shop.ask("basket")
        assert here["member"]
        shop.tell("basket/pay", basket=here["basket"], shown_fen=here["total_fen"])
        at.sees("display-paying")
        assert named(at.page.content(), "display") == [], "nobody's name, not even while they pay"
        shop.tell("basket/scan", text=PAY_CODE[:-1] + "8")
        ends = time.monotonic() + 20
        while shop.tell("basket/complete", basket=here["basket"]).get("result") != "ok":
            assert time.monotonic() < ends
            time.sleep(0.2)
        at.sees("display-done")
