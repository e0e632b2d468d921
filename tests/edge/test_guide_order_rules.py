"""Orders paid at the guide screen: what HQ says of them, where they count, who may order, what is dropped."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest

from config.schema import parse
from edge.desks.lane_places import shopper_at
from edge.domain.guide_orders import OrderState
from edge.domain.guide_session import Place
from edge.domain.payments import MOST_FEN
from edge.records.journal import Author
from sync.hub.publishing import NotPossible
from sync.messages import LineDown, Price, stamp
from sync.ordering import OrderAsk, OrderPaid
from sync.paying_words import PaymentRefunded
from tests.edge.ordering_shop import STATION, TEA_FEN, guide
from tests.edge.paying_shop import ALIPAY, WECHAT
from tests.edge.sale_shop import facts

S = OrderState


def test_what_hq_has_no_more_is_given_back_by_itself_once(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.buy()
        here.line.cut = "before"
        here.sync()
        here.till.time.go(41 * 60)
        here.hq.turns.turn()
        assert here.hq.states() == [("lapsed", "")]
        here.line.cut = ""
        here.sync()
        assert here.states() == [S.LAPSED]
        here.till.run(5)
        here.sync()
        assert here.charged() == 0
        back = [one for one in facts(here.till.shop, "payment.") if isinstance(one, PaymentRefunded)]
        assert [(one.fen, one.reason, one.ref, one.done) for one in back] == [
            (TEA_FEN, "lapsed", here.rows()[0].order_no, True)
        ]
        assert here.hq.desk.orders("S2") == []
        report = here.store.sales.shifts.x_report(shopper_at(STATION))
        assert (report.orders, report.order_backs, report.order_back_fen) == (
            (("wechat", 1, TEA_FEN),),
            1,
            TEA_FEN,
        )


def test_nobody_begins_to_pay_what_waited_too_long(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_pay()
        here.till.time.go(601)
        here.scan(WECHAT)
        assert (here.place(), here.states(), here.charged()) == (Place.LAPSED, [S.DROPPED], 0)
        assert here.till.line.verbs() == []


def test_another_threads_drop_of_it_is_said_as_well(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_pay()
        here.till.time.go(601)
        here.store.guide.pay.money.drop(here.rows()[0].wish)
        here.store.guide.pay.settle(STATION)
        assert here.place() is Place.LAPSED, "not a screen at rest that says nothing"


def test_it_stands_on_the_screens_shift_and_in_hqs_sums_beside_the_sales(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.buy()
        here.till.time.go(70)
        here.store.guide.rest(STATION)
        here.to_pay("next_day:W1", "m-2")
        assert here.said() == "no_address"
        here.hq.orders.place("m-2", "浦东新区", "世纪大道 1 号")
        here.till.time.go(70)
        view = here.scan(here.member("m-2"))
        assert view.here.said("district") == "浦东新区"
        assert "世纪大道" not in str(view)
        here.scan(ALIPAY)
        here.till.run(1)
        here.till.time.go(24 * 3600)
        here.sync()
        (closed,) = facts(here.till.shop, "shift.closed")
        assert (closed.sales, closed.net_fen, closed.tenders) == (0, 0, ())  # type: ignore[union-attr]
        assert (closed.orders, closed.order_fen, closed.expected_fen) == (2, 2 * TEA_FEN, 0)  # type: ignore[union-attr]
        report = here.store.sales.shifts.z_report(closed.shift)  # type: ignore[union-attr]
        assert report.orders == (("alipay", 1, TEA_FEN), ("wechat", 1, TEA_FEN))
        here.sync()
        assert here.hq.desk.cases() == [], "HQ adds up the same"


def test_codes_in_the_wrong_place_are_dropped_and_stand_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with guide(tmp_path) as here:
        here.to_who()
        view = here.scan(WECHAT)
        assert (view.here.place, here.said()) == (Place.WHO, "member_code_wanted")
        shown = here.member()
        here.scan("6901234567892")
        assert here.place() is Place.WHO, "goods do not lead away from an order"
        here.scan(shown)
        here.scan("6901234567892")
        assert here.said() == "pay_code_wanted"
        assert here.scan(shown).here.place is Place.PAY, "a scanner that read twice changes nothing"
        here.till.time.go(1)
        here.scan(ALIPAY)
        here.till.run(1)
        read = here.till.shop.books.ledger.read()
        tables = [
            name for (name,) in read.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        ]
        kept = str([read.execute(f"SELECT * FROM main.{name}").fetchall() for name in tables])  # noqa: S608
        for secret in (WECHAT, ALIPAY, shown):
            assert secret not in kept
            assert secret not in caplog.text


def test_a_members_code_makes_one_order_and_an_old_or_another_shops_none(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        shown = here.member()
        here.to_who()
        here.scan(shown)
        here.store.guide.rest(STATION)
        here.to_who()
        view = here.scan(shown)
        assert (view.here.place, here.said()) == (Place.WHO, "member_code_spent")
        here.till.time.go(300)
        here.scan(shown)
        assert here.said() == "member_code_old"
        here.scan("6225880123456789")
        assert here.said() == "member_code_wanted"
        assert len(here.hq.states()) == 1
        ask = OrderAsk("n-1", here.member(), "A1", "pickup_there:S2", STATION)
        first = here.hq.orders.ask("S00421", ask)
        assert here.hq.orders.ask("S00421", ask) == first
        two = OrderAsk("n-2", ask.code, "A1", "pickup_there:S2", STATION)
        assert here.hq.orders.ask("S2", two).why == "used"
        other = OrderAsk("n-1", here.member("m-2"), "A1", "pickup_there:S2", STATION)
        assert here.hq.orders.ask("S00421", other).why == "nonce"
        assert "MB1" not in repr(ask)


def test_what_is_not_offered_cannot_be_chosen(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_order("W1")
        assert [way.here for way in here.view().ways or ()].count(True) == 0, (
            "what needs a look at somebody is not"
        )
        pay = here.pay.choose
        assert here.refused(lambda: pay(STATION, "pickup_there:S2", "nonce-x1")) == "not_paid_here"
        here.to_order()
        assert here.refused(lambda: pay(STATION, "pickup_there:S9", "nonce-x2")) == "not_paid_here"
        here.store.status.exchanged("")
        here.store.guide.rest(STATION)
        assert here.refused(lambda: pay(STATION, "pickup_there:S2", "nonce-x3")) == "screen_moved_on"
        assert here.rows() == []
        ask = OrderAsk("n-1", here.member(), "W1", "pickup_there:S2", STATION)
        assert here.hq.orders.ask("S00421", ask).why == "gone"


def test_pieces_of_waiting_orders_are_nobody_elses(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        for n in range(8):
            asked = OrderAsk(f"n-{n}", here.member(), "A1", "pickup_there:S2", STATION)
            assert here.hq.orders.ask("S00421", asked).why == ""
            here.till.time.go(61)
        asked = OrderAsk("n-9", here.member(), "A1", "pickup_there:S2", STATION)
        assert here.hq.orders.ask("S00421", asked).why == "gone", "one stays as safety stock"
        here.till.time.go(41 * 60)
        here.hq.turns.turn()
        assert (
            here.hq.orders.ask(
                "S00421", OrderAsk("n-10", here.member(), *("A1", "pickup_there:S2", "G1"))
            ).why
            == ""
        )


def test_hq_answers_what_it_does_not_know_and_says_so_to_people(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.buy()
        order = here.rows()[0].order_no
        with here.till.shop.books.ledger.transaction() as tx:
            for name, fen in ((order, TEA_FEN), ("G26", 100)):
                fact = OrderPaid(name, fen, "S00421X9", "wechat", "p", STATION)
                here.till.shop.books.journal.append(tx, fact, Author(STATION, "self"))
        here.sync()
        assert here.states() == [S.KEPT]
        assert sorted(case["code"] for case in here.hq.desk.cases()) == ["ORDER_PAID_TWICE", "UNKNOWN_ORDER"]
        arrived = here.hq.turns.arrived
        with pytest.raises(NotPossible):
            arrived(order)


def test_what_is_collected_here_comes_to_this_store_once_it_has_arrived(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_pay("pickup_here:W1")
        here.scan(WECHAT)
        here.till.run(1)
        here.sync()
        assert here.hq.desk.orders("S00421") == []
        made = here.hq.turns.arrived(here.rows()[0].order_no)
        assert (made.store, made.state) == ("S00421", "packed")


def test_who_leaves_while_hq_is_asked_has_no_order_and_no_scanner_stands_still(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_who()
        whole = here.line.post

        def slow(path: str, body: bytes) -> bytes:
            answer = whole(path, body)
            here.store.guide.rest(STATION)
            return answer

        here.line.post = slow  # type: ignore[method-assign]
        assert here.scan(here.member()).here.place is Place.ATTRACT
        assert (here.states(), here.charged()) == ([S.DROPPED], 0)


def test_a_member_whose_answer_was_lost_comes_back_after_another_one(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_who()
        here.line.cut = "after"
        here.scan(here.member("m-1"))
        here.line.cut, whole, asked = "", here.line.post, here.asked()

        def once(path: str, body: bytes) -> bytes:
            if here.asked() > asked:
                raise LineDown("cut")
            return whole(path, body)

        here.line.post = once  # type: ignore[method-assign]
        assert here.scan(here.member("m-2")).here.place is Place.WHO
        here.line.post = whole  # type: ignore[method-assign]
        here.till.time.go(31)
        assert here.scan(here.member("m-1")).here.place is Place.PAY
        here.till.time.go(61)
        here.store.guide.turn()
        assert (sorted(one.value for one in here.states()), len(here.hq.states())) == (
            ["dropped", "paying"],
            1,
        )


def test_a_scan_that_nobody_looked_at_leads_nobody_out_of_an_order(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_order()
        here.store.scans.type_in("6901234567892", STATION)
        assert here.refused(lambda: here.pay.choose(STATION, "pickup_there:S2", here.nonce())) == (
            "screen_moved_on"
        )
        assert here.place() is Place.PRODUCT, "what was scanned is the answer to a touch on the page before"
        here.to_who()
        at = stamp(here.hq.now())
        facts: dict[str, Any] = {"device": "late", "station": STATION, "seq": 1, "stream": "", "kind": "gtin"}
        here.till.shop.books.scans.add(**facts, symbology="typed", text="6901234567892", at=at)
        assert here.place() is Place.WHO


def test_no_price_of_hqs_is_agreed_to_that_no_payment_can_be(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_who()
        here.hq.desk.publish_prices([Price("A1", MOST_FEN + 1, "b2")])
        assert here.scan(here.member()).here.place is Place.WHO
        assert here.said() == "not_paid_here"


def test_a_screen_taken_out_of_the_settings_amid_a_payment_holds_up_nothing(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_pay()
        here.scan(WECHAT)
        here.till.run(1)
        told = msgspec.to_builtins(here.till.settings)
        del told["stations"][STATION]
        here.till.settings = parse(told)
        here.reopen()
        here.store.guide.turn()
        assert (here.states(), here.charged()) == ([S.PAID], TEA_FEN)
        here.sync()
        assert here.states() == [S.KEPT]


def test_a_price_that_changed_since_the_page_is_agreed_to(tmp_path: Path) -> None:
    with guide(tmp_path) as here:
        here.to_order()
        here.hq.desk.publish_prices([Price("A1", TEA_FEN + 300, "b2")])
        here.sync()
        here.pay.choose(STATION, "pickup_there:S2", here.nonce())
        order: Any = here.scan(here.member()).order
        assert (here.place(), order.shown_fen, order.fen) == (Place.CHECK, TEA_FEN, TEA_FEN + 300)
