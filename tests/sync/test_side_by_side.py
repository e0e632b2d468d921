"""Two journals of one store that HQ takes in at the same moment: a found disk beside the one that replaced it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from sync.goods import StockMoved
from sync.hub import ingest
from sync.hub.envelope import Upload, read_upload
from sync.messages import PROTOCOL, HandedLine, PickupAnnulled, UpHeader, canonical

AT = "2026-01-05T10:00:00.000Z"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


# PostgreSQL only: on SQLite one writer waits for the other before it reads.
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def upload_of(shop: Any) -> Upload:
    """What the store would send now."""
    journal = shop.journal
    new = journal.pending(journal.acked(), 500, 1 << 20)
    header = UpHeader(PROTOCOL, shop.store, journal.stream, None, new[0].seq, len(new))
    return read_upload(b"\n".join(map(canonical, [header, *new])))


def at_once(hub: Any, one: Any, other: Any) -> list[Any]:
    """Both upload; the other one begins while the first has written everything and not yet committed."""
    answers: list[Any] = []

    def beside() -> None:
        answers.append(ingest.take(hub.engine, other.store, upload_of(other), at=AT, next_s=15))

    thread = threading.Thread(target=beside)
    with hub.engine.begin() as conn:
        answers.append(ingest._take(conn, one.store, upload_of(one), AT, 15, by_hand=False))
        thread.start()
        with hub.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
            while thread.is_alive() and not watch.scalar(text(WAITING)):
                time.sleep(0.01)
    thread.join()
    return answers


@pytest.fixture
def two(make_shop: Callable[..., Any]) -> tuple[Any, Any]:
    """The old disk, whose journal is closing, and the new one; both are known to HQ."""
    shops = (make_shop("S1"), make_shop("S1"))
    for shop in shops:
        shop.journal.append(StockMoved("P1", 1, "receipt"))
        shop.settle()
    return shops


def test_of_two_new_journals_one_is_open(hub: Any, make_shop: Callable[..., Any]) -> None:
    shops = (make_shop("S1"), make_shop("S1"))
    for shop in shops:
        shop.journal.append(StockMoved("P1", 1, "receipt"))
    at_once(hub, *shops)
    assert sorted(row["state"] for row in hub.desk.streams("S1")) == ["closing", "open"]
    hub.desk.set_stock("S1", "P1", 5)
    assert hub.desk.stock("S1") == {"P1": 5}


def test_one_journal_at_two_hubs_for_the_first_time_is_taken_once(hub: Any, shop: Any) -> None:
    shop.journal.append(StockMoved("P1", 1, "receipt"))
    assert [answer.acked for answer in at_once(hub, shop, shop)] == [1, 1]
    assert hub.desk.stock("S1") == {"P1": 11}


def test_a_product_that_both_move_first_costs_neither_its_fact(hub: Any, two: tuple[Any, Any]) -> None:
    for shop in two:
        shop.journal.append(StockMoved("P9", 3, "receipt"))
    assert [answer.results for answer in at_once(hub, *two)] == [(), ()]
    assert hub.desk.stock("S1")["P9"] == 6


def test_a_pickup_that_both_annul_goes_back_once(hub: Any, two: tuple[Any, Any], order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1"))
    pickup = two[0].collect("O1", 2).d["pickup"]
    two[0].settle()
    for shop in two:
        shop.journal.append(PickupAnnulled(pickup, "O1", 1, "ready", (HandedLine(1, "P1", 2),)))
    first, second = at_once(hub, *two)
    assert [first.results, [one.code for one in second.results]] == [(), ["ANNULLED_TWICE"]]
    assert hub.desk.stock("S1") == {"P1": 12}
