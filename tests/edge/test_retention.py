"""Thirty days of journal: what may go, what must not, and the chain that still holds; how old HQ's word was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import Clock, stamp
from edge.records.chain import checked
from edge.records.freshness import Freshness
from edge.records.journal import Author
from edge.records.retention import Retention
from sync.messages import OrderAdvanced, Verdict


class Stepped(Clock):
    """Trusted time as the test sets it; HQ was heard."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2026, 1, 5, 10, tzinfo=UTC)
        self.heard = True

    def now(self) -> datetime:
        return self.at

    def state(self) -> str:
        return "ok" if self.heard else "unsynced"


class Heard:
    """A replica that says when its buckets were whole."""

    def __init__(self, clock: Stepped) -> None:
        self.clock = clock
        self.ago = timedelta(minutes=1)

    def consistent_at(self, suffix: str) -> str:
        return "" if suffix == ":shops:CN" else stamp(self.clock.at - self.ago)


@pytest.fixture
def clock() -> Stepped:
    return Stepped()


@pytest.fixture
def heard(clock: Stepped) -> Heard:
    return Heard(clock)


@pytest.fixture
def keeper(shop, clock: Stepped, heard: Heard) -> Retention:
    return Retention(shop.books.ledger, clock, heard)  # type: ignore[arg-type]


def fill(shop, count: int) -> None:
    with shop.books.ledger.transaction() as tx:
        for n in range(count):
            fact = OrderAdvanced(order=f"WX{n:08d}", gen=1, event="pack", state="packed")
            shop.books.journal.append(tx, fact, Author("T1", "1001"))


def kept(shop) -> list[int]:
    return [event.seq for event in shop.books.journal.pending(0, 100, 1 << 20)]


def test_what_is_old_and_in_hqs_backup_goes_and_nothing_else(shop, clock, keeper) -> None:
    journal = shop.books.journal
    fill(shop, 5)
    journal.mark_acked(5, 5)
    keeper.turn()
    clock.at += timedelta(days=20)
    fill(shop, 5)
    journal.mark_acked(10, 8)
    keeper.turn()
    clock.at += timedelta(days=10)
    assert keeper.turn() == 0, "thirty days, not more"
    clock.at += timedelta(days=1)
    assert keeper.turn() == 5
    assert kept(shop) == [6, 7, 8, 9, 10]
    assert (journal.kept_from(), journal.last_seq(), checked(shop.books.ledger).faults) == (6, 10, [])
    clock.at += timedelta(days=60)
    assert keeper.turn() == 3, "facts that no backup has stay, however old"
    assert kept(shop) == [9, 10]
    fill(shop, 2)
    assert checked(shop.books.ledger).faults == []
    journal.record_verdicts([Verdict(9, "conflict", "X", "c-1")])
    shop.books.ledger.read().execute("SELECT 1")
    with shop.books.ledger.transaction() as tx:
        tx.execute("UPDATE journal SET body = replace(body, 'packed', 'picked') WHERE seq = 11")
    assert checked(shop.books.ledger).faults[0] == "fact 11 is not what its hash was made of"


def test_a_missing_first_fact_is_seen_by_the_anchor(shop, clock, keeper) -> None:
    fill(shop, 6)
    shop.books.journal.mark_acked(6, 3)
    keeper.turn()
    clock.at += timedelta(days=31)
    assert keeper.turn() == 3
    with shop.books.ledger.transaction() as tx:
        tx.execute("DELETE FROM journal WHERE seq = 4")
    assert checked(shop.books.ledger).faults[0] == "fact 4 is missing"


@pytest.mark.parametrize("why", ["unsynced", "stale stock", "never durable"])
def test_doubt_keeps_everything(shop, clock, heard, keeper, why: str) -> None:
    fill(shop, 3)
    shop.books.journal.mark_acked(3, 0 if why == "never durable" else 3)
    keeper.turn()
    clock.at += timedelta(days=365)
    clock.heard = why != "unsynced"
    heard.ago = timedelta(days=2 if why == "stale stock" else 0)
    assert keeper.turn() == 0
    assert kept(shop) == [1, 2, 3]


def test_the_age_of_each_class_and_its_worst_of_the_day_are_kept(shop, clock, heard) -> None:
    ages = Freshness(shop.books.ledger, clock, heard)

    def of(name: str) -> tuple[int | None, int, str]:
        age = next(age for age in ages.now() if age.name == name)
        return age.age_s, age.worst_s, age.word

    ages.note()
    assert of("stock") == (60, 60, "fresh")
    words = {119: "fresh", 120: "ageing", 599: "ageing", 600: "alarm", 699: "alarm"}
    for seconds, word in words.items():
        heard.ago = timedelta(seconds=seconds)
        assert of("price")[2] == word
    heard.ago = timedelta(seconds=700)
    ages.note()
    assert of("price") == (700, 700, "alarm")
    heard.ago = timedelta(seconds=900)
    assert of("orders") == (900, 700, "stale")
    assert [age.name for age in ages.now() if age.late] == [age.name for age in ages.now() if age.age_s]
    heard.ago = timedelta(0)
    ages.note()
    assert of("orders") == (0, 700, "fresh")
    assert of("shops") == (None, 0, "stale")
    clock.at += timedelta(days=1)
    ages.note()
    assert of("orders") == (0, 0, "fresh"), "a new day"
    rows = shop.books.ledger.read().execute("SELECT count(DISTINCT day) FROM freshness").fetchone()
    assert rows == (2,)
