"""A hub on a fresh file, and stores in memory that talk to it."""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, make_url, select, text
from sqlalchemy.pool import NullPool

from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.schema import bucket, metadata
from sync.hub.web import create_hub
from sync.messages import Order, OrderLine, Product
from sync.messages import Shop as ShopRow
from sync.transport import LoopTransport
from tests import postgres_server
from tests.sync.shop_floor import Floor, Stores


def _memory_store() -> ModuleType:
    spec = importlib.util.spec_from_file_location("memory_store", Path(__file__).with_name("memory_store.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["memory_store"] = module
    spec.loader.exec_module(module)
    return module


def an_order(order: str, store: str = "S1", qty: int = 2, **more: Any) -> Order:
    fields: dict[str, Any] = {
        "gen": 1,
        "channel": "app",
        "mode": "whole",
        "state": "ready",
        "lines": (OrderLine(line=1, sku="P1", name_zh="牛奶", name_en="Milk", qty=qty, unit_fen=1250),),
        "name_masked": "王*",
        "phone_tail": "5678",
        "paid_fen": 2500,
        "due_fen": 0,
        "ready_by": "2026-01-05T09:00:00.000Z",
        "hold_until": "2026-01-12T09:00:00.000Z",
    } | more
    return Order(order=order, store=store, **fields)


@dataclass
class Hub:
    """The reference HQ with its desk, and the tokens of its stores."""

    engine: Engine
    app: Flask
    desk: HubDesk
    where: str
    tokens: dict[str, str] = field(default_factory=dict)

    def admit(self, store: str) -> None:
        self.tokens[store] = self.desk.add_store(ShopRow(store=store, name_zh="一店", name_en="One"))

    def line(self, store: str) -> LoopTransport:
        return LoopTransport(self.app, self.tokens[store])

    def head(self, name: str) -> tuple[int, str]:
        with self.engine.connect() as conn:
            row = conn.execute(select(bucket).where(bucket.c.bucket == name)).one()
        return row.n, row.ck


def build_hub(where: Path | str) -> Hub:
    engine = open_hub(where)
    hub = Hub(engine, create_hub(engine), HubDesk(engine), str(where))
    for store in ("S1", "S2"):
        hub.admit(store)
    hub.desk.publish_products([Product(sku="P1", gtin="6901234567892", name_zh="牛奶", name_en="Milk")])
    hub.desk.set_stock("S1", "P1", 10)
    return hub


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server; unsynced, since no test here pulls its plug."""
    if postgres_server.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres_server.running("fsync=off") as url:
        yield url


@contextmanager
def _database(server: str) -> Iterator[str]:
    url, name = make_url(server), f"hub_{secrets.token_hex(6)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as conn:
            conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


# HQ is founded once a kind of database: its tables take longer to make than most tests take.


@pytest.fixture(scope="session")
def founded_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """HQ with its two stores in a file that nobody has open, and their tokens."""
    made = build_hub(tmp_path_factory.mktemp("founded") / "hub.db")
    made.engine.dispose()
    return made.where, made.tokens


class FoundedDatabase:
    """HQ with its two stores in PostgreSQL, put back as it was founded for each test: a copy would cost 0.1 s."""

    def __init__(self, url: str) -> None:
        made = build_hub(url)
        self.url, self.tokens = url, made.tokens
        self._engine = create_engine(url, poolclass=NullPool)
        with self._engine.connect() as conn:
            rows = {table: conn.execute(table.select()).mappings().all() for table in metadata.sorted_tables}
            self._sequences = {
                name: conn.exec_driver_sql(f"SELECT last_value, is_called FROM {name}").one()  # noqa: S608
                for name in conn.scalars(text("SELECT sequencename FROM pg_sequences"))
            }
        self._rows = {table: [dict(row) for row in found] for table, found in rows.items() if found}
        made.engine.dispose()

    def put_back(self) -> None:
        """Throws out whoever a test left behind, and what it wrote."""
        emptied = " ".join(f"DELETE FROM {table.name};" for table in reversed(metadata.sorted_tables))  # noqa: S608
        with self._engine.begin() as conn:
            conn.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            for name in conn.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).all():
                if name not in metadata.tables:
                    conn.exec_driver_sql(f"DROP TABLE {name}")
            for name in conn.scalars(text("SELECT sequencename FROM pg_sequences")).all():
                if name not in self._sequences:
                    conn.exec_driver_sql(f"DROP SEQUENCE {name}")
            conn.exec_driver_sql(f"DO $$ BEGIN {emptied} END $$")
            for table, rows in self._rows.items():
                conn.execute(table.insert(), rows)
            for name, (value, called) in self._sequences.items():
                conn.execute(
                    text("SELECT setval(:name, :value, :called)"),
                    {"name": name, "value": value, "called": called},
                )


@pytest.fixture(scope="session")
def founded_database(postgres: str) -> Iterator[FoundedDatabase]:
    with _database(postgres) as url:
        yield FoundedDatabase(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, dict[str, str]]:
    """A founded HQ for this test alone, in both kinds of database: its place, and its stores' tokens."""
    if request.param == "sqlite":
        model, tokens = request.getfixturevalue("founded_file")
        return str(shutil.copy(model, tmp_path / "hub.db")), dict(tokens)
    there: FoundedDatabase = request.getfixturevalue("founded_database")
    there.put_back()
    return there.url, dict(there.tokens)


@pytest.fixture
def hub(database: tuple[str, dict[str, str]]) -> Iterator[Hub]:
    where, tokens = database
    engine = open_hub(where)
    yield Hub(engine, create_hub(engine), HubDesk(engine), where, tokens)
    engine.dispose()


@pytest.fixture
def backup(hub: Hub, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """backup() copies HQ's database as it stands; gives the copy's place."""
    copies: list[str] = []
    url = make_url(hub.where) if "://" in hub.where else None

    def server(sql: str) -> None:
        assert url is not None
        engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as conn:
            conn.exec_driver_sql(sql)

    def copy() -> str:
        if url is None:
            raw = hub.engine.raw_connection()
            raw.cursor().execute(f"VACUUM INTO '{tmp_path / 'backup.db'}'")
            raw.close()
            return str(tmp_path / "backup.db")
        hub.engine.dispose()  # PostgreSQL copies a database that nobody uses
        copies.append(f"copy_{secrets.token_hex(6)}")
        server(f"CREATE DATABASE {copies[-1]} TEMPLATE {url.database}")
        return url.set(database=copies[-1]).render_as_string(hide_password=False)

    yield copy
    for name in copies:
        server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def memory_store() -> ModuleType:
    return _memory_store()


@pytest.fixture
def make_shop(hub: Hub, memory_store: ModuleType) -> Callable[..., Any]:
    """make_shop("S1") gives a store on the in-process line."""
    return lambda store="S1", below=None: memory_store.Shop(store, below or hub.line(store))


@pytest.fixture
def shop(make_shop: Callable[..., Any]) -> Any:
    return make_shop()


@pytest.fixture(scope="session")
def order_form() -> Callable[..., Order]:
    return an_order


@pytest.fixture(scope="session")
def hub_builder() -> Callable[[Path | str], Hub]:
    return build_hub


@pytest.fixture
def floor(hub: Hub, memory_store: ModuleType, tmp_path: Path) -> Iterator[Stores]:
    """floor("S1") gives a store with its desks, on real files."""
    opened: list[Floor] = []

    def make(store: str) -> Floor:
        folder = tmp_path / f"{store}-{len(opened)}"
        opened.append(Floor(store, folder, memory_store.Wire(hub.line(store))))
        opened[-1].settle()
        return opened[-1]

    yield make
    for one in opened:
        one.books.close()
