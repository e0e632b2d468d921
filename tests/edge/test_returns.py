"""Goods come back: money as it was paid, stock where it belongs, HQ told once, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from edge.daemon import Shop
from edge.domain import refusals as no
from edge.domain.return_refusals import (
    NotReturnable,
    PaperTraining,
    PurchaseUnknown,
    ReturnNeedsHq,
    ReturnNotAuthorised,
    ReturnTooMany,
)
from edge.domain.return_views import Returned
from edge.domain.returns import Condition, Fate, Reason, Source, Wanted
from edge.domain.selling import Sale
from edge.domain.staff import Operator, Role
from edge.domain.views import RedeemRequest
from edge.return_crew import return_desk
from sync.messages import LineDown
from sync.returning import (
    Purchase,
    ReturnAccepted,
    RmaAsk,
    RmaSaid,
    SoldAsk,
    SoldAt,
    SoldPiece,
    SoldSaid,
)
from tests.edge.conftest import PretendHq
from tests.edge.sale_shop import CUP, TEA, Till, facts, rule, stocked

LEAD = Operator("2001", "张店长", Role.LEAD, "T1")


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


def sold(till: Till, *codes: str) -> Sale:
    for code in codes:
        till.scan(code)
    return till.cash()


def want(
    line: int,
    qty: int = 1,
    *,
    condition: Condition = Condition.INTACT,
    reason: Reason = Reason.NO_REASON,
    fate: Fate = Fate.SHELF,
) -> Wanted:
    return Wanted(line, qty, condition, reason, fate)


def back(till: Till, sale: Sale, *wanted: Wanted, nonce: str = "", **more: Any) -> Returned:
    desk = till.shop.store.returns
    return desk.accept(
        Source.SALE, sale.sale, wanted, more.pop("who", till.who), nonce or till.nonce(), **more
    )


def on_hand(till: Till, sku: str) -> int | None:
    return till.shop.store.goods.on_hand(sku)


def test_a_cash_sale_comes_back_in_part_and_then_whole(till: Till) -> None:
    sale = sold(till, TEA, TEA, CUP)
    found = till.shop.store.returns.find(sale.receipt, till.who)
    assert [(line.sku, line.left) for line in found.lines] == [("A1", 2), ("B2", 1)]
    done = back(till, sale, want(1))
    assert (done.refund_fen, [(p.kind, p.fen, p.state) for p in done.parts]) == (
        5990,
        [("cash", 5990, "refunded")],
    )
    assert not done.pending
    assert (on_hand(till, "A1"), on_hand(till, "B2")) == (4, 4)
    rest = back(till, sale, want(1), want(2))
    assert (rest.refund_fen, rest.receipt[-6:]) == (18890, "000002")
    assert (on_hand(till, "A1"), on_hand(till, "B2")) == (5, 5)
    with pytest.raises(ReturnTooMany):
        back(till, sale, want(1))
    told = [fact for fact in facts(till.shop, "return.accepted") if isinstance(fact, ReturnAccepted)]
    assert [(one.refund_fen, [line.units for line in one.lines]) for one in told] == [
        (5990, [(1,)]),
        (18890, [(2,), (1,)]),
    ]
    report = till.shop.store.sales.shifts.x_report(till.who)
    assert (report.refunds, report.cash_refund_fen) == (2, 24880)
    assert report.expected_fen == 20_000


def test_the_same_nonce_gives_the_stored_answer(till: Till) -> None:
    sale = sold(till, TEA, TEA)
    first = back(till, sale, want(1), nonce="return-1")
    again = back(till, sale, want(1), nonce="return-1")
    assert (again.ret, again.repeat, first.repeat) == (first.ret, True, False)
    assert on_hand(till, "A1") == 4
    with pytest.raises(no.NonceReused):
        back(till, sale, want(1, 2), nonce="return-1")


def test_what_is_not_intact_is_not_for_sale(till: Till) -> None:
    sale = sold(till, TEA, TEA, CUP)
    soiled, bad = Condition.SOILED, Reason.QUALITY
    repair = want(1, condition=soiled, reason=bad, fate=Fate.REPAIR)
    back(till, sale, repair, want(2, condition=soiled, reason=bad, fate=Fate.SCRAP))
    tea, cup = till.shop.store.goods.buckets("A1"), till.shop.store.goods.buckets("B2")
    assert (tea.on_hand, tea.damaged, tea.sellable) == (4, 1, 3)
    assert (cup.on_hand, cup.damaged) == (4, 0), "scrapped: it left the shop"


def test_discounts_go_back_as_they_were_divided(till: Till, hq: PretendHq) -> None:
    rule(hq, "MJ", {
        "rule": "MJ", "version": 1, "level": "order", "name_zh": "满200减30", "name_en": "30 off 200",
        "threshold": {"at_least": 20000}, "benefit": {"do": "off", "fen": 3000},
    })  # fmt: skip
    sale = sold(till, TEA, TEA, CUP)
    assert sale.net_fen == 24880 - 3000
    parts = [line.units[0][0] for line in sale.lines]
    done = back(till, sale, want(2))
    assert done.refund_fen == parts[1] < 12900
    assert done.refund_fen + back(till, sale, want(1, 2)).refund_fen == sale.net_fen


def test_terms_and_exclusions_are_the_leads_to_lift(till: Till, hq: PretendHq) -> None:
    facts_ = {"sku": "A1", "gtin": TEA, "name_zh": "龙井", "name_en": "Tea", "flags": ["no_return"]}
    assert hq.put("g:catalog:CN", "product", "A1", facts_) == []
    sale = sold(till, TEA)
    with pytest.raises(NotReturnable):
        back(till, sale, want(1))
    with pytest.raises(no.NotAllowed):
        back(till, sale, want(1), forced=True)
    assert back(till, sale, want(1), who=LEAD, forced=True).refund_fen == 5990
    (told,) = [fact for fact in facts(till.shop, "return.accepted") if isinstance(fact, ReturnAccepted)]
    assert told.forced


def test_training_receipts_and_unknown_numbers_are_told_apart(till: Till) -> None:
    till.scan(TEA, training=True)
    practice = till.cash()
    with pytest.raises(PaperTraining):
        till.shop.store.returns.find(practice.receipt, till.who)
    with pytest.raises(PurchaseUnknown):
        till.shop.store.returns.find("T1-000000009", till.who)


def test_two_desks_that_take_the_last_piece_back_at_once(till: Till, other: Operator) -> None:
    sale = sold(till, TEA)
    looked = till.shop.store.returns.find(sale.receipt, other)
    assert looked.lines[0].left == 1
    back(till, sale, want(1))
    with pytest.raises(ReturnTooMany):
        back(till, sale, want(1), who=other)


def test_an_online_order_that_was_collected_here_goes_back_by_hq(till: Till, hq: PretendHq) -> None:
    hq.order(paid_fen=20000)
    till.shop.store.hand_over.redeem(RedeemRequest(nonce="pick-0001", code=hq.code()), till.who)
    desk = till.shop.store.returns
    found = desk.find("WX2026112200017", till.who)
    assert (found.source, found.here, found.estimate) == (Source.ORDER, False, True)
    assert sum(piece.net_fen for line in found.lines for piece in line.pieces) == 20000
    before = on_hand(till, "A1") or 0
    done = desk.accept(Source.ORDER, found.ref, [want(1, 2)], till.who, "ret-00001")
    assert done.pending
    assert [(part.kind, part.state) for part in done.parts] == [("hq", "refunding")]
    assert on_hand(till, "A1") == before + 2
    at = "2026-11-22T10:00:00.000Z"
    state = {"ret": done.ret, "state": "refunded", "fen": 9600, "at": at}
    assert hq.put("s:S00421:returns", "return_state", done.ret, state) == []
    told = desk.view(done.ret)
    assert (told.pending, told.parts[0].fen) == (False, 9600)


class HqSays:
    """HQ's side of the questions, scripted; `down` has it answer nothing."""

    def __init__(self) -> None:
        self.down = False
        self.why: Any = ""
        self.asked: list[RmaAsk] = []

    def sold(self, asked: SoldAsk) -> SoldSaid:
        self._up()
        line = SoldAt(
            1, "A1", 2, 5990, (SoldPiece(1, 5000), SoldPiece(2, 5000)), name_zh="龙井", name_en="Tea"
        )
        if asked.text not in ("N9-AA000001", "sale-9"):
            return SoldSaid()
        return SoldSaid(Purchase("sale", "sale-9", "N9-AA000001", "S00007", "2999-01-01", (line,), (), 10000))

    def rma(self, asked: RmaAsk) -> RmaSaid:
        self._up()
        self.asked.append(asked)
        return RmaSaid("" if self.why else "RMA1", self.why)

    def _up(self) -> None:
        if self.down:
            raise LineDown("cut")


def test_goods_of_another_store_need_hqs_word(till: Till, settings: Any) -> None:
    at_hq, store = HqSays(), till.shop.store
    desk = return_desk(settings, store.till, store.tender, store.customers, store.sales, at_hq)
    found = desk.find("N9-AA000001", till.who)
    at_hq.down = True
    with pytest.raises(ReturnNeedsHq):
        desk.find("N9-AA000001", till.who)
    at_hq.down, at_hq.why = False, "returned"
    with pytest.raises(ReturnNotAuthorised):
        desk.accept(found.source, found.ref, [want(1)], till.who, "ret-00001")
    assert facts(till.shop, "return") == []


def test_an_authorised_return_of_another_store_is_hqs_to_refund(till: Till, settings: Any) -> None:
    at_hq, store = HqSays(), till.shop.store
    desk = return_desk(settings, store.till, store.tender, store.customers, store.sales, at_hq)
    done = desk.accept(Source.SALE, "sale-9", [want(1)], till.who, "ret-00001")
    assert (done.refund_fen, done.parts[0].kind, done.pending) == (5000, "hq", True)
    assert at_hq.asked[0].lines == {"1": (1,)}
    again = desk.accept(Source.SALE, "sale-9", [want(1)], till.who, "ret-00001")
    assert again.repeat
    assert len(at_hq.asked) == 1
    (told,) = [fact for fact in facts(till.shop, "return.accepted") if isinstance(fact, ReturnAccepted)]
    assert (told.at_hq, told.rma, told.shop) == (True, "RMA1", "S00007")
    # HQ may not know yet: what came back here is gone here.
    assert [line.left for line in desk.find("N9-AA000001", till.who).lines] == [1]


def test_pieces_that_came_back_elsewhere_are_gone_here(till: Till, hq: PretendHq) -> None:
    sale = sold(till, TEA, TEA)
    row = {"sale": sale.sale, "lines": {"1": [1]}}
    assert hq.put("s:S00421:returns", "returned_elsewhere", sale.sale, row) == []
    assert back(till, sale, want(1)).lines[0].qty == 1
    with pytest.raises(ReturnTooMany):
        back(till, sale, want(1))


def test_the_slip_says_what_came_back_and_where_the_money_is(till: Till, printer: Any) -> None:
    sale = sold(till, TEA, CUP)
    done = back(till, sale, want(2))
    while till.shop.store.printing.turn("P1"):
        pass
    text = repr(printer.slips[-1])
    for said in ("退货单", "已退款", done.receipt, sale.receipt, "青瓷品茗杯", "129.00", "现金"):
        assert said in text, said
    assert "A1" not in text
