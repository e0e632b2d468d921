"""The town of a day of trade: a shop with two tills and a back room, HQ with its gateway, and the line between them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

import edge.records.books as opening
from config.schema import Settings, parse
from edge import customer_desks, return_crew
from edge.clock import stamp
from edge.daemon import Shop
from edge.domain.promotion_rules import Rule, TierTerms
from edge.domain.staff import Operator, Role
from edge.hub_cli import encode_code
from edge.records.inbox import Inbox
from edge.store import Store
from edge.tender_crew import pay_workers
from paying.gateway import GatewayProvider
from paying.scripted import ScriptedProvider
from sync.asking import HqAsk
from sync.benefits import Coupon, Member, Repurchase
from sync.client import SyncClient
from sync.hub.benefits import BenefitDesk
from sync.hub.counter_keys import new_key
from sync.hub.coupon_codes import CouponCodes
from sync.hub.database import open_hub, write
from sync.hub.desk import HubDesk
from sync.hub.grants import GrantDesk
from sync.hub.member_desk import MemberDesk
from sync.hub.price_rules import PriceRuleDesk
from sync.hub.return_desk import ReturnDesk
from sync.hub.web import create_hub
from sync.messages import LineDown, Order, OrderLine, Price, Product, Staff
from sync.messages import Shop as ShopRow
from sync.transport import LoopTransport
from tests.edge.paying_shop import KEY, WALLETS, TestClock, Time
from tests.founded import founded_shop
from tests.journeys.day_goods import (
    ENDS,
    GOODS,
    MEMBERS,
    MORNING,
    POINTS,
    PRINTERS,
    RULES,
    STORE,
    TIERS,
    TILLS,
    VERSION,
)
from tests.journeys.day_paper import Paper


@dataclass
class Cable:
    """The line: can be cut, and can lose the answer to a path after HQ has committed. One client a thread."""

    app: Any
    token: str
    cut: bool = False
    lose: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    own: threading.local = field(default_factory=threading.local)

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        del within_s
        return self.post(path, body)

    def post(self, path: str, body: bytes) -> bytes:
        if self.cut:
            raise LineDown("cut")
        if getattr(self.own, "loop", None) is None:
            self.own.loop = LoopTransport(self.app, self.token)
        answer = bytes(self.own.loop.post(path, body))
        if self.lose[path]:
            self.lose[path] -= 1
            self.lost[path] += 1
            raise LineDown("the answer was lost")
        return answer


@dataclass
class Hq:
    """HQ's desks, all on one database and on the town's time."""

    engine: Any
    now: Any

    def __post_init__(self) -> None:
        self.desk = HubDesk(self.engine, self.now)
        self.codes = CouponCodes(self.engine, self.now)
        self.people = MemberDesk(self.engine, self.now)
        self.benefits = BenefitDesk(self.engine, self.now)
        self.grants = GrantDesk(self.engine, self.now)
        self.rules = PriceRuleDesk(self.engine, self.now)
        self.returns = ReturnDesk(self.engine, self.now)

    def open(self) -> str:
        """Everything that a shop needs in the morning; gives its token."""
        token = self.desk.add_store(ShopRow(store=STORE, name_zh="淮海路店", name_en="Huaihai Road"))
        self.desk.new_pickup_key(1)
        for role in ("coupon", "member", "lookup"):
            write(self.engine, partial(new_key, role=role, kid=1, not_after="", at=stamp(self.now())))
        self.desk.publish_products(
            Product(sku=sku, gtin=gtin or "0", name_zh=zh, name_en=sku, tax_code=tax, **more)
            for sku, (gtin, zh, _, tax, _, more) in GOODS.items()
        )
        self.desk.publish_prices(Price(sku, one[2], "morning") for sku, one in GOODS.items())
        self.desk.set_stocks(STORE, {sku: one[4] for sku, one in GOODS.items()})
        people = (("1001", "李", "cashier"), ("1002", "陈", "cashier"), ("2001", "张", "lead"))
        self.desk.publish_staff(STORE, [Staff(number, name, role, "x") for number, name, role in people])
        self.rules.publish([msgspec.convert(VERSION | one, Rule) for one in RULES])
        self.rules.publish([msgspec.convert(VERSION | one, TierTerms) for one in TIERS])
        for name in MEMBERS:
            word = Member(name, name.removeprefix("m-"), 1, "王*", "4321", "5678")
            self.benefits.put_member(word, [STORE], points=POINTS)
        self.codes.offer(Repurchase("back", 30000, 500, 7, "复购券", "Next visit"))
        return token

    def coupons(self, number: int) -> dict[str, list[str]]:
        """Codes by class: A for any number of uses, B once and here, C once anywhere, V only with HQ's yes."""

        def some(kind: str, cls: str, **more: Any) -> list[str]:
            fen = 800 if kind != "V" else 1200
            return self.codes.issue(
                Coupon(f"{kind}-{n}", cls, fen, "立减券", "Off", not_after=ENDS, **more)  # type: ignore[arg-type]
                for n in range(number)
            )

        return {
            "A": some("A", "A")[:1],
            "B": some("B", "B", store=STORE),
            "C": some("C", "C"),
            "V": some("V", "C", online=True),
        }


@dataclass
class Town:
    """Both ends and the time they share."""

    store: Store
    books: Any
    settings: Settings
    payers: Any
    hq: Hq
    cable: Cable
    client: SyncClient
    time: Time
    wallets: ScriptedProvider
    papers: dict[str, Paper]
    mono: float = 0.0

    def sync(self, turns: int = 6) -> None:
        """Exchanges with HQ until there is nothing more; the store's lamp says how that went."""
        for _ in range(turns):
            self.mono += 400.0  # longer than any back-off
            done = self.client.turn(self.mono)
            self.store.status.exchanged(done.fault.code if done.fault else "")
            if done.fault is not None or not (done.more or done.sent or done.received):
                break

    def work(self) -> None:
        """What the shop does by itself: payments, orders, print jobs, drawers, coupons, sales that are paid."""
        for _ in range(50):
            if self.payers.turn():
                break
        desks = self.store
        for desk in (desks.fulfilment, desks.benefits, desks.backroom, desks.customers, desks.sales.checkout):
            desk.turn()
        for name in desks.printing.printers:
            while desks.printing.turn(name):
                pass
        for name in desks.till.drawers.drawers:
            desks.till.drawers.turn(name)

    def order(self, number: str, lines: dict[str, int], **more: Any) -> Order:
        now = self.hq.now()
        total = sum(GOODS[sku][2] * qty for sku, qty in lines.items())
        rows = tuple(
            OrderLine(n, sku, GOODS[sku][1], sku, qty, GOODS[sku][2])
            for n, (sku, qty) in enumerate(lines.items(), 1)
        )
        facts: dict[str, Any] = {
            "order": number,
            "gen": 1,
            "store": STORE,
            "channel": "mini-program",
            "mode": "whole",
            "state": "ready",
            "lines": rows,
            "name_masked": "赵*",
            "phone_tail": "5678",
            "paid_fen": total,
            "due_fen": 0,
            "ready_by": stamp(now),
            "hold_until": stamp(now + timedelta(days=3)),
        }
        return self.hq.desk.publish_order(Order(**(facts | more)))

    def pickup_code(self, number: str) -> str:
        return self.hq.desk.issue_code(number, encode_code, not_after=self.hq.now() + timedelta(days=2))


def who(station: str, *, lead: bool = False) -> Operator:
    if lead:
        return Operator("2001", "张", Role.LEAD, station)
    return Operator({"T1": "1001", "T2": "1002"}.get(station, "1001"), "李", Role.CASHIER, station)


def _settings(folder: Path) -> Settings:
    stations = {name: {"kind": "cashier", "printer": printer} for name, printer in PRINTERS.items()}
    return parse(
        {
            "store": {"id": STORE, "state_dir": str(folder)},
            "stations": stations,
            "printers": {name: {"host": f"127.0.0.{name[1]}"} for name in PRINTERS.values()},
            "drawers": {
                f"D{till[1]}": {"printer": PRINTERS[till], "station": till, "sensor": "none"}
                for till in TILLS
            },
            "payments": {"provider": "hq", "codes": ["wechat", "alipay", "unionpay"]},
            "hq": {"url": "http://127.0.0.1:9"},
            "selling": {"cash_step_fen": 10},
        }
    )


def _built(settings: Settings, printers: dict[str, Any], time: Time, asks: Any) -> Shop:
    """The shop as the daemon builds it, with the town's time and the town's line to HQ."""
    places: tuple[tuple[Any, str, Any], ...] = (
        (opening, "Clock", lambda zone, floor=None: TestClock(zone, floor, time)),
        (customer_desks, "asks_of", asks),
        (return_crew, "asks_of", asks),
    )
    kept = [(where, name, getattr(where, name)) for where, name, _ in places]
    try:
        for where, name, ours in places:
            setattr(where, name, ours)
        return founded_shop(settings, KEY, printers)
    finally:
        for where, name, theirs in kept:
            setattr(where, name, theirs)


@contextmanager
def town(folder: Path, script: list[str]) -> Iterator[Town]:
    """Opens the town in the morning; shoppers' wallets do as the script says, one word a charge."""
    settings, time = _settings(folder / "store"), Time(began=MORNING)
    papers = {name: Paper() for name in PRINTERS.values()}
    line: list[Any] = []
    shop = _built(settings, dict(papers), time, lambda *_: HqAsk(lambda: line[0], 3.0))
    engine = open_hub(folder / "hub.db")
    wallets = ScriptedProvider(script, lambda: time.ms)
    hq = Hq(engine, shop.books.clock.wall)
    cable = Cable(create_hub(engine, pays=wallets, now=hq.now), hq.open())
    line.append(cable)
    store, books = shop.store, shop.books
    gateway = GatewayProvider(cable.post)
    payers = pay_workers(store.tender, store.staff, dict.fromkeys(WALLETS, gateway))
    client = SyncClient(cable, books.journal, Inbox(books.hq, books.clock), store_id=STORE, clock=books.clock)
    opened = Town(store, books, settings, payers, hq, cable, client, time, wallets, papers)
    opened.sync()
    try:
        yield opened
    finally:
        books.close()
        engine.dispose()
