"""A shop with a guide screen and a real HQ behind it, in this process: goods, reviews, variants, stores nearby."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask
from flask.testing import FlaskClient
from waitress.server import create_server

from config.schema import Settings, parse
from edge.clock import stamp
from edge.daemon import Shop
from edge.guide_crew import guide_desk
from edge.records.inbox import Inbox
from edge.store import Store
from kiosk_ui.guards import origin_gate
from kiosk_ui.live import LiveServer
from kiosk_ui.web import create_app
from sync.asking import HqAsk
from sync.benefits import JoinLink
from sync.goods import Node, NodeStock
from sync.hub.database import open_hub, write
from sync.hub.desk import HubDesk
from sync.hub.feed import publish, put
from sync.hub.guide_desk import ScreenDesk
from sync.hub.member_desk import MemberDesk
from sync.hub.rows import NODES
from sync.hub.web import create_hub
from sync.messages import Cursor, Head, LineDown, Op, Price, Product
from sync.messages import Shop as ShopRow
from sync.transport import LoopTransport
from tests.founded import founded_shop
from tests.kiosk_ui.conftest import STORE, PaperPrinter, PretendHq, Site, browser_like, settings_in
from tests.spots import CAMPUS, DEPOT, HERE, OLD_TOWN

TEA, MUG, CHIPS = "6901234567892", "6901234567908", "6901234567915"
GOODS = (
    ("A1", TEA, "明前龙井 50克", "Longjing tea, 50 g", "tea", 7900, 30),
    ("A2", "6901234567922", "明前龙井 100克", "Longjing tea, 100 g", "tea", 14900, 3),
    ("A3", "6901234567939", "白牡丹 50克", "White peony, 50 g", "tea", 6200, 0),
    ("B2", MUG, "青瓷马克杯", "Celadon mug", "homeware", 4200, 12),
    ("S1", CHIPS, "海盐薯片", "Sea salt crisps", "snacks", 790, 9),
)

_NODES = (
    Node(STORE, "store", "淮海路店", "Huaihai Road", *HERE),
    Node("S2", "store", "老城店", "Old Town", *OLD_TOWN),
    Node("W1", "warehouse", "华东仓", "East", *DEPOT),
)


@dataclass
class Floor:
    """The shop, its HQ, and a browser's client of its pages. `offline` cuts the line to HQ."""

    shop: Shop
    store: Store
    hq: PretendHq
    app: Flask
    client: FlaskClient
    settings: Settings
    line: Line

    @property
    def desk(self) -> ScreenDesk:
        return ScreenDesk(self.line.hub())

    def desk_prices(self, prices: Iterable[Price]) -> None:
        """Publishes prices at HQ: what has none is not paid at a screen."""
        HubDesk(self.line.hub()).publish_prices(prices)

    def page(self) -> str:
        answer = self.client.get("/guide/")
        assert answer.status_code == 200, answer.text
        return answer.text

    def do(self, what: str, **more: Any) -> str:
        form = {"do": what, "nonce": secrets.token_urlsafe(12), **more}
        answer = self.client.post("/guide/do", data=form)
        assert (answer.status_code, answer.location) == (303, "/guide/"), answer.text
        return self.page()

    def scan(self, text: str) -> str:
        self.store.scans.type_in(text, "G1")
        return self.page()


class Line:
    """The way to HQ: a hub in this process, founded when it is asked for the first time; or nothing."""

    def __init__(self, file: Path) -> None:
        self.up = True
        self._file = file
        self._hub: Any = None
        self._to: LoopTransport | None = None

    def hub(self) -> Any:
        if self._hub is None:
            self._hub = open_hub(self._file)
            self._to = LoopTransport(create_hub(self._hub), _open(self._hub))
        return self._hub

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        self.hub()
        if not self.up or self._to is None:
            raise LineDown("cut")
        return self._to.post_within(path, body, within_s)

    def close(self) -> None:
        if self._hub is not None:
            self._hub.dispose()


@contextmanager
def floor(folder: Path, **more: Any) -> Iterator[Floor]:
    settings = settings_in(folder)
    if more:
        settings = parse({**msgspec.to_builtins(settings), **more})
    shop = founded_shop(settings, bytes(range(32)), {"P1": PaperPrinter()})
    line = Line(folder / "hub.db")
    desk = shop.store
    guide = guide_desk(
        settings,
        desk.catalogue,
        desk.front,
        desk.sales,
        desk.tender,
        shop.wakes.poke,
        at_hq=HqAsk(lambda: line),
    )
    store = dataclasses.replace(desk, guide=guide)
    hq = PretendHq(shop)
    hq.open()
    _fill(hq)
    app = create_app(store, settings, 0)
    app.config["SERVER_NAME"] = "127.0.0.1"
    yield Floor(shop, store, hq, app, browser_like(app), settings, line)
    shop.books.close()
    line.close()


@contextmanager
def served(on: Floor) -> Iterator[Site]:
    """The same on real ports."""
    live = LiveServer("127.0.0.1", 0, origin_gate(on.settings))
    port = live.start()
    on.shop.wakes.listen(live.poke)
    server: Any = create_server(create_app(on.store, on.settings, port), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=_run, args=(server,), daemon=True)
    thread.start()
    yield Site(on.shop, on.hq, PaperPrinter(), live, f"http://127.0.0.1:{server.effective_port}")
    server.close()
    server.task_dispatcher.shutdown()
    live.stop()


def _run(server: Any) -> None:
    try:
        server.run()
    except OSError:  # the listener was closed under it: that is how it is stopped
        return


def _open(hub: Any) -> str:
    desk = HubDesk(hub)
    token = desk.add_store(ShopRow(STORE, "滨江店", "Riverside"))
    desk.add_store(ShopRow("S2", "老城店", "Old Town"))
    desk.publish_products(Product(*one[:5]) for one in GOODS)
    ScreenDesk(hub).cart_link("https://shop.example/go?c=1")
    MemberDesk(hub).join_link(JoinLink("l1", "https://join.example/m", "入会送券", "Join for a coupon"))
    at = stamp(datetime.now(UTC))
    figures = [
        NodeStock(f"{n}:{sku}", n, sku, q, at) for sku in ("A1", "A3") for n, q in (("S2", 9), ("W1", 80))
    ]
    changes = [*(put(NODES, node) for node in _NODES), *(put(NODES, row) for row in figures)]
    write(hub, lambda conn: publish(conn, changes, at))
    return token


_Rows = list[tuple[str, str, dict[str, Any]]]


def _fill(hq: PretendHq) -> None:
    """What HQ would have sent by its feed, a page a bucket."""
    at = stamp(datetime.now(UTC))
    catalog: _Rows = []
    prices: _Rows = []
    stock: _Rows = []
    for sku, gtin, zh, en, category, fen, on_hand in GOODS:
        facts = {
            "sku": sku,
            "gtin": gtin,
            "name_zh": zh,
            "name_en": en,
            "category": category,
            "place": "TE-01",
        }
        catalog.append(("product", sku, facts))
        prices.append(("price", sku, {"sku": sku, "fen": fen, "book": "b1"}))
        stock.append(("stock", sku, {"sku": sku, "on_hand": on_hand, "stream": "", "upto_seq": 0, "at": at}))
    says = [{"zh": "香气清", "en": "Fresh"}, {"zh": "包装好", "en": "Well packed"}]
    catalog.append(("review", "A1", {"sku": "A1", "stars10": 47, "reviews": 12, "says": says}))
    for rank, (sku, zh, en) in enumerate((("A1", "50 克", "50 g"), ("A2", "100 克", "100 g"))):
        row = {"sku": sku, "family": "longjing", "label_zh": zh, "label_en": en, "rank": rank}
        catalog.append(("variant", sku, row))
    for name, skus in (("hot", ["S1", "A3", "A1"]), ("with:A1", ["B2", "A3"])):
        catalog.append(("ranked", name, {"list": name, "skus": skus}))
    link = {
        "link": "l1",
        "url": "https://join.example/m",
        "title_zh": "入会送券",
        "title_en": "Join for a coupon",
    }
    _page(hq, "g:catalog:CN", catalog)
    _page(hq, "g:price:CN", prices)
    _page(hq, f"s:{STORE}:stock", stock)
    _page(hq, "g:nodes:CN", _elsewhere(at))
    _page(hq, "g:keys:CN", [("join_link", "l1", {**link, "until": ""})])


def _elsewhere(at: str) -> _Rows:
    nodes: _Rows = [
        ("node", node.node, msgspec.to_builtins(node))
        for node in (*_NODES, Node("S3", "store", "大学城店", "Campus", *CAMPUS))
    ]
    for sku in ("A1", "A3"):
        for node, sellable in (("S3", 1), ("S2", 9), ("W1", 80)):
            row = {"row": f"{node}:{sku}", "node": node, "sku": sku, "sellable": sellable, "at": at}
            nodes.append(("node_stock", f"{node}:{sku}", row))
    return nodes


def _page(hq: PretendHq, bucket: str, rows: _Rows) -> None:
    ops = [Op(b=bucket, seq=next(hq.seq), op="put", tb=tb, id=name, ver=1, d=d) for tb, name, d in rows]
    inbox = Inbox(hq.shop.books.hq, hq.shop.books.clock)
    last = ops[-1].seq
    heads = {bucket: Head("e1", last, len(ops), "")}
    now = stamp(hq.shop.books.clock.wall())
    consistent = [bucket]
    bad = inbox.apply(
        ops, {bucket: Cursor("e1", last)}, consistent=consistent, heads=heads, server_time=now, hq_epoch="h1"
    )
    assert bad == []
