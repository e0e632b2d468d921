"""A real store behind real pages: the desks on a temporary disk, HQ's rows put in through the real inbox."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from waitress.server import create_server

from config.api_schema import ApiScope
from config.schema import Settings, parse
from devices.ports import DeviceFault, PrinterState
from devices.slip import Slip
from edge.clock import stamp
from edge.daemon import Shop
from edge.domain import pickup_code
from edge.domain.pickup_code import Claims
from edge.records.inbox import Inbox
from kiosk_ui.guards import origin_gate
from kiosk_ui.live import LiveServer
from kiosk_ui.web import create_app
from sync.messages import Cursor, Head, Op
from tests.founded import founded_shop
from tests.kiosk_ui.contract import hold_to_its_description

STORE = "S00421"
ORDER = "WX2026112200017"
PIN = "4711"
BADGE = "SB1.ABCDEFGHJKMNPQRS"
TOKEN = "a-token-for-the-kiosk-program"
LEAD_TOKEN = "a-token-for-the-lead-program"
HERE = "http://127.0.0.1"
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)


class PaperPrinter:
    """Keeps slips, or raises what it is told to."""

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


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def settings_in(folder: Path, hq_url: str = "") -> Settings:
    return parse(
        {
            "store": {"id": STORE, "state_dir": str(folder)},
            "hq": {"url": hq_url, "token_file": "unused"} if hq_url else {},
            "stations": {
                "T1": {
                    "kind": "cashier",
                    "label_zh": "1号服务台",
                    "label_en": "Service desk 1",
                    "printer": "P1",
                },
                "T2": {
                    "kind": "cashier",
                    "label_zh": "2号服务台",
                    "label_en": "Service desk 2",
                    "printer": "P1",
                },
                "G1": {
                    "kind": "guide",
                    "label_zh": "一层正门入口旁导购屏",
                    "label_en": "Guide screen by the main entrance, ground floor",
                    "screen": "local",
                },
            },
            "printers": {"P1": {"host": "127.0.0.1"}},
            "api_clients": {
                "kiosk": {"token_sha256": sha(TOKEN), "stations": ["T1"]},
                "lead": {
                    "token_sha256": sha(LEAD_TOKEN),
                    "stations": ["T1", "T2"],
                    "role": "lead",
                    "scopes": list(get_args(ApiScope)),
                },
            },
        }
    )


@dataclass
class PretendHq:
    """Feeds hq.db through the real Inbox; makes codes with a real key."""

    shop: Shop
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seq: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, bucket: str, tb: str, row_id: str, d: dict[str, Any]) -> None:
        number = next(self.seq)
        inbox = Inbox(self.shop.books.hq, self.shop.books.clock)
        bad = inbox.apply(
            [Op(b=bucket, seq=number, op="put", tb=tb, id=row_id, ver=number, d=d)],
            {bucket: Cursor("e1", number)},
            consistent=[bucket],
            heads={bucket: Head("e1", number, 1, "")},
            server_time=stamp(self.shop.books.clock.wall()),
            hq_epoch="h1",
        )
        assert bad == []

    def open(self) -> None:
        public = self.key.public_key().public_bytes_raw().hex()
        self.put("g:keys:CN", "pickup_key", "1", {"kid": 1, "public": public, "not_after": ""})
        for store, zh, en in ((STORE, "淮海路店", "Huaihai Road"), ("S00007", "南京路店", "Nanjing Road")):
            self.put("g:shops:CN", "shop", store, {"store": store, "name_zh": zh, "name_en": en})
        for number, name, role, badge in (
            ("1001", "李晓云", "cashier", BADGE),
            ("2001", "张志强", "lead", BADGE + "T"),
        ):
            person = {"staff": number, "name": name, "role": role, "pin_hash": _HASH, "badge_sha": sha(badge)}
            self.put(f"s:{STORE}:staff", "staff", number, person)

    def product(self, sku: str, gtin: str, zh: str, en: str, category: str, fen: int, on_hand: int) -> None:
        facts = {"sku": sku, "gtin": gtin, "name_zh": zh, "name_en": en, "category": category}
        self.put("g:products:CN", "product", sku, facts)
        self.put("z:prices:CN", "price", sku, {"sku": sku, "fen": fen, "book": "b1"})
        stock = {"sku": sku, "on_hand": on_hand, "stream": "", "upto_seq": 0, "at": stamp(datetime.now(UTC))}
        self.put(f"s:{STORE}:stock", "stock", sku, stock)

    def order(self, number: str = ORDER, **more: Any) -> None:
        now = datetime.now(UTC)
        tea = {
            "line": 1,
            "sku": "A1",
            "name_zh": "狮峰龙井 明前特级 125 克礼盒",
            "name_en": "Longjing tea, gift box 125 g",
        }
        cup = {"line": 2, "sku": "B2", "name_zh": "青瓷品茗杯", "name_en": "Celadon tea cup"}
        d = {
            "order": number,
            "gen": 1,
            "store": STORE,
            "channel": "mini-program",
            "mode": "whole",
            "state": "ready",
            "lines": [{**tea, "qty": 2, "unit_fen": 59800}, {**cup, "qty": 1, "unit_fen": 12900}],
            "name_masked": "王*",
            "phone_tail": "5678",
            "paid_fen": 132_500,
            "due_fen": 0,
            "ready_by": stamp(now),
            "hold_until": stamp(now + timedelta(days=3)),
            "numeric_code": "48151623",
            "shelf": "A-07",
        } | more
        self.put(f"s:{STORE}:orders", "order", number, d)

    def code(self, number: str = ORDER, **more: Any) -> str:
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
    built = founded_shop(settings, bytes(range(32)), {"P1": printer})
    yield built
    built.books.close()


@pytest.fixture
def hq(shop: Shop) -> PretendHq:
    pretend = PretendHq(shop)
    pretend.open()
    return pretend


@pytest.fixture
def app(shop: Shop, settings: Settings) -> Flask:
    app = create_app(shop.store, settings, 8771)
    app.config["SERVER_NAME"] = "127.0.0.1"  # what the test client asks for; the guards read Host themselves
    hold_to_its_description(app)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return browser_like(app)


def browser_like(app: Flask) -> FlaskClient:
    """A client that says Origin as a browser on our own page does."""
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = HERE
    return client


@pytest.fixture
def desk(client: FlaskClient, hq: PretendHq) -> FlaskClient:
    """Signed in as a cashier at T1."""
    assert hq is not None
    return signed_in(client, "1001")


def signed_in(client: FlaskClient, staff: str, station: str = "T1") -> FlaskClient:
    answer = client.post("/cashier/sign-in", data={"staff": staff, "pin": PIN, "station": station})
    assert (answer.status_code, answer.location) == (303, "/cashier/")
    return client


@dataclass
class Site:
    """The pages and the stream on real ports."""

    shop: Shop
    hq: PretendHq
    printer: PaperPrinter
    live: LiveServer
    url: str


def serve(folder: Path, hq_url: str = "") -> Iterator[Site]:
    printer = PaperPrinter()
    settings = settings_in(folder, hq_url)
    shop = founded_shop(settings, bytes(range(32)), {"P1": printer})
    hq = PretendHq(shop)
    hq.open()
    live = LiveServer("127.0.0.1", 0, origin_gate(settings))
    live_port = live.start()
    shop.wakes.listen(live.poke)
    server: Any = create_server(
        create_app(shop.store, settings, live_port), host="127.0.0.1", port=0, threads=4
    )
    threading.Thread(target=_run, args=(server,), daemon=True).start()
    yield Site(shop, hq, printer, live, f"http://127.0.0.1:{server.effective_port}")
    # Its thread ends with the browser's last connection; nobody needs to wait for that.
    server.close()
    server.task_dispatcher.shutdown()
    live.stop()
    shop.books.close()


def _run(server: Any) -> None:
    try:
        server.run()
    except OSError:  # the listener was closed under it: that is how it is stopped
        return


# Imported last: it needs what stands above.
from tests.kiosk_ui.browsing import site, watch  # noqa: E402, F401
