"""A store on a temporary disk, fed by a pretend HQ that writes feed rows the way the sync worker does."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.schema import Settings, parse
from devices.ports import DeviceFault, PrinterState
from devices.slip import Slip
from edge.clock import stamp
from edge.daemon import Shop
from edge.domain import pickup_code
from edge.domain.pickup_code import Claims
from edge.domain.staff import Operator, Role
from edge.records.inbox import Inbox
from sync.messages import Cursor, Head, Op
from tests.founded import founded_shop

KEY = bytes(range(32))
STORE = "S00421"


class PaperPrinter:
    """A printer for desk tests: keeps slips, or raises what it is told to."""

    def __init__(self) -> None:
        self.slips: list[Slip] = []
        self.faults: list[DeviceFault] = []
        self.now = PrinterState.ONLINE

    def print(self, slip: Slip, sent: Callable[[], None] = lambda: None) -> None:
        if self.faults:
            raise self.faults.pop(0)
        sent()
        self.slips.append(slip)

    def state(self) -> PrinterState:
        return self.now


def settings_in(folder: Path, **more: Any) -> Settings:
    return parse(
        {
            "store": {"id": STORE, "state_dir": str(folder)},
            "stations": {
                "T1": {"kind": "cashier", "label_zh": "1号台", "label_en": "Desk 1", "printer": "P1"},
                "T2": {"kind": "cashier", "label_zh": "2号台", "label_en": "Desk 2", "printer": "P1"},
                "K1": {"kind": "kiosk", "label_zh": "自助机", "label_en": "Kiosk"},
                "G1": {"kind": "guide"},
            },
            "printers": {"P1": {"host": "127.0.0.1"}},
            **more,
        }
    )


@dataclass
class PretendHq:
    """Feeds hq.db through the real Inbox; makes codes with a real key."""

    shop: Shop
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seq: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, bucket: str, tb: str, row_id: str, d: dict[str, Any], op: str = "put") -> list[Any]:
        number = next(self.seq)
        inbox = Inbox(self.shop.books.hq, self.shop.books.clock)
        return inbox.apply(
            [Op(b=bucket, seq=number, op=op, tb=tb, id=row_id, ver=number, d=d if op == "put" else None)],
            {bucket: Cursor("e1", number)},
            consistent=[bucket],
            heads={bucket: Head("e1", number, 1, "")},
            server_time=stamp(self.shop.books.clock.wall()),
            hq_epoch="h1",
        )

    def open(self) -> None:
        public = self.key.public_key().public_bytes_raw().hex()
        self.put("g:keys:CN", "pickup_key", "1", {"kid": 1, "public": public, "not_after": ""})
        for store, zh, en in ((STORE, "淮海路店", "Huaihai Road"), ("S00007", "南京路店", "Nanjing Road")):
            self.put("g:shops:CN", "shop", store, {"store": store, "name_zh": zh, "name_en": en})

    def order(self, number: str = "WX2026112200017", **more: Any) -> dict[str, Any]:
        now = datetime.now(UTC)
        d = {
            "order": number,
            "gen": 1,
            "store": STORE,
            "channel": "mini-program",
            "mode": "whole",
            "state": "ready",
            "lines": [
                {
                    "line": 1,
                    "sku": "A1",
                    "name_zh": "龙井茶",
                    "name_en": "Longjing tea",
                    "qty": 2,
                    "unit_fen": 5990,
                },
                {"line": 2, "sku": "B2", "name_zh": "瓷杯", "name_en": "Cup", "qty": 1, "unit_fen": 12900},
            ],
            "name_masked": "王*",
            "phone_tail": "5678",
            "paid_fen": 24880,
            "due_fen": 0,
            "ready_by": stamp(now),
            "hold_until": stamp(now + timedelta(days=3)),
            "numeric_code": "48151623",
            "shelf": "A-07",
        } | more
        assert self.put(f"s:{STORE}:orders", "order", number, d) == []
        return d

    def code(self, number: str = "WX2026112200017", **more: Any) -> str:
        facts: dict[str, Any] = {
            "kid": 1,
            "store": STORE,
            "order": number,
            "gen": 1,
            "not_after": datetime.now(UTC) + timedelta(days=2),
            "nonce": "0102030405060708090a",
        }
        return pickup_code.issue(Claims(**(facts | more)), self.key.sign)


@pytest.fixture
def printer() -> PaperPrinter:
    return PaperPrinter()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def shop(settings: Settings, printer: PaperPrinter) -> Iterator[Shop]:
    built = founded_shop(settings, KEY, {"P1": printer})
    yield built
    built.books.close()


@pytest.fixture
def hq(shop: Shop) -> PretendHq:
    pretend = PretendHq(shop)
    pretend.open()
    return pretend


@pytest.fixture
def cashier() -> Operator:
    return Operator("1001", "小李", Role.CASHIER, "T1")


@pytest.fixture
def other() -> Operator:
    return Operator("1002", "小陈", Role.CASHIER, "T2")


@pytest.fixture
def lead() -> Operator:
    return Operator("2001", "张店长", Role.LEAD, "T1")
