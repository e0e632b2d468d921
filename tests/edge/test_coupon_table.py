"""The table of a coupon's life."""

from __future__ import annotations

from edge.domain.coupons import COUPON, CouponEvent, CouponState


def test_the_table_has_a_row_for_every_state_and_ends_where_it_should() -> None:
    assert set(COUPON) == set(CouponState)
    assert {state for state, row in COUPON.items() if not row} == {CouponState.EXPIRED, CouponState.VOID}
    assert {event for row in COUPON.values() for event in row} == set(CouponEvent)
