"""Coupons and members between real stores and the hub: who decides what."""

from __future__ import annotations

from typing import Any

import pytest

from edge.domain.benefit_refusals import CouponNeedsHq, CouponUsed
from edge.domain.refusals import UnknownThing
from sync.benefits import Coupon, Member
from sync.hub.benefits import BenefitDesk
from sync.hub.publishing import NotPossible
from tests.sync.shop_floor import LEAD, Stores

# Where the SQL is no other than in the tests beside it, one kind of database will do.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def codes(hub: Any) -> list[str]:
    return [case["code"] for case in hub.desk.cases()]


def a_coupon(name: str, cls: str, **more: Any) -> Coupon:
    return Coupon(name, cls, 2000, "满减", "Off", **more)  # type: ignore[arg-type]


def test_a_coupon_for_one_use_taken_at_two_stores_is_one_case(hub: Any, floor: Stores) -> None:
    one, two = floor("S1"), floor("S2")
    desk = BenefitDesk(hub.engine)
    desk.issue([a_coupon("C1", "C", offline_fen=2000, offline_per_hour=5), a_coupon("A1", "A")])
    one.settle()
    two.settle()
    uses = [shop.benefits.redeem("C1", 1500, LEAD, "u") for shop in (one, two)]
    for shop in (one, two):
        shop.benefits.redeem("A1", 100, LEAD, "a")
        with pytest.raises(CouponUsed):
            shop.benefits.redeem("C1", 1500, LEAD, "again")
    two.settle()
    one.settle()
    assert [(case["code"], case["store"], case["subject"]) for case in hub.desk.cases()] == [
        ("COUPON_USED_TWICE", "S1", "C1")
    ]
    assert {use["use_id"] for use in desk.uses("C1")} == set(uses)
    one.benefits.release(uses[0], LEAD, "r1")
    one.settle()
    with pytest.raises(CouponUsed):  # the other use still stands, and this store has heard of it
        one.benefits.redeem("C1", 1500, LEAD, "third")
    two.benefits.release(uses[1], LEAD, "r2")
    two.settle()
    one.settle()
    assert one.benefits.redeem("C1", 1500, LEAD, "third") != uses[0]
    one.settle()
    assert codes(hub) == ["COUPON_USED_TWICE"]


@on_sqlite
def test_a_leased_coupon_goes_to_its_store_alone_and_hqs_limits_hold_without_a_line(
    hub: Any, floor: Stores
) -> None:
    one, two = floor("S1"), floor("S2")
    desk = BenefitDesk(hub.engine)
    with pytest.raises(NotPossible):
        desk.issue([a_coupon("B0", "B")])
    small = [a_coupon(f"C{n}", "C", offline_fen=500, offline_per_hour=2) for n in range(3)]
    desk.issue([a_coupon("B1", "B", store="S1"), a_coupon("C9", "C"), *small])
    one.settle()
    two.settle()
    with pytest.raises(UnknownThing):
        two.benefits.redeem("B1", 1, LEAD, "b")
    one.benefits.redeem("B1", 2000, LEAD, "b")
    with pytest.raises(CouponUsed):
        one.benefits.redeem("B1", 2000, LEAD, "b2")
    with pytest.raises(CouponNeedsHq):
        one.benefits.redeem("C9", 1, LEAD, "c9")
    with pytest.raises(CouponNeedsHq):
        one.benefits.redeem("C0", 501, LEAD, "c0")
    for n in range(2):
        one.benefits.redeem(f"C{n}", 500, LEAD, f"c{n}")
    with pytest.raises(CouponNeedsHq):
        one.benefits.redeem("C2", 500, LEAD, "c2")
    one.benefits.redeem("C2", 2000, LEAD, "c3", asked=True)
    one.settle()
    assert codes(hub) == []


@on_sqlite
def test_a_withdrawn_coupon_taken_by_a_store_that_had_not_heard_stands_with_a_case(
    hub: Any, floor: Stores
) -> None:
    shop, desk = floor("S1"), BenefitDesk(hub.engine)
    desk.issue([a_coupon("A1", "A")])
    shop.settle()
    desk.revoke("A1")
    shop.benefits.redeem("A1", 1, LEAD, "a")
    shop.settle()
    assert codes(hub) == ["COUPON_REVOKED"]
    assert len(desk.uses("A1")) == 1


def test_a_profile_is_hqs_and_a_proposal_against_an_old_one_does_not_count(hub: Any, floor: Stores) -> None:
    one, two = floor("S1"), floor("S2")
    desk = BenefitDesk(hub.engine)
    desk.put_member(Member("m-1", "gold", 1, phone_tail="5678"), ["S1", "S2"])
    one.settle()
    two.settle()
    one.benefits.propose("m-1", "language", "en", LEAD, "p")
    two.benefits.propose("m-1", "phone_tail", "9999", LEAD, "p")
    one.settle()
    (said,) = desk.proposals()
    assert desk.accept(said["change_id"]).ver == 2
    with pytest.raises(NotPossible):
        desk.accept(said["change_id"])
    two.settle()
    assert codes(hub) == ["MEMBER_CHANGED"]
    assert desk.proposals() == []
    assert one.books.wallet.member_version("m-1") in {1, 2}
    one.settle()
    assert one.books.wallet.member_version("m-1") == two.books.wallet.member_version("m-1") == 2
    desk.put_member(Member("m-1", "gold", 3), ["S2"])
    one.settle()
    assert one.books.wallet.member_version("m-1") is None
