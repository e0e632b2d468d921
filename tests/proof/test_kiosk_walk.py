"""Every state of the kiosk in every language and way of reading: accessible, large enough to touch, nothing cut off."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.domain.payment_port import NoAnswer
from edge.domain.tickets import Outcome
from tests.conftest import CHROMIUM
from tests.kiosk_ui import conftest  # noqa: F401 - before what is imported from it

from tests.kiosk_ui.browsing import Watch, watch  # noqa: F401 # isort: skip
from tests.kiosk_ui.kiosk_floor import (
    ALIPAY,
    CUP,
    MILK,
    SMOKES,
    STAFF,
    STRANGE,
    TEA,
    WECHAT,
    WINE,
    Floor,
    floor,
)
from tests.kiosk_ui.test_browser_kiosk import Hands
from tests.proof.walking import SIZES, wrong_on

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
LISTS = frozenset("lookup letters basket twice tobacco coupons intervention".split())
"""Their goods are scrolled; everything else stands on the screen as a whole."""


def steps(floor: Floor, hands: Hands) -> Iterator[str]:
    """Leads a shopper through every state; gives the name of each as it stands."""
    page = hands.page
    page.goto(floor.site.url + "/kiosk/")
    yield from _free(hands)
    yield from _goods(floor, hands)
    yield from _questions(floor, hands)
    yield from _money(floor, hands)
    yield from _elsewhere(floor, hands)


def _free(hands: Hands) -> Iterator[str]:
    hands.sees("attract")
    yield "attract"
    hands.touch("go code")
    hands.sees("code")
    yield "code"
    hands.touch("go back")
    hands.sees("attract")
    hands.touch("go lookup")
    hands.sees("lookup")
    yield "lookup"
    hands.touch("find letters 0 L")
    hands.page.wait_for_selector(".k-typed")
    yield "letters"
    hands.touch("go back")
    hands.sees("basket")
    yield "empty"


def _goods(floor: Floor, hands: Hands) -> Iterator[str]:
    floor.scan(STRANGE)
    hands.page.wait_for_selector(".k-said")
    yield "strange"
    hands.touch("stranger")
    for code in (TEA, CUP, MILK, WINE):
        floor.soon()
        floor.scan(code)
    hands.page.wait_for_selector(".k-off")
    yield "basket"
    floor.at_once(WINE)
    hands.page.wait_for_selector(".k-said.twice")
    yield "twice"
    hands.touch("again no")
    hands.page.wait_for_selector(".k-said.twice", state="detached")
    floor.scan(SMOKES)
    hands.page.wait_for_selector(".k-said:not(.twice)")
    yield "tobacco"
    hands.page.click(".help")
    hands.sees("help")
    yield "help"
    hands.touch("go back")
    hands.sees("basket")


def _questions(floor: Floor, hands: Hands) -> Iterator[str]:
    hands.touch("on")
    hands.sees("bags")
    yield "bags"
    hands.touch("on")
    hands.sees("member")
    yield "member"
    floor.line_up(there=True)
    hands.page.wait_for_selector("#phone")
    yield "phone"
    floor.line_up(there=False)
    hands.page.wait_for_selector("#phone", state="detached")
    hands.touch("join")
    hands.page.wait_for_selector(".qr")
    yield "join"
    floor.scan(floor.member())
    hands.page.wait_for_selector(".state-member .calm")
    yield "known"
    hands.touch("on")
    hands.sees("coupons")
    yield "coupons"
    hands.touch("on")
    hands.sees("intervention")
    yield "intervention"
    floor.answer(Outcome.APPROVED)
    hands.sees("pay")


def _money(floor: Floor, hands: Hands) -> Iterator[str]:
    yield "pay"
    floor.scan(WECHAT)
    hands.sees("paying")
    yield "paying"
    _until(floor, hands, "userpaying")
    yield "userpaying"
    hands.touch("cancel")
    hands.sees("unknown")
    yield "cancelling"
    _until(floor, hands, "pay")
    yield "failed"
    hands.touch("qr alipay")
    hands.sees("paying")
    floor.wallets()
    hands.page.wait_for_selector(".qr")
    yield "qr"
    hands.touch("cancel")
    _until(floor, hands, "pay")
    line: Any = floor.line

    def cut(*_: object) -> None:
        raise NoAnswer

    line.after = cut
    floor.scan(ALIPAY)
    _until(floor, hands, "unknown")
    yield "unknown"
    line.after = lambda *_: None
    yield from _thanks(floor, hands)


def _thanks(floor: Floor, hands: Hands) -> Iterator[str]:
    _until(floor, hands, "done")
    yield "done"
    hands.touch("paper print")
    hands.page.wait_for_selector('[aria-pressed="true"][value="paper print"]')
    yield "printed"
    hands.touch("paper phone")
    hands.page.wait_for_selector(".k-papers .qr")
    yield "receipt"
    hands.touch("rate 2")
    hands.page.wait_for_selector(".reasons")
    hands.page.check('.reasons input[value="queue"]')
    yield "rated"
    hands.touch("answer")
    hands.page.wait_for_selector(".state-feedback .calm")
    yield "feedback"


def _elsewhere(floor: Floor, hands: Hands) -> Iterator[str]:
    floor.scan(floor.site.hq.code())
    hands.sees("pickup")
    yield "pickup"
    floor.scan(TEA)
    hands.sees("basket")
    floor.away()
    for name in ("bags", "member", "pay"):
        hands.touch("on")
        hands.sees(name)
    hands.page.wait_for_selector(".state-pay .warn")
    yield "offline"
    hands.touch("park")
    hands.sees("parked")
    yield "parked"
    floor.site.shop.store.lane.watch.pause("K1", STAFF, on=True)
    hands.sees("closed")
    yield "closed"


def _until(floor: Floor, hands: Hands, state: str) -> None:
    deadline = time.monotonic() + 60
    while not hands.page.query_selector(f".state-{state}"):
        assert time.monotonic() < deadline, state
        floor.wallets()
        hands.page.wait_for_timeout(50)


@pytest.mark.parametrize("screen", SIZES)
@pytest.mark.parametrize("language", ["zh", "hant", "en"])
@pytest.mark.parametrize("ease", ["", "large", "low"])
def test_every_state(
    watch: Watch,  # noqa: F811
    tmp_path: Path,
    screen: str,
    language: str,
    ease: str,
) -> None:
    width, height = SIZES[screen]
    rules = {"hq_url": "https://hq.example", "receipt_url": "https://m.example/receipt"}
    with floor(tmp_path, "userpaying 60", "success", "success", "success", **rules) as made:
        made.vouches()
        watched = watch(made.site, language, viewport={"width": width, "height": height})
        watched.page.set_default_timeout(60_000)
        hands, seen = Hands(watched), []
        wrong: list[str] = []
        shot = f"{screen}-{language}-{ease or 'plain'}"
        keep = [{"name": "se_language", "value": language, "url": made.site.url}]
        if ease:
            keep.append({"name": "se_ease", "value": ease, "url": made.site.url})
        watched.page.context.add_cookies(keep)  # type: ignore[arg-type]
        for name in steps(made, hands):
            wrong += wrong_on(watched, name, shot, scrolls=name in LISTS)
            seen.append(name)
            if name in {"feedback", "pickup", "parked"}:
                # The next shopper's page speaks as the shop does; this one goes on in the same way.
                hands.touch("leave")
                hands.sees("attract")
                watched.page.context.add_cookies(keep)  # type: ignore[arg-type]
                watched.page.goto(made.site.url + "/kiosk/")
        assert not wrong, "\n".join(wrong)
        assert len(seen) == 33
