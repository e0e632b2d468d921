"""A store and HQ in one process, joined by a line that can be cut, and a photo of a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.schema import parse
from devices.slip import Slip
from edge.clock import stamp
from edge.daemon import Shop
from edge.domain.staff import Operator, Role
from edge.hub_cli import encode_code
from edge.records.inbox import Inbox
from sync.client import SyncClient
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.web import create_hub
from sync.messages import LineDown, Order, OrderLine, Product
from sync.messages import Shop as ShopRow
from sync.transport import LoopTransport
from tests.founded import founded_shop

STORE = "S00421"


class Paper:
    """A printer that keeps its slips."""

    def __init__(self) -> None:
        self.slips: list[Slip] = []

    def print(self, slip: Slip, sent: Callable[[], None] = lambda: None) -> None:
        sent()
        self.slips.append(slip)

    def state(self) -> Any:
        raise NotImplementedError


@dataclass
class Line:
    """The line between store and HQ: can be cut, and can lose an answer after HQ committed."""

    loop: LoopTransport
    cut: bool = False
    lose_answers: int = 0
    posts: list[str] = field(default_factory=list)

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        del within_s
        return self.post(path, body)

    def post(self, path: str, body: bytes) -> bytes:
        if self.cut:
            raise LineDown("cut")
        self.posts.append(path)
        answer = self.loop.post(path, body)
        if path.endswith("/up") and self.lose_answers:
            self.lose_answers -= 1
            raise LineDown("the answer was lost")
        return answer


@dataclass
class Pair:
    """Both ends and what a test does with them."""

    shop: Shop
    hq: HubDesk
    line: Line
    client: SyncClient
    paper: Paper
    now: float = 0.0

    def sync(self, turns: int = 6) -> list[str]:
        """Turns the client; gives the codes of the faults it met."""
        faults = []
        for _ in range(turns):
            self.now += 400.0  # longer than any back-off
            if fault := self.client.turn(self.now).fault:
                faults.append(fault.code)
        return faults

    def order(self, number: str, **more: Any) -> Order:
        now = datetime.now(UTC)
        facts: dict[str, Any] = {
            "order": number,
            "gen": 1,
            "store": STORE,
            "channel": "mini-program",
            "mode": "whole",
            "state": "ready",
            "lines": (OrderLine(1, "A1", "龙井茶", "Longjing tea", 2, 5990),),
            "name_masked": "王*",
            "phone_tail": "5678",
            "paid_fen": 11980,
            "due_fen": 0,
            "ready_by": stamp(now),
            "hold_until": stamp(now + timedelta(days=3)),
            "shelf": "A-07",
        }
        return self.hq.publish_order(Order(**(facts | more)))

    def code(self, number: str, unit: int = 0) -> str:
        return self.hq.issue_code(
            number, encode_code, not_after=datetime.now(UTC) + timedelta(days=2), unit=unit
        )

    def kinds(self) -> list[str]:
        return [str(event["kind"]) for event in self.hq.events(STORE)]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    engine = open_hub(tmp_path / "hub.db")
    hq = HubDesk(engine)
    token = hq.add_store(ShopRow(store=STORE, name_zh="淮海路店", name_en="Huaihai Road"))
    hq.new_pickup_key(1)
    hq.publish_products([Product(sku="A1", gtin="6901234567892", name_zh="龙井茶", name_en="Tea")])
    hq.set_stock(STORE, "A1", 10)
    settings = parse(
        {
            "store": {"id": STORE, "state_dir": str(tmp_path / "state")},
            "stations": {"T1": {"printer": "P1"}, "T2": {}, "G1": {"kind": "guide"}},
            "printers": {"P1": {"host": "127.0.0.1"}},
        }
    )
    paper = Paper()
    shop = founded_shop(settings, bytes(range(32)), {"P1": paper})
    line = Line(LoopTransport(create_hub(engine), token))
    client = SyncClient(
        line,
        shop.books.journal,
        Inbox(shop.books.hq, shop.books.clock),
        store_id=STORE,
        clock=shop.books.clock,
    )
    yield Pair(shop, hq, line, client, paper)
    shop.books.close()
    engine.dispose()


@pytest.fixture
def cashier() -> Operator:
    return Operator("1001", "小李", Role.CASHIER, "T1")


@pytest.fixture
def lead() -> Operator:
    return Operator("2001", "张店长", Role.LEAD, "T1")
