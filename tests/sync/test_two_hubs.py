"""Two hub processes on one PostgreSQL, and the feed that loses rows: what keeps ours from being that feed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from sync.hub.bulk import delete_rows, insert_rows, rows_of, sent_together, update_rows
from sync.hub.database import open_hub, write
from sync.hub.feed import Change, publish
from sync.hub.schema import meta
from sync.hub.snapshots import Snapshots
from sync.hub.trust import public_of
from sync.messages import Product, PullRequest
from sync.pulling import read_page
from sync.signed import Role
from sync.transport import HttpTransport

AT = "2026-01-05T10:00:00.000Z"
ROWS = 40


# PostgreSQL only: a second process on a SQLite file is no way to run HQ.
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@contextlib.contextmanager
def hub_process(url: str, *more: str) -> Iterator[str]:
    command = [sys.executable, "-m", "edge", "hub", "run", "--port", "0", *more]
    env = {**os.environ, "STORE_EDGE_HUB_DATABASE": url, "PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
    assert child.stderr is not None
    try:
        said = next(line for line in child.stderr if "listens" in line)
        yield said.split()[-1]
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stderr.close()


class Alternately:
    """A Transport that takes the other hub for every request."""

    def __init__(self, *lines: HttpTransport) -> None:
        self.lines = list(lines)
        self.used = [0] * len(lines)

    def post(self, path: str, body: bytes) -> bytes:
        self.lines.append(self.lines.pop(0))
        self.used.append(self.used.pop(0) + 1)
        return self.lines[-1].post(path, body)


def test_two_processes_serve_one_store_by_turns(hub: Any, make_shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1", qty=1000, mode="quantity"))
    with hub_process(hub.where) as one, hub_process(hub.where) as two:
        line = Alternately(*(HttpTransport(url, hub.tokens["S1"], 20) for url in (one, two)))
        shop = make_shop("S1", line)
        for n in range(60):
            shop.collect("O1", 1, state="partial")
            if n % 3 == 0:
                hub.desk.set_stock("S2", "P1", n)
            if n % 10 == 0:
                shop.wire.plan = ["lost", "dup"]
            if n % 4 == 0:
                shop.settle()
        shop.settle()
        assert min(line.used) > 10
    assert len(hub.desk.events("S1")) == 60
    assert hub.desk.stock("S1") == {"P1": 10 - 60}
    for name in ("s:S1:orders", "s:S1:stock"):
        assert shop.replica.checksum(name) == hub.head(name)


def test_big_buckets_are_files_also_on_postgresql(hub: Any, tmp_path: Path) -> None:
    hub.desk.found_trust([bytes(32)], {"config": Role((public_of(bytes([2]) * 32),))})
    hub.desk.publish_products(Product(f"P{n}", f"{n}", "牛奶", "Milk") for n in range(5001))
    Snapshots(hub.engine, tmp_path / "files").build("g:catalog:CN")
    asked = msgspec.json.encode(PullRequest(proto=1, stream="s", buckets={}, snap=True))
    with hub_process(hub.where, "--snapshots", str(tmp_path / "files")) as url:
        page = read_page(HttpTransport(url, hub.tokens["S1"], 20).post("/sync/v1/pull", asked))
    assert [reset.b for reset in page.resets if reset.snap is not None] == ["g:catalog:CN"]


def _numbered(conn: Any) -> int:
    """A number as many a feed gives it: from a sequence, before the commit and without a lock."""
    return int(conn.scalar(text("SELECT nextval('mutant_seq')")))


def _write(where: str, name: str, locked: bool, gates: Any) -> None:
    first, second = gates
    engine = open_hub(where)

    def work(conn: Any) -> None:
        if locked:
            publish(conn, [Change("g:price:CN", "thing", name, {"by": name})], AT)
        else:
            sql = "INSERT INTO mutant (seq, id) VALUES (:seq, :id)"
            conn.execute(text(sql), {"seq": _numbered(conn), "id": name})
        if name == "slow":
            first.set()
            second.wait(2.0 if locked else 30.0)

    if name == "quick":
        first.wait(30)
    write(engine, work)
    if name == "quick" and locked:
        second.set()


@pytest.mark.parametrize("locked", [True, False], ids=["ours", "mutant: a sequence and WHERE seq > cursor"])
def test_a_slow_writers_row_is_not_passed_by(hub: Any, shop: Any, locked: bool) -> None:
    """I5. A slow writer has its number first and commits last; a reader comes in between."""
    with hub.engine.begin() as conn:
        conn.execute(text("CREATE SEQUENCE mutant_seq"))
        conn.execute(text("CREATE TABLE mutant (seq BIGINT PRIMARY KEY, id TEXT)"))
    context = multiprocessing.get_context("spawn")
    first, second = context.Event(), context.Event()
    writers = [
        context.Process(target=_write, args=(hub.where, name, locked, (first, second)))
        for name in ("slow", "quick")
    ]
    for writer in writers:
        writer.start()
    read: set[str] = set()
    cursor = 0

    def look() -> None:
        nonlocal cursor
        if locked:
            shop.settle()
            read.update(key[2] for key in shop.replica.rows if key[1] == "thing")
            return
        with hub.engine.connect() as conn:
            found = conn.execute(
                text("SELECT seq, id FROM mutant WHERE seq > :at ORDER BY seq"), {"at": cursor}
            )
            for seq, name in found:
                cursor = max(cursor, seq)
                read.add(name)

    while any(writer.is_alive() for writer in writers):
        look()
        if "quick" in read:
            second.set()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    look()
    assert read == ({"slow", "quick"} if locked else {"quick"}), "the mutant loses what ours keeps"


def test_a_deadlock_and_a_serialization_failure_are_done_again(hub: Any) -> None:
    with hub.engine.begin() as conn:
        conn.execute(text("CREATE TABLE pair (id TEXT PRIMARY KEY, n INT)"))
        conn.execute(text("INSERT INTO pair VALUES ('a', 0), ('b', 0)"))
    for isolation in ("READ COMMITTED", "SERIALIZABLE"):
        engine = hub.engine.execution_options(isolation_level=isolation)
        meet = threading.Barrier(2)
        tries = {"ab": 0, "ba": 0}

        def work(conn: Any, order: str, tries: dict[str, int] = tries, meet: Any = meet) -> None:
            tries[order] += 1
            for n, name in enumerate(order):
                conn.execute(text("UPDATE pair SET n = n + 1 WHERE id = :id"), {"id": name})
                if n == 0 and tries[order] == 1:
                    meet.wait(20)  # both hold one row before either asks for the other

        sides = [
            threading.Thread(
                target=lambda order=order, engine=engine: write(engine, lambda c: work(c, order))
            )
            for order in ("ab", "ba")
        ]
        for side in sides:
            side.start()
        for side in sides:
            side.join(60)
        assert sum(tries.values()) > 2, f"nobody had to do it again under {isolation}"
    with hub.engine.connect() as conn:
        assert conn.execute(text("SELECT id, n FROM pair ORDER BY id")).all() == [("a", 4), ("b", 4)]


def _row(name: str) -> dict[str, Any]:
    return {"key": name, "value": name}


def test_rows_sent_together_are_refused_together(hub: Any) -> None:
    """As the statements after each other would be: by SQLAlchemy's error, and a savepoint takes all of them back."""

    def twice(conn: Any) -> None:
        with conn.begin_nested(), sent_together(conn):
            for name in ("second", "first", "third"):
                insert_rows(conn, meta, [_row(name)])

    with hub.engine.begin() as conn:
        insert_rows(conn, meta, [_row("first")])
        with pytest.raises(IntegrityError):
            twice(conn)
        with sent_together(conn):
            insert_rows(conn, meta, [_row("fourth")])
            update_rows(conn, meta, ("key",), [{"key": "fourth", "value": "4"}])
            delete_rows(conn, meta, "key", ["first"])
    with hub.engine.connect() as conn:
        found = rows_of(conn, meta, "key", ["first", "second", "third", "fourth"])
        assert [tuple(row) for row in found] == [("fourth", "4")]


def test_a_database_that_goes_away_amid_a_batch_is_busy_and_comes_back(hub: Any) -> None:
    def lost(conn: Any) -> None:
        mine = conn.scalar(text("SELECT pg_backend_pid()"))
        with conn.begin_nested(), sent_together(conn):
            with hub.engine.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
            for n in range(1000):
                insert_rows(conn, meta, [_row(f"lost {n}")])

    with pytest.raises(OperationalError):
        write(hub.engine, lost)
    with hub.engine.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM hub_meta WHERE key LIKE 'lost%'")) == 0
