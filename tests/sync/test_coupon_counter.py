"""Coupons at the counter between real stores and the hub: signatures, holds, caps, claims, vouchers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edge.domain.benefit_refusals import CouponElsewhere, CouponNeedsHq, CouponUsed, CouponWithdrawn
from edge.domain.coupon_refusals import (
    CouponCapped,
    CouponHeld,
    CouponIsGoods,
    CouponIsMoney,
    CouponNeedsMember,
    CouponUnknown,
    GiftGone,
    HoldGone,
)
from edge.domain.refusals import BadRequest, NonceReused
from sync.asked import CouponAsk
from sync.hub.benefits import BenefitDesk
from tests.sync.counter_floor import Counter, Line, a_coupon, with_keys
from tests.sync.shop_floor import LEAD, Stores

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Counters = Callable[[str], Counter]


@pytest.fixture
def counter(hub: Any, floor: Stores) -> Counters:
    return lambda store: Counter(floor(store), Line(hub.line(store)))


def codes(hub: Any) -> list[str]:
    return [case["code"] for case in hub.desk.cases()]


def test_a_store_bound_code_is_taken_without_a_line_once(hub: Any, counter: Counters) -> None:
    (code,) = with_keys(hub)[0].issue([a_coupon("B1", "B", store="S1")])
    one, two = counter("S1"), counter("S2")
    for shop in (one, two):
        shop.floor.settle()
        shop.down()
    held = one.coupons.lock(code, "basket-1", LEAD, "n1")
    assert (held.fen, held.asked, held.unverified, held.terms.coupon) == (1500, False, False, "B1")
    assert one.coupons.lock(code, "basket-1", LEAD, "n1").lock == held.lock
    with pytest.raises(NonceReused):
        one.coupons.lock(code, "basket-2", LEAD, "n1")
    with pytest.raises(CouponHeld):
        one.coupons.lock(code, "basket-2", LEAD, "n2")
    with pytest.raises(BadRequest):
        one.coupons.redeem(held.lock, 1501, LEAD, "r0")
    use = one.coupons.redeem(held.lock, 1500, LEAD, "r1", ref="sale-1")
    assert one.coupons.redeem(held.lock, 1500, LEAD, "r1", ref="sale-1") == use
    with pytest.raises(HoldGone):
        one.coupons.redeem(held.lock, 1500, LEAD, "r2", ref="sale-2")
    with pytest.raises(CouponUsed):
        one.coupons.lock(code, "basket-3", LEAD, "n3")
    with pytest.raises(CouponElsewhere) as elsewhere:
        two.coupons.lock(code, "basket-1", LEAD, "n1")
    assert "一店" in elsewhere.value.words("zh").text
    assert one.line.asked == 0
    one.up()
    one.floor.settle()
    assert codes(hub) == []
    assert [row["fen"] for row in BenefitDesk(hub.engine).uses("B1")] == [1500]


def test_what_a_sale_gave_back_is_the_customers_again(hub: Any, counter: Counters) -> None:
    (code,) = with_keys(hub)[0].issue([a_coupon("B1", "B", store="S1")])
    shop = counter("S1")
    shop.floor.settle()
    held = shop.coupons.lock(code, "basket-1", LEAD, "n1")
    with shop.floor.books.ledger.transaction() as tx:
        shop.coupons.redeem_in(tx, held.lock, 1200, LEAD, "sale-1")
    shop.floor.settle()
    with shop.floor.books.ledger.transaction() as tx:
        assert shop.coupons.give_back_in(tx, "sale-1", LEAD) == ("B1",)
    with shop.floor.books.ledger.transaction() as tx:
        assert shop.coupons.give_back_in(tx, "sale-1", LEAD) == ()
    shop.floor.settle()
    assert shop.coupons.look(code).refusal is None
    assert shop.coupons.lock(code, "basket-2", LEAD, "n2").fen == 1500
    assert codes(hub) == []


def test_codes_for_any_store_are_capped_by_value_and_by_hour_and_flagged(hub: Any, counter: Counters) -> None:
    desk = with_keys(hub)[0]
    many = desk.issue([a_coupon(f"C{n}", "C", fen=100) for n in range(11)])
    dear, over = desk.issue([a_coupon("D1", "C", fen=2001), a_coupon("D2", "C", fen=100, online=True)])
    shop = counter("S1")
    shop.floor.settle()
    shop.down()
    assert shop.coupons.look(many[0]).checks
    for refused in (dear, over):
        assert isinstance(shop.coupons.look(refused).refusal, CouponNeedsHq)
        with pytest.raises(CouponNeedsHq):
            shop.coupons.lock(refused, "b", LEAD, refused[-9:])
    # Baskets that are open count as much as sales.
    holds = [shop.coupons.lock(code, f"b{n}", LEAD, f"n{n}") for n, code in enumerate(many[:10])]
    assert all(held.unverified for held in holds)
    with pytest.raises(CouponNeedsHq):
        shop.coupons.lock(many[10], "b10", LEAD, "n10")
    shop.coupons.redeem(holds[0].lock, 100, LEAD, "r0")
    with pytest.raises(CouponNeedsHq):
        shop.coupons.lock(many[10], "b10", LEAD, "n10")
    shop.coupons.release(holds[1].lock, LEAD)
    assert shop.coupons.lock(many[10], "b10", LEAD, "n10").unverified
    shop.up()
    assert not shop.coupons.lock(dear, "b11", LEAD, "n11").unverified


def test_used_in_two_stores_without_a_line_is_a_case_and_an_exception(hub: Any, counter: Counters) -> None:
    (code,) = with_keys(hub)[0].issue([a_coupon("C1", "C")])
    shops = [counter("S1"), counter("S2")]
    for shop in shops:
        shop.floor.settle()
        shop.down()
        held = shop.coupons.lock(code, "b", LEAD, "n")
        shop.coupons.redeem(held.lock, 1500, LEAD, "r", ref="sale-9")
    for shop in reversed(shops):
        shop.up()
        shop.floor.settle()
    assert codes(hub) == ["COUPON_USED_TWICE"]
    assert [shop.coupons.disputed() != () for shop in shops] == [True, False]
    (seen,) = shops[0].coupons.disputed()
    assert [shop.coupons.disputes() for shop in shops] == [1, 0]
    assert (seen.code, seen.fen, seen.ref, seen.tail) == ("COUPON_USED_TWICE", 1500, "sale-9", "C1")


def test_with_a_line_hq_holds_a_coupon_for_one_basket_in_the_chain(hub: Any, counter: Counters) -> None:
    (code,) = with_keys(hub)[0].issue([a_coupon("C1", "C")])
    one, two = counter("S1"), counter("S2")
    one.floor.settle()
    two.floor.settle()
    held = one.coupons.lock(code, "b", LEAD, "n")
    assert held.asked
    with pytest.raises(CouponHeld):
        two.coupons.lock(code, "b", LEAD, "n")
    one.coupons.release(held.lock, LEAD)
    one.coupons.release(held.lock, LEAD)
    assert one.customers.turn()
    assert not one.customers.turn()
    assert two.coupons.lock(code, "b", LEAD, "n").asked
    with pytest.raises(CouponHeld):
        one.coupons.lock(code, "b", LEAD, "n2")


def test_a_hold_that_ran_out_lets_the_next_basket_in_and_a_paid_one_still_counts(
    hub: Any, counter: Counters
) -> None:
    codes_ = with_keys(hub)[0].issue([a_coupon("B1", "B", store="S1"), a_coupon("B2", "B", store="S1")])
    shop = counter("S1")
    shop.floor.settle()
    first, second = (shop.coupons.lock(code, "b", LEAD, code[-9:]) for code in codes_)
    with shop.floor.books.ledger.transaction() as tx:
        tx.execute("UPDATE coupon_lock SET until = '2020-01-01T00:00:00.000Z'")
    assert shop.coupons.turn()
    assert shop.coupons.holding("b") == ()
    shop.coupons.lock(codes_[0], "b2", LEAD, "again")
    with pytest.raises(HoldGone):
        shop.coupons.redeem(first.lock, 100, LEAD, "r1")
    # Nobody else took this one: the money was taken with it, so it counts.
    assert shop.coupons.redeem(second.lock, 100, LEAD, "r2")


def test_a_forged_a_cut_and_a_misspelt_code_are_one_refusal(hub: Any, counter: Counters) -> None:
    (code,) = with_keys(hub)[0].issue([a_coupon("B1", "B", store="S1")])
    shop = counter("S1")
    for text in ("", "CP1.", "券"):
        with pytest.raises(CouponUnknown):
            shop.coupons.look(text)
    assert shop.coupons.look(code).refusal is None
    flipped = code[:20] + ("A" if code[20] != "A" else "B") + code[21:]
    for text in (flipped, code[:-1], code + "A", code.lower(), code.replace("CP1", "MB1"), "x" * 3000):
        with pytest.raises(CouponUnknown):
            shop.coupons.look(text)
    BenefitDesk(hub.engine).revoke("B1")
    shop.floor.settle()
    with pytest.raises(CouponWithdrawn):
        shop.coupons.lock(code, "b", LEAD, "n")


def test_gifts_go_over_the_counter_once_and_off_the_shelf(hub: Any, counter: Counters) -> None:
    gift = a_coupon("G1", "A", fen=0, kind="sample", sku="P1", per_member=1)
    BenefitDesk(hub.engine).issue([gift, a_coupon("B1", "B", store="S1")])
    with_keys(hub)
    shop = counter("S1")
    shop.floor.settle()
    with pytest.raises(CouponIsGoods):
        shop.coupons.lock("G1", "b", LEAD, "n0")
    with pytest.raises(CouponIsMoney):
        shop.coupons.hand_over("B1", LEAD, "n0")
    with pytest.raises(CouponNeedsMember):
        shop.coupons.hand_over("G1", LEAD, "n0")
    given = shop.coupons.hand_over("G1", LEAD, "n1", member="m-1")
    assert shop.coupons.hand_over("G1", LEAD, "n1", member="m-1").use == given.use
    assert given.name_zh == "牛奶"
    assert shop.floor.books.shelf.level("P1") == 9
    shop.floor.settle()
    other = counter("S2")
    other.floor.settle()
    with pytest.raises(CouponCapped):  # HQ counts them over all stores
        other.coupons.hand_over("G1", LEAD, "n1", member="m-1")
    shop.down()
    with pytest.raises(CouponUsed):
        shop.coupons.hand_over("G1", LEAD, "n2", member="m-1")
    shop.coupons.hand_over("G1", LEAD, "n3", member="m-2")
    shop.floor.count(0)
    with pytest.raises(GiftGone):
        shop.coupons.hand_over("G1", LEAD, "n4", member="m-3")


def test_hq_reads_nothing_that_is_no_question(hub: Any, counter: Counters) -> None:
    line = counter("S1").line.below
    for body in (b"", b"[]", b'{"op":"take"}', b'{"op":"hold","coupon":"","lock":"x","until":""}'):
        answer = hub.app.test_client().post(
            "/sync/v1/ask/coupon", data=body, headers={"Authorization": f"Bearer {hub.tokens['S1']}"}
        )
        assert answer.status_code == 400
    assert hub.app.test_client().post("/sync/v1/ask/phone", data=b"{}").status_code == 401
    asked = CouponAsk("hold", "X", "l", "9999-01-01T00:00:00.000Z")
    import msgspec

    assert (
        msgspec.json.decode(line.post("/sync/v1/ask/coupon", msgspec.json.encode(asked)))["why"] == "unknown"
    )
