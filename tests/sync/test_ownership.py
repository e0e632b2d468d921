"""Any order of work, grants, lost answers and repeats: both ends have the same goods, no unit is spent twice."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from edge.domain.refusals import Refusal
from sync.benefits import Coupon, Member
from sync.hub.benefit_tables import escrow, points_entry, stock_count
from sync.hub.benefits import BenefitDesk
from sync.hub.grants import GrantDesk
from sync.hub.publishing import NotPossible
from sync.hub.schema import case_file, movement
from tests.sync.shop_floor import LEAD, Floor

OPENING = 20
POINTS = 10
WEATHER = st.lists(st.sampled_from(["pass", "drop", "lost", "dup", "truncate", "garbage"]), max_size=3)
UNITS = st.integers(1, 8)
ACTS = st.one_of(
    st.tuples(st.just("move"), st.integers(-9, 9).filter(bool)),
    st.tuples(st.just("count"), st.integers(0, 30), st.integers(0, 4)),
    st.tuples(st.just("again")),
    st.tuples(st.just("exchange"), WEATHER),
    st.tuples(st.just("exchange"), st.just([])),
    st.tuples(st.just("sell"), UNITS),
    st.tuples(st.just("spend"), UNITS),
    st.tuples(st.just("earn"), st.integers(1, 5)),
    st.tuples(st.just("give_back")),
    st.tuples(st.just("redeem")),
    st.tuples(st.just("release")),
    st.tuples(st.just("grant_quota"), UNITS),
    st.tuples(st.just("hold_for_web"), st.integers(0, 6)),
    st.tuples(st.just("grant_points"), UNITS),
    st.tuples(st.just("recall"), UNITS),
)
SCRIPTS = st.lists(st.tuples(st.integers(0, 1), ACTS), min_size=6, max_size=40)


class World:
    """Two stores on one hub, one member, one coupon for one use."""

    def __init__(self, hub: Any, memory_store: ModuleType, folder: Path, number: int) -> None:
        self.hub, self.number = hub, number
        self.desk, self.grants = BenefitDesk(hub.engine), GrantDesk(hub.engine)
        self.member, self.coupon, self.sku = f"m-{number}", f"C{number}", f"P{number}"
        names = [f"A{number}", f"B{number}"]
        self.desk.issue([Coupon(self.coupon, "C", 900, "券", "C", offline_fen=900, offline_per_hour=99)])
        for name in names:
            hub.admit(name)
            hub.desk.set_stock(name, self.sku, OPENING)
        self.desk.put_member(Member(self.member, "gold", 1), names, points=POINTS)
        self.floors = [Floor(name, folder / name, memory_store.Wire(hub.line(name))) for name in names]
        self.last: dict[int, tuple[Any, ...]] = {}
        self.uses: dict[int, str] = {}
        for floor in self.floors:
            floor.settle()

    def act(self, which: int, what: tuple[Any, ...]) -> None:
        """One step; what the rules refuse does not happen."""
        with contextlib.suppress(Refusal, NotPossible):
            getattr(self, what[0])(which, *what[1:])
        self.check_promises()

    def move(self, which: int, qty: int) -> None:
        floor = self.floors[which]
        self._asked(which, floor.goods.move, self.sku, qty, "receipt", LEAD, next(floor.nonces))

    def count(self, which: int, counted: int, back: int) -> None:
        floor = self.floors[which]
        upto = max(0, floor.goods.begin() - back)
        self._asked(which, floor.goods.count, self.sku, counted, LEAD, next(floor.nonces), upto)

    def again(self, which: int) -> None:
        if which in self.last:
            verb, *same = self.last[which]
            assert verb(*same).repeat

    def exchange(self, which: int, weather: list[str]) -> None:
        self.floors[which].wire.plan[:] = weather
        self.floors[which].turn()

    def sell(self, which: int, units: int) -> None:
        floor = self.floors[which]
        floor.goods.move(self.sku, -units, "sale", LEAD, next(floor.nonces), escrow=True)

    def spend(self, which: int, units: int) -> None:
        self.floors[which].benefits.spend(self.member, units, LEAD, next(self.floors[which].nonces))

    def earn(self, which: int, points: int) -> None:
        self.floors[which].benefits.earn(self.member, points, LEAD, next(self.floors[which].nonces))

    def give_back(self, which: int) -> None:
        self.floors[which].benefits.turn()

    def redeem(self, which: int) -> None:
        floor = self.floors[which]
        self.uses[which] = floor.benefits.redeem(self.coupon, 900, LEAD, next(floor.nonces))

    def release(self, which: int) -> None:
        if which in self.uses:
            floor = self.floors[which]
            floor.benefits.release(self.uses.pop(which), LEAD, next(floor.nonces))

    def grant_quota(self, which: int, units: int) -> None:
        self.grants.grant_quota(self.floors[which].store, self.sku, units)

    def hold_for_web(self, which: int, units: int) -> None:
        self.grants.hold_for_web(self.floors[which].store, self.sku, units)

    def grant_points(self, which: int, units: int) -> None:
        self.grants.grant_points(self.floors[which].store, self.member, units, "2199-01-01T00:00:00.000Z")

    def recall(self, which: int, units: int) -> None:
        for row in self.grants.grants(self.floors[which].store):
            self.grants.recall(row["grant_id"], units)

    def _asked(self, which: int, verb: Any, *args: Any) -> None:
        verb(*args)
        self.last[which] = (verb, *args)

    def check_promises(self) -> None:
        """At every moment: points spent at stores, heard of or not, were the member's."""
        spent = earned = 0
        for floor in self.floors:
            rows = floor.books.journal.pending(0, 500, 1 << 20)
            spent += sum(event.d["points"] for event in rows if event.k == "points.spent")
            earned += sum(event.d["points"] for event in rows if event.k == "points.earned")
        assert spent <= POINTS + earned

    def settle(self) -> None:
        for _ in range(2):  # what one store did, the other hears of
            for floor in self.floors:
                floor.settle()

    def check(self) -> None:
        """After all was heard of."""
        names = [floor.store for floor in self.floors]
        for floor in self.floors:
            self._check_stock(floor)
        for row in self._rows(select(escrow).where(escrow.c.store.in_(names))):
            assert row.spent + row.returned <= row.units
        entries = self._rows(select(points_entry).where(points_entry.c.member == self.member))
        journals = [e for floor in self.floors for e in floor.books.journal.pending(0, 500, 1 << 20)]
        said = [
            e.d["points"] * (1 if e.k == "points.earned" else -1) for e in journals if e.k[:7] == "points."
        ]
        assert sum(row.points for row in entries) == POINTS + sum(said) == self.grants.points(self.member)
        codes = [row.code for row in self._rows(select(case_file).where(case_file.c.store.in_(names)))]
        self._check_coupon(codes)
        assert set(codes) <= {"NEGATIVE_STOCK", "COUPON_USED_TWICE"}

    def _check_stock(self, floor: Floor) -> None:
        at_hq = self._rows(select(movement).where(movement.c.store == floor.store))
        here = floor.goods.on_hand(self.sku)
        assert here == self.hub.desk.stock(floor.store)[self.sku] == OPENING + sum(r.delta for r in at_hq)
        counts = self._rows(select(stock_count).where(stock_count.c.store == floor.store))
        assert sorted((row.seq, row.delta) for row in counts if row.delta) == floor.found()
        moved = floor.books.ledger.read().execute("SELECT seq, delta FROM movement ORDER BY seq").fetchall()
        assert sorted((row.seq, row.delta) for row in at_hq) == [tuple(row) for row in moved]

    def _rows(self, query: Any) -> list[Any]:
        with self.hub.engine.connect() as conn:
            return list(conn.execute(query))

    def _check_coupon(self, codes: list[str]) -> None:
        stand = len({use["store"] for use in self.desk.uses(self.coupon) if not use["released"]})
        assert stand <= 1 or codes.count("COUPON_USED_TWICE") >= 1
        if len(self.desk.uses(self.coupon)) == 2 and stand == 2:
            assert codes.count("COUPON_USED_TWICE") == 1

    def close(self) -> None:
        for floor in self.floors:
            floor.books.close()


NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def long_hub(hub_builder: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = hub_builder(str(tmp_path_factory.mktemp("hub") / "hub.db"))
    yield made
    made.engine.dispose()


# Few, since a world costs a second: the simulator goes on with far longer ones.
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(script=SCRIPTS)
def test_both_ends_agree_and_no_unit_is_spent_twice(
    long_hub: Any, memory_store: ModuleType, tmp_path_factory: pytest.TempPathFactory, script: list[Any]
) -> None:
    world = World(long_hub, memory_store, tmp_path_factory.mktemp("shops"), next(NUMBERS))
    try:
        for which, what in script:
            world.act(which, what)
        world.settle()
        world.check()
    finally:
        world.close()
