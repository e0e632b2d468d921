"""Orders collected at a kiosk, and how a shopper leaves: nothing of anybody stays behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devices.simulated_locker import SimulatedLocker
from edge.domain import refusals as no
from edge.domain.lane_refusals import LaneClosed, LaneMovedOn
from edge.domain.lane_session import Place
from edge.domain.refusals import TooManyTries
from edge.domain.selling import BasketState
from edge.domain.tickets import TicketKind
from edge.domain.views import RedeemRequest
from sync.tickets import FeedbackGiven
from tests.edge.lane_shop import STAFF, STATION, coupon, kinds, kiosk, paid
from tests.edge.sale_shop import TEA, facts

STRANGE = "6900000000007"


# ---- orders ----


def test_an_order_is_called_for_at_once_and_guessing_is_paced(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        shop.hq.order()
        view = shop.scan(shop.hq.code())
        assert view.place is Place.PICKUP
        assert view.collected is not None
        assert (view.collected.tail, view.collected.units, view.collected.box) == ("0017", 3, 0)
        assert kinds(shop) == [TicketKind.BRING]
        shop.desk.leave(STATION)
        shop.desk.go(STATION, "code")
        shop.desk.collect(STATION, "4815 1623", shop.nonce())
        assert shop.stands() is Place.PICKUP
        shop.desk.leave(STATION)
        said = []
        for digits in ("00000000", "0000005678", "11111111"):
            with pytest.raises(no.InvalidCode) as told:
                shop.desk.collect(STATION, digits, shop.nonce())
            said.append(told.value.words("zh"))
        assert len(set(said)) == 1
        with pytest.raises(no.InvalidCode):
            shop.desk.collect(STATION, "22222222", shop.nonce())
        with pytest.raises(TooManyTries):
            shop.desk.collect(STATION, "33333333", shop.nonce())


def test_who_comes_for_an_order_is_called_for_until_it_is_handed_over(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        tickets = shop.till.shop.store.front.tickets
        shop.hq.order()
        shop.hq.order("WX2026112200018", numeric_code="59151623", shelf="A-08")
        shop.scan(shop.hq.code())
        shop.desk.leave(STATION)
        shop.scan(shop.hq.code("WX2026112200018"))
        shop.desk.leave(STATION)
        first, second = tickets.queue()
        assert (first.tail, first.shelf, first.sku) == ("0017", "A-07", ""), "the call outlives the page"
        assert (second.tail, second.shelf) == ("0018", "A-08"), "the same goods for somebody else"
        request = RedeemRequest(nonce=shop.nonce(), code=shop.hq.code())
        shop.till.shop.store.hand_over.redeem(request, STAFF)
        tickets.turn()
        assert [one.tail for one in tickets.queue()] == ["0018"]


def test_six_digits_need_the_end_of_the_phone_number(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        shop.hq.order(numeric_code="481516")
        with pytest.raises(no.InvalidCode):
            shop.desk.collect(STATION, "4815160000", shop.nonce())
        shop.desk.collect(STATION, "4815165678", shop.nonce())
        assert shop.stands() is Place.PICKUP


def test_a_box_opens_once_and_a_stuck_one_calls_somebody(tmp_path: Path) -> None:
    with SimulatedLocker() as bank:
        boxes: dict[str, Any] = {
            "lockers": {"bank": {"station": STATION, "device": bank.port}},
            "locker": "bank",
        }
        with kiosk(tmp_path, **boxes) as shop:
            shop.hq.order(shelf="BOX-07")
            view = shop.scan(shop.hq.code())
            assert view.collected is not None
            assert (view.collected.box, view.collected.stuck, bank.pulses) == (7, False, [7])
            shop.desk.leave(STATION)
            assert shop.scan(shop.hq.code()).said[0] == "already_collected"
            shop.hq.order("WX2", shelf="BOX-08", numeric_code="11112222")
            bank.stuck = {8}
            view = shop.scan(shop.hq.code("WX2", nonce="1102030405060708090a"))
            assert view.collected is not None
            assert (view.collected.stuck, kinds(shop)) == (True, [TicketKind.HELP])
            assert bank.pulses == [7, 8]
            shop.desk.boxes.close()


def test_amid_somebodys_shopping_an_order_waits(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        shop.hq.order()
        shop.scan(TEA)
        assert shop.scan(shop.hq.code()).said[0] == "finish_first"
        shop.desk.remove(STATION, shop.view().rows[0].line.line, shop.nonce())
        assert shop.scan(shop.hq.code()).place is Place.PICKUP


# ---- leaving ----


def test_who_walks_away_leaves_a_basket_without_a_name_for_ten_minutes(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        coupon(shop.hq, "C15", 1500)
        shop.scan(TEA)
        basket = shop.scan(shop.member()).bill
        assert basket is not None
        shop.till.time.go(115)
        assert not shop.desk.turn()
        shop.desk.touch(STATION)
        shop.till.time.go(115)
        assert not shop.desk.turn()
        shop.till.time.go(10)
        assert shop.desk.turn()
        here = shop.view().here
        assert (here.place, dict(here.facts)) == (Place.ATTRACT, {})
        books = shop.till.shop.books
        left = books.baskets.by_id(basket.basket.basket)
        assert left is not None
        assert (left.state, left.member, left.tier, left.card_tail) == (BasketState.SUSPENDED, "", "", "")
        assert books.coupons.by_order(left.basket)[0].state.value == "issued"
        shop.till.time.go(601)
        assert shop.desk.turn()
        gone = books.baskets.by_id(left.basket)
        assert gone is not None
        assert gone.state is BasketState.VOID
        assert not shop.desk.turn()


def test_where_no_more_baskets_can_wait_the_next_shopper_still_finds_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.desks.selling._MOST_SUSPENDED", 1)
    with kiosk(tmp_path) as shop:
        for _ in range(2):
            assert shop.scan(TEA).units == 1
            shop.desk.leave(STATION)
            assert shop.desk.basket.at(STATION) is None
        assert len(shop.till.shop.store.sales.selling.suspended()) == 1


def test_a_members_panel_hides_and_the_basket_stays(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        shop.scan(TEA)
        shop.desk.go(STATION, "member")
        shop.till.time.go(32)
        view = shop.view()
        assert (view.place, view.units) == (Place.BASKET, 1)


def test_help_is_waited_for_and_can_be_called_off(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        shop.scan(TEA)
        nonce = shop.nonce()
        shop.desk.help(STATION, nonce)
        assert (shop.stands(), kinds(shop)) == (Place.HELP, [TicketKind.HELP])
        shop.till.time.go(3600)
        assert not shop.desk.turn()
        shop.desk.go(STATION, "back")
        assert (shop.stands(), shop.view().units, kinds(shop)) == (Place.BASKET, 1, [])
        shop.desk.help(STATION, nonce)
        assert kinds(shop) == [TicketKind.HELP], "the button in the frame keeps its number"


def test_closed_it_still_hands_out_orders(tmp_path: Path) -> None:
    with kiosk(tmp_path, opens="09:00", closes="21:00") as shop:
        shop.hq.order()
        assert shop.stands() is Place.ATTRACT  # 10:16 in Shanghai
        shop.desk.watch.pause(STATION, STAFF, on=True)
        assert shop.view().closed == "paused"
        assert shop.scan(TEA).said[0] == "lane_closed"
        with pytest.raises(LaneClosed):
            shop.desk.begin(STATION)
        assert shop.scan(shop.hq.code()).place is Place.PICKUP
        shop.desk.leave(STATION)
        shop.desk.watch.pause(STATION, STAFF, on=False)
        shop.till.time.go(12 * 3600)
        assert shop.view().closed == "hours"
        assert [one.word for one in shop.desk.watch.tiles()] == ["closed"]


def test_a_kiosks_shift_is_a_days(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        shop.scan(TEA)
        shop.to_pay()
        paid(shop)
        shifts = shop.till.shop.store.sales.shifts
        first = shifts.at(STATION)
        assert first is not None
        shop.till.time.go(24 * 3600)
        shop.desk.turn()
        shop.desk.turn()
        assert shifts.at(STATION) is None
        report = shifts.z_report(first.shift)
        assert (report.sales, report.net_fen, report.z) == (1, 5990, 1)
        assert shop.scan(TEA).units == 1


def test_a_touch_on_a_page_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        with pytest.raises(LaneMovedOn):
            shop.desk.go(STATION, "member")
        with pytest.raises(no.UnknownThing):
            shop.desk.begin("T1")
        assert not shop.desk.takes("T1", TEA, "n")
        shop.till.reopen()
        assert shop.stands() is Place.ATTRACT


def test_a_face_counts_once_with_or_without_its_reasons(tmp_path: Path) -> None:
    def given() -> list[tuple[int, tuple[str, ...]]]:
        told = facts(shop.till.shop, "feedback.")
        return [(one.score, one.chips) for one in told if isinstance(one, FeedbackGiven)]

    with kiosk(tmp_path) as shop:
        shop.scan(TEA)
        shop.to_pay()
        paid(shop)
        shop.desk.rate(STATION, 2)
        shop.desk.rate(STATION, 1)
        assert shop.view().here.unanswered
        assert given() == [], "which reasons, is still to be said"
        shop.desk.answer(STATION, ["queue", "slow", "queue", "nonsense"], shop.nonce())
        assert given() == [(1, ("queue", "slow"))]
        with pytest.raises(LaneMovedOn):
            shop.desk.rate(STATION, 5)
        shop.hq.order()
        shop.scan(shop.hq.code())
        shop.desk.rate(STATION, 5)
        shop.till.time.go(20)
        shop.desk.turn()
        assert given() == [(1, ("queue", "slow")), (5, ())], "who walks away has said it all the same"
