"""A new box over real HTTP: enrolled, its first load a file, told on the IT page's figures, then level with HQ."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from waitress.server import create_server

from config.loader import load
from edge.cli import main
from edge.daemon import build_shop
from edge.file_key import key_of
from edge.hq_line import line_to_hq
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.snapshots import Snapshots
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.messages import Product, Shop
from sync.signed import Role

CATALOG = "g:catalog:CN"
ROWS = 6000


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[tuple[HubDesk, str]]:
    engine = open_hub(tmp_path / "hub.db")
    server: Any = create_server(create_hub(engine), host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    desk = HubDesk(engine)
    desk.found_trust([bytes(32)], {"config": Role((public_of(bytes([2]) * 32),))})
    desk.add_store(Shop("S1", "一店", "One"))
    desk.publish_products(
        Product(sku=f"P{n}", gtin=f"{690000000 + n}", name_zh="牛奶", name_en="Milk") for n in range(ROWS)
    )
    yield desk, f"http://127.0.0.1:{server.effective_port}"
    server.close()
    engine.dispose()


def box(tmp_path: Path, hq: tuple[HubDesk, str]) -> Any:
    desk, url = hq
    path = tmp_path / "store.toml"
    path.write_text(
        f'[store]\nid = "S1"\nstate_dir = "{tmp_path / "state"}"\n[hq]\nurl = "{url}"\n[stations.T1]\n'
    )
    asked = desk.invite("S1", url)
    said = {"v": asked.v, "url": asked.url, "token": asked.token, "root_fpr": asked.root_fpr}
    done = CliRunner().invoke(main, ["enroll", "--settings", str(path), "-"], input=json.dumps(said))
    assert done.exit_code == 0, done.output
    settings = load(path)
    return settings, build_shop(settings, key_of(settings))


def test_a_new_box_takes_a_file_and_is_level(tmp_path: Path, hq: tuple[HubDesk, str]) -> None:
    done = CliRunner().invoke(main, ["hub", "snapshot", "build", "--database", str(tmp_path / "hub.db")])
    assert done.exit_code == 0, done.output
    assert CATALOG in done.output
    settings, shop = box(tmp_path, hq)
    line = line_to_hq(settings.hq, "S1", shop.books, shop.store.status, shop.wakes.poke)
    seen: list[int] = []
    deadline = time.monotonic() + 30
    while shop.books.replica.consistent_at(CATALOG) == "" or shop.store.status.line().loading is not None:
        assert time.monotonic() < deadline, shop.store.status.line()
        line.turn()
        loading = shop.store.status.line().loading
        if loading is not None:
            assert loading.bucket == CATALOG
            seen.append(loading.percent)
    assert seen == sorted(seen)
    assert seen
    assert shop.store.status.line().loading is None
    hub = open_hub(tmp_path / "hub.db")
    (kept,) = Snapshots(hub, tmp_path / "hub.db.snapshots").kept(CATALOG)
    row = (
        shop.books.hq.read()
        .execute("SELECT high_seq, n, ck FROM cursor WHERE bucket = ?", (CATALOG,))
        .fetchone()
    )
    assert row == (kept.manifest.seq, ROWS, kept.manifest.ck)
    hub.dispose()
    assert shop.books.replica.product("690000042") is not None
    shop.books.close()


def test_a_store_by_hand_knows_no_roster_and_reads_pages(tmp_path: Path, hq: tuple[HubDesk, str]) -> None:
    Snapshots(open_hub(tmp_path / "hub.db"), tmp_path / "hub.db.snapshots").build(CATALOG)
    settings, shop = box(tmp_path, hq)
    line = line_to_hq(settings.hq, "S1", shop.books, shop.store.status, shop.wakes.poke)
    with shop.books.ledger.transaction() as tx:
        tx.execute("DELETE FROM enrolment")
    for _ in range(8):
        line.turn()
    assert shop.books.replica.consistent_at(CATALOG)
    assert not (tmp_path / "state" / "snapshots").exists()
    shop.books.close()


TURNS = """
import sys, time
from pathlib import Path
from config.loader import load
from edge.daemon import build_shop
from edge.file_key import key_of
from edge.hq_line import line_to_hq
settings = load(Path(sys.argv[1]))
shop = build_shop(settings, key_of(settings))
line = line_to_hq(settings.hq, "S1", shop.books, shop.store.status, shop.wakes.poke)
while True:
    time.sleep(min(line.turn(), 0.1))
    at = shop.store.status.line().loading
    print(at.percent if at else -1, shop.books.replica.consistent_at("g:catalog:CN") or "-", flush=True)
"""


def killed_again_and_again(tmp_path: Path, hq: tuple[HubDesk, str], kills: int) -> set[int]:
    """A store's process killed after ever more turns until it is level; the rows that served after each kill."""
    settings, shop = box(tmp_path, hq)
    shop.books.close()
    seen = set()
    for kill in range(kills):
        told = [sys.executable, "-c", TURNS, str(tmp_path / "store.toml")]
        child = subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert child.stdout is not None
        for _ in range(1 + 4 * kill % 37):
            child.stdout.readline()
        child.kill()
        child.wait()
        child.stdout.close()
        shop = build_shop(settings, key_of(settings))
        rows = shop.books.ledger.read().execute("SELECT count(*) FROM hq.product").fetchone()[0]
        sound = shop.books.hq.read().execute("PRAGMA quick_check").fetchone()
        shop.books.close()
        assert sound == ("ok",)
        seen.add(rows)
    shop = build_shop(settings, key_of(settings))
    line = line_to_hq(settings.hq, "S1", shop.books, shop.store.status, shop.wakes.poke)
    deadline = time.monotonic() + 60
    while not shop.books.replica.consistent_at(CATALOG):
        assert time.monotonic() < deadline
        line.turn()
    seen.add(shop.books.ledger.read().execute("SELECT count(*) FROM hq.product").fetchone()[0])
    shop.books.close()
    return seen


def test_a_store_killed_amid_its_first_load_has_all_of_it_or_nothing(
    tmp_path: Path, hq: tuple[HubDesk, str]
) -> None:
    Snapshots(open_hub(tmp_path / "hub.db"), tmp_path / "hub.db.snapshots").build(CATALOG)
    seen = killed_again_and_again(tmp_path, hq, 4)
    assert seen == {0, ROWS}
