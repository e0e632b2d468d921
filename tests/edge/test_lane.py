"""The kiosk as a shopper uses it: one basket, one payment, people called once, nothing of anybody left behind."""

from __future__ import annotations

from pathlib import Path

from edge.domain.lane_session import Place
from tests.edge.lane_shop import kiosk
from tests.edge.paying_shop import WECHAT
from tests.edge.sale_shop import CUP, TEA


def test_five_scans_a_member_and_a_wallet_are_a_sale(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        for code in (TEA, CUP, TEA):
            view = shop.scan(code)
        assert (view.place, view.units, view.total_fen) == (Place.BASKET, 3, 24_880)
        view = shop.scan(shop.member())
        assert view.tier == "gold"
        view = shop.to_pay()
        assert view.place is Place.PAY, view.said
        assert view.payment is not None and view.payment.fen == 24_880
        view = shop.scan(WECHAT)
        shop.till.turns()
        view = shop.view()
        assert view.place is Place.DONE
