"""The kiosk as a shopper uses it: one basket, one payment, people called once, nothing of anybody left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devices.simulated_scale import SimulatedScale
from edge.domain.coupon_refusals import MemberNeedsHq
from edge.domain.lane_session import Place
from edge.domain.refusals import BadRequest
from edge.domain.tickets import Outcome, TicketKind
from edge.till_crew import let_go
from sync.selling import SaleCompleted
from tests.edge.lane_shop import BADGE, BAG, MEMBER, SMOKES, STATION, coupon, kinds, kiosk, paid
from tests.edge.paying_shop import WECHAT
from tests.edge.sale_shop import CUP, TEA, WINE, facts

STRANGE = "6900000000007"


# ---- buying ----


def test_scans_a_member_the_best_coupons_and_a_wallet_are_a_sale_in_four_touches(tmp_path: Path) -> None:
    with kiosk(tmp_path, bags=[BAG]) as shop:
        coupon(shop.hq, "C15", 1500)
        coupon(shop.hq, "C8", 800)
        for code in (TEA, CUP, TEA):
            view = shop.scan(code)
        assert (view.place, view.units, view.total_fen) == (Place.BASKET, 3, 24_880)
        assert [row.line.sku for row in view.rows] == ["A1", "B2"], "what was scanned last stands first"
        view = shop.scan(shop.member())
        assert (view.tier, view.total_fen) == ("gold", 23_380)
        assert [(one.held, one.fen) for one in view.coupons] == [(True, 1500), (False, 0)]
        places = [shop.on().place for _ in range(3)]
        assert places == [Place.BAGS, Place.COUPONS, Place.PAY]
        paid(shop)
        (sale,) = [fact for fact in facts(shop.till.shop, "sale.") if isinstance(fact, SaleCompleted)]
        assert (sale.net_fen, sale.member) == (23_380, MEMBER)
        jobs = shop.till.shop.books.jobs
        view = shop.view()
        assert view.sale is not None
        assert jobs.of(view.sale.sale) is None, "paper is asked for first"
        for _ in range(2):
            shop.desk.receipt(STATION, "print")
        job = jobs.of(view.sale.sale)
        assert job is not None
        assert "自助收银" in repr(job.slip)
        assert WECHAT not in repr(job.slip)
        shop.desk.receipt(STATION, "none")
        assert shop.stands() is Place.ATTRACT


def test_what_the_shopper_chose_of_the_coupons_stays(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        coupon(shop.hq, "C15", 1500)
        coupon(shop.hq, "C8", 800)
        shop.scan(TEA)
        view = shop.scan(shop.member())
        held = next(one for one in view.coupons if one.held)
        shop.desk.tick(STATION, held.name, shop.nonce(), on=False)
        other = next(one for one in shop.view().coupons if one.name != held.name)
        shop.desk.tick(STATION, other.name, shop.nonce(), on=True)
        view = shop.to_pay()
        assert (view.place, view.total_fen) == (Place.PAY, 5990 - 800)
        assert "C15" not in repr(view.coupons[0].name), "a coupon's number is not for the page"


def test_coupons_are_for_who_shows_the_rotating_code_alone(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        coupon(shop.hq, "C15", 1500)
        coupon(shop.hq, "C8", 800)
        shop.scan(TEA)
        assert len(shop.scan(shop.member()).coupons) == 2
        look = int(shop.view().here.said("look"))
        with shop.till.shop.books.ledger.transaction() as tx:
            tx.execute("UPDATE member_look SET trust = 'card' WHERE look = ?", (look,))
        assert [one.held for one in shop.view().coupons] == [True]
        shop.desk.nobody(STATION, shop.nonce())
        view = shop.view()
        assert (view.tier, view.coupons, view.total_fen) == ("", (), 5990)
        with pytest.raises(MemberNeedsHq):
            shop.desk.by_phone(STATION, "13800005678", shop.nonce())


def test_a_code_read_twice_is_asked_about_once(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        shop.scan(TEA)
        view = shop.scan(TEA, later_s=1.0)
        assert (view.units, bool(view.here.said("again"))) == (1, True)
        shop.desk.again(STATION, shop.nonce(), yes=True)
        assert shop.view().units == 2
        view = shop.scan(TEA, later_s=1.3)
        assert (view.units, view.here.said("again")) == (3, "")
        shop.scan(TEA, later_s=0.2)
        shop.desk.again(STATION, shop.nonce(), yes=False)
        assert shop.view().units == 3


def test_an_unknown_code_holds_nothing_up_and_tobacco_is_refused_at_once(tmp_path: Path) -> None:
    with kiosk(tmp_path, most_lines=2) as shop:
        assert shop.scan(STRANGE).said[0] == "lane_unknown"
        assert shop.scan(TEA).said[0] == ""
        view = shop.scan(SMOKES)
        assert (view.said[0], view.units) == ("tobacco_at_desk", 1)
        shop.scan(CUP)
        assert shop.scan(WINE).said[0] == "lane_full"
        assert shop.scan(TEA).units == 3
        assert shop.scan(WECHAT).said[0] == "pay_later"
        assert WECHAT not in json.dumps(dict(shop.view().here.facts))


def test_bags_and_lookups_go_into_the_same_basket(tmp_path: Path) -> None:
    with kiosk(tmp_path, bags=[BAG]) as shop:
        shop.desk.begin(STATION)
        shop.desk.look_up(STATION, "letters", "LONGJ", 0)
        assert [one.sku for one in shop.view().shelf.wares] == ["A1"]
        for letters in ("ONGJ", "W"):
            shop.desk.look_up(STATION, "letters", letters, 0)
            wares = [one.name_en for one in shop.view().shelf.wares]
            assert wares == [], "a word is known by its beginning, goods by their name"
        shop.desk.look_up(STATION, "category", "food", 0)
        assert {one.sku for one in shop.view().shelf.wares} >= {"A1", "B2"}
        nonce = shop.nonce()
        for _ in range(2):
            shop.desk.take(STATION, "A1", nonce)
        assert shop.view().units == 1, "one touch is one piece"
        assert shop.on().place is Place.BAGS
        shop.desk.take(STATION, BAG, shop.nonce())
        assert (shop.stands(), shop.view().units) == (Place.MEMBER, 2)
        for bad in ("a1", "LJ'", "L" * 9):
            with pytest.raises(BadRequest):
                shop.desk.look_up(STATION, "letters", bad, 0)


# ---- people ----


def test_everything_to_look_at_is_raised_once_and_answered_from_the_desk(tmp_path: Path) -> None:
    with kiosk(tmp_path, most_pieces=2) as shop:
        for code in (TEA, TEA, TEA, WINE, STRANGE):
            shop.scan(code)
        assert kinds(shop) == [], "nobody is called before the shopper wants to pay"
        shop.desk.stranger(STATION)
        view = shop.to_pay()
        assert view.place is Place.INTERVENTION
        assert set(kinds(shop)) == {TicketKind.AGE, TicketKind.MAX_QTY, TicketKind.UNKNOWN_ITEM}
        shop.desk.forward(STATION, shop.nonce())
        assert len(kinds(shop)) == 3
        shop.answer()
        view = shop.view()
        assert (view.place, view.units) == (Place.PAY, 4)
        paid(shop)
        (sale,) = [fact for fact in facts(shop.till.shop, "sale.") if isinstance(fact, SaleCompleted)]
        assert sale.age_checked


def test_a_weight_that_differs_holds_nothing_up_and_is_looked_at_once(tmp_path: Path) -> None:
    with SimulatedScale() as scale:
        wired: dict[str, Any] = {
            "scales": {"S1": {"station": STATION, "device": scale.port}},
            "selling": {"held_to_scale": "goods"},
        }
        with kiosk(tmp_path, **wired) as shop:
            tea = {"sku": "A1", "gtin": TEA, "name_zh": "龙井", "name_en": "Tea", "category": "tea"}
            shop.hq.put("g:catalog:CN", "product", "A1", tea | {"grams": 400, "grams_off": 15})
            scale.put(800)
            assert (shop.scan(CUP).said[0], shop.view().units) == ("", 1), "nobody knows what a cup weighs"
            scale.put(430)
            for _ in range(2):
                assert shop.scan(TEA).said[0] == ""
            scale.put(410)
            assert shop.scan(TEA).units == 4
            assert kinds(shop) == [], "nobody is called before the shopper wants to pay"
            (check,) = shop.to_pay().checks
            assert (check.need.kind, check.need.about, check.need.qty) == (TicketKind.WEIGHT, "A1", 2)
            assert shop.till.shop.store.front.tickets.queue()[0].sku == "A1"
            shop.answer()
            assert shop.stands() is Place.PAY
            shop.desk.go(STATION, "back")
            shop.scan(TEA)
            assert shop.to_pay().place is Place.PAY, "what was looked at stays looked at"
            shop.desk.go(STATION, "back")
            scale.put(100)
            shop.scan(TEA)
            assert shop.to_pay().place is Place.INTERVENTION, "another one is another thing to look at"
            shop.answer(Outcome.DENIED)
            assert [row.line.sku for row in shop.view().rows] == ["B2"]
            shop.scan(CUP)
            assert shop.to_pay().place is Place.PAY
            let_go(shop.till.shop.store.till)


def test_the_shopper_may_leave_the_goods_instead_of_waiting(tmp_path: Path) -> None:
    with kiosk(tmp_path, most_pieces=2) as shop:
        for code in (TEA, TEA, TEA, WINE):
            shop.scan(code)
        view = shop.to_pay()
        age, many = sorted(view.checks, key=lambda one: one.need.kind.value)
        shop.desk.drop(STATION, age.need.key, shop.nonce())
        assert [one.need.kind for one in shop.view().checks] == [TicketKind.MAX_QTY]
        shop.desk.drop(STATION, many.need.key, shop.nonce())
        view = shop.view()
        assert (view.place, view.units) == (Place.PAY, 2)
        assert kinds(shop) == []


def test_denied_goods_go_and_a_denied_check_ends_at_the_desk(tmp_path: Path) -> None:
    with kiosk(tmp_path, spot_check_mille=1000) as shop:
        for code in (TEA, WINE):
            shop.scan(code)
        assert shop.to_pay().place is Place.INTERVENTION
        shop.answer(Outcome.DENIED)
        view = shop.view()
        assert (view.place, [row.line.sku for row in view.rows]) == (Place.BASKET, ["A1"])
        assert view.here.said("dropped")
        assert shop.to_pay().place is Place.INTERVENTION, "the basket is still to be looked through"
        shop.answer()
        assert shop.stands() is Place.PAY


def test_a_badge_at_the_kiosk_answers_what_waits_there(tmp_path: Path) -> None:
    with kiosk(tmp_path) as shop:
        shop.scan(WINE)
        assert shop.scan(BADGE).said[0] == "lane_unknown", "a badge means nothing while nobody waits"
        assert shop.to_pay().place is Place.INTERVENTION
        assert shop.scan("SB1.STRANGERBADGEXX").place is Place.INTERVENTION
        assert shop.scan(BADGE).place is Place.PAY
        paid(shop)


def test_many_lines_taken_out_are_looked_at(tmp_path: Path) -> None:
    with kiosk(tmp_path, most_removed=1) as shop:
        for code in (TEA, CUP, WINE):
            shop.scan(code)
        for row in shop.view().rows[:2]:
            shop.desk.remove(STATION, row.line.line, shop.nonce())
        assert shop.to_pay().place is Place.INTERVENTION
        assert kinds(shop) == [TicketKind.VOID_LIMIT]
