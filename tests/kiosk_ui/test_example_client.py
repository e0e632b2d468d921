"""The example in docs sells for real and follows what happens, also after the stream was cut."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from waitress.server import create_server

from config.schema import Settings
from edge.daemon import Shop
from kiosk_ui.guards import origin_gate
from kiosk_ui.live import LiveServer
from tests.kiosk_ui.conftest import LEAD_TOKEN, PretendHq
from tests.kiosk_ui.test_selling import CUP, TEA, last, stock

EXAMPLE = Path(__file__).parents[2] / "docs" / "example_client.py"


@pytest.fixture
def addresses(app: Flask, shop: Shop, settings: Settings) -> Iterator[dict[str, str]]:
    app.config["SERVER_NAME"] = None
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=2)
    threading.Thread(target=server.run, daemon=True).start()
    live = LiveServer("127.0.0.1", 0, origin_gate(settings), shop.store.events)
    port = live.start()
    shop.wakes.listen(live.poke)
    yield {
        "STORE_EDGE": f"http://127.0.0.1:{server.effective_port}",
        "STORE_EDGE_LIVE": f"http://127.0.0.1:{port}",
        "TOKEN": LEAD_TOKEN,
    }
    server.close()
    server.task_dispatcher.shutdown()
    live.stop()


def test_it_sells_and_follows(addresses: dict[str, str], shop: Shop, hq: PretendHq) -> None:
    stock(hq)
    shop.store.sales.shifts.open(0, shop.store.staff.api_client(LEAD_TOKEN, "T1"), "float-nonce")
    began = shop.store.events.newest()
    program = [sys.executable, str(EXAMPLE), TEA, CUP]
    running = subprocess.Popen(
        program, env={**os.environ, **addresses, "LAST": str(began)}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        receipt, first = running.stdout.readline().strip(), running.stdout.readline().split()
    finally:
        running.kill()
        running.communicate()
    assert receipt == last(shop).receipt
    assert last(shop).net_fen == 18_890
    assert first == [str(began + 1), "sale.completed"]


def test_it_is_short_and_needs_nothing_installed() -> None:
    text = EXAMPLE.read_text("utf-8")
    assert len(text.splitlines()) <= 40
    tree = list(ast.walk(ast.parse(text)))
    used = {name.name for one in tree if isinstance(one, ast.Import) for name in one.names}
    used |= {str(one.module).partition(".")[0] for one in tree if isinstance(one, ast.ImportFrom)}
    assert used <= sys.stdlib_module_names
