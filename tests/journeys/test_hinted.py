"""A hub process, a store's daemon, and a word of HQ's that need not wait until the store asks by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.schema import parse
from edge.clock import stamp
from edge.daemon import Daemon, running
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.messages import Order, OrderLine
from sync.messages import Shop as ShopRow

STORE = "S00421"
LIMIT_S = 60.0
ASKS_EVERY_S = 300.0  # far beyond LIMIT_S: what arrives sooner was hinted at


@dataclass
class Pair:
    """HQ's desk, the store, and how to end and start HQ's process."""

    desk: HubDesk
    daemon: Daemon
    start: Callable[[], None]
    stop: Callable[[], None]

    def publish(self, number: str) -> None:
        now = datetime.now(UTC)
        line = OrderLine(1, "A1", "龙井茶", "Longjing tea", 2, 5990)
        self.desk.publish_order(
            Order(
                order=number,
                gen=1,
                store=STORE,
                channel="mini-program",
                mode="whole",
                state="ready",
                lines=(line,),
                name_masked="王*",
                phone_tail="5678",
                paid_fen=11980,
                due_fen=0,
                ready_by=stamp(now),
                hold_until=stamp(now + timedelta(days=3)),
            )
        )

    def has(self, number: str) -> bool:
        return self.daemon.shop.books.replica.order(number) is not None

    def trouble(self) -> str:
        return self.daemon.store.status.line().trouble


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.01)


@contextlib.contextmanager
def hub_process(database: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`store-edge hub run`, and where it listens."""
    command = [sys.executable, "-m", "edge", "hub", "run", "--database", str(database), "--port", str(port)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.Popen(
        [*command, "--next-s", str(ASKS_EVERY_S)], stderr=subprocess.PIPE, text=True, env=env
    )
    assert child.stderr is not None
    try:
        said = next(line for line in child.stderr if "listens" in line)
        yield child, int(said.rpartition(":")[2])
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stderr.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    desk = HubDesk(open_hub(tmp_path / "hub.db"))
    token = tmp_path / "token"
    token.write_text(desk.add_store(ShopRow(store=STORE, name_zh="淮海路店", name_en="Huaihai Road")))
    token.chmod(0o600)
    hubs = contextlib.ExitStack()
    port = 0

    def start() -> None:
        nonlocal port
        _, port = hubs.enter_context(hub_process(tmp_path / "hub.db", port))

    start()
    raw: dict[str, Any] = {
        "store": {"id": STORE, "state_dir": str(tmp_path / "state")},
        "web": {"port": 0, "live_port": 0},
        "stations": {"T1": {}},
        "hq": {
            "url": f"http://127.0.0.1:{port}",
            "token_file": str(token),
            "interval_s": ASKS_EVERY_S,
        },
    }
    with hubs, running(parse(raw)) as daemon:
        yield Pair(desk, daemon, start, hubs.close)


def test_an_order_published_at_hq_reaches_the_store_at_once_also_after_hq_was_away(pair: Pair) -> None:
    until(lambda: pair.trouble() == "")
    pair.publish("WX2026112200001")
    until(lambda: pair.has("WX2026112200001"))
    pair.stop()
    # Nobody need say that HQ is back: the ear finds out, and what happened meanwhile is asked for.
    pair.publish("WX2026112200002")
    pair.start()
    until(lambda: pair.has("WX2026112200002"))
    pair.publish("WX2026112200003")
    until(lambda: pair.has("WX2026112200003"))
