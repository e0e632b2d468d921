"""The fleet as HQ's people see it: what stores tell of themselves is kept, and a page costs a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from sync.hub.fleet.rows import PAGE, Fleet, Wanted
from sync.hub.fleet.seen import Seen
from sync.hub.fleet_schema import store_seen
from sync.hub.schema import store as store_table
from sync.messages import PullRequest, Shop, stamp

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stores tell is written at each request."""
    monkeypatch.setattr("sync.hub.fleet.seen.EVERY_S", 0.0)


def line(hub: Any, store: str) -> Any:
    found = Fleet(hub.engine).known(store)
    assert found is not None
    return found


@pytest.mark.usefixtures("at_once")
def test_a_store_is_shown_as_it_last_asked(hub: Any, shop: Any, order_form: Any) -> None:
    assert (line(hub, "S1").seen_at, line(hub, "S1").lag) == ("", {})
    hub.desk.publish_order(order_form("O1"))
    shop.collect("O1")
    shop.settle()
    shop.turn()
    seen = line(hub, "S1")
    assert (seen.name_zh, seen.name_en, seen.last_seq, seen.waiting) == ("一店", "One", 1, 0)
    assert (seen.boots, seen.behind) == (1, 0)
    assert seen.off_ms < -1000, "its clock stands still in the past"
    hub.desk.publish_order(order_form("O2"))
    assert {name: n for name, n in line(hub, "S1").lag.items() if n} == {"orders": 1}


@pytest.mark.usefixtures("at_once")
def test_what_waits_at_a_store_is_told(hub: Any, shop: Any) -> None:
    for _ in range(3):
        shop.collect("O1")
    shop.wire.plan = ["drop"]
    with pytest.raises(Exception, match="dropped"):
        shop.turn()
    shop.client._uploader._limit = 1
    shop.client._uploader.step()
    assert line(hub, "S1").waiting == 2


def test_another_boot_counts_and_silence_changes_nothing(hub: Any) -> None:
    times = [0.0]
    seen = Seen(hub.engine, lambda: NOW, lambda: times[0])
    told = {"wall": stamp(NOW - timedelta(seconds=3)), "mono_ms": 5}
    seen.pulled("S1", PullRequest(1, "x", boot="b1", clock=told, depth=7))
    seen.pulled("S1", PullRequest(1, "x", boot="b2"))
    assert line(hub, "S1").boots == 1, "not due yet"
    times[0] = 6.0
    seen.pulled("S1", PullRequest(1, "x"))
    found = line(hub, "S1")
    assert (found.boots, found.off_ms, found.waiting) == (2, -3000, 7)


def test_an_older_word_does_not_replace_a_newer_one(hub: Any) -> None:
    Seen(hub.engine, lambda: NOW).pulled("S1", PullRequest(1, "x", depth=1))
    Seen(hub.engine, lambda: NOW - timedelta(seconds=9)).pulled("S1", PullRequest(1, "x", depth=2))
    assert (line(hub, "S1").waiting, line(hub, "S1").seen_at) == (1, stamp(NOW))


@pytest.fixture
def large(hub: Any) -> Any:
    """Three hundred stores, every seventh of them quiet."""
    stores = [f"L{n:04d}" for n in range(300)]
    with hub.engine.begin() as conn:
        conn.execute(
            insert(store_table),
            [{"store": s, "token_sha": s, "waived": 0, "created_at": "x"} for s in stores],
        )
        blank = {"stream": "", "boot": "", "boots": 1, "depth": 0, "off_ms": 0, "cursors": ""}
        ages = {s: timedelta(hours=n % 7 == 0) for n, s in enumerate(stores)}
        conn.execute(
            insert(store_seen), [{"store": s, "seen_at": stamp(NOW - ages[s]), **blank} for s in stores]
        )
    for n, s in enumerate(stores[:5]):
        hub.desk.publish_shop(Shop(s, f"南京路{n}店", f"Nanjing {n}% Rd"))
    return hub


@pytest.fixture
def asked(large: Any) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            said.append(statement)

    event.listen(large.engine, "before_cursor_execute", note)
    yield said
    event.remove(large.engine, "before_cursor_execute", note)


def test_pages_hold_every_store_once_and_cost_the_same(large: Any, asked: list[str]) -> None:
    fleet, wanted, found, costs = Fleet(large.engine), Wanted(), [], []
    more = True
    while more:
        asked.clear()
        lines, more = fleet.page(wanted, NOW)
        costs.append(len(asked))
        assert len(lines) <= PAGE
        found += [one.store for one in lines]
        wanted = Wanted(after=found[-1])
    assert found == sorted([f"L{n:04d}" for n in range(300)] + ["S1", "S2"])
    assert set(costs) == {2}, "one query for the stores, one for their buckets"


def test_stores_are_found(large: Any) -> None:
    def found(**wanted: str) -> list[str]:
        return [one.store for one in Fleet(large.engine).each(Wanted(**wanted), NOW)]

    assert found(search="L002") == [f"L002{n}" for n in range(10)]
    assert found(search="南京路3") == ["L0003"]
    assert found(search="nanjing 4") == ["L0004"]
    assert found(search="%") == found(search="% rd") == [f"L000{n}" for n in range(5)]
    assert found(search="name_zh") == []
    assert found(only="quiet") == [*(f"L{n:04d}" for n in range(0, 300, 7)), "S1", "S2"]
    assert Fleet(large.engine).totals(NOW) == {
        "quiet": 45,
        "stores": 302,
        "waiting": 0,
        "cases": 0,
        "quarantined": 0,
        "owed": 0,
    }


def test_stores_with_trouble_are_found(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1"))
    shop.collect("O1", 2)
    shop.collect("O1", 2)
    shop.journal.append_raw("moon.landed", {})
    shop.settle()
    fleet = Fleet(hub.engine)
    for only in ("cases", "quarantine"):
        assert [one.store for one in fleet.each(Wanted(only=only))] == ["S1"]
    assert (line(hub, "S1").cases, line(hub, "S1").quarantined) == (1, 1)
