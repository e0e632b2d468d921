"""A till whose shop and HQ know all that a sale is about: members, tiers, coupons, points, gifts, an enrolled box."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select

from config.schema import parse
from edge.clock import stamp
from edge.customer_desks import customer_desks
from edge.desks.sale_scans import SaleRoom
from edge.domain.promotion_rules import Rule, TierTerms
from edge.domain.selling import Bill, Sale
from edge.domain.staff import Operator, Role
from edge.records.enrolment import EnrolmentRow
from edge.records.inbox import Inbox
from edge.selling_crew import sale_room
from sync.asking import HqAsk
from sync.benefits import Coupon, Member
from sync.client import SyncClient
from sync.hub.benefits import BenefitDesk
from sync.hub.database import open_hub, write
from sync.hub.desk import HubDesk
from sync.hub.member_desk import MemberDesk
from sync.hub.price_rules import PriceRuleDesk
from sync.hub.schema import device
from sync.hub.web import create_hub
from sync.messages import Price, Product, Staff
from sync.messages import Shop as ShopRow
from sync.signed import Signed
from sync.transport import LoopTransport
from tests.founded import founded_shop
from tests.journeys.conftest import STORE, Line, Pair, Paper
from tests.sync.counter_floor import with_keys

TEA, CUP, MUG, BAG = "6901234567892", "6901234567908", "6901234567915", "6901234567922"
CARD = "8800123456784321"
EVER = {"version": 1, "starts": "2020-01-01T00:00"}
RULES: list[dict[str, Any]] = [
    {
        "rule": "m200",
        "level": "order",
        "benefit": {"do": "off", "fen": 3000},
        "threshold": {"at_least": 20_000},
        "name_zh": "满 200 减 30",
        "name_en": "30 off 200",
    },
    {
        "rule": "points",
        "level": "points",
        "benefit": {"do": "points_pay", "points": 100, "fen": 100, "cap_mille": 500},
        "name_zh": "积分抵现",
        "name_en": "Points",
    },
    {
        "rule": "mug",
        "group": "give",
        "stack": ["offer"],
        "level": "gift",
        "benefit": {
            "do": "gift",
            "gifts": [{"sku": "M1", "name_zh": "马克杯", "name_en": "Mug", "listed_fen": 1900}],
        },
        "threshold": {"at_least": 12_000},
        "name_zh": "满 120 赠杯",
        "name_en": "A mug from 120",
    },
    {
        "rule": "bag",
        "group": "offer",
        "stack": ["give"],
        "level": "gift",
        "benefit": {
            "do": "gift",
            "gifts": [{"sku": "G1", "name_zh": "布袋", "name_en": "Bag", "listed_fen": 2900, "pay_fen": 993}],
        },
        "threshold": {"at_least": 10_000},
        "name_zh": "加价购布袋",
        "name_en": "A bag for 9.93",
    },
]
GOLD = TierTerms(
    "gold", 1, 50, points_per_100_yuan=100, name_zh="金卡", name_en="Gold", starts="2020-01-01T00:00"
)


class AskLine(Line):
    """The line on which a till asks, which keeps to a time."""

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        del within_s
        return self.post(path, body)


@dataclass
class World:
    """A till, its store on a line that can be cut, and HQ's desks."""

    pair: Pair
    ask: Line
    room: SaleRoom
    engine: Any
    box: Ed25519PrivateKey
    who: Operator
    nonces: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def nonce(self) -> str:
        return f"whole-{next(self.nonces)}"

    def scan(self, *texts: str) -> None:
        for text in texts:
            self.room.scan(text, self.who, self.nonce())

    @property
    def basket(self) -> str:
        found = self.room.selling.at("T1")
        assert found is not None
        return found.basket

    def bill(self) -> Bill:
        return self.room.selling.bill(self.room.selling.basket(self.basket, self.who))

    def cash(self) -> Sale:
        due = self.bill().cash_fen
        return self.room.checkout.cash(self.basket, due, due, self.who, self.nonce())

    def down(self) -> None:
        self.ask.cut = self.pair.line.cut = True
        self.pair.shop.store.status.exchanged("LINE_DOWN")

    def up(self) -> None:
        self.ask.cut = self.pair.line.cut = False
        self.pair.shop.store.status.exchanged("")

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        with self.engine.connect() as conn:
            return [tuple(row) for row in conn.execute(select(*columns))]

    def codes(self) -> list[str]:
        return [case["code"] for case in self.pair.hq.cases()]

    def facts(self, *kinds: str) -> list[str]:
        return [kind for kind in self.pair.kinds() if kind in kinds]


def published(engine: Any, hq: HubDesk) -> None:
    """Goods, prices, staff, stock, rules, tiers and a member with points: what a store needs to know."""
    goods = (("A1", TEA, 5990), ("B2", CUP, 12_900), ("M1", MUG, 1900), ("G1", BAG, 2900))
    flags = ("tier_ok",)
    hq.publish_products(
        [Product(sku, gtin, f"货{sku}", f"Goods {sku}", flags=flags) for sku, gtin, _ in goods]
    )
    hq.publish_prices([Price(sku, fen, "b1") for sku, _, fen in goods])
    hq.set_stocks(STORE, {sku: 10 for sku, _, _ in goods})
    hq.publish_staff(STORE, [Staff("1001", "李", "cashier", "x"), Staff("3001", "王", "cashier", "x")])
    PriceRuleDesk(engine).publish([*(msgspec.convert(EVER | rule, Rule) for rule in RULES), GOLD])
    people = MemberDesk(engine)
    BenefitDesk(engine).put_member(Member("m-1", "gold", 1, "王*", "4321", "5678"), (STORE,), points=5000)
    told = people.know("m-1", "card", CARD)
    word = Member("m-1", "gold", 2, "王*", "4321", "5678", card_hash=told[1])
    BenefitDesk(engine).put_member(word, (STORE,))


def enrolled(pair: Pair, engine: Any) -> Ed25519PrivateKey:
    """This box as HQ enrolled it, without the ceremony."""
    private, at = Ed25519PrivateKey.generate(), stamp(pair.shop.books.clock.now())
    public = private.public_key().public_bytes_raw().hex()
    facts = {"store": STORE, "stream": pair.shop.books.journal.stream_id(), "state": "active"}
    row = insert(device).values(device="box-1", public=public, enrolled_at=at, hw="", sw="", **facts)
    write(engine, lambda conn: conn.execute(row))
    seed = private.private_bytes_raw()
    with pair.shop.books.ledger.transaction() as tx:
        box = EnrolmentRow("box-1", STORE, "", Signed("roster", "{}", ()), at, seed)
        pair.shop.books.enrolments.put(tx, box)
    return private


def whole_world(tmp_path: Path) -> Iterator[World]:
    engine = open_hub(tmp_path / "hub.db")
    hq = HubDesk(engine)
    token = hq.add_store(ShopRow(store=STORE, name_zh="淮海路店", name_en="Huaihai Road"))
    with_keys(SimpleNamespace(engine=engine))
    published(engine, hq)
    settings = parse(
        {
            "store": {"id": STORE, "state_dir": str(tmp_path / "state")},
            "hq": {"url": "http://127.0.0.1:9", "token_file": "unused"},
            "stations": {"T1": {"printer": "P1"}},
            "printers": {"P1": {"host": "127.0.0.1"}},
            "codes": {"card_prefix": "8800", "card_digits": 16},
            "selling": {"cash_step_fen": 10, "invoice_url": "https://hq.example/fapiao"},
        }
    )
    paper = Paper()
    shop = founded_shop(settings, bytes(range(32)), {"P1": paper})
    app = create_hub(engine)
    line, ask = Line(LoopTransport(app, token)), AskLine(LoopTransport(app, token))
    inbox = Inbox(shop.books.hq, shop.books.clock)
    client = SyncClient(line, shop.books.journal, inbox, store_id=STORE, clock=shop.books.clock)
    pair = Pair(shop, hq, line, client, paper)
    store = shop.store
    at_hq = HqAsk(lambda: ask)
    customers = customer_desks(settings, shop.books, store.status, lambda _topic: None, at_hq=at_hq)
    room = sale_room(settings, store.till, store.tender, customers, store.benefits)
    box = enrolled(pair, engine)
    assert pair.sync() == []
    store.status.exchanged("")
    world = World(pair, ask, room, engine, box, Operator("1001", "小李", Role.CASHIER, "T1"))
    room.shifts.open(10_000, world.who, "float-0001")
    yield world
    shop.books.close()
    engine.dispose()


def store_coupon(name: str, fen: int, cls: Any = "B", store: str = STORE) -> Coupon:
    return Coupon(name, cls, fen, "满减券", "Off", store=store, not_after="2099-01-01T00:00:00.000Z")
