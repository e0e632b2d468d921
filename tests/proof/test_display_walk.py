"""The shopper's side of a till through a whole sale and each way that a payment can go: read from afar, whole on the
screen, without a complaint; in every language, large print, on a wide screen and on a small one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.schema import Settings, parse
from edge.daemon import Shop
from edge.desks.paying import PayWorkers
from edge.domain.display_views import DisplayPlace
from edge.domain.payment_port import NoAnswer
from edge.domain.payments import Channel
from edge.store import Store
from edge.tender_crew import pay_workers
from paying.scripted import ScriptedProvider
from tests.conftest import CHROMIUM
from tests.edge.paying_shop import Line
from tests.edge.sale_shop import Till
from tests.founded import founded_shop
from tests.kiosk_ui import conftest as first  # noqa: F401 - before browsing, which it serves
from tests.kiosk_ui.browsing import Watch, Watched, watch  # noqa: F401
from tests.kiosk_ui.conftest import STORE, PaperPrinter, PretendHq
from tests.kiosk_ui.guide_floor import served
from tests.kiosk_ui.kiosk_floor import ALIPAY, CUP, MILK, STAFF, TEA, WECHAT, furnish
from tests.proof.walking import TEA_SLIDE, wrong_with

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not os.access(CHROMIUM, os.X_OK), reason=f"{CHROMIUM} is not installed"),
]
SIZES = {"wide": (1920, 1080), "small": (1024, 600)}
REFUSED = "286" + "6" * 15
_SLIDE = (TEA_SLIDE,)
MORE = (
    (
        "6900000001011",
        "手冲咖啡豆 曼特宁 深度烘焙 454 克",
        "Mandheling coffee beans, dark roast, whole, 454 g",
        "drinks",
        8800,
    ),
    ("6900000001028", "抽纸 三层 20 包", "Tissues, three layers, 20 packs", "homecare", 3990),
    ("6900000001035", "海盐薯片", "Sea salt crisps", "snacks", 790),
    ("6900000001042", "护手霜", "Hand cream", "beauty", 5900),
    ("6900000001059", "中性笔 12 支", "Gel pens, 12", "stationery", 1990),
    ("6900000001066", "积木", "Building bricks", "toys", 12800),
)
"""More lines than a screen holds."""
NAMES = "idle slide one lines many reduced show scan confirm unknown again thanks next".split()


@dataclass
class Counter:
    """A staffed till with its second screen, and wallets that do as the script says."""

    shop: Shop
    hq: PretendHq
    settings: Settings
    line: Line
    payers: PayWorkers

    @property
    def store(self) -> Store:
        return self.shop.store

    def turns(self) -> None:
        for _ in range(20):
            if self.payers.turn():
                return

    def until(self, word: str) -> None:
        deadline = time.monotonic() + 60
        while (now := self.store.guide.display.view("T1").word.value) != word:
            assert time.monotonic() < deadline, (word, now)
            self.turns()

    def over(self) -> None:
        """The payment is given up, and whatever was asked of a wallet comes to its end."""
        payment = self.store.tender.at("T1")
        assert payment is not None
        self.store.tender.cancel(payment.payment, STAFF)
        deadline = time.monotonic() + 60
        while self.store.guide.display.view("T1").place is DisplayPlace.PAYING:
            assert time.monotonic() < deadline
            self.turns()


@contextmanager
def counter(folder: Path, *script: str) -> Iterator[Counter]:
    raw = {
        "store": {"id": STORE, "state_dir": str(folder)},
        "stations": {
            "T1": {
                "kind": "cashier",
                "label_zh": "1号收银台",
                "label_en": "Till 1",
                "printer": "P1",
                "screen": "local",
            }
        },
        "printers": {"P1": {"host": "127.0.0.1"}},
        "payments": {"provider": "scripted", "qr": ["alipay"], "poll_s": 0.2, "reverse_after_s": 1.0},
    }
    settings = parse(raw)
    shop = founded_shop(settings, bytes(range(32)), {"P1": PaperPrinter()})
    hq = PretendHq(shop)
    hq.open()
    furnish(hq)
    for gtin, zh, en, category, fen in MORE:
        hq.product(f"M{gtin[8:12]}", gtin, zh, en, category, fen, 20)
    line = Line(ScriptedProvider(script, shop.books.clock.mono_ms))
    payers = pay_workers(shop.store.tender, shop.store.staff, dict.fromkeys(Channel, line))
    yield Counter(shop, hq, settings, line, payers)
    shop.books.close()


def steps(at: Counter) -> Iterator[str]:
    """Leads a sale through everything; gives the name of each state as it stands."""
    yield "idle"
    at.shop.books.playlists.slides = lambda _station, _groups=(): _SLIDE  # type: ignore[method-assign, assignment]
    yield "slide"
    till = Till(at.shop, STAFF).open()
    till.scan(TEA)
    yield "one"
    till.scan(CUP)
    till.scan(MILK)
    yield "lines"
    for gtin, *_ in MORE:
        till.scan(gtin)
    yield "many"
    till.scan(CUP)
    till.scan(CUP)
    yield "reduced"
    yield from _paid(at, till)
    at.line.after = lambda *_: None
    till.scan(TEA)
    yield "next"


def _paid(at: Counter, till: Till) -> Iterator[str]:
    tender = at.store.tender
    view = _begun(at, till)
    yield "show"
    tender.show_qr(view.payment, Channel.ALIPAY, till.who, "walk-qr-1")
    at.until("scan")
    yield "scan"
    at.over()
    view = _begun(at, till)
    tender.submit(view.payment, WECHAT, till.who, "walk-pay-1")
    at.until("confirm")
    yield "confirm"
    at.over()
    view = _begun(at, till)
    tender.submit(view.payment, REFUSED, till.who, "walk-pay-2")
    at.until("again")
    yield "again"

    def cut(*_: object) -> None:
        raise NoAnswer

    at.line.after = cut
    tender.submit(view.payment, ALIPAY, till.who, "walk-pay-3")
    at.until("unknown")
    yield "unknown"
    at.line.after = lambda *_: None
    at.over()
    till.cash(200_000)
    yield "thanks"


def _begun(at: Counter, till: Till) -> Any:
    return at.store.sales.checkout.pay(till.basket().basket, till.total(), till.who, till.nonce())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("language", "ease"), [("zh", ""), ("en", ""), ("zh", "large"), ("en", "large")])
def test_every_state(
    watch: Watch,  # noqa: F811
    tmp_path: Path,
    language: str,
    ease: str,
    size: str,
) -> None:
    wide, high = SIZES[size]
    script = ("userpaying 600", "userpaying 600", "refused", "userpaying 600")
    with counter(tmp_path, *script) as at, served(at) as site:  # type: ignore[arg-type]
        seen: Watched = watch(
            site, language, viewport={"width": wide, "height": high}, reduced_motion="reduce"
        )
        if ease:
            seen.page.context.add_cookies([{"name": "se_ease", "value": ease, "url": site.url}])
        found, names = [], []
        for name in steps(at):
            shot = f"{size}-{language}-{ease or 'plain'}-display"
            found += wrong_with(seen, "/display/", name, shot, scrolls=False)
            names.append(name)
        assert found == []
        assert sorted(names) == sorted(NAMES)
