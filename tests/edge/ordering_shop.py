"""A guide screen that takes money for HQ's orders, in a time of its own: a real HQ on a line that can be cut."""

from __future__ import annotations

import atexit
import dataclasses
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from config.schema import parse
from edge.domain.guide_orders import OrderState
from edge.domain.guide_session import Here, Place
from edge.domain.guide_views import GuideView
from edge.domain.refusals import Refusal
from edge.guide_crew import guide_desk, scans_at_guides
from edge.records.guide_orders import GuideOrderRow
from edge.records.inbox import Inbox
from paying.scripted import ScriptedProvider
from sync.asking import HqAsk
from sync.benefits import Member
from sync.client import SyncClient
from sync.goods import Node, NodeStock
from sync.hub.benefits import BenefitDesk
from sync.hub.counter_keys import new_key
from sync.hub.database import open_hub, write
from sync.hub.desk import HubDesk
from sync.hub.feed import publish, put
from sync.hub.guide_desk import ScreenDesk
from sync.hub.member_desk import MemberDesk
from sync.hub.ordering_desk import OrderingDesk
from sync.hub.ordering_turns import OrderingTurns
from sync.hub.rows import NODES
from sync.hub.web import create_hub
from sync.messages import LineDown, Price, Product, stamp
from sync.messages import Shop as ShopRow
from sync.ordering import ORDER_PATH
from sync.transport import LoopTransport
from tests.edge.paying_shop import WECHAT, PayingShop, Time, _opened
from tests.edge.paying_shop import Line as Wallet
from tests.spots import DEPOT, HERE, OLD_TOWN

STORE, STATION = "S00421", "G1"
TEA_FEN = 7900
SETTINGS = {
    "stations": {
        STATION: {"kind": "guide", "label_zh": "导购屏", "label_en": "Guide", "printer": "P1"},
        "T1": {"kind": "cashier", "label_zh": "1号台", "label_en": "Desk 1", "printer": "P1"},
    },
    "printers": {"P1": {"host": "127.0.0.1"}},
}


class Line:
    """The way to HQ. `cut` "before": nothing arrives; "after": HQ does it and its answer is lost."""

    def __init__(self, below: LoopTransport) -> None:
        self.below, self.cut, self.asked = below, "", list[str]()

    def post(self, path: str, body: bytes) -> bytes:
        if self.cut == "before":
            raise LineDown("cut")
        self.asked.append(path)
        answer = self.below.post(path, body)
        if self.cut == "after":
            raise LineDown("cut")
        return answer

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        del within_s
        return self.post(path, body)


@cache
def _model() -> tuple[Path, str]:
    """HQ's file with two stores, their goods and members, founded once; and this store's token."""
    folder = Path(tempfile.mkdtemp(prefix="store-edge-hq-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine, time = open_hub(folder / "hub.db"), Time()
    at = time.began + timedelta(milliseconds=time.ms)
    desk = HubDesk(engine, lambda: at)
    token = desk.add_store(ShopRow(STORE, "滨江店", "Riverside"))
    desk.add_store(ShopRow("S2", "老城店", "Old Town"))
    goods = (("A1", "6901234567892", ()), ("W1", "6901234567915", ("alcohol",)))
    desk.publish_products(Product(sku, gtin, "茶", "Tea", "tea", flags=f) for sku, gtin, f in goods)
    desk.publish_prices(Price(sku, TEA_FEN, "b1") for sku in ("A1", "W1"))
    write(engine, partial(new_key, role="member", kid=1, not_after="", at=stamp(at)))
    for name in ("m-1", "m-2"):
        word = Member(name, "gold", 1, name_masked="王*", phone_tail="5678")
        BenefitDesk(engine, lambda: at).put_member(word, [STORE], points=0)
    ScreenDesk(engine, lambda: at).cart_link("https://shop.example/go")
    rows: list[Any] = [
        Node(STORE, "store", "滨江店", "Riverside", *HERE),
        Node("S2", "store", "老城店", "Old Town", *OLD_TOWN),
        Node("W1", "warehouse", "仓", "Depot", *DEPOT),
    ]
    rows += [NodeStock(f"{n}:{sku}", n, sku, 9, stamp(at)) for n in ("S2", "W1") for sku in ("A1", "W1")]
    write(engine, lambda conn: publish(conn, [put(NODES, row) for row in rows], stamp(at)))
    engine.dispose()
    return folder / "hub.db", token


class Headquarters:
    """The hub, its desks and its clock, which is the store's."""

    def __init__(self, folder: Path, time: Time) -> None:
        file, self.token = _model()
        shutil.copy(file, folder / "hub.db")
        self.time, self.engine = time, open_hub(folder / "hub.db")
        now = self.now
        self.app = create_hub(self.engine, now=now)
        self.desk, self.members = HubDesk(self.engine, now), MemberDesk(self.engine, now)
        self.orders, self.turns = OrderingDesk(self.engine, now), OrderingTurns(self.engine, now)

    def now(self) -> Any:
        return self.time.began + timedelta(milliseconds=self.time.ms)

    def states(self) -> list[tuple[str, str]]:
        """(state, attempt) of every order, the oldest first."""
        return [(row["state"], row["number"]) for row in self.orders.listed()]


@dataclass
class Guide:
    """A shopper at G1, the shop and HQ round them."""

    till: PayingShop
    hq: Headquarters
    line: Line
    nonces: Iterator[str] = field(default_factory=lambda: (f"nonce-{n:06}" for n in itertools.count(1)))
    mono: float = 0.0

    def __post_init__(self) -> None:
        self._hire()

    def _hire(self) -> None:
        shop = self.till.shop
        desk = shop.store
        rest = (desk.catalogue, desk.front, desk.sales, desk.tender, shop.wakes.poke)
        guide = guide_desk(self.till.settings, *rest, at_hq=HqAsk(lambda: self.line))
        self.store = dataclasses.replace(desk, guide=guide)
        self.store.scans.give_to(scans_at_guides(self.store, lambda *_: False))
        books = shop.books
        inbox = Inbox(books.hq, books.clock)
        self.client = SyncClient(self.line, books.journal, inbox, store_id=STORE, clock=books.clock)

    @property
    def pay(self) -> Any:
        return self.store.guide.pay

    def reopen(self) -> None:
        """The process dies without a word and starts again."""
        self.till.reopen()
        self._hire()

    def sync(self) -> None:
        """Exchanges until there is nothing left to tell and to hear; HQ does what it owes in between."""
        for _ in range(4):
            self.mono += 1000.0
            self.store.guide.turn()
            self.client.turn(self.mono)
            self.hq.turns.turn()

    def nonce(self) -> str:
        return next(self.nonces)

    def view(self) -> GuideView:
        return self.store.guide.view(STATION)

    def place(self) -> Place:
        return self.view().here.place

    def scan(self, text: str) -> GuideView:
        self.store.scans.type_in(text, STATION)
        return self.view()

    def member(self, name: str = "m-1") -> str:
        return self.hq.members.code(name)

    def to_order(self, sku: str = "A1") -> None:
        self.store.guide.home(STATION)
        self.store.guide.open(STATION, sku)
        self.store.guide.order(STATION)

    def to_who(self, option: str = "pickup_there:S2") -> Here:
        self.to_order()
        here: Here = self.pay.choose(STATION, option, self.nonce())
        return here

    def to_pay(self, option: str = "pickup_there:S2", name: str = "m-1") -> GuideView:
        self.to_who(option)
        return self.scan(self.member(name))

    def buy(self, code: str = WECHAT) -> None:
        self.to_pay()
        self.scan(code)
        self.till.run(1)

    def said(self) -> str:
        """Why the screen says no."""
        order = self.view().order
        return order.said[0] if order is not None else ""

    def rows(self) -> list[GuideOrderRow]:
        found = [row for state in OrderState for row in self.pay.money.rows.in_state(state, 50)]
        return sorted(found, key=lambda row: row.at)

    def states(self) -> list[OrderState]:
        return [row.state for row in self.rows()]

    def charged(self) -> int:
        """Fen that shoppers' wallets are out of, all told."""
        took = self.till.scripted
        return sum(took.charged().values()) - sum(took.back().values())

    def asked(self) -> int:
        """How often HQ was asked for an order."""
        return self.line.asked.count(ORDER_PATH)

    def refused(self, act: Callable[[], object]) -> str:
        try:
            act()
        except Refusal as refusal:
            return refusal.code
        return ""


@contextmanager
def guide(folder: Path, *script: str) -> Iterator[Guide]:
    """The screen G1 of a shop, its HQ and its wallets."""
    settings = parse(
        {
            "store": {"id": STORE, "state_dir": str(folder / "store")},
            "payments": {"provider": "scripted"},
            **SETTINGS,
        }
    )
    time = Time()
    scripted = ScriptedProvider(script or ("success",), lambda: time.ms, tombstones=True)
    wallet = Wallet(scripted)
    shop, payers = _opened(settings, time, wallet)
    hq = Headquarters(folder, time)
    made = PayingShop(folder, settings, time, scripted, wallet, shop, payers)
    here = Guide(made, hq, Line(LoopTransport(hq.app, hq.token)))
    here.sync()
    try:
        yield here
    finally:
        made.shop.books.close()
        hq.engine.dispose()
