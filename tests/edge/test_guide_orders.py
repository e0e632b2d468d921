"""Orders paid at the guide screen: one order, one charge, and no money lost, wherever the line or the power goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.desks.lane_places import shopper_at
from edge.domain.guide_orders import OrderState
from edge.domain.guide_session import Place
from edge.domain.tickets import Outcome
from sync.messages import Price
from sync.ordering import OrderPaid
from tests.edge.lane_shop import STAFF
from tests.edge.ordering_shop import STATION, TEA_FEN, Guide, guide
from tests.edge.paying_shop import ALIPAY, WECHAT, Killed, killed, lost
from tests.edge.sale_shop import facts

S = OrderState


def told(here: Guide) -> list[OrderPaid]:
    return [one for one in facts(here.till.shop, "order.paid") if isinstance(one, OrderPaid)]


def test_paid_here_it_goes_to_the_other_store_and_is_no_sale_of_ours(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_order()
        ways = here.view().ways or ()
        assert {way.kind: way.here for way in ways} == {
            "pickup_there": True, "instant": True, "next_day": True, "pickup_here": True,
        }  # fmt: skip
        before = here.pay.money.books.shelf.level("A1")
        view = here.to_pay()
        assert (view.here.place, here.states()) == (Place.PAY, [S.PAYING])
        assert view.order is not None
        assert (view.order.fen, view.order.way_zh, view.url) == (TEA_FEN, "老城店", "")
        here.scan(WECHAT)
        here.till.run(1)
        done = here.view()
        assert (done.here.place, here.states()) == (Place.ORDERED, [S.PAID])
        assert done.order is not None
        assert (done.order.paper, len(done.order.tail)) == (True, 4)
        assert done.url.startswith("https://shop.example/go?o=")
        here.till.time.go(61)
        assert here.view().url == "", "the code for the phone stands there no longer than a minute"
        here.sync()
        assert here.states() == [S.KEPT]
        (order,) = here.hq.desk.orders("S2")
        assert (order.state, order.paid_fen, order.due_fen, order.phone_tail) == (
            "allocated",
            TEA_FEN,
            0,
            "5678",
        )
        opened = here.hq.orders.opened(done.url.rpartition("=")[2])
        assert opened["numeric_code"] == order.numeric_code, (
            "the member's phone has the code to collect it by"
        )
        assert order.numeric_code not in str(here.till.shop.books.jobs.of(here.rows()[0].payment))
        assert facts(here.till.shop, "sale.") == []
        assert here.pay.money.books.shelf.level("A1") == before
        assert here.hq.desk.cases() == []


def test_a_price_of_hqs_that_is_another_one_is_shown_before_it_is_collected(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_who()
        here.hq.desk.publish_prices([Price("A1", 8200, "b2")])
        view = here.scan(here.member())
        assert view.here.place is Place.CHECK
        assert view.order is not None
        assert (view.order.shown_fen, view.order.fen) == (TEA_FEN, 8200)
        assert here.states() == [S.OFFERED], "nothing is collected before the shopper has agreed"
        here.pay.confirm(STATION)
        here.scan(WECHAT)
        here.till.run(1)
        assert (here.place(), here.charged()) == (Place.ORDERED, 8200)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_line_cut_while_hq_is_asked_makes_one_order_or_none_and_charges_nobody(
    tmp_path: Path, cut: str
) -> None:
    with guide(tmp_path) as here:
        here.to_who()
        here.line.cut = cut
        view = here.scan(here.member())
        assert (view.here.place, here.said()) == (Place.WHO, "ordering_away")
        assert (len(here.hq.states()), here.states()) == (
            (0, [S.WISHED]) if cut == "before" else (1, [S.WISHED])
        )
        here.line.cut = ""
        here.till.time.go(60)
        assert here.scan(here.member()).here.place is Place.PAY, "the next code asks for the same order again"
        assert len(here.hq.states()) == 1
        here.scan(WECHAT)
        here.till.run(1)
        here.sync()
        assert (here.states(), here.charged(), len(here.hq.desk.orders("S2"))) == ([S.KEPT], TEA_FEN, 1)


def test_an_answer_that_was_lost_is_not_another_members_order(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_who()
        here.line.cut = "after"
        here.scan(here.member("m-1"))
        here.line.cut = ""
        assert here.scan(here.member("m-2")).here.place is Place.PAY
        here.scan(WECHAT)
        here.till.run(1)
        here.sync()
        orders = {row["member"]: row["state"] for row in here.hq.orders.listed()}
        assert (orders, here.charged()) == ({"m-1": "waiting", "m-2": "paid"}, TEA_FEN)
        here.till.time.go(45 * 60)
        here.sync()
        assert sorted(state for state, _ in here.hq.states()) == ["lapsed", "paid"]


class Broken(BaseException):
    """The process ends here."""


def _all_of_it(here: Guide) -> None:
    here.buy()
    here.view()
    here.sync()


CRASHES = ("wish", "offered", "begin", "submit", "_complete", "_answered")


@pytest.mark.parametrize("late", [False, True], ids=["before it is written", "after it was written"])
@pytest.mark.parametrize("step", CRASHES)
def test_killed_at_any_step_there_is_one_order_one_charge_and_no_money_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, late: bool
) -> None:
    with guide(tmp_path) as here:
        kind = type(here.pay.money)
        whole = getattr(kind, step)

        def dies(self: Any, *asked: Any) -> None:
            if late:
                whole(self, *asked)
            raise Broken

        monkeypatch.setattr(kind, step, dies)
        with pytest.raises(Broken):
            _all_of_it(here)
        monkeypatch.undo()
        here.reopen()
        for _ in range(4):  # whoever comes next, or nobody: time passes and rows are seen to
            here.till.run(40)
            here.sync()
            here.store.guide.rest(STATION)
        here.till.time.go(45 * 60)
        here.sync()
        paid = [state for state, _ in here.hq.states()].count("paid")
        assert here.charged() == paid * TEA_FEN, "what was taken is an order's, and no other"
        assert {*here.states()} <= {S.KEPT, S.DROPPED}
        # A code that was submitted and never sent is gone with the process: nothing was taken by it.
        assert here.states().count(S.KEPT) == paid == (step in {"_complete", "_answered"})
        assert here.hq.desk.cases() == []


def test_killed_between_charge_and_answer_it_is_asked_for_and_paid(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_pay()
        here.till.line.after = killed
        here.scan(WECHAT)
        with pytest.raises(Killed):
            here.till.turns()
        here.till.line.after = lambda *_: None
        here.reopen()
        here.till.run(30)
        assert (here.place(), here.charged()) == (Place.ORDERED, TEA_FEN)


def test_a_result_that_nobody_knows_stays_until_staff_free_the_screen_and_is_paid_all_the_same(
    tmp_path: Path,
) -> None:
    with guide(tmp_path) as here:
        here.to_pay()
        here.till.line.after = lost
        here.scan(WECHAT)
        here.till.run(5)
        assert here.place() is Place.CLEARING
        here.till.run(20)
        view = here.view()
        assert view.order is not None
        assert (view.order.help, bool(view.order.payment and view.order.payment.attempt)) == ("open", True)
        here.scan(ALIPAY)
        here.store.guide.rest(STATION)
        assert here.refused(lambda: here.store.guide.order(STATION)) == "screen_moved_on"
        assert here.place() is Place.CLEARING, (
            "nobody leaves and nothing else is taken while money is under way"
        )
        tickets = here.store.front.tickets
        (call,) = tickets.queue()
        tickets.take(call.ticket, STAFF, "take-0001")
        tickets.close(call.ticket, Outcome.HELPED, STAFF, "close-001")
        assert here.place() is Place.ATTRACT, "staff came: the next shopper may use the screen"
        report = here.store.sales.shifts.x_report(shopper_at(STATION))
        assert (report.unclear, report.unclear_fen, report.orders) == (1, TEA_FEN, ())
        here.till.line.after = lambda *_: None
        here.till.run(15)
        here.sync()
        assert (here.states(), here.charged()) == ([S.KEPT], TEA_FEN)


def test_a_password_is_waited_for_cancelled_and_another_wallet_pays(tmp_path: Path) -> None:
    with guide(tmp_path, "userpaying 90", "success") as here:
        here.to_pay()
        here.scan(WECHAT)
        here.till.run(2)
        assert here.place() is Place.USERPAYING
        here.pay.cancel(STATION)
        assert here.place() is Place.CLEARING, "nobody calls it cancelled before it is"
        here.till.run(60)
        view = here.view()
        assert (view.here.place, view.order and view.order.failed) == (Place.PAY, True)
        here.scan(ALIPAY)
        here.till.run(1)
        here.sync()
        assert (here.states(), here.charged(), len(told(here))) == ([S.KEPT], TEA_FEN, 1)


def test_who_leaves_is_charged_nothing_also_by_a_wallet_that_says_yes_too_late(tmp_path: Path) -> None:
    with guide(tmp_path, "late_success 20") as here:
        here.to_pay()
        here.store.guide.rest(STATION)
        assert (here.place(), here.states()) == (Place.ATTRACT, [S.DROPPED])
        here.till.time.go(61)
        here.buy()
        here.pay.cancel(STATION)
        here.till.run(120)
        here.store.guide.rest(STATION)
        here.till.run(300)
        here.sync()
        assert (here.charged(), here.states()) == (0, [S.DROPPED, S.DROPPED])


def test_an_idle_screen_drops_the_order_and_never_one_that_is_being_paid(tmp_path: Path) -> None:
    with guide(tmp_path, "userpaying 600") as here:
        here.to_pay()
        here.till.time.go(125)
        here.store.guide.turn()
        assert (here.place(), here.states()) == (Place.ATTRACT, [S.DROPPED])
        here.to_pay()
        here.scan(WECHAT)
        here.till.turns()
        here.till.time.go(1_000)
        here.store.guide.turn()
        assert here.place() is Place.USERPAYING
