"""Two at once around money: whoever comes second sees what the first did, and what is paid becomes a sale."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.daemon import Shop
from edge.domain.coupon_refusals import CouponHeld
from edge.domain.payments import Channel
from edge.domain.refusals import Refusal
from edge.domain.selling_refusals import PayFirst, TotalChanged
from edge.domain.staff import Operator
from edge.tender_crew import pay_workers
from sync.benefits import CouponRedeemed
from tests.edge.aside_till import desk, shop_of
from tests.edge.conftest import STORE, PretendHq
from tests.edge.paying_shop import CASHIER, LEAD, WECHAT, PayingShop, lost, part, paying, sold
from tests.edge.sale_shop import TEA, Till, facts, rule, stocked
from tests.edge.test_money_seams import coupon


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open()


def waits_in(thread: threading.Thread, function: str) -> None:
    """Until a thread stands in that function: it has the lock yet to come."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        frame: Any = sys._current_frames().get(thread.ident or 0)
        while frame is not None:
            if frame.f_code.co_name == function:
                return
            frame = frame.f_back
        assert thread.is_alive(), f"it never came to {function}"
        time.sleep(0.001)
    raise AssertionError(function)


def test_a_worker_that_finds_a_new_boot_keeps_what_somebody_wished_meanwhile(tmp_path: Path) -> None:
    with paying(tmp_path, ["userpaying 40"]) as shop:
        number = shop.charge(shop.begin())
        shop.turns()
        shop.reopen(boot="boot-2")
        books, ready = shop.shop.books, threading.Event()

        def work() -> None:
            books.ledger.read()  # its own reader, which is noted under the lock
            ready.set()
            locked.wait()
            shop.payers._rebased(number)

        locked = threading.Event()
        worker = threading.Thread(target=work)
        worker.start()
        ready.wait()
        with books.ledger.transaction() as tx:
            locked.set()
            waits_in(worker, "transaction")
            tx.execute("UPDATE pay_attempt SET wish_ms = 7 WHERE number = ?", (number,))
        worker.join()
        row = shop.row(number)
        assert row.boot == "boot-2"
        assert row.wish_ms >= 0, "the cashier gave it up, and the worker wrote over that"


def test_a_wallet_that_was_dropped_from_the_settings_keeps_its_refund(tmp_path: Path) -> None:
    with paying(tmp_path) as shop:
        number = sold(shop)
        shop.line.before = lost
        shop.desk.back.give([part(number, 1000)], CASHIER, "r1", ref="return-1")
        shop.line.before = lambda *_: None
        desk_, staff = shop.shop.store.tender, shop.shop.store.staff
        shop.payers = pay_workers(desk_, staff, {Channel.ALIPAY: shop.line})
        assert shop.payers.turn() > 1, "no storm and no traceback"
        assert [one.state.value for one in desk_.back.pending()] == ["refunding"]
        assert [(one.number, one.alarm) for one in desk_.back.troubles()] == [(number, "CHANNEL_MISSING")]
        desk_.back.seen(number, LEAD)
        assert desk_.back.troubles(), "it is over when the wallet is back, not when somebody looked"
        shop.payers = pay_workers(desk_, staff, dict.fromkeys(Channel, shop.line))
        shop.run(60)
        assert [one.state.value for one in desk_.back.of("return-1")] == ["refunded"]
        assert desk_.back.troubles() == ()


def test_a_charge_of_a_dropped_wallet_waits_and_goes_on(tmp_path: Path) -> None:
    with paying(tmp_path, ["userpaying 20"]) as shop:
        number = shop.charge(shop.begin())
        shop.turns()
        desk_, staff = shop.shop.store.tender, shop.shop.store.staff
        shop.payers = pay_workers(desk_, staff, {})
        shop.run(60)
        assert [one.alarm for one in desk_.back.troubles()] == ["CHANNEL_MISSING"]
        shop.payers = pay_workers(desk_, staff, dict.fromkeys(Channel, shop.line))
        shop.run(60)
        assert shop.state(number) == "succeeded"
        assert shop.line.verbs("pay") == ["pay"]


# ---- coupons ---------------------------------------------------------------------------------------


def paying_with_a_coupon(till: Till, hq: PretendHq) -> tuple[str, str]:
    """(basket, hold) of a basket that is being paid."""
    coupon(hq)
    till.scan(TEA)
    room, basket = till.shop.store.sales, till.basket().basket
    room.selling.coupon(basket, "A15", till.who, "hold")
    (held,) = room.selling.bill(till.basket()).held
    room.checkout.pay(basket, 4490, till.who, "pay")
    return basket, held.lock


def test_a_coupon_that_is_being_paid_with_is_not_used_by_a_till_of_others(till: Till, hq: PretendHq) -> None:
    basket, lock = paying_with_a_coupon(till, hq)
    room = till.shop.store.sales
    with pytest.raises(PayFirst):
        room.checkout.coupons.redeem(lock, 1500, till.who, "elsewhere", ref="their-sale")
    assert room.checkout.cash(basket, 4490, 4490, till.who, "cash").net_fen == 4490
    (fact,) = facts(till.shop, "coupon.redeemed")
    assert isinstance(fact, CouponRedeemed)


def test_a_paid_basket_whose_coupon_is_gone_becomes_a_sale_and_a_case(till: Till, hq: PretendHq) -> None:
    basket, lock = paying_with_a_coupon(till, hq)
    books, coupons = till.shop.books, till.shop.store.sales.checkout.coupons
    # What no verb allows any more: the hold became somebody else's use while the money was being taken.
    with books.ledger.transaction() as tx:
        row = books.coupons.lock(lock, tx)
        assert row is not None
        coupons.holds.use(tx, row, 1500, till.who, basket)
    sale = till.shop.store.sales.checkout.cash(basket, 4490, 4490, till.who, "cash")
    assert sale.net_fen == 4490
    uses = [fact for fact in facts(till.shop, "coupon.redeemed") if isinstance(fact, CouponRedeemed)]
    assert [(one.coupon, one.fen) for one in uses] == [("A15", 1500)] * 2
    assert len({one.use for one in uses}) == len({one.lock for one in uses}) == 2, "HQ tells them apart"
    assert uses[1].ref == sale.sale
    assert [held.coupon for held in coupons.used(sale.sale)] == ["A15"], "a return knows what was taken off"


def test_a_member_has_a_coupon_with_a_limit_in_one_basket(till: Till, hq: PretendHq, other: Operator) -> None:
    row = {"coupon": "M5", "cls": "A", "fen": 500, "title_zh": "减5", "title_en": "5 off", "state": "live"}
    more = {"store": STORE, "not_before": "2026-01-01T00:00:00Z", "not_after": "2099-01-01T00:00:00Z"}
    assert hq.put("g:coupon:CN", "coupon", "M5", row | more | {"per_member": 1}) == []
    coupons = till.shop.store.sales.checkout.coupons
    coupons.lock("M5", "basket-1", till.who, "n1", member="m1")
    with pytest.raises(CouponHeld):
        coupons.lock("M5", "basket-2", other, "n2", member="m1")
    assert coupons.lock("M5", "basket-3", other, "n3", member="m2").fen == 500


# ---- limits ----------------------------------------------------------------------------------------

BUDGET = {"rule": "bud", "version": 1, "level": "order", "benefit": {"do": "off", "fen": 1000}}


@pytest.mark.parametrize("caps", [{"budget_fen": 1000}, {"member_times": 1}], ids=["budget", "member"])
def test_of_tills_at_once_one_gets_the_last_of_a_limited_offer(
    till: Till, hq: PretendHq, other: Operator, caps: dict[str, int]
) -> None:
    rule(hq, "bud", {**BUDGET, "caps": caps})
    room, beside = till.shop.store.sales, Till(till.shop, other).open()
    for lane in (till, beside):
        lane.scan(TEA)
        with till.shop.books.ledger.transaction() as tx:
            tx.execute("UPDATE basket SET member = 'm1' WHERE basket = ?", (lane.basket().basket,))
        assert lane.total() == 4990, "both were told so"
    found, both = list[object](), threading.Barrier(2)

    def pay(lane: Till) -> None:
        both.wait()
        try:
            room.checkout.pay(lane.basket().basket, 4990, lane.who, f"pay-{lane.who.station}")
            found.append(4990)
        except Refusal as refusal:
            found.append(type(refusal))

    threads = [threading.Thread(target=pay, args=(lane,)) for lane in (till, beside)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == sorted([4990, TotalChanged], key=str)
    paid, left = (till, beside) if till.basket().state.value == "paying" else (beside, till)
    room.checkout.cash(paid.basket().basket, 4990, 4990, paid.who, "cash")
    assert left.total() == 5990
    left.cash()
    given = [fact.net_fen for fact in facts(till.shop, "sale.")]  # type: ignore[union-attr]
    assert sorted(given) == [4990, 5990]


# ---- the ledger's lock -----------------------------------------------------------------------------


def test_a_line_is_sold_without_a_look_into_hqs_file_under_the_lock(till: Till, lead: Operator) -> None:
    ledger, seen = till.shop.books.ledger, list[str]()
    asked = list[str]()
    reader = ledger.read()

    def look(sql: str) -> None:
        asked.append(sql)
        if "hq." in sql and ledger._writer.in_transaction:
            seen.append(sql)

    reader.set_trace_callback(look)
    selling = till.shop.store.sales.selling
    selling.add("A1", till.who, "add-1")
    selling.add("B2", till.who, "add-2")
    selling.reprice(till.basket().basket, till.who, "newer")
    selling.void(till.basket().basket, "mistake", lead, "out")
    selling.open(till.who, "open-1")
    reader.set_trace_callback(None)
    assert any("hq.product" in sql for sql in asked), "what is read is seen"
    assert seen == []


# ---- cash ------------------------------------------------------------------------------------------


def part_by_wallet(shop: PayingShop) -> tuple[Till, str]:
    """A till where a wallet paid 20.00 of 59.90."""
    till = Till(shop.shop, CASHIER).open()
    till.scan(TEA)
    basket = till.basket().basket
    began = desk(shop).pay(basket, 5990, CASHIER, "pay-1")
    shop.desk.submit(began.payment, WECHAT, CASHIER, "code-1", 2000)
    shop.turns()
    return till, basket


def test_cash_for_the_rest_is_enough_where_a_wallet_paid_a_part(tmp_path: Path) -> None:
    with shop_of(tmp_path, "success") as shop:
        till, basket = part_by_wallet(shop)
        refused: Callable[[], object] = lambda: desk(shop).cash(basket, 3989, 5990, till.who, "short")  # noqa: E731
        with pytest.raises(Refusal, match="not_paid"):
            refused()
        sale = desk(shop).cash(basket, 4000, 5990, till.who, "rest")
        assert [(one.kind, one.fen) for one in sale.paid] == [("wechat", 2000), ("cash", 3990)]
        assert (sale.given_fen, sale.change_fen) == (4000, 10)
