"""Stock and escrow between real stores and the hub: who may write what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from edge.domain.benefit_refusals import CountAhead, PointsShort, QuotaShort
from edge.domain.refusals import BadRequest, NonceReused, UnknownThing
from sync.benefits import Member
from sync.hub.benefit_tables import stock_count
from sync.hub.benefits import BenefitDesk
from sync.hub.grants import GrantDesk
from sync.hub.publishing import NotPossible
from sync.hub.schema import ingest_stream, movement
from sync.messages import stamp
from tests.sync.shop_floor import LEAD, Stores

# Where the SQL is no other than in the tests beside it, one kind of database will do.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def codes(hub: Any) -> list[str]:
    return [case["code"] for case in hub.desk.cases()]


def soon(minutes: float = 60) -> str:
    return stamp(datetime.now(UTC) + timedelta(minutes=minutes))


# ---- stock ---------------------------------------------------------------------------------------


def test_what_moves_while_somebody_counts_comes_on_top_at_both_ends(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    shop.move(5)
    seen = shop.goods.begin()
    shop.move(-2, reason="damage")
    booked = shop.count(13, seen)
    assert (booked.delta, booked.on_hand) == (-2, 11)
    shop.move(-1, reason="sale")
    shop.settle()
    assert shop.goods.on_hand("P1") == hub.desk.stock("S1")["P1"] == 10
    with hub.engine.connect() as conn:
        assert conn.scalar(select(stock_count.c.delta)) == -2
        assert 10 + (conn.scalar(select(func.sum(movement.c.delta))) or 0) == 10


@on_sqlite
def test_an_older_look_at_the_shelf_changes_nothing(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    early = shop.goods.begin()
    shop.move(3)
    assert shop.count(9).on_hand == 9
    late = shop.count(100, early)
    assert (late.delta, late.on_hand) == (0, 9)
    shop.settle()
    assert hub.desk.stock("S1")["P1"] == 9


@on_sqlite
def test_a_correction_of_hq_that_the_store_has_not_heard_of_gives_way_to_a_count(
    hub: Any, floor: Stores
) -> None:
    shop = floor("S1")
    shop.move(1)
    shop.settle()
    hub.desk.set_stock("S1", "P1", 50)
    shop.count(7)
    shop.move(-1, reason="sale")
    assert shop.goods.on_hand("P1") == 6
    shop.settle()
    assert shop.goods.on_hand("P1") == hub.desk.stock("S1")["P1"] == 6


def test_a_late_movement_that_a_count_saw_is_booked_and_taken_out_again(hub: Any, floor: Stores) -> None:
    old = floor("S1")
    old.move(1)
    old.settle()
    old.move(-4, reason="damage")  # the disk dies with this unsent, and is found again later
    new = floor("S1")
    new.count(6)
    new.settle()
    assert hub.desk.stock("S1")["P1"] == 6
    old.settle()
    new.settle()
    assert hub.desk.stock("S1")["P1"] == new.goods.on_hand("P1") == 6
    with hub.engine.connect() as conn:
        assert 10 + conn.scalar(select(func.sum(movement.c.delta))) == 6


def test_fewer_than_nought_is_one_case_until_it_is_over(hub: Any, floor: Stores) -> None:
    shop = floor("S1")
    shop.move(-12, reason="sale")
    shop.move(-1, reason="sale")
    shop.settle()
    shop.move(-1, reason="sale")
    shop.settle()
    assert codes(hub) == ["NEGATIVE_STOCK"]
    assert [case["subject"] for case in hub.desk.cases()] == ["P1"]
    assert hub.desk.stock("S1")["P1"] == shop.goods.on_hand("P1") == -4
    shop.move(4)
    shop.move(-1, reason="sale")
    shop.settle()
    assert codes(hub) == ["NEGATIVE_STOCK"] * 2
    assert shop.books.journal.acked() == 5


@on_sqlite
def test_a_wish_is_done_once_and_odd_ones_are_refused(floor: Stores) -> None:
    shop = floor("S1")
    first = shop.goods.count("P1", 4, LEAD, "n1")
    assert shop.goods.count("P1", 4, LEAD, "n1").seq == first.seq
    with pytest.raises(NonceReused):
        shop.goods.count("P1", 5, LEAD, "n1")
    with pytest.raises(CountAhead):
        shop.count(4, 99)
    with pytest.raises(BadRequest):
        shop.count(-1)
    with pytest.raises(BadRequest):
        shop.move(0)
    with pytest.raises(UnknownThing):
        shop.move(1, "no-such")
    assert shop.books.journal.depth() == 1


# ---- escrow --------------------------------------------------------------------------------------


def test_a_quota_is_spent_given_back_and_granted_again_only_then(hub: Any, floor: Stores) -> None:
    shop, grants = floor("S1"), GrantDesk(hub.engine)
    with pytest.raises(NotPossible):
        grants.grant_quota("S1", "P1", 1)  # nobody there yet who could hold it
    shop.move(10)
    shop.settle()
    grants.hold_for_web("S1", "P1", 5)
    with pytest.raises(NotPossible):
        grants.grant_quota("S1", "P1", 16)
    quota = grants.grant_quota("S1", "P1", 15)
    shop.settle()
    assert (shop.goods.unasked("P1"), shop.books.wallet.web("P1")) == (15, 5)
    shop.move(-4, reason="sale", escrow=True)
    grants.recall(quota.grant, 20)
    with pytest.raises(NotPossible):  # asked for, not given: the store may be selling it
        grants.grant_quota("S1", "P1", 1)
    shop.settle()
    with pytest.raises(NotPossible):
        grants.grant_quota("S1", "P1", 1)
    assert shop.benefits.turn()
    assert not shop.benefits.turn()
    assert shop.goods.unasked("P1") == 0
    with pytest.raises(QuotaShort):
        shop.move(-1, reason="sale", escrow=True)
    shop.settle()
    grants.grant_quota("S1", "P1", 11)
    shop.settle()
    assert shop.goods.unasked("P1") == 11
    assert codes(hub) == []


def test_another_disk_may_not_spend_what_the_first_was_granted(hub: Any, floor: Stores) -> None:
    old, grants = floor("S1"), GrantDesk(hub.engine)
    old.move(1)
    old.settle()
    quota = grants.grant_quota("S1", "P1", 8)
    old.settle()
    new = floor("S1")
    new.move(1)
    new.settle()
    assert (old.goods.unasked("P1"), new.goods.unasked("P1")) == (8, 0)
    with pytest.raises(NotPossible):
        grants.write_off(quota.grant)
    with hub.engine.begin() as conn:
        conn.execute(
            ingest_stream.update()
            .where(ingest_stream.c.stream == old.books.journal.stream_id())
            .values(state="closed")
        )
    assert grants.write_off(quota.grant) == 8
    grants.grant_quota("S1", "P1", 12)
    new.settle()
    assert new.goods.unasked("P1") == 12


def test_points_are_a_sum_and_spent_only_out_of_a_grant(hub: Any, floor: Stores) -> None:
    one, two = floor("S1"), floor("S2")
    people, grants = BenefitDesk(hub.engine), GrantDesk(hub.engine)
    people.put_member(Member("m-1", "gold", 1), ["S1", "S2"], points=100)
    for shop in (one, two):
        shop.benefits.earn("m-1", 10, LEAD, "e1")
        shop.settle()
    assert grants.points("m-1") == 120
    grants.grant_points("S1", "m-1", 70, soon())
    with pytest.raises(NotPossible):
        grants.grant_points("S2", "m-1", 51, soon())
    grants.grant_points("S2", "m-1", 50, soon())
    one.settle()
    with pytest.raises(PointsShort):
        one.benefits.spend("m-1", 71, LEAD, "s0")
    one.benefits.spend("m-1", 70, LEAD, "s1")
    one.benefits.spend("m-1", 70, LEAD, "s1")
    with pytest.raises(PointsShort):
        one.benefits.spend("m-1", 1, LEAD, "s2")
    one.benefits.earn("m-1", -10, LEAD, "e2")
    one.settle()
    assert grants.points("m-1") == 40
    assert codes(hub) == []


@on_sqlite
def test_points_that_ran_out_of_time_go_back_by_themselves(hub: Any, floor: Stores) -> None:
    shop, grants = floor("S1"), GrantDesk(hub.engine)
    BenefitDesk(hub.engine).put_member(Member("m-1", "gold", 1), ["S1"], points=100)
    shop.move(1)
    shop.settle()
    grants.grant_points("S1", "m-1", 60, soon())
    shop.settle()
    with shop.books.hq.transaction() as tx:
        tx.execute("UPDATE points_grant SET not_after = '2026-01-05T10:00:00.000Z'")
    with pytest.raises(PointsShort):
        shop.benefits.spend("m-1", 1, LEAD, "s1")
    with pytest.raises(NotPossible):
        grants.grant_points("S1", "m-1", 41, soon(120))
    assert shop.benefits.turn()
    shop.settle()
    assert grants.grant_points("S1", "m-1", 100, soon(120)).units == 100


@on_sqlite
def test_what_was_never_granted_is_a_case_and_stands(hub: Any, shop: Any) -> None:
    from sync.benefits import PointsEarned, PointsSpent
    from sync.goods import GrantReturned, StockMoved

    BenefitDesk(hub.engine).put_member(Member("m-1", "gold", 1), ["S1"], points=100)
    shop.journal.append(PointsEarned("m-1", 1))
    shop.settle()
    grant = GrantDesk(hub.engine).grant_points("S1", "m-1", 20, soon()).grant
    shop.journal.append(PointsSpent("m-1", 21, grant))
    shop.journal.append(PointsSpent("m-1", 1, "nobody's"))
    shop.journal.append(StockMoved("P1", -1, "sale", grant=grant))
    shop.journal.append(GrantReturned("nobody's", 1))
    shop.journal.append(PointsEarned("m-9", 3))
    shop.settle()
    assert codes(hub) == ["ESCROW_EXCEEDED", *["UNKNOWN_GRANT"] * 3, "UNKNOWN_MEMBER"]
    assert GrantDesk(hub.engine).points("m-1") == 79
    assert GrantDesk(hub.engine).points("m-9") == 3
    assert hub.desk.stock("S1")["P1"] == 9
