"""A kiosk on real ports: the store's desks behind real pages, a scripted wallet that moves when it is told to."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waitress.server import create_server

from config.schema import Settings, parse
from edge.daemon import build_shop
from edge.desks.paying import PayWorkers
from edge.domain import member_code
from edge.domain.member_code import MemberClaims
from edge.domain.payments import Channel
from edge.domain.staff import Operator, Role
from edge.domain.tickets import Outcome
from edge.records.enrolment import EnrolmentRow
from edge.tender_crew import pay_workers
from kiosk_ui.guards import origin_gate
from kiosk_ui.live import LiveServer
from kiosk_ui.web import create_app
from paying.scripted import ScriptedProvider
from sync.signed import Signed
from tests.edge.paying_shop import Line
from tests.kiosk_ui.conftest import STORE, PaperPrinter, PretendHq, Site

STATION, WECHAT, ALIPAY = "K1", "13" + "4" * 16, "28" + "5" * 16
MEMBER, CARD_TAIL = "m-canary-7f3a", "9173"
TEA, CUP, MILK, WINE, SMOKES = (
    "6901234567892",
    "6901234567908",
    "6901234567939",
    "6901234567915",
    "6901028075015",
)
STRANGE = "6900000000007"
STAFF = Operator("1001", "李晓云", Role.CASHIER, "T1")
GOODS: tuple[tuple[str, str, str, str, str, int, tuple[str, ...]], ...] = (
    (
        "A1",
        TEA,
        "狮峰龙井 明前特级 125 克礼盒",
        "Longjing tea, first flush, gift box 125 g",
        "tea",
        5990,
        ("tier_ok",),
    ),
    ("B2", CUP, "青瓷品茗杯", "Celadon tea cup", "homeware", 12900, ("tier_ok",)),
    ("C3", MILK, "有机鲜牛奶 950 毫升", "Organic fresh milk 950 ml", "drinks", 1890, ()),
    ("W1", WINE, "干红葡萄酒 750 毫升", "Cabernet Sauvignon 750 ml", "drinks", 9900, ("alcohol",)),
    ("S1", SMOKES, "卷烟", "Cigarettes", "food", 2000, ("tobacco",)),
    ("D4", "", "富士苹果", "Fuji apple", "fresh", 350, ()),
    ("E5", "", "新疆香梨", "Xinjiang pear", "fresh", 290, ()),
    ("BAG1", "", "购物袋 中号", "Shopping bag, medium", "food", 30, ()),
    ("BAG2", "", "购物袋 大号", "Shopping bag, large", "food", 50, ()),
)


@dataclass
class Floor:
    """The site, the wallets and their line, and hands for staff."""

    site: Site
    line: Line
    payers: PayWorkers
    settings: Settings
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def scan(self, text: str) -> None:
        """A scanner of the kiosk reads something."""
        store = self.site.shop.store
        assert store.lane.takes(STATION, text, f"scan-{next(self.numbers):06}")

    def line_up(self, *, there: bool) -> None:
        """HQ answers, or does not."""
        self.site.shop.store.status.exchanged("" if there else "HQ_UNREACHABLE")

    def vouches(self) -> None:
        """The box was enrolled, and HQ promises who buys a coupon for the next visit."""
        books = self.site.shop.books
        word = Signed("roster", "{}", ())
        row = EnrolmentRow("dev-1", STORE, "", word, "2026-01-01T00:00:00.000Z", bytes(32))
        with books.ledger.transaction() as tx:
            books.enrolments.put(tx, row)
        offer = {
            "offer": "R1",
            "min_fen": 5000,
            "fen": 1000,
            "days": 7,
            "title_zh": "复购券",
            "title_en": "Next",
        }
        self.site.hq.put("g:coupon:CN", "repurchase", "R1", offer)

    def soon(self) -> None:
        """The scanner rests for longer than a second look takes."""
        self.site.shop.store.lane.basket._last.clear()

    def at_once(self, text: str) -> None:
        """The scanner reads the last code once more, within its second look however slow this machine is."""
        last = self.site.shop.store.lane.basket._last
        last[STATION] = (last[STATION][0], self.site.shop.books.clock.mono_ms())
        self.scan(text)

    def wallets(self) -> None:
        """Whoever moves money does what is due."""
        for _ in range(20):
            if self.payers.turn():
                return

    def away(self) -> None:
        """Whoever moves money cannot be reached for a while."""
        self.site.shop.store.tender.hand.reached(self.site.shop.books.clock.mono_ms(), there=False)

    def member(self) -> str:
        window = member_code.window_of(self.site.shop.books.clock.now())
        return member_code.issue(MemberClaims(1, MEMBER, "gold", window), self.site.hq.key.sign)

    def answer(self, outcome: Outcome) -> None:
        tickets = self.site.shop.store.front.tickets
        for ticket in tickets.queue():
            tickets.take(ticket.ticket, STAFF, f"take-{ticket.ticket}")
            tickets.close(ticket.ticket, outcome, STAFF, f"end-{ticket.ticket}")


def settings_of(folder: Path, hq_url: str = "", **kiosk: Any) -> Settings:
    """A desk and a kiosk whose screen is this machine's own."""
    return parse(
        {
            "store": {"id": STORE, "state_dir": str(folder)},
            "stations": {
                "T1": {
                    "kind": "cashier",
                    "label_zh": "1号服务台",
                    "label_en": "Service desk 1",
                    "printer": "P1",
                },
                STATION: {
                    "kind": "kiosk",
                    "label_zh": "一层收银区自助收银 1",
                    "label_en": "Self-checkout 1 by the tills, ground floor",
                    "printer": "P1",
                    "screen": "local",
                },
            },
            "printers": {"P1": {"host": "127.0.0.1"}},
            "payments": {"provider": "scripted", "qr": ["alipay"], "poll_s": 0.5, "reverse_after_s": 1.0},
            "hq": {"url": hq_url, "token_file": "unused"} if hq_url else {},
            "kiosk": {"bags": ["BAG1", "BAG2"], **kiosk},
            "selling": {"invoice_url": "https://m.example/invoice" if kiosk.get("receipt_url") else ""},
        }
    )


@contextmanager
def floor(folder: Path, *script: str, hq_url: str = "", **kiosk: Any) -> Iterator[Floor]:
    """Everything up; `script` is what wallets say, `kiosk` the settings of kiosks."""
    settings, printer = settings_of(folder, hq_url, **kiosk), PaperPrinter()
    shop = build_shop(settings, bytes(range(32)), {"P1": printer})
    hq = PretendHq(shop)
    hq.open()
    furnish(hq)
    line = Line(ScriptedProvider(script or ("success",), shop.books.clock.mono_ms))
    payers = pay_workers(shop.store.tender, shop.store.staff, dict.fromkeys(Channel, line))
    live = LiveServer("127.0.0.1", 0, origin_gate(settings))
    live_port = live.start()
    shop.wakes.listen(live.poke)
    server: Any = create_server(
        create_app(shop.store, settings, live_port), host="127.0.0.1", port=0, threads=4
    )
    threading.Thread(target=_run, args=(server,), daemon=True).start()
    site = Site(shop, hq, printer, live, f"http://127.0.0.1:{server.effective_port}")
    try:
        yield Floor(site, line, payers, settings)
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        live.stop()
        shop.books.close()


def furnish(hq: PretendHq) -> None:
    """Goods, a member with coupons, an offer, an order that waits."""
    for sku, gtin, zh, en, category, fen, flags in GOODS:
        hq.product(sku, gtin or "0", zh, en, category, fen, 20)
        facts = {"sku": sku, "gtin": gtin or "0", "name_zh": zh, "name_en": en, "category": category}
        hq.put("g:products:CN", "product", sku, {**facts, "flags": list(flags)})
    public = hq.key.public_key().public_bytes_raw().hex()
    for tb in ("coupon_key", "member_key"):
        hq.put("g:keys:CN", tb, "1", {"kid": 1, "public": public, "not_after": ""})
    link = {"link": "L1", "url": "https://m.example/join", "title_zh": "入会", "title_en": "Join"}
    hq.put("g:keys:CN", "join_link", "L1", link)
    profile = {"member": MEMBER, "tier": "gold", "ver": 1, "name_masked": "王*", "card_tail": CARD_TAIL}
    hq.put(f"s:{STORE}:member", "member", MEMBER, {**profile, "phone_tail": "5678", "points": 1280})
    ends = {"not_after": "2099-01-01T00:00:00.000Z", "member": MEMBER}
    for name, fen, zh, en, more in (
        ("CANARYCOUPON1", 1500, "会员立减券", "Member voucher", {}),
        ("CANARYCOUPON2", 800, "生日券", "Birthday voucher", {}),
        ("CANARYCOUPON3", 3000, "总部满减券", "Head office voucher", {"cls": "C", "online": True}),
    ):
        d = {"coupon": name, "cls": "A", "fen": fen, "title_zh": zh, "title_en": en, **ends, **more}
        hq.put("g:coupon:CN", "coupon", name, d)
    rule = {
        "rule": "m200",
        "version": 1,
        "level": "order",
        "benefit": {"do": "off", "fen": 3000},
        "threshold": {"at_least": 30_000},
        "name_zh": "满 300 减 30",
        "name_en": "30 off 300",
    }
    hq.put("g:promo:CN", "promotion", "m200:1", {"row": "m200:1", "rule": rule})
    badge = hashlib.sha256(b"SB1.ABCDEFGHJKMNPQRS").hexdigest()
    assert badge
    hq.order()


def _run(server: Any) -> None:
    try:
        server.run()
    except OSError:  # the listener was closed under it: that is how it is stopped
        return
