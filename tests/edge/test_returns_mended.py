"""What a return must not get wrong: substitutes, small coins, gifts of several rules, claims and exchanges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from edge.daemon import Shop
from edge.desks.repurchase import RepurchaseDesk
from edge.domain.picking import ShortReason
from edge.domain.return_instead import Product, apart, swapped
from edge.domain.return_refusals import ExchangedAlready, OrderedNotGiven
from edge.domain.return_sums import preview
from edge.domain.returns import PaidBy, Piece, without
from edge.domain.staff import Operator
from edge.domain.views import RedeemRequest
from edge.records.enrolment import EnrolmentRow
from sync.returning import ReturnAccepted
from sync.signed import Signed
from tests.edge.conftest import PretendHq, settings_in
from tests.edge.pick_floor import CUP as PICKED_CUP
from tests.edge.pick_floor import JAR, ONE, Floor, nonce
from tests.edge.pick_floor import TEA as PICKED_TEA
from tests.edge.sale_shop import CUP, TEA, Till, facts, rule, stocked
from tests.edge.test_returns import back, sold, want
from tests.edge.test_returns_rules import bought, line
from tests.edge.test_returns_rules import want as pieces
from tests.edge.test_returns_twice import of_sku

# ---- substitutes -----------------------------------------------------------------------------------


def handed_over(shop: Shop, hq: PretendHq, cashier: Operator) -> Floor:
    """Two teas were ordered; one was there, and a jar was given in place of the other."""
    floor = Floor(shop, hq)
    for sku, code in (("A1", PICKED_TEA), ("B2", PICKED_CUP), ("C3", JAR)):
        floor.goods(sku, code, 10)
    hq.put("g:catalog:CN", "substitute", "A1", {"sku": "A1", "instead": ["C3"]})
    floor.order(substitutes=True)
    floor.take(cashier)
    floor.scan(PICKED_TEA, cashier)
    floor.desks.shorts.short(ONE, 1, ShortReason.MISMATCH, cashier, nonce())
    floor.desks.shorts.substitute(ONE, 1, "C3", cashier, nonce())
    floor.scan(PICKED_CUP, cashier)
    label = floor.desks.packing.pack(ONE, cashier, nonce()).label
    floor.desks.packing.shelve(label, "A-1", cashier, nonce())
    shop.store.hand_over.redeem(RedeemRequest(nonce="n1", code=hq.code()), cashier)
    return floor


def test_what_was_given_in_place_of_the_order_comes_back_as_what_it_is(
    shop: Shop, hq: PretendHq, cashier: Operator
) -> None:
    handed_over(shop, hq, cashier)
    desk, level = shop.store.return_work, shop.store.goods.on_hand
    desk.begin(ONE, cashier)
    work = desk.scan(PICKED_TEA, cashier, "count-1")
    with pytest.raises(OrderedNotGiven) as told:
        desk.scan(PICKED_TEA, cashier, "count-2")
    assert "替代" in told.value.words("zh").text
    before = level("A1"), level("C3")
    work = desk.scan(JAR, cashier, "count-3")
    told_sums = desk.preview(work, cashier)[0]
    assert told_sums is not None
    desk.accept(work.work, told_sums.fen, cashier, "accept-1")
    assert (level("A1"), level("C3")) == ((before[0] or 0) + 1, (before[1] or 0) + 1)
    (fact,) = facts(shop, "return.accepted")
    assert isinstance(fact, ReturnAccepted)
    assert [(one.line, one.sku, one.units) for one in fact.lines] == [(1, "A1", (1,)), (1, "C3", (2,))]
    assert [one.left for one in shop.store.returns.find(ONE, cashier).lines] == [0, 0, 1]


def test_a_line_that_was_given_as_another_product_refuses_what_was_ordered() -> None:
    whole = line(4, 500, 500, 500)
    given_as = replace(whole, pieces=swapped(whole.pieces, 3, [("X", 1), ("Y", 2)]))
    parts = apart(given_as, lambda sku: Product("", sku, sku, ()))
    assert [(one.sku, one.bought_by, [p.unit for p in one.pieces]) for one in parts] == [
        ("X", 4, [1]),
        ("Y", 4, [2, 3]),
    ]
    assert len({one.line for one in parts}) == 2
    rest = without(bought(*parts), {4: frozenset({2})})
    assert [one.left for one in rest.lines] == [1, 1]
    assert apart(whole, lambda sku: Product("", sku, sku, ())) == (whole,)
    assert swapped([Piece(1, 5)], 1, [("X", 9)])[0].sku == "X"


# ---- small coins -----------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(some.data())
def test_cash_goes_back_in_coins_and_never_more_than_cash_paid(data: some.DataObject) -> None:
    step = data.draw(some.sampled_from([5, 10, 100]))
    nets = data.draw(some.lists(some.integers(0, 3000), min_size=1, max_size=6))
    total = sum(nets)
    wallet = data.draw(some.sampled_from([0, total // 3, total]))
    if not wallet:
        # As at a sale for cash alone: the sum is a multiple of the coin.
        nets[0] += -total % step
        total = sum(nets)
    tenders = {"c": PaidBy("cash", total - wallet, "c", total - wallet)}
    tenders["w"] = PaidBy("wechat", wallet, "w", wallet)
    shop, gone, rounded = (
        bought(*(line(n, net) for n, net in enumerate(nets, 1))),
        dict[int, frozenset[int]](),
        0,
    )
    back_in_all = cash = 0
    for number in data.draw(some.permutations(range(1, len(nets) + 1))):
        now = replace(without(shop, gone), paid=tuple(tenders.values()), rounded_fen=rounded)
        told = preview(now, [pieces(number)], cash_step_fen=step)
        assert told.fen == sum(told.by_tender.values()) == nets[number - 1] - told.rounded_fen
        assert abs(told.rounded_fen) < step
        coins, left = told.by_tender.get("c", 0), tenders["c"].left_fen
        assert coins % step == 0 or coins == left, "coins, or the last of what was taken"
        for name, fen in told.by_tender.items():
            tenders[name] = replace(tenders[name], left_fen=tenders[name].left_fen - fen)
            assert tenders[name].left_fen >= 0
        gone[number] = frozenset({1})
        rounded += told.rounded_fen
        back_in_all += told.fen
        cash += coins
        assert -step < rounded <= 0
    assert (back_in_all, rounded) == (total, 0)
    assert cash == total - wallet


class TestInJiao:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Any:
        return settings_in(tmp_path, selling={"cash_step_fen": 10})

    @pytest.fixture
    def till(self, shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
        stocked(hq)
        return Till(shop, cashier).open()

    def test_what_is_rounded_stands_in_the_books_and_goes_off_the_next_return(
        self, till: Till, hq: PretendHq, printer: Any
    ) -> None:
        rule(hq, "OFF", {
            "rule": "OFF", "version": 1, "level": "line", "name_zh": "九三折", "name_en": "7% off",
            "benefit": {"do": "percent", "off_mille": 70},
        })  # fmt: skip
        for code in (TEA, TEA, CUP):
            till.scan(code)
        basket = till.basket()
        cash_fen = till.shop.store.sales.selling.bill(basket).cash_fen
        sale = till.shop.store.sales.checkout.cash(basket.basket, 50_000, cash_fen, till.who, "cash-1")
        assert sale.net_fen % 10 == 0
        piece = sale.lines[0].units[0][0]
        assert piece % 10, "a sum that no coins make"
        first = back(till, sale, want(1))
        assert (first.refund_fen, first.rounded_fen) == (piece + -piece % 10, -(-piece % 10))
        rest = back(till, sale, want(1), want(2))
        assert first.refund_fen + rest.refund_fen == sale.net_fen
        assert first.rounded_fen + rest.rounded_fen == 0
        told = [one for one in facts(till.shop, "return.accepted") if isinstance(one, ReturnAccepted)]
        for one in told:
            assert sum(t.fen for t in one.tenders) == one.refund_fen
            assert one.refund_fen == sum(row.fen for row in one.lines) - one.rounded_fen
        report = till.shop.store.sales.shifts.x_report(till.who)
        assert report.expected_fen == 20_000
        while till.shop.store.printing.turn("P1"):
            pass
        assert "现金抹零" in repr(printer.slips[-1])


# ---- gifts of several rules, claims, exchanges -----------------------------------------------------


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


def test_of_two_rules_that_gave_the_same_gift_the_lost_one_is_charged(till: Till, hq: PretendHq) -> None:
    cup = {"sku": "B2", "name_zh": "杯", "name_en": "cup", "listed_fen": 1900}
    for name, least in (("G1", 5000), ("G2", 11000)):
        rule(hq, name, {
            "rule": name, "version": 1, "level": "gift", "name_zh": f"满{least}赠杯", "name_en": "cup",
            "threshold": {"at_least": least}, "benefit": {"do": "gift", "gifts": [cup]}, "group": name, "stack": ["*"],
        })  # fmt: skip
    sale = sold(till, TEA, TEA)
    assert sum(one.qty for one in sale.lines if "gift" in one.flags) == 2
    looked = till.shop.store.returns.find(sale.receipt, till.who)
    desk, tea = till.shop.store.returns, of_sku(sale, "A1")
    gift = next(one.line for one in sale.lines if "gift" in one.flags)
    assert desk.preview(looked, [want(tea), want(gift)], till.who).gift_fen == 0, (
        "one is back, one still earned"
    )
    kept = back(till, sale, want(tea))
    assert (kept.refund_fen, kept.gift_fen) == (5990 - 1900, 1900)
    last = back(till, sale, want(tea), want(gift))
    assert (last.refund_fen, last.gift_fen) == (5990, 0), "one was charged before, the other is back"


def test_a_claim_is_said_with_its_sale_or_not_at_all(till: Till, hq: PretendHq) -> None:
    offer = {"offer": "R1", "min_fen": 5000, "fen": 1000, "days": 7, "title_zh": "复购券", "title_en": "Next"}
    assert hq.put("g:coupon:CN", "repurchase", "R1", offer) == []
    row = EnrolmentRow(
        "dev-1", "S00421", "", Signed("roster", "{}", ()), "2026-01-01T00:00:00.000Z", bytes(32)
    )
    with till.shop.books.ledger.transaction() as tx:
        till.shop.books.enrolments.put(tx, row)
    till.scan(TEA)
    checkout, basket = till.shop.store.sales.checkout, till.basket().basket
    began = checkout.pay(basket, 5990, till.who, "pay")
    till.shop.store.tender.cash(began.payment, 6000, till.who, "cash")

    def torn(_number: str) -> str:
        raise OSError("the power went")

    broken = replace(checkout, booking=replace(checkout.booking, invoice=torn))
    with pytest.raises(OSError, match="power"):
        broken.complete(basket, till.who, "complete-1")
    assert isinstance(checkout.booking.repurchase, RepurchaseDesk)
    assert facts(till.shop, "coupon.claimed") == []
    sale = checkout.complete(basket, till.who, "complete-2")
    assert sale.claim
    (claim,) = facts(till.shop, "coupon.claimed")
    assert getattr(claim, "sale", "") == sale.sale


def test_an_exchange_that_was_given_up_can_be_made_again(till: Till) -> None:
    sale = sold(till, TEA, CUP)
    desk, selling = till.shop.store.returns, till.shop.store.sales.selling
    ret = back(till, sale, want(1)).ret
    first = desk.exchange(ret, till.who, "exchange-1")
    with pytest.raises(ExchangedAlready):
        desk.exchange(ret, replace(till.who, station="T2"), "exchange-2")
    till.scan(TEA)
    selling.void(first.basket, "改主意", till.who, "void-1")
    second = desk.exchange(ret, till.who, "exchange-3")
    assert (second.basket != first.basket, desk.view(ret).basket) == (True, second.basket)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_exchange_stands_on_the_new_receipt_and_page(till: Till, printer: Any, language: str) -> None:
    booking = till.shop.store.sales.checkout.booking
    object.__setattr__(booking, "rules", msgspec.structs.replace(booking.rules, receipt_language=language))
    sale = sold(till, TEA)
    basket = till.shop.store.returns.exchange(back(till, sale, want(1)).ret, till.who, "exchange-1")
    assert till.shop.store.returns.exchanged(basket.basket) == sale.receipt
    till.scan(CUP)
    till.cash()
    while till.shop.store.printing.turn("P1"):
        pass
    said = repr(printer.slips[-1])
    assert {"zh": "换货 原单号", "en": "Exchange of receipt"}[language] in said
    assert sale.receipt in said


def test_money_that_is_owed_is_listed_to_a_bound_and_counted(till: Till, hq: PretendHq) -> None:
    desk = till.shop.store.returns
    for n in range(3):
        number = f"WX202611220010{n}"
        hq.order(number)
        till.shop.store.hand_over.redeem(RedeemRequest(nonce=f"pick-{n}", code=hq.code(number)), till.who)
        found = desk.find(number, till.who)
        desk.accept(found.source, found.ref, [want(1)], till.who, f"ret-{n}")
    assert (len(desk.pending(2)), desk.pending_count()) == (2, 3)
    assert [one.shown for one in desk.pending(2)] == ["WX2026112200100", "WX2026112200101"]
    ret = desk.pending(1)[0].ret
    state = {"ret": ret, "state": "refunded", "fen": 1, "at": "2026-11-22T10:00:00.000Z"}
    assert hq.put("s:S00421:returns", "return_state", ret, state) == []
    assert desk.pending_count() == 2
