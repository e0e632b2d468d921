"""An order that went on without some pieces: nobody hands over, nor takes back, what was never in the bag."""

from __future__ import annotations

import pytest

from edge.daemon import Shop
from edge.domain.orders import OrderState
from edge.domain.picking import ShortReason
from edge.domain.return_refusals import ReturnTooMany
from edge.domain.returns import Condition, Fate, Reason, Source, Wanted
from edge.domain.staff import Operator
from edge.domain.views import RedeemRequest
from tests.edge.conftest import PretendHq
from tests.edge.pick_floor import CUP, ONE, TEA, Floor, nonce


def test_pieces_that_were_short_are_not_handed_over(shop: Shop, hq: PretendHq, cashier: Operator) -> None:
    floor = Floor(shop, hq)
    floor.goods("A1", TEA, 10)
    floor.goods("B2", CUP, 4)
    floor.order()  # two of A1, one of B2
    floor.take(cashier)
    floor.desks.shorts.short(ONE, 1, ShortReason.MISMATCH, cashier, nonce(), 1)
    floor.desks.shorts.settle(ONE, cashier, nonce())
    floor.scan(TEA, cashier), floor.scan(CUP, cashier)
    packed = floor.desks.packing.pack(ONE, cashier, nonce())
    floor.desks.packing.shelve(packed.label, "A-1", cashier, nonce())
    found = shop.store.pickup.look(hq.code(), cashier)
    assert [(line.sku, line.qty, line.left) for line in found.lines] == [("A1", 2, 1), ("B2", 1, 1)]
    done = shop.store.hand_over.redeem(RedeemRequest(nonce(), code=hq.code()), cashier)
    assert [qty for _, _, qty in done.handed] == [1, 1]
    assert (done.left_units, floor.state()) == (0, OrderState.PICKED_UP)
    # One was never there, one left with the customer.
    assert [shop.store.goods.on_hand(sku) for sku in ("A1", "B2")] == [8, 3]
    two = Wanted(1, 2, Condition.INTACT, Reason.NO_REASON, Fate.SHELF)
    with pytest.raises(ReturnTooMany):
        shop.store.returns.accept(Source.ORDER, ONE, [two], cashier, nonce())
