"""An HQ to measure: PostgreSQL and hub processes of its own, stores with orders, and journals ready to be sent."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.messages import (
    GENESIS,
    PROTOCOL,
    Actor,
    Clk,
    Event,
    HandedLine,
    Order,
    OrderLine,
    PickupCollected,
    UpHeader,
    body_of,
    canonical,
    kind_of,
    sha_of,
)
from sync.messages import Shop as ShopRow
from tests import postgres_server

BATCH, LINES, SKUS, ORDERS = 100, 5, 200, 1000
_AT = "2026-01-05T09:58:11.004Z"
_HELD = "2099-01-12T09:00:00.000Z"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Rig:
    """HQ's database and what was put into it."""

    url: str
    desk: HubDesk
    tokens: dict[str, str] = field(default_factory=dict)

    def admit(self, store: str, orders: int = ORDERS) -> None:
        """A store with orders of five lines, so large that they can be handed over without end."""
        self.tokens[store] = self.desk.add_store(ShopRow(store=store, name_zh="一店", name_en="One"))
        self.desk.import_orders(canonical(msgspec.to_builtins(_order(store, n))) for n in range(orders))

    def analyze(self) -> None:
        """Has PostgreSQL look at its tables, as it does by itself within a minute: until then it guesses."""
        with open_hub(self.url).connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("ANALYZE")

    def publish(self, store: str, n: int) -> None:
        """The store's order n."""
        self.desk.publish_order(_order(store, n))


@contextlib.contextmanager
def rig(*settings: str) -> Iterator[Rig]:
    """PostgreSQL as Debian sets it up, synced, and HQ's tables in it."""
    with postgres_server.running(*settings) as url:
        engine = open_hub(url)
        yield Rig(url, HubDesk(engine))
        engine.dispose()


@dataclass
class Process:
    """A hub process and where it listens."""

    child: subprocess.Popen[str]
    port: int

    def cpu_s(self) -> float:
        """Processor seconds spent so far."""
        spent = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(spent[11]) + int(spent[12])) / _TICKS

    def pss_kb(self) -> int:
        """Its share of memory, kB."""
        text = Path(f"/proc/{self.child.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


@contextlib.contextmanager
def process(url: str, verb: str, *options: str) -> Iterator[Process]:
    """`store-edge hub run` or `hub hints` on a free port."""
    env = {**os.environ, "STORE_EDGE_HUB_DATABASE": url, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [
        sys.executable,
        "-m",
        "edge",
        "hub",
        verb,
        "--port",
        str(postgres_server.free_port()),
        *options,
    ]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
    if child.stderr is None:
        raise AssertionError
    try:
        said = next(line for line in child.stderr if "http://" in line)
        port = int(said.rpartition(":")[2])
        _await(port)
        yield Process(child, port)
    finally:
        child.kill()
        child.wait()
        child.stderr.close()


def _await(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            Line(port, "").line.connect()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


class Line:
    """One store's kept connection."""

    def __init__(self, port: int, token: str) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}

    def shows(self, token: str) -> None:
        """Speaks for another store from now on, as a proxy's kept connection does."""
        self._headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, body: bytes) -> bytes:
        """The answer's body as it came; AssertionError for an error."""
        packed = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
        self.line.request("POST", path, body, self._headers | packed)
        answer = self.line.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{answer.status} {said[:200]!r}")
        return said


class Journal:
    """A store's journal: batches of 100 hand-overs of five lines, packed as a store packs them.

    They go round the store's orders, so that each is handed over in a few parts only, as in a shop.
    """

    def __init__(self, store: str) -> None:
        self.store, self.stream = store, str(uuid.uuid4())
        self._seq, self._prev = 1, GENESIS

    def batch(self, n: int = BATCH) -> bytes:
        """The next request."""
        events = [self._event((self._seq - 1) % ORDERS) for _ in range(n)]
        clock: dict[str, str | int] = {"wall": _AT, "mono_ms": 1}
        header = UpHeader(PROTOCOL, self.store, self.stream, None, events[0].seq, n, "b", clock)
        return gzip.compress(b"\n".join([canonical(header), *map(canonical, events), b""]), 5)

    def _event(self, n: int) -> Event:
        lines = tuple(HandedLine(line, sku, 1) for line, sku in _lines(n))
        fact = PickupCollected(str(uuid.uuid4()), f"{self.store}O{n}", 1, "partial", lines)
        clock = Clk("ok", -220, "b", 8014340)
        bare = Event(
            seq=self._seq,
            id=str(uuid.uuid4()),
            k=kind_of(fact),
            v=1,
            at=_AT,
            clk=clock,
            biz="2026-01-05#1",
            actor=Actor("T1", "o1"),
            d=body_of(fact),
            prev=self._prev,
        )
        event = msgspec.structs.replace(bare, sha=sha_of(bare))
        self._seq, self._prev = self._seq + 1, event.sha
        return event


def _lines(n: int) -> Sequence[tuple[int, str]]:
    return [(line + 1, f"P{(n * LINES + line) % SKUS}") for line in range(LINES)]


def _order(store: str, n: int) -> Order:
    lines = tuple(OrderLine(line, sku, "龙井茶", "Longjing tea", 1_000_000, 1250) for line, sku in _lines(n))
    return Order(
        order=f"{store}O{n}",
        gen=1,
        store=store,
        channel="app",
        mode="quantity",
        state="ready",
        lines=lines,
        name_masked="王*",
        phone_tail="5678",
        paid_fen=2500,
        due_fen=0,
        ready_by=_AT,
        hold_until=_HELD,
    )
