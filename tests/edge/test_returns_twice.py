"""Returns in several steps: nothing is kept twice, and what counted at the sale counts at the return."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.daemon import Shop
from edge.domain.return_refusals import ExchangedAlready, RefundChanged, ReturnTooMany, WrongGoods
from edge.domain.return_sums import preview
from edge.domain.returns import Fate, Source
from edge.domain.selling import Sale
from edge.domain.selling_refusals import NoShift
from edge.domain.staff import Operator, Role
from edge.return_crew import return_desk
from sync.returning import SoldAsk, SoldSaid
from tests.edge.conftest import STORE, PretendHq, settings_in
from tests.edge.sale_shop import CUP, TEA, WINE, Till, facts, rule, stocked
from tests.edge.test_returns import HqSays, back, sold, want
from tests.edge.test_returns_rules import bought, line
from tests.edge.test_returns_rules import want as pieces


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


def gift(hq: PretendHq) -> None:
    cup = {"sku": "B2", "name_zh": "杯", "name_en": "cup", "listed_fen": 1900}
    rule(hq, "GIFT", {
        "rule": "GIFT", "version": 1, "level": "gift", "name_zh": "满100赠杯", "name_en": "cup over 100",
        "threshold": {"at_least": 10000}, "benefit": {"do": "gift", "gifts": [cup]},
    })  # fmt: skip


def of_sku(sale: Sale, sku: str) -> int:
    return next(one.line for one in sale.lines if one.sku == sku)


def test_a_gift_is_kept_once_and_freed_when_it_comes_later() -> None:
    shop = bought(line(1, 5000, 5000), line(2, 0, unit_fen=1900, gift=True))
    first = preview(shop, [pieces(1)], gifts_earned={})
    assert (first.fen, first.gift_fen) == (3100, 1900)
    later = replace(
        bought(line(1, 5000), line(2, 0, unit_fen=1900, gift=True)), withheld_fen=1900, gifts_fen=1900
    )
    assert (preview(later, [pieces(1)]).fen, preview(later, [pieces(1)]).gift_fen) == (5000, 0)
    freed = preview(later, [pieces(1), pieces(2)])
    assert (freed.fen, freed.broken_fen) == (6900, -1900)
    # A first piece that was worth less than the gift leaves the rest of it to the next one.
    dear = bought(line(1, 500, 5000), line(2, 0, unit_fen=1900, gift=True))
    one = preview(dear, [pieces(1)], gifts_earned={})
    rest = replace(
        bought(line(1, 5000), line(2, 0, unit_fen=1900, gift=True)),
        withheld_fen=one.gift_fen + one.broken_fen,
        gifts_fen=one.gift_fen,
    )
    assert (one.fen, preview(rest, [pieces(1)]).fen) == (0, 3600)


def test_a_gift_that_was_earned_stays_earned_when_the_shelf_is_empty(till: Till, hq: PretendHq) -> None:
    gift(hq)
    for code in (TEA, TEA, WINE, TEA):
        till.scan(code)
    basket = till.basket()
    till.shop.store.sales.selling.age_checked(basket.basket, till.who, till.nonce())
    sale = till.cash()
    assert any("gift" in one.flags for one in sale.lines)
    gone = {"sku": "B2", "on_hand": 0, "stream": "", "upto_seq": 0, "at": "2026-11-22T00:00:00.000Z"}
    assert hq.put(f"s:{STORE}:stock", "stock", "B2", gone) == []
    done = back(till, sale, want(of_sku(sale, "A1")))
    assert (done.refund_fen, done.gift_fen) == (5990, 0)
    broken = back(till, sale, want(of_sku(sale, "A1")), want(of_sku(sale, "W1")))
    assert (broken.refund_fen, broken.gift_fen) == (5990 + 9900 - 1900, 1900)
    last = back(till, sale, want(of_sku(sale, "A1")))
    assert (last.refund_fen, last.gift_fen) == (5990, 0), "kept once"


def test_cash_leaves_no_till_that_is_shut(till: Till, other: Operator) -> None:
    sale = sold(till, TEA)
    with pytest.raises(NoShift):
        back(till, sale, want(1), who=other)
    assert facts(till.shop, "return.accepted") == []
    assert back(till, sale, want(1)).refund_fen == 5990


class Anew:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Any:
        return settings_in(tmp_path, selling={"broken_rules": "recompute"})


class TestPricedAnew(Anew):
    def test_the_sales_own_coupon_counts_for_what_stays(self, till: Till, hq: PretendHq) -> None:
        coupon = {
            "coupon": "A100", "cls": "A", "fen": 1500, "title_zh": "减15", "title_en": "15 off", "state": "live",
            "not_before": "", "not_after": "2099-01-01T00:00:00.000Z", "store": STORE,
        }  # fmt: skip
        assert hq.put("g:coupon:CN", "coupon", "A100", coupon) == []
        till.scan(TEA)
        basket = till.scan(CUP)
        till.shop.store.sales.selling.coupon(basket.basket, "A100", till.who, till.nonce())
        sale = till.cash()
        assert sale.net_fen == 5990 + 12900 - 1500
        tea = back(till, sale, want(1))
        assert tea.refund_fen == 5990, "the cup alone would have cost 114.00 with the coupon"
        assert facts(till.shop, "coupon.released") == []
        whole = back(till, sale, want(2))
        assert tea.refund_fen + whole.refund_fen == sale.net_fen
        assert len(facts(till.shop, "coupon.released")) == 1, "the whole sale is back, over two returns"


def test_a_lost_answer_of_hqs_word_is_asked_for_again_by_the_same_name(till: Till, settings: Any) -> None:
    class Lossy(HqSays):
        lost = True

        def rma(self, asked: Any) -> Any:
            from sync.messages import LineDown

            said = super().rma(asked)
            if self.lost:
                self.lost = False
                raise LineDown("cut")
            return said

        def sold(self, asked: SoldAsk) -> SoldSaid:
            return super().sold(asked)

    from edge.domain.return_refusals import ReturnNeedsHq

    at_hq, store = Lossy(), till.shop.store
    desk = return_desk(settings, store.till, store.tender, store.customers, store.sales, at_hq)
    with pytest.raises(ReturnNeedsHq):
        desk.accept(Source.SALE, "sale-9", [want(1)], till.who, "ret-00001")
    assert desk.recent() == ()
    assert desk.accept(Source.SALE, "sale-9", [want(1)], till.who, "ret-00001").refund_fen == 5000
    assert len({one.ret for one in at_hq.asked}) == 1
    # Another desk of this store that looked before: its own books say that the piece is back.
    with pytest.raises(ReturnTooMany):
        desk.accept(Source.SALE, "sale-9", [want(1, 2)], till.who, "ret-00002")


def test_counting_is_kept_and_what_was_shown_is_what_is_paid(till: Till, cashier: Operator) -> None:
    sale = sold(till, TEA, TEA, CUP)
    desk = till.shop.store.return_work
    work = desk.scan(sale.receipt, cashier, "count-01")
    for nonce in ("count-02", "count-02", "count-03"):
        work = desk.scan(TEA, cashier, nonce)
    assert work.units == 2
    with pytest.raises(ReturnTooMany):
        desk.scan(TEA, cashier, "count-04")
    with pytest.raises(WrongGoods):
        desk.scan(WINE, cashier, "count-05")
    assert desk.at("T1") == work
    assert desk.takes("T1", CUP, "device-1")
    assert not desk.takes("T2", CUP, "device-2"), "nothing lies on that desk"
    assert not desk.takes("T1", "PK1.SOMETHING", "device-3")
    with pytest.raises(RefundChanged):
        desk.accept(work.work, 11980, cashier, "accept-01")
    first, again = (desk.accept(work.work, 24880, cashier, "accept-01") for _ in range(2))
    assert (first.ret, first.refund_fen, again.repeat) == (again.ret, 24880, True)
    assert desk.at("T1") is None
    basket = till.shop.store.returns.exchange(first.ret, cashier, "exchange-1")
    assert till.shop.store.returns.exchange(first.ret, cashier, "exchange-1").basket == basket.basket
    till.scan(TEA)
    swapped = till.cash()
    (told,) = [one for one in facts(till.shop, "sale.completed") if getattr(one, "exchange", "")]
    assert (getattr(told, "sale", ""), getattr(told, "exchange", "")) == (swapped.sale, first.ret)
    with pytest.raises(ExchangedAlready):
        till.shop.store.returns.exchange(first.ret, cashier, "exchange-2")


def test_a_leads_word_lifts_the_term_and_stands_in_the_fact(till: Till, hq: PretendHq) -> None:
    facts_ = {"sku": "A1", "gtin": TEA, "name_zh": "龙井", "name_en": "Tea", "flags": ["no_return"]}
    assert hq.put("g:catalog:CN", "product", "A1", facts_) == []
    sale, lead = sold(till, TEA), Operator("2001", "张店长", Role.LEAD, "T1")
    desk = till.shop.store.return_work
    desk.scan(sale.receipt, lead, "count-01")
    work = desk.scan(TEA, lead, "count-02")
    assert desk.preview(work, lead)[0] is None
    work = desk.lift(work.work, "老顾客，已核对", lead, "lift-01")
    told, against = desk.preview(work, lead)
    assert against is None
    assert told is not None
    done = desk.accept(work.work, told.fen, lead, "accept-01")
    (fact,) = facts(till.shop, "return.accepted")
    assert (done.forced_why, getattr(fact, "forced", None), getattr(fact, "forced_why", "")) == (
        "老顾客，已核对",
        True,
        "老顾客，已核对",
    )
    assert done.lines[0].fate == Fate.SHELF.value
