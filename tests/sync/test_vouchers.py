"""Vouchers of third parties between a till, the hub and a scripted partner."""

from __future__ import annotations

from typing import Any

import pytest

from edge.domain.benefit_refusals import CouponNeedsHq, CouponUsed
from edge.domain.coupon_refusals import CouponUnknown, PartnerSilent
from sync.hub.vouchers import Prepared, ScriptedPartner, Vouchers
from sync.hub.web import create_hub
from sync.transport import LoopTransport
from tests.sync.counter_floor import Counter, Line
from tests.sync.shop_floor import LEAD, Stores

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def codes(hub: Any) -> list[str]:
    return [case["code"] for case in hub.desk.cases()]


def test_a_voucher_is_prepared_consumed_after_the_sale_and_cancelled_else(hub: Any, floor: Stores) -> None:
    partner = ScriptedPartner({"880001": Prepared("", 9900, "双人餐", "Set"), "880002": Prepared("", 100)})
    app = create_hub(hub.engine, partners={"groupbuy": partner})
    shop = Counter(floor("S1"), Line(LoopTransport(app, hub.tokens["S1"])))
    desk = Vouchers(hub.engine, {"groupbuy": partner})
    shop.down()
    with pytest.raises(CouponNeedsHq):
        shop.coupons.lock("880001", "b", LEAD, "n1", issuer="groupbuy")
    shop.up()
    held = shop.coupons.lock("880001", "b", LEAD, "n1", issuer="groupbuy")
    assert (held.fen, held.kind) == (9900, "voucher")
    with pytest.raises(CouponUnknown):
        shop.coupons.lock("999999", "b", LEAD, "n2", issuer="groupbuy")
    shop.coupons.redeem(held.lock, 9900, LEAD, "r1", ref="sale-1")
    shop.floor.settle()
    assert partner.used == {}
    partner.faults = 1
    assert not desk.turn()
    assert desk.turn()
    assert partner.used == {"880001": held.lock}
    with pytest.raises(CouponUsed):
        shop.coupons.lock("880001", "b", LEAD, "n3", issuer="groupbuy")
    partner.faults = 1
    with pytest.raises(PartnerSilent):
        shop.coupons.lock("880002", "b", LEAD, "n4", issuer="groupbuy")
    while desk.turn():
        pass
    again = shop.coupons.lock("880002", "b", LEAD, "n5", issuer="groupbuy")
    shop.coupons.release(again.lock, LEAD)
    shop.customers.turn()
    assert partner.held == {}
    assert codes(hub) == []


def test_a_voucher_that_the_third_party_takes_back_is_a_case(hub: Any, floor: Stores) -> None:
    partner = ScriptedPartner({"880001": Prepared("", 9900)})
    app = create_hub(hub.engine, partners={"groupbuy": partner})
    shop = Counter(floor("S1"), Line(LoopTransport(app, hub.tokens["S1"])))
    held = shop.coupons.lock("880001", "b", LEAD, "n1", issuer="groupbuy")
    partner.held.clear()
    shop.coupons.redeem(held.lock, 9900, LEAD, "r1", ref="sale-1")
    shop.floor.settle()
    assert Vouchers(hub.engine, {"groupbuy": partner}).turn()
    assert codes(hub) == ["VOUCHER_REFUSED"]


def test_a_voucher_of_a_sale_that_came_back_is_asked_for_again(hub: Any, floor: Stores) -> None:
    partner = ScriptedPartner({"880001": Prepared("", 9900), "880002": Prepared("", 9900)}, final={"880002"})
    partners = {"groupbuy": partner}
    shop = Counter(
        floor("S1"), Line(LoopTransport(create_hub(hub.engine, partners=partners), hub.tokens["S1"]))
    )
    desk = Vouchers(hub.engine, partners)
    for code in ("880001", "880002"):
        held = shop.coupons.lock(code, f"basket-{code}", LEAD, f"n-{code}", issuer="groupbuy")
        shop.coupons.redeem(held.lock, 9900, LEAD, f"r-{code}", ref=f"basket-{code}")
        shop.floor.settle()
        while desk.turn():
            pass
        assert code in partner.used
        with shop.floor.books.ledger.transaction() as tx:
            assert shop.coupons.give_back_in(tx, f"basket-{code}", LEAD) == (code,)
        shop.floor.settle()
    partner.faults = 1
    assert not desk.turn()
    assert partner.used
    while desk.turn():
        pass
    assert list(partner.used) == ["880002"]
    assert codes(hub) == ["VOUCHER_KEPT"]
    assert shop.coupons.lock("880001", "next", LEAD, "again", issuer="groupbuy").fen == 9900
