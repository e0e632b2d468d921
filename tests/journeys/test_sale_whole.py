"""A sale with everything that it can mean, at real desks with HQ in the process: each fen at both ends."""

from __future__ import annotations

import itertools
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import insert, select

from config.schema import parse
from devices.slip import Qr
from edge.clock import stamp
from edge.customer_desks import customer_desks
from edge.daemon import build_shop
from edge.desks.sale_scans import SaleRoom
from edge.domain.benefit_refusals import CouponUsed
from edge.domain.coupon_refusals import NoPointsByCard
from edge.domain.promotion_rules import Rule, TierTerms
from edge.domain.selling import Bill, Sale
from edge.domain.staff import Operator, Role
from edge.records.enrolment import EnrolmentRow
from edge.records.inbox import Inbox
from edge.selling_crew import sale_room
from sync.asking import HqAsk
from sync.benefits import Coupon, Member, Repurchase
from sync.client import SyncClient
from sync.hub.benefits import BenefitDesk
from sync.hub.coupon_codes import CouponCodes
from sync.hub.database import open_hub, write
from sync.hub.desk import HubDesk
from sync.hub.grants import GrantDesk
from sync.hub.member_desk import MemberDesk
from sync.hub.price_rules import PriceRuleDesk
from sync.hub.sale_tables import sale as hq_sale
from sync.hub.sale_tables import sale_line, sale_tender
from sync.hub.schema import device
from sync.hub.web import create_hub
from sync.messages import Price, Product, Staff
from sync.messages import Shop as ShopRow
from sync.signed import Signed
from sync.transport import LoopTransport
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


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
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
    shop = build_shop(settings, bytes(range(32)), {"P1": paper})
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


def test_member_tier_coupon_points_gift_offer_and_coin_in_one_sale(world: World) -> None:
    pair, room, who = world.pair, world.room, world.who
    (code,) = CouponCodes(world.engine).issue([store_coupon("B1", 1500)])
    assert pair.sync() == []
    GrantDesk(world.engine).grant_points(STORE, "m-1", 3000, "2099-01-01T00:00:00.000Z")
    assert pair.sync() == []
    world.scan(TEA, CUP)
    world.scan(CARD)
    with pytest.raises(NoPointsByCard):
        room.selling.points(world.basket, 1000, who, world.nonce())
    world.scan(MemberDesk(world.engine).code("m-1"), code)
    room.selling.guide(world.basket, "3001", who, world.nonce())
    room.selling.points(world.basket, 1000, who, world.nonce())
    room.selling.gift(world.basket, "bag", who, world.nonce(), wanted=True)
    bill = world.bill()
    # 188.90 less 5 % of each piece is 179.45: short of 200; less 15.00 coupon and 10.00 in points; a bag for 9.93.
    assert [(why.code, why.missing) for why in bill.priced.whynots if why.rule == "m200"] == [
        ("threshold", 2055)
    ]
    assert (bill.total_fen, bill.cash_fen) == (17_945 - 1500 - 1000 + 993, 16_430)
    sale = world.cash()
    assert {part.kind for line in sale.lines for _, shares in line.units for part in shares} == {
        "tier",
        "coupon",
        "points",
        "gift",
        "rounding",
    }
    assert sum(line.net_fen for line in sale.lines) == sale.net_fen == 16_430
    assert world.facts() == []
    assert pair.sync() == []
    at_hq = world.rows(hq_sale.c.net_fen, hq_sale.c.member, hq_sale.c.guide)
    assert at_hq == [(16_430, "m-1", "3001")]
    assert sum(fen for (fen,) in world.rows(sale_line.c.net_fen)) == 16_430
    assert world.rows(sale_tender.c.kind, sale_tender.c.fen) == [("cash", 16_430)]
    assert BenefitDesk(world.engine).uses("B1")[0]["fen"] == 1500
    assert pair.hq.stock(STORE) == {"A1": 9, "B2": 9, "M1": 9, "G1": 9}
    # Points: 1000 spent, an estimate of one a yuan earned.
    assert GrantDesk(world.engine).points("m-1") == 5000 - 1000 + sale.points
    assert sale.points == 164
    assert world.codes() == []
    with pytest.raises(CouponUsed):
        world.scan(TEA, code)


def test_the_code_on_the_receipt_proves_to_hq_that_its_box_printed_it(world: World) -> None:
    world.scan(TEA)
    sale = world.cash()
    job = world.pair.shop.books.jobs.by_id(sale.job)
    assert job is not None
    (url,) = [part.text for part in job.slip.parts if isinstance(part, Qr)]
    said = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (said["s"], said["r"], said["d"]) == (STORE, sale.receipt, "box-1")
    ((public, state),) = world.rows(device.c.public, device.c.state)
    assert state == "active"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    signature = urlsafe_b64decode(said["g"] + "=" * (-len(said["g"]) % 4))
    key.verify(signature, f"{said['s']}|{said['r']}".encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, f"{said['s']}|{sale.receipt[:-1]}9".encode())


def test_the_next_visits_coupon_is_hqs_or_a_claim_and_each_is_taken_once(world: World) -> None:
    codes = CouponCodes(world.engine)
    codes.offer(Repurchase("R1", 5000, 1000, 7, "复购券", "Next visit"))
    (chain,) = codes.issue([store_coupon("C1", 700, cls="C", store="")])
    assert world.pair.sync() == []
    world.scan(TEA)
    first = world.cash()
    assert first.claim.startswith("CP1.")
    world.down()
    world.scan(CUP, chain)
    second = world.cash()
    assert (second.offline, second.net_fen, second.claim[:4]) == (True, 12_200, "CC1.")
    world.up()
    assert world.pair.sync() == []
    # What a store promised without a line HQ honours: the till asks, and the claim itself is the coupon.
    for promise in (first.claim, second.claim):
        world.scan(TEA, promise)
        assert world.cash().net_fen == 4990
        with pytest.raises(CouponUsed):
            world.scan(TEA, promise)
        world.room.selling.void(world.basket, "mistake", world.who, world.nonce())
    assert world.pair.sync() == []
    assert [one["fen"] for one in BenefitDesk(world.engine).uses("C1")] == [700]
    assert world.codes() == []


def store_coupon(name: str, fen: int, cls: Any = "B", store: str = STORE) -> Coupon:
    return Coupon(name, cls, fen, "满减券", "Off", store=store, not_after="2099-01-01T00:00:00.000Z")
