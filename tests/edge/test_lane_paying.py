"""A kiosk's payments: cancelled, lost, without a line; nobody pays twice and nobody is told what is not known."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from edge.domain.lane_session import Place
from edge.domain.payment_port import NoAnswer
from edge.domain.refusals import BadRequest
from edge.domain.tickets import TicketKind
from sync.selling import SaleCompleted
from tests.edge.lane_shop import MEMBER, STAFF, STATION, kinds, kiosk
from tests.edge.paying_shop import ALIPAY, WECHAT
from tests.edge.sale_shop import CUP, TEA, facts

STRANGE = "6900000000007"


def test_a_password_is_waited_for_and_can_be_cancelled(tmp_path: Path) -> None:
    with kiosk(tmp_path, "userpaying 40", "success") as shop:
        shop.scan(TEA)
        shop.to_pay()
        shop.scan(WECHAT)
        shop.till.run(1)
        assert shop.stands() is Place.USERPAYING
        assert shop.scan(CUP).said[0] == "product_in_pay"
        shop.till.time.go(600)
        shop.desk.turn()
        assert shop.stands() is not Place.ATTRACT, "no clock of idleness runs while money is under way"


def test_cancelled_it_can_be_paid_by_another_wallet_and_is_one_sale(tmp_path: Path) -> None:
    with kiosk(tmp_path, "userpaying 90", "success") as shop:
        shop.scan(TEA)
        shop.to_pay()
        shop.scan(WECHAT)
        shop.till.run(6)
        shop.desk.cancel(STATION)
        assert shop.stands() is Place.UNKNOWN, "nobody calls it cancelled before it is"
        shop.till.run(60)
        view = shop.view()
        assert (view.place, view.here.said("failed")) == (Place.PAY, "yes")
        shop.scan(ALIPAY)
        shop.till.run(1)
        assert shop.stands() is Place.DONE
        assert len(facts(shop.till.shop, "sale.")) == 1


def test_a_result_that_is_lost_calls_staff_frees_the_kiosk_and_is_a_sale_all_the_same(tmp_path: Path) -> None:
    with kiosk(tmp_path, "success") as shop:
        shop.scan(TEA)
        shop.to_pay()

        def cut(*_: object) -> None:
            raise NoAnswer

        line: Any = shop.till.line
        line.after = cut
        shop.scan(WECHAT)
        shop.till.run(5)
        assert shop.stands() is Place.UNKNOWN
        assert kinds(shop) == []
        shop.till.run(25)
        view = shop.view()
        assert (view.place, kinds(shop)) == (Place.UNKNOWN, [TicketKind.HELP])
        assert view.payment is not None
        assert view.payment.attempt is not None
        assert view.payment.attempt.slip
        with pytest.raises(BadRequest):
            shop.desk.receipt(STATION, "print")
        shop.desk.watch.free(STATION, STAFF, shop.nonce())
        assert shop.stands() is Place.ATTRACT
        assert shop.scan(CUP).units == 1, "the next shopper begins"
        line.after = lambda *_: None
        shop.till.run(60)
        shop.till.shop.store.sales.checkout.turn()
        (sale,) = facts(shop.till.shop, "sale.")
        assert isinstance(sale, SaleCompleted)
        assert (sale.net_fen, shop.view().units) == (5990, 1)


def test_without_a_line_the_basket_goes_to_the_desk(tmp_path: Path) -> None:
    with kiosk(tmp_path, hq="https://hq.example", payments={"provider": "hq"}) as shop:
        shop.till.shop.store.status.exchanged("LINE_DOWN")
        shop.scan(TEA)
        shop.scan(shop.member())
        view = shop.to_pay()
        assert (view.place, view.wallets, view.payment) == (Place.PAY, False, None)
        assert shop.scan(WECHAT).said[0] == "wallets_away"
        shop.desk.park(STATION, shop.nonce())
        view = shop.view()
        assert (view.place, view.here.said("fen")) == (Place.PARKED, "5990")
        sales = shop.till.shop.store.sales
        sales.shifts.open(0, STAFF, shop.nonce())
        taken = sales.scan(view.here.said("parked"), STAFF, shop.nonce())
        assert (taken.station, taken.units, taken.member) == ("T1", 1, MEMBER)
        sale = sales.checkout.cash(taken.basket, 6000, 5990, STAFF, shop.nonce())
        assert sale.net_fen == 5990


def test_two_looks_at_the_same_moment_are_one_sale_and_no_refusal(tmp_path: Path) -> None:
    with kiosk(tmp_path, "success") as shop:
        shop.scan(TEA)
        shop.to_pay()
        shop.scan(WECHAT)
        seen: list[Place] = []

        def look(topic: str) -> None:
            if topic == f"station:{STATION}" and not seen and facts(shop.till.shop, "sale."):
                seen.append(Place.PAYING)
                seen.append(shop.stands())

        shop.till.shop.wakes.listen(look)
        shop.till.run(1)
        assert shop.stands() is Place.DONE
        assert seen[1:] == [Place.DONE], "the page that looked first"
        assert len(facts(shop.till.shop, "sale.")) == 1


def test_a_page_that_hears_of_a_scan_waits_for_what_it_means(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        units: list[int] = []
        page = threading.Thread(target=lambda: units.append(shop.view().units))

        def look(topic: str) -> None:
            if topic == f"station:{STATION}" and page.ident is None:
                page.start()
                page.join(0.1)

        shop.till.shop.wakes.listen(look)
        shop.scan(TEA)
        page.join(10)
        assert units == [1]
